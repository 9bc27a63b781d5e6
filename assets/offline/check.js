// The check against PyTorch: samples of the run, with the answers that PyTorch gave for them.

const TOLERANCE = 1e-4; // of a probability, or in standard deviations of the training targets

async function inflate(encoded) {
  const stream = new Blob([decodeBase64(encoded)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function loadSamples() {
  const { inputs, answers, real, rows, top, isBytes } = model.reference;
  const bytes = await inflate(inputs);
  const size = model.shape.reduce((a, b) => a * b);
  const stored = isBytes ? bytes : new Float32Array(bytes.buffer);
  const base = Array.from({ length: real }, (_, i) => Float32Array.from(stored.subarray(i * size, (i + 1) * size)));
  if (!real) base.push(Float32Array.from({ length: size }, (_, i) => (i * 37) % 256));
  const samples = Array.from({ length: rows }, (_, i) => (i < real ? base[i] : mix(base, i)));
  const packed = new Float32Array((await inflate(answers)).buffer);
  return samples.map((raw, i) => ({ raw, answer: packed.subarray(i * 2 * top, (i + 1) * 2 * top) }));
}

// A weighted mean of two samples; the pixels of the second one are moved.
function mix(base, i) {
  const [one, other] = [base[i % base.length], base[(3 * i + 1) % base.length]];
  const weight = (((i * 7) % 15) + 1) / 16;
  const shift = isImage ? i : 0;
  return one.map((value, k) => weight * value + (1 - weight) * other[(k + shift) % other.length]);
}

// The largest difference, and whether the answer is the same. `answer` has the most probable classes, then their
// probabilities; or the value, twice.
function compare(raw, answer) {
  const { probabilities, value } = network.predict(raw);
  if (!probabilities) {
    const difference = Math.abs(Math.fround(value) - answer[0]) / model.target.std;
    return [difference, difference <= TOLERANCE];
  }
  const top = answer.length / 2;
  const gaps = Array.from({ length: top }, (_, i) => Math.abs(probabilities[answer[i]] - answer[top + i]));
  return [Math.max(...gaps), probabilities.indexOf(Math.max(...probabilities)) === answer[0]];
}

async function check() {
  const parity = byId("parity");
  if (!window.DecompressionStream) {
    parity.textContent = "This browser is too old to unpack the samples of the check. The answers above are not affected.";
    return;
  }
  const samples = await loadSamples();
  let largest = 0, same = 0, duration = 0;
  for (const [i, { raw, answer }] of samples.entries()) {
    parity.textContent = `Comparing sample ${i + 1} of ${samples.length} with PyTorch…`;
    await pause(duration); // Half of the time is left for the person.
    const start = performance.now();
    const [difference, isSame] = compare(raw, answer);
    duration = performance.now() - start;
    largest = Number.isFinite(difference) ? Math.max(largest, difference) : Infinity;
    same += isSame;
  }
  Object.assign(parity.dataset, { rows: samples.length, same, difference: largest });
  const unit = model.target ? " standard deviations of the training targets" : "";
  const what = model.target ? "value" : "probability";
  const agrees = largest <= TOLERANCE;
  parity.className = agrees ? "" : "warn";
  parity.textContent =
    `${agrees ? "✓" : "!"} ${same} of ${samples.length} answers are the same as in PyTorch; the largest difference of a ` +
    `${what} is ${largest === 0 ? 0 : largest.toExponential(1)}${unit}. ${origin()}`;
  browse(samples);
}

function origin() {
  const { real, rows } = model.reference;
  const noun = isImage ? "images" : "rows";
  if (real === rows) return `The ${noun} are samples of the run.`;
  return `${real} of the ${noun} are samples of the run, and the others are mixed from them.`;
}

function browse(samples) {
  const { real } = model.reference;
  let current = -1;
  const step = (by) => {
    current = (current + by + real) % real;
    const { raw } = samples[current];
    byId("sample").textContent = `Sample ${current + 1} of ${real}`;
    byId("problem").textContent = "";
    if (pad) Object.assign(pad, { strokes: [] }).draw();
    if (form) form.show(raw);
    show(raw, []);
  };
  byId("samples").hidden = !real;
  byId("next").onclick = () => step(1);
  byId("previous").onclick = () => step(current < 0 ? 0 : -1);
}
