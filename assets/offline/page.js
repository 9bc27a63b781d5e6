// The page: its description and weights, the input of the person, and the answer.

const MOST_BARS = 10;
const MOST_ROWS = 200; // of a table of answers that are shown; all are downloaded
const byId = (id) => document.getElementById(id);
const text = (id) => byId(id).textContent;
const pause = (milliseconds = 0) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const model = JSON.parse(text("model"));
const network = new Network(model, new Float32Array(decodeBase64(text("weights")).buffer));
const isImage = model.shape.length === 3;
const show = isImage ? showImage : showRow;
let pad, form;

// --- the answer

function answerOf(raw) {
  const answer = knownAnswerOf(raw);
  return { ...answer, unlike: network.isUnfamiliar() };
}

function knownAnswerOf(raw) {
  const { probabilities, value } = network.predict(raw);
  if (!(probabilities ?? [value]).every(Number.isFinite)) {
    return { label: "No answer", note: "The network computes values that are not finite for this input." };
  }
  if (!probabilities) return { label: readable(value), note: model.target.name, value };
  const best = probabilities.indexOf(Math.max(...probabilities));
  return { label: model.classes[best], note: `Probability ${percent(probabilities[best])}`, probabilities, best };
}

function showAnswer(raw, changes) {
  const answer = answerOf(raw);
  byId("best").className = "";
  byId("best").textContent = answer.label;
  byId("best-note").textContent = answer.note;
  byId("unlike").hidden = !answer.unlike;
  byId("bars").replaceChildren(...(answer.probabilities ? bars(answer.probabilities) : []));
  listChanges(changes);
}

function listChanges(changes) {
  byId("changes").replaceChildren(...changes.map((change) => element("li", change)));
}

function showNothing() {
  byId("best").className = "waiting";
  byId("best").textContent = isImage ? "Draw or upload an image." : "Fill in the form.";
  byId("best-note").textContent = "";
  byId("unlike").hidden = true;
  for (const id of ["bars", "changes"]) byId(id).replaceChildren();
  byId("seen").hidden = true;
}

function bars(probabilities) {
  let classes = [...probabilities.keys()];
  if (classes.length > MOST_BARS) {
    classes = classes.sort((a, b) => probabilities[b] - probabilities[a]).slice(0, MOST_BARS);
  }
  return classes.flatMap((k) => {
    const bar = element("div", "", "bar");
    const fill = bar.appendChild(document.createElement("i"));
    fill.style.width = `${100 * probabilities[k]}%`;
    const name = element("span", model.classes[k]);
    name.title = model.classes[k];
    return [name, bar, element("span", percent(probabilities[k]))];
  });
}

function element(tag, content, className = "") {
  return Object.assign(document.createElement(tag), { textContent: content, className });
}

function showImage(raw, changes) {
  const [channels, height, width] = model.shape;
  const canvas = Object.assign(byId("pixels"), { width, height });
  const image = new ImageData(width, height);
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = raw[Math.min(c, channels - 1) * height * width + i];
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  byId("seen").hidden = false;
  showAnswer(raw, changes);
}

function showRow(raw, changes = []) {
  const outside = form.outside(raw).map(({ name }) => name);
  showAnswer(raw, outside.length ? [...changes, outsideNote(outside, "The answer is an extrapolation.")] : changes);
}

function outsideNote(parts, meaning) {
  return `Outside the range of the training data: ${parts.join(", ")}. ${meaning}`;
}

// --- the input

function startImages() {
  byId("drawing").hidden = !model.pen;
  byId("input-title").textContent = model.pen ? "Draw or upload" : "Upload an image";
  byId("upload-label").textContent = "Upload images";
  byId("upload").accept = "image/*";
  byId("seen").hidden = true;
  if (!model.pen) return;
  let isQuick = true, waiting = false;
  const predict = () => {
    waiting = false;
    const start = performance.now();
    if (pad.strokes.length) {
      const { raw, changes } = prepareDrawing(drawnInk(pad), model);
      showImage(raw, changes);
    } else showNothing();
    isQuick = performance.now() - start < 40;
  };
  const changed = (isDone) => {
    byId("problem").textContent = "";
    if (isDone) predict();
    else if (isQuick && !waiting) waiting = !!requestAnimationFrame(predict);
  };
  const buttons = [byId("undo"), byId("clear")];
  pad = new DrawingPad({ canvas: byId("pad"), buttons, status: byId("pen"), changed, pen: model.pen });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => pad.draw());
}

function startTable() {
  byId("input-title").textContent = "Enter values";
  byId("upload-label").textContent = "Upload a CSV file";
  byId("upload").accept = ".csv,.tsv,.txt,text/csv";
  byId("form").hidden = false;
  byId("form").onsubmit = () => false;
  form = new Form(byId("form"), model, () => attempt(() => showRow(form.raw())));
  attempt(() => showRow(form.raw()));
}

