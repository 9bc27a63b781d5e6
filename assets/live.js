// The live chart: one plotly node that is mounted once and filled in place, so that zoom and hidden legend entries stay.
// Knows the deltas of pages/ui/feed.py and the grammar of core/figures/binding.py, which it repeats: a test compares them.

const lab = (window.__descentLab ??= { feeds: new Map(), plotly: null });
const charts = new WeakMap(); // parentElement -> Chart

export default function ({ data, parentElement }) {
  let chart = charts.get(parentElement);
  if (!chart) charts.set(parentElement, (chart = new Chart(parentElement)));
  chart.show(data);
  return () => {
    chart.close();
    charts.delete(parentElement);
  };
}

function loadPlotly(address) {
  return (lab.plotly ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve(window.Plotly);
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      lab.plotly = null; // the next chart tries again
      reject(new Error("plotly did not load"));
    };
    document.head.append(script);
  }));
}

// --- one stream for all charts of a run on this page

class Feed {
  constructor(run, token) {
    Object.assign(this, { address: `/feed/${run}`, token, columns: {}, facts: {}, marks: "" });
    Object.assign(this, { listeners: new Set(), failures: 0, over: false, source: null, timer: null });
  }

  static of({ run, token }) {
    if (!lab.feeds.has(run)) lab.feeds.set(run, new Feed(run, token));
    return lab.feeds.get(run);
  }

  join(listener, live) {
    this.listeners.add(listener);
    if (live && this.over) this.over = false; // a stopped run goes on
    this.open();
  }

  leave(listener) {
    this.listeners.delete(listener);
    setTimeout(() => this.listeners.size || this.shut(), 1000); // a page that is drawn anew joins again at once
  }

  query() {
    return `token=${this.token}&since=${this.marks}`;
  }

  open() {
    if (this.source || this.timer || this.over) return;
    if (this.failures >= 3) return this.poll();
    this.source = new EventSource(`${this.address}?${this.query()}`);
    this.source.addEventListener("delta", (event) => this.apply(JSON.parse(event.data)));
    this.source.addEventListener("over", () => this.finish());
    this.source.onerror = () => this.retry(() => this.open());
  }

  poll() {
    fetch(`${this.address}/poll?${this.query()}`)
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
      .then((delta) => {
        this.apply(delta);
        if (delta.facts.ended) return this.finish();
        this.failures = 3; // stays with polling
        if (this.listeners.size) this.timer = setTimeout(() => this.again(() => this.poll()), 1000);
      })
      .catch(() => this.retry(() => this.poll()));
  }

  again(action) {
    this.timer = null;
    action();
  }

  retry(action) {
    this.source?.close();
    this.source = null;
    this.failures += 1;
    this.tell();
    const wait = Math.min(15, 0.5 * 2 ** this.failures) * 1000;
    if (this.listeners.size && !this.timer) this.timer = setTimeout(() => this.again(action), wait);
  }

  apply({ marks, facts, rows }) {
    for (const [group, { from, ...table }] of Object.entries(rows)) {
      for (const [name, values] of Object.entries(table)) {
        const full = `${group}.${name}`;
        this.columns[full] = (this.columns[full] ?? []).slice(0, from).concat(values);
      }
    }
    if (this.source) this.failures = 0;
    Object.assign(this, { marks, facts });
    this.tell();
  }

  tell() {
    this.listeners.forEach((listener) => listener());
  }

  finish() {
    this.over = true;
    this.failures = 0;
    this.shut();
    this.tell();
  }

  shut() {
    this.source?.close();
    clearTimeout(this.timer);
    this.source = this.timer = null;
  }
}

// A figure that came whole, with its numbers in it, listens to nothing.
const WHOLE = { columns: {}, facts: { step: 1 }, failures: 0, over: true, join() {}, leave() {} };

// --- one chart

class Chart {
  constructor(parent) {
    this.parent = parent;
    this.plot = parent.querySelector(".lab-plot");
    this.state = parent.querySelector(".lab-state");
    this.unzoomed = 0;
    this.given = {}; // the ranges that the last drawing asked for
    this.whole = false; // whether the next drawing shows the whole run again
    this.listener = () => this.plan();
    this.observer = new ResizeObserver(() => this.plan());
    this.observer.observe(parent);
    for (const button of parent.querySelectorAll("button")) button.onclick = () => this.download(button.value);
  }

