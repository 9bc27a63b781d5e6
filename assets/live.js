// The live chart: one plotly node that is mounted once and filled in place, so that zoom and hidden curves stay.
// Knows the deltas of pages/kit/feed.py; assets/binding.js, which follows it in the page, fills the figure.

const lab = (window.__descentLab ??= { feeds: new Map(), moments: new Map(), plotly: null });
const charts = new WeakMap(); // parentElement -> Chart

export default function ({ data, parentElement, setTriggerValue }) {
  let chart = charts.get(parentElement);
  if (!chart) charts.set(parentElement, (chart = new Chart(parentElement)));
  chart.report = setTriggerValue;
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
      lab.plotly = null; // The next chart tries again.
      reject(new Error("plotly did not load"));
    };
    document.head.append(script);
  }));
}

// --- one stream for all charts of a run on this page

class Feed {
  constructor(run, token) {
    Object.assign(this, { address: `/feed/${run}`, token, columns: {}, facts: {}, marks: "" });
    Object.assign(this, { run, listeners: new Set(), failures: 0, over: false, source: null, timer: null });
  }

  static of({ run, token }) {
    if (!lab.feeds.has(run)) lab.feeds.set(run, new Feed(run, token));
    return lab.feeds.get(run);
  }

  join(listener, live) {
    this.listeners.add(listener);
    if (live && this.over) this.over = false; // A stopped run was resumed.
    this.open();
  }

