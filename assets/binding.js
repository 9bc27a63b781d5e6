// The same rules as core/figures/binding.py, for figures that are filled in the browser. A test compares the two.

const LABEL = 13; // px, the height of a line of text
const LISTED = 4; // names in a text; more of them are counted
const LATE = 0.6; // fraction of the axis from which a text is to the left of its line, as on a phone
const LOWEST = 1e-12; // in place of 0 in a map without another number
const FEW = 8; // steps or epochs below which each one has a tick
const [SPIKE, NEAR] = [10, 3]; // of the smoothed line, as in core/figures/binding.py
const drawable = (v) => (typeof v === "number" && isFinite(v) ? v : null);

function filled(figure, columns, facts, plot, zoom) {
  const place = { ...figure.layout.meta, tight: plot.clientWidth < 500 };
  const layout = structuredClone(figure.layout);
  const patch = frame(place, columns, facts, zoom);
  for (const axis of ["xaxis", "yaxis"]) Object.assign((layout[axis] ??= {}), patch[axis]);
  if (place.narrow && place.tight) {
    for (const [part, values] of Object.entries(place.narrow)) layout[part] = { ...layout[part], ...values };
  }
  layout.width = plot.clientWidth;
  return { traces: figure.data.map((t) => ({ ...t, ...values(t.meta ?? {}, columns, facts, place) })), layout };
}

function zoomed(plot) {
  const axis = plot._fullLayout?.yaxis;
  return axis && axis.type === "log" && axis.autorange === false ? axis.range : null;
}

function values(meta, columns, facts, place) {
  if (meta.zeros) return zeros(meta, columns);
  if (meta.ends) return ends(meta, columns, place);
  if (meta.z) return map(meta, columns);
  if (meta.take === "best") return best(meta, columns, facts, place);
  if (meta.take === "marks") return marks(meta, columns, facts, place);
  if (!meta.y) return {};
  const y = (columns[meta.y] ?? []).map(drawable);
  return { x: columns[meta.x] ?? [], y: "smooth" in meta ? smooth(y, meta.smooth) : y };
}

function frame(place, columns, facts, zoom) {
  if (!facts.step) return { xaxis: { visible: false }, yaxis: { visible: false } };
  const patch = {};
  const end = facts[place.end];
  if (end) patch.xaxis = { range: [0, 1.01 * end], ...(end >= 2 && end < FEW ? { dtick: 1 } : {}) };
  if (place.ticks) {
    const [low, high] = zoom ?? extent(place.extent, columns, place.smooth).map(Math.log10);
    if (low < high) patch.yaxis = ticks(place.ticks, low, high);
  }
  return patch;
}

function ticks(tables, low, high) {
  const span = high - low;
  if (span < 0.15) return { tickmode: "auto" };
  const names = [[24, "tens"], [8, "triples"], [5, "decades"], [0.8, "thirds"], [0.4, "some"], [0, "digits"]];
  const [, name] = names.find(([least]) => span > least);
  return { tickmode: "array", ...tables[name] };
}

function extent(names, columns, factor = 0) {
  let [low, high] = [Infinity, 0];
  for (const name of names) {
    for (const v of smooth((columns[name] ?? []).map(drawable), factor)) if (v !== null && v > 0) [low, high] = [Math.min(low, v), Math.max(high, v)];
  }
  return [low, high];
}

function smooth(series, factor) {
  if (!factor) return series;
  let [mean, weight, recent] = [0, 0, []];
  return series.map((v) => {
    if (v === null) return null;
    const counted = mean > 0 ? Math.min(v, SPIKE * Math.max(mean, recent.at(-1))) : v;
    weight = factor * weight + (1 - factor);
    mean += ((1 - factor) / weight) * (counted - mean);
    recent = [...recent, v].slice(-NEAR);
    const [low, high] = [Math.min(...recent), Math.max(...recent)];
    if (recent.length === NEAR && mean > 0 && high >= 0) mean = Math.min(Math.max(mean, low / SPIKE), high * SPIKE);
    return mean;
  });
}

function spread(targets, gap) {
  const order = targets.map((_, i) => i).sort((a, b) => targets[a] - targets[b]);
  const blocks = [];
  order.forEach((i, k) => {
    blocks.push([targets[i] - k * gap, 1]);
    while (blocks.length > 1 && blocks.at(-2)[0] / blocks.at(-2)[1] > blocks.at(-1)[0] / blocks.at(-1)[1]) {
      const [total, count] = blocks.pop();
      blocks[blocks.length - 1] = [blocks.at(-1)[0] + total, blocks.at(-1)[1] + count];
    }
  });
  const level = blocks.flatMap(([total, count]) => Array(count).fill(total / count));
  const places = [];
  order.forEach((i, k) => (places[i] = level[k] + k * gap));
  return places;
}

