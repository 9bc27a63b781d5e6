// The live chart: one plotly node that is mounted once and filled in place, so that zoom and hidden curves stay.
// In the page it is followed by feed.js, downloads.js and binding.js, which fills the figure.

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

// A zoomed log axis uses plotly's ticks: ours are chosen for the whole range.
function finer(layout, plot, given) {
  for (const name of ["xaxis", "yaxis"]) {
    const [axis, shown] = [layout[name], plot._fullLayout?.[name]?.range];
    if (axis?.type !== "log" || !given[name] || !shown || String(shown) === String(given[name])) continue;
    Object.assign(axis, { tickmode: "auto", tickvals: null, ticktext: null, nticks: 6 });
  }
}