  leave(listener) {
    this.listeners.delete(listener);
    setTimeout(() => this.listeners.size || this.shut(), 1000); // A page that reruns joins again immediately.
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
        this.failures = 3; // Polling stays on.
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

  // What the charts of a live run draw: the moment that the numbers and sentences of the page show.
  shown() {
    const { columns, facts } = this;
    const moment = lab.moments.get(this.run);
    if (!moment || !(facts.version > moment.version)) return { columns, facts };
    const rows = (group) => {
      if (group === "epoch") return moment.measured;
      if (group === "forecast") return undefined; // its steps are those to come
      const beyond = columns[`${group}.step`]?.findIndex((step) => step > moment.step) ?? -1;
      return beyond < 0 ? undefined : beyond;
    };
    const cut = ([name, values]) => [name, values.slice(0, rows(name.split(".", 1)[0]))];
    return { columns: Object.fromEntries(Object.entries(columns).map(cut)), facts: moment };
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

// A figure that arrives with its data needs no feed.
const COMPLETE = { columns: {}, facts: { step: 1 }, failures: 0, over: true, join() {}, leave() {} };

// The text of the page carries the moment that it shows: the charts are drawn in the same frame.
function followText() {
  const place = document.querySelector(".st-key-moment");
  if (!place || place === lab.place) return;
  lab.place = place;
  (lab.observer ??= new MutationObserver(readMoment)).disconnect();
  lab.observer.observe(place, { subtree: true, childList: true, attributes: true });
  readMoment();
}

function readMoment() {
  const text = lab.place.querySelector("[data-moment]")?.dataset.moment;
  if (!text) return;
  const { run, facts } = JSON.parse(text);
  lab.moments.set(run, facts);
  lab.feeds.get(run)?.listeners.forEach((listener) => listener(true));
}

// --- one chart

class Chart {
  constructor(parent) {
    this.parent = parent;
    this.plot = parent.querySelector(".lab-plot");
    this.state = parent.querySelector(".lab-state");
    this.shown = parent.querySelector(".lab-image");
    this.unzoomed = 0;
    this.given = {}; // the axis ranges of the last drawing
    this.whole = false; // whether the next drawing resets the zoom
    this.drawn = null; // the content of the last drawing
    this.listener = (now) => this.content() !== this.drawn && (now ? this.draw() : this.plan());
    this.observer = new ResizeObserver(() => this.plan());
    this.observer.observe(parent);
    for (const button of parent.querySelectorAll("button")) button.onclick = () => this.download(button.value);
    this.menu = parent.querySelector("details");
    this.dismiss = (event) => {
      if (event.key ? event.key === "Escape" : !this.menu.contains(event.target)) this.menu.open = false;
    };
    for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, this.dismiss);
  }

  show(data) {
    this.data = data;
    this.plot.style.height = `${data.height}px`;
    this.plot.setAttribute("aria-label", data.alt);
    const feed = data.run ? Feed.of(data) : COMPLETE;
    if (feed !== this.feed) this.feed?.leave(this.listener);
    this.feed = feed;
    feed.join(this.listener, data.live);
    loadPlotly(data.plotly).then((Plotly) => {
      this.plotly = Plotly;
      this.plan();
    }, () => (this.state.textContent = "The chart could not be loaded. Reload the page."));
  }

  plan() {
    this.planned ??= requestAnimationFrame(() => {
      this.planned = null;
      this.draw();
    });
  }

  // What identifies the content of a live chart: most deltas are newer than the moment that it shows.
  content() {
    if (!this.data?.live) return undefined;
    const { columns, facts } = this.feed.shown();
    const rows = Object.values(columns).reduce((sum, values) => sum + values.length, 0);
    return `${facts.version} ${rows} ${this.feed.failures} ${this.feed.over}`;
  }

  draw() {
    const { plotly, plot, feed, data } = this;
    if (!plotly || !data || !plot.clientWidth) return;
    cancelAnimationFrame(this.planned);
    this.planned = null;
    this.state.textContent = feed.failures && feed.failures !== 3 && !feed.over ? "Reconnecting …" : "";
    const zoom = this.whole ? null : zoomed(plot);
    if (data.live) followText();
    this.drawn = this.content() ?? null;
    const { columns, facts } = data.live ? feed.shown() : feed;
    const { traces, layout } = filled(data.figures[this.mode()], columns, facts, plot, zoom);
    if (!data.run && !this.whole) finer(layout, plot, this.given);
    this.given = { xaxis: layout.xaxis?.range, yaxis: layout.yaxis?.range };
    if (layout.meta?.cuts) point(traces, layout.meta.cuts, this.cursor ?? layout.meta.cuts.at);
    layout.uirevision = `${layout.uirevision ?? layout.template.layout.uirevision} ${this.unzoomed}`;
    this.whole = false;
    plotly.react(plot, traces, layout, { displayModeBar: false, doubleClick: false, doubleClickDelay: 400 });
    if (!this.heard) {
      this.heard = true;
      plot.on("plotly_relayout", (change) => Object.keys(change).some((k) => /^[xy]axis/.test(k)) && this.plan());
      plot.on("plotly_hover", ({ points, event }) => {
        this.follow(points[0]);
        this.showImage(points[0], event);
      });
      plot.on("plotly_unhover", () => (this.shown.hidden = true));
      plot.on("plotly_doubleclick", () => this.unzoom());
      plot.on("plotly_click", ({ points }) => this.data.clicks && this.report("clicked", this.data.run ? [points[0].x] : numbered(points[0])));
      plot.on("plotly_selected", (box) => box?.range && this.data.brushes && this.brush(box.range));
    }
    const rows = data.run ? columns["step.step"]?.length : Math.max(0, ...traces.map((t) => t.x?.length ?? 0));
    plot.dataset.rows = rows ?? 0; // the number of rows on screen, for tests
  }

  // The cross sections of a map pass through the cell under the pointer.
  follow({ x, y, data }) {
    if (!this.plot.layout.meta?.cuts || data.type !== "heatmap" || String(this.cursor) === String([y, x])) return;
    this.cursor = [y, x];
    this.plan();
  }

  // The image of the point under the pointer, on the side of it where there is room.
  showImage({ customdata }, { clientX, clientY }) {
    const { images } = this.data;
    if (!images || typeof customdata !== "number") return;
    const { left, top, width } = this.plot.getBoundingClientRect();
    const [side, across, x] = [72, images.across, clientX - left];
    const [column, row] = [customdata % across, Math.floor(customdata / across)];
    Object.assign(this.shown.style, {
      left: `${x > width / 2 ? x - side - 14 : x + 14}px`,
      top: `${Math.max(0, clientY - top - side - 26)}px`,
      background: `url(${images.address}) ${-column * side}px ${-row * side}px / ${across * side}px`,
    });
    this.shown.hidden = false;
  }

  // The server draws what was brushed; plotly's own box and pale points would stay beside it.
  brush({ x, y }) {
    this.plotly.update(this.plot, { selectedpoints: [null] }, { selections: [] });
    this.report("brushed", [...x, ...y]);
  }

  // Plotly's double click would return to the first axes, which had no data.
  unzoom() {
    this.unzoomed += 1; // A new UI revision discards the zoom.
    this.whole = true;
    this.plan();
  }

  mode() {
    const [r, g, b] = getComputedStyle(this.parent.querySelector(".lab-live")).backgroundColor.match(/\d+/g) ?? [255, 255, 255];
    return 0.299 * r + 0.587 * g + 0.114 * b < 128 ? "dark" : "light";
  }

  async download(kind) {
    this.menu.open = false;
    const { data } = this;
    const blob = kind === "csv" ? new Blob([data.csv || table(this.plot.data, this.plot.layout)], { type: "text/csv" }) : await this.image(kind);
    const address = URL.createObjectURL(blob);
    Object.assign(document.createElement("a"), { href: address, download: `${data.name}.${kind}` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  // The chart as an image that explains itself: with its title, the run's name and the page's font.
  async image(kind) {
    const { plotly, plot, data } = this;
    const { margin, font } = plot._fullLayout;
    const title = [`<b>${data.title ?? ""}</b>`, ...(data.subject ? [data.subject] : [])].join("<br>");
    const top = data.subject ? 56 : 38; // px of the title
    const layout = {
      ...plot.layout,
      paper_bgcolor: getComputedStyle(this.parent.querySelector(".lab-live")).backgroundColor,
      width: Math.max(720, plot.clientWidth),
      height: plot.clientHeight + top,
      margin: { l: margin.l + 8, r: margin.r + 8, t: margin.t + top, b: margin.b + 8 },
      title: { text: title, x: 0, xanchor: "left", y: 1, yanchor: "top", pad: { t: 14, l: 14 }, font: { ...font, size: 14 } },
    };
    const { width, height } = layout;
    const address = await plotly.toImage({ data: plot.data, layout }, { format: "svg", width, height });
    const svg = decodeURIComponent(address.slice(address.indexOf(",") + 1)).replace(/<svg[^>]*>/, `$&<style>${await fontFaces(font.family)}</style>`);
    const blob = new Blob([svg], { type: "image/svg+xml" });
    return kind === "svg" ? blob : raster(blob, width, height);
  }

  close() {
    this.feed?.leave(this.listener);
    this.observer.disconnect();
    for (const kind of ["pointerdown", "keydown"]) document.removeEventListener(kind, this.dismiss);
    cancelAnimationFrame(this.planned);
    this.plotly?.purge(this.plot);
    this.data = null;
  }
}

// The number of a point that is distributed over several traces, or its index: of a heat map, row and column.
function numbered({ data, customdata, pointNumber }) {
  return [data.type.startsWith("scatter") && typeof customdata === "number" ? customdata : pointNumber].flat();
}

// The rules of the page's fonts with the fonts inside: an image cannot load them.
async function fontFaces(family) {
  const faces = [];
  for (const sheet of document.styleSheets) {
    for (const rule of readable(sheet)) {
      const name = rule instanceof CSSFontFaceRule && rule.style.getPropertyValue("font-family").replaceAll('"', "");
      if (name && family.replaceAll('"', "").split(/, */).includes(name)) faces.push([rule, sheet.href ?? document.baseURI]);
    }
  }
  const written = faces.map(async ([rule, base]) => {
    const source = /url\("?([^")]+)"?\)/.exec(rule.cssText);
    if (!source || rule.style.fontStyle === "italic") return "";
    return rule.cssText.replace(source[0], `url("${await asAddress(new URL(source[1], base))}")`);
  });
  return (await Promise.all(written)).join("");
}

function readable(sheet) {
  try {
    return sheet.cssRules;
  } catch {
    return []; // a style sheet of another origin
  }
}

async function asAddress(url) {
  const blob = await (await fetch(url)).blob();
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsDataURL(blob);
  });
}

// An SVG image as PNG, two dots for each px.
async function raster(svg, width, height) {
  const image = new Image();
  image.src = URL.createObjectURL(svg);
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: 2 * width, height: 2 * height });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