function ends(meta, columns, place) {
  const shown = [];
  meta.ends.forEach((name, i) => {
    const series = (columns[name] ?? []).filter((v) => drawable(v) !== null);
    const last = smooth(series, meta.smooth ?? 0).at(-1);
    if (last !== undefined && (last > 0 || !meta.log)) shown.push([meta.log ? Math.log10(last) : last, meta.names[i], meta.colours[i]]);
  });
  const every = meta.extent.flatMap((name) => (columns[name] ?? []).filter((v) => drawable(v) !== null));
  const [low, high] = meta.log ? extent(meta.extent, columns) : [Math.min(...every), Math.max(...every)];
  const length = low < high ? (meta.log ? Math.log10(high) - Math.log10(low) : high - low) : 0;
  const moved = spread(shown.map(([v]) => v), (LABEL / place.pixels) * length * 1.1);
  const x = (columns[meta.x] ?? []).at(-1);
  return { x: shown.map(() => x), y: moved.map((v) => (meta.log ? 10 ** v : v)), text: shown.map(([, text]) => text), textfont: { size: 12, color: shown.map(([, , colour]) => colour) } };
}

function zeros(meta, columns) {
  const values = (i) => (columns[meta.zeros[i]] ?? []).slice(meta.always ? 0 : -1);
  const zero = meta.names.filter((_, i) => values(i).length && values(i).every((v) => v === 0));
  if (!zero.length) return { x: [], y: [], text: [] };
  const listed = zero.length <= LISTED ? zero.join(", ") : `${zero.length} layers`;
  return { x: (columns[meta.x] ?? []).slice(0, 1), y: [1], text: [` ${meta.text} ${listed}`] };
}

function map(meta, columns) {
  const raw = meta.z.map((name) => (columns[name] ?? []).map(drawable));
  if (!meta.log) return { x: columns[meta.x] ?? [], z: raw, customdata: raw };
  const shown = raw.flat().filter((v) => v);
  const low = shown.length ? Math.log10(shown.reduce((a, b) => Math.min(a, b))) : Math.log10(LOWEST);
  const z = raw.map((row) => row.map((v) => (v === null ? null : v ? Math.log10(v) : low)));
  const cells = z.flat().filter((v) => v !== null);
  const span = cells.reduce((a, b) => Math.max(a, b), -Infinity) - cells.reduce((a, b) => Math.min(a, b), Infinity);
  const bar = meta.fine && cells.length && span < 1 ? { colorbar: meta.fine } : {};
  return { x: columns[meta.x] ?? [], z, customdata: raw, ...bar };
}

function best(meta, columns, facts, place) {
  const row = facts.best ?? null;
  if (row === null) return { x: [], y: [] };
  const x = columns[meta.x][row];
  const y = meta.at ?? [drawable(columns[meta.y][row])];
  const patch = { x: y.map(() => x), y };
  if (meta.text) {
    const late = x > LATE * (facts[place.end] ?? Infinity);
    Object.assign(patch, { text: [`${meta.text} ${facts.best_epoch} `], textposition: `middle ${late ? "left" : "right"}` });
  }
  return patch;
}

function marks(meta, columns, facts, place) {
  const shown = (facts.marks ?? []).filter((mark) => meta.show.includes(mark.part) && (meta.as !== "points" || "row" in mark));
  const axis = meta.x.split(".")[1];
  const x = shown.map((mark) => ("row" in mark ? columns[meta.x][mark.row] : mark.at[axis]));
  if (meta.as === "lines") return { x: x.flatMap((v) => [v, v, null]), y: x.flatMap(() => [0, 1, null]) };
  const text = shown.map((mark) => mark.text);
  if (meta.as === "points") return { x, y: shown.map((mark) => drawable(columns[meta.y][mark.row])), text };
  const end = facts[place.end] || Math.max(0, ...x) || Infinity;
  return {
    x,
    y: x.map((_, k) => meta.heights[k % meta.heights.length]),
    text: shown.map((mark) => ` ${place.tight ? mark.short : mark.text} `),
    textposition: x.map((v) => `middle ${v > 0.5 * end ? "left" : "right"}`),
  };
}

// --- the same as `cuts` in core/figures/descent/phase.py

function point(traces, { z }, [row, column]) {
  const along = z.map((line) => line[column]);
  const at = { x: [column], y: [row] };
  const shown = {
    row: { x: [-0.5, z[0].length - 0.5], y: [row, row] },
    column: { x: [column, column], y: [-0.5, z.length - 0.5] },
    across: { x: z[0].map((_, k) => k), y: z[row] },
    along: { x: along, y: z.map((_, k) => k) },
    "across at": { ...at, y: [z[row][column]] },
    "along at": { ...at, x: [z[row][column]] },
  };
  for (const trace of traces) Object.assign(trace, shown[trace.meta?.cut] ?? {});
}