  show(data) {
    this.data = data;
    this.plot.style.height = `${data.height}px`;
    this.plot.setAttribute("aria-label", data.alt);
    const feed = data.run ? Feed.of(data) : WHOLE;
    if (feed !== this.feed) this.feed?.leave(this.listener);
    this.feed = feed;
    feed.join(this.listener, data.live);
    loadPlotly(data.plotly).then((Plotly) => {
      this.plotly = Plotly;
      this.plan();
    }, () => (this.state.textContent = "The chart did not load. Reload the page."));
  }

  plan() {
    this.planned ??= requestAnimationFrame(() => {
      this.planned = null;
      this.draw();
    });
  }

  draw() {
    const { plotly, plot, feed, data } = this;
    if (!plotly || !data || !plot.clientWidth) return;
    this.state.textContent = feed.failures && feed.failures !== 3 && !feed.over ? "Connecting again …" : "";
    const zoom = this.whole ? null : zoomed(plot);
    const { traces, layout } = filled(data.figures[this.mode()], feed.columns, feed.facts, plot, zoom);
    if (!data.run && !this.whole) finer(layout, plot, this.given);
    this.given = { xaxis: layout.xaxis?.range, yaxis: layout.yaxis?.range };
    if (layout.meta?.cuts) point(traces, layout.meta.cuts, this.cursor ?? layout.meta.cuts.at);
    layout.uirevision = `${layout.uirevision ?? layout.template.layout.uirevision} ${this.unzoomed}`;
    this.whole = false;
    plotly.react(plot, traces, layout, { displayModeBar: false, doubleClick: false, doubleClickDelay: 400 });
    if (!this.heard) {
      this.heard = true;
      plot.on("plotly_relayout", (change) => Object.keys(change).some((k) => /^[xy]axis/.test(k)) && this.plan());
      plot.on("plotly_hover", ({ points }) => this.follow(points[0]));
      plot.on("plotly_doubleclick", () => this.unzoom());
    }
    const rows = data.run ? feed.columns["step.step"]?.length : Math.max(0, ...traces.map((t) => t.x?.length ?? 0));
    plot.dataset.rows = rows ?? 0; // what is on the screen, for tests and for screen readers
  }

  // The cuts through a map go through the cell under the pointer.
  follow({ x, y, data }) {
    if (!this.plot.layout.meta?.cuts || data.type !== "heatmap" || String(this.cursor) === String([y, x])) return;
    this.cursor = [y, x];
    this.plan();
  }

  // Plotly's own double click goes back to the axes that it drew first, and those were without data.
  unzoom() {
    this.unzoomed += 1; // another revision of the interface: no zoom is kept
    this.whole = true;
    this.plan();
  }

  mode() {
    const [r, g, b] = getComputedStyle(this.parent.querySelector(".lab-live")).backgroundColor.match(/\d+/g) ?? [255, 255, 255];
    return 0.299 * r + 0.587 * g + 0.114 * b < 128 ? "dark" : "light";
  }

  async download(kind) {
    this.parent.querySelector("details").open = false;
    const { plotly, plot, data } = this;
    let address;
    if (kind === "csv") {
      address = URL.createObjectURL(new Blob([table(plot.data)], { type: "text/csv" }));
    } else {
      const paper = getComputedStyle(this.parent.querySelector(".lab-live")).backgroundColor;
      const layout = { ...plot.layout, paper_bgcolor: paper, width: plot.clientWidth, height: plot.clientHeight };
      address = await plotly.toImage({ data: plot.data, layout }, { format: kind, scale: kind === "png" ? 2 : 1 });
    }
    Object.assign(document.createElement("a"), { href: address, download: `${data.name}.${kind}` }).click();
    setTimeout(() => address.startsWith("blob:") && URL.revokeObjectURL(address), 10_000);
  }

  close() {
    this.feed?.leave(this.listener);
    this.observer.disconnect();
    cancelAnimationFrame(this.planned);
    this.plotly?.purge(this.plot);
    this.data = null;
  }
}