// The chart as CSV: one row per point of a line or a map, without the marks that repeat a point.
function table(traces, layout) {
  const quote = (text) => `"${harmless(String(text)).replaceAll('"', '""')}"`;
  const title = (axis, usual) => quote(layout[axis]?.title?.text?.replaceAll(/<[^>]*>/g, " ") || usual);
  const cell = (value) => (typeof value === "string" ? quote(value) : value);
  const isMap = traces.some((trace) => trace.z);
  const rows = [["series", title("xaxis", "x"), isMap ? "value" : title("yaxis", "y")]];
  for (const trace of traces) {
    if (trace.meta?.as === "points") trace.x.forEach((x, k) => rows.push([quote(trace.text[k]), x, trace.y[k]]));
    else if (trace.meta?.table) trace.meta.table.y.forEach((y, i) => trace.meta.table.x.forEach((x, k) => rows.push([quote(y), cell(x), trace.meta.table.z[i][k]])));
    else if (trace.z && trace.customdata) trace.y.forEach((name, i) => trace.x.forEach((x, k) => rows.push([quote(name), x, trace.customdata[i][k]])));
    else if (trace.mode?.startsWith("lines") && !trace.meta?.take) trace.x.forEach((x, k) => rows.push([quote(trace.name), x, trace.y[k]]));
  }
  return rows.map((row) => row.map((v) => v ?? "").join(",")).join("\n") + "\n";
}

// Text that a spreadsheet program would evaluate as a formula begins with an apostrophe, as in core/base/cells.py.
function harmless(text) {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

// A zoomed log axis uses plotly's ticks: ours are chosen for the whole range.
function finer(layout, plot, given) {
  for (const name of ["xaxis", "yaxis"]) {
    const [axis, shown] = [layout[name], plot._fullLayout?.[name]?.range];
    if (axis?.type !== "log" || !given[name] || !shown || String(shown) === String(given[name])) continue;
    Object.assign(axis, { tickmode: "auto", tickvals: null, ticktext: null, nticks: 6 });
  }
}