// Show the reason where an input cannot be used; the page stays as it is otherwise.
async function attempt(action) {
  byId("problem").textContent = "";
  try {
    await action();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    byId("problem").textContent = error.message;
    showNothing();
  }
}

byId("upload").onchange = ({ target }) => {
  const files = [...target.files];
  target.value = "";
  byId("several").hidden = true; // the answers to an earlier file
  attempt(() => (isImage ? readImages(files) : readTable(files[0])));
};

async function readImages(files) {
  const answers = [];
  for (const file of files) {
    const decoded = await decodeImage(file).catch(() => {
      throw new InputError(`${file.name} cannot be read as an image. Save it as PNG or JPEG and try again.`);
    });
    const { raw, changes } = prepareImage(decoded, model);
    showImage(raw, changes);
    answers.push([file.name, answerOf(raw)]);
  }
  if (pad) Object.assign(pad, { strokes: [] }).draw();
  listAnswers("file", answers);
}

async function readTable(file) {
  const rows = parseCsv(await readText(file));
  if (!rows.length) throw new InputError(`${file.name} is empty. Choose a file with one row per sample.`);
  const { cells, body, commas, identifiers } = matchColumns(rows, model);
  const first = rows.length - body.length + 1;
  const unseen = [];
  const gaps = new Map(); // names of columns, with the rows whose gap is filled
  const outside = new Map(); // names of columns, with the rows outside the range
  const answers = [];
  for (const [i, row] of body.entries()) {
    try {
      const filled = [];
      const raw = encodeRow(model, cells(row), { commas, unseen, filled });
      answers.push([`row ${first + i}`, answerOf(raw), identifiers.map(([, place]) => row[place].trim())]);
      for (const { name } of filled) gaps.set(name, [...(gaps.get(name) ?? []), first + i]);
      for (const { name } of form.outside(raw)) outside.set(name, [...(outside.get(name) ?? []), first + i]);
    } catch (error) {
      throw error instanceof InputError ? new InputError(`Row ${first + i} of ${file.name}: ${error.message}`) : error;
    }
    if (i % 200 === 0) await pause();
  }
  const texts = [...new Set(unseen)].slice(0, 3).map((text) => `“${text}”`).join(", ");
  const notes = [];
  if (unseen.length) {
    notes.push(`The training data does not have ${texts}${unseen.length > 3 ? " and others" : ""}; its answers are guesses.`);
  }
  const parts = (columns) => [...columns].map(([name, rows]) => `${name} (${listRows(rows)})`);
  if (gaps.size) notes.push(`Missing values are filled as in the training: ${parts(gaps).join(", ")}.`);
  if (outside.size) notes.push(outsideNote(parts(outside), "These answers are extrapolations."));
  listAnswers("row", answers, { note: notes.join(" "), titles: identifiers.map(([title]) => title) });
}

function listRows(rows) {
  const more = rows.length > 3 ? ` and ${readable(rows.length - 3)} more` : "";
  return `row${rows.length > 1 ? "s" : ""} ${rows.slice(0, 3).join(", ")}${more}`;
}

// List the answers and offer them as a file; `titles` are those of the identifiers of the rows.
function listAnswers(title, answers, { note = "", titles = [] } = {}) {
  byId("several").hidden = answers.length < 2 && isImage;
  const known = model.familiar ? ["unlike_training_set"] : [];
  const head = [title, ...titles, "answer", ...(model.target ? [] : ["probability"]), ...known];
  const rows = answers.map(([name, { label, probabilities, best, value, unlike }, identifiers = []]) =>
    [name, ...identifiers, value === undefined ? label : Number(value.toPrecision(7)),
      ...(model.target ? [] : [probabilities ? probabilities[best] : ""]),
      ...known.map(() => (unlike ? "yes" : "no"))]);
  const shown = rows.slice(0, MOST_ROWS);
  const line = (tag, cells) => {
    const row = document.createElement("tr");
    row.append(...cells.map((cell) => element(tag, typeof cell === "number" ? readable(cell) : cell)));
    return row;
  };
  byId("answers").replaceChildren(line("th", head), ...shown.map((cells) => line("td", cells)));
  const more = rows.length > shown.length ? `; the first ${MOST_ROWS} are shown` : "";
  byId("several-note").textContent = `${readable(rows.length)} answers${more}. ${note}`;
  byId("download").onclick = () => {
    const blob = new Blob([csvText([head, ...rows])], { type: "text/csv" });
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: "answers.csv" });
    link.click();
    URL.revokeObjectURL(link.href);
  };
}

function describeFamiliarity() {
  if (!model.familiar) return "This page does not check whether an input is like the training samples; Descent Lab does.";
  const { count, agreement, samples } = model.familiar;
  return `An input is compared with ${count} representatives of the training samples. Descent Lab, which compares it ` +
    `with all of them, judges ${percent(agreement)} of ${readable(samples)} held-out samples the same.`;
}

byId("familiarity").textContent = describeFamiliarity();
byId("name").textContent = model.name;
byId("facts").textContent = model.facts;
showNothing();
if (isImage) startImages();
else startTable();
check();