// What the chart shows as a spreadsheet: one row a point, nothing for the marks that only repeat a point.
function table(traces) {
  const quote = (text) => `"${String(text).replaceAll('"', '""')}"`;
  const rows = [["series", "x", "y"]];
  for (const trace of traces) {
    if (trace.meta?.as === "points") trace.x.forEach((x, k) => rows.push([quote(trace.text[k]), x, trace.y[k]]));
    else if (trace.customdata) trace.y.forEach((name, i) => trace.x.forEach((x, k) => rows.push([quote(name), x, trace.customdata[i][k]])));
    else if (trace.mode?.startsWith("lines") && !trace.meta.take) trace.x.forEach((x, k) => rows.push([quote(trace.name), x, trace.y[k]]));
  }
  return rows.map((row) => row.map((v) => v ?? "").join(",")).join("\n") + "\n";
}

// A log axis that was zoomed into gets plotly's own ticks: the written ones are for the whole of it.
function finer(layout, plot, given) {
  for (const name of ["xaxis", "yaxis"]) {
    const [axis, shown] = [layout[name], plot._fullLayout?.[name]?.range];
    if (axis?.type !== "log" || !given[name] || !shown || String(shown) === String(given[name])) continue;
    Object.assign(axis, { tickmode: "auto", tickvals: null, ticktext: null, nticks: 6 });
  }
}

// --- core/figures/descent/phase.py, `cuts` again

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

// --- core/figures/binding.py, again

const LABEL = 13; // px that a line of text needs
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
  if (facts[place.end]) patch.xaxis = { range: [0, 1.01 * facts[place.end]] };
  if (place.ticks) {
    const [low, high] = zoom ?? extent(place.extent, columns).map(Math.log10);
    if (low < high) patch.yaxis = ticks(place.ticks, low, high);
  }
  return patch;
}

function ticks(tables, low, high) {
  const span = high - low;
  if (span < 0.15) return { tickmode: "auto" };
  const names = [[14, "tens"], [6, "decades"], [0.8, "thirds"], [0.4, "some"], [0, "digits"]];
  const [, name] = names.find(([least]) => span > least);
  return { tickmode: "array", ...tables[name] };
}

function extent(names, columns) {
  let [low, high] = [Infinity, 0];
  for (const name of names) {
    for (const v of columns[name] ?? []) if (drawable(v) !== null && v > 0) [low, high] = [Math.min(low, v), Math.max(high, v)];
  }
  return [low, high];
}

function smooth(series, factor) {
  let [mean, weight] = [0, 0];
  return series.map((v) => {
    if (v === null) return null;
    mean = factor * mean + (1 - factor) * v;
    weight = factor * weight + (1 - factor);
    return mean / weight;
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
    if (last !== undefined && (last > 0 || !meta.log)) shown.push([meta.log ? Math.log10(last) : last, meta.names[i]]);
  });
  const every = meta.extent.flatMap((name) => (columns[name] ?? []).filter((v) => drawable(v) !== null));
  const [low, high] = meta.log ? extent(meta.extent, columns) : [Math.min(...every), Math.max(...every)];
  const length = low < high ? (meta.log ? Math.log10(high) - Math.log10(low) : high - low) : 0;
  const moved = spread(shown.map(([v]) => v), (LABEL / place.pixels) * length * 1.1);
  const x = (columns[meta.x] ?? []).at(-1);
  return { x: shown.map(() => x), y: moved.map((v) => (meta.log ? 10 ** v : v)), text: shown.map(([, text]) => text) };
}

function map(meta, columns) {
  const raw = meta.z.map((name) => (columns[name] ?? []).map(drawable));
  const z = meta.log ? raw.map((row) => row.map((v) => (v ? Math.log10(v) : null))) : raw;
  return { x: columns[meta.x] ?? [], z, customdata: raw };
}

function best(meta, columns, facts, place) {
  const row = facts.best ?? null;
  if (row === null) return { x: [], y: [] };
  const x = columns[meta.x][row];
  const y = meta.at ?? [drawable(columns[meta.y][row])];
  const patch = { x: y.map(() => x), y };
  if (meta.text) {
    const late = x > 0.75 * (facts[place.end] ?? Infinity);
    Object.assign(patch, { text: [`${meta.text} ${facts.best_epoch} `], textposition: `middle ${late ? "left" : "right"}` });
  }
  return patch;
}

function marks(meta, columns, facts, place) {
  const shown = (facts.marks ?? []).filter((mark) => meta.show.includes(mark.part));
  const x = shown.map((mark) => columns[meta.x][mark.row]);
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
