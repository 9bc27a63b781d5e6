// One stream of measurements for all charts of a run on a page. Knows the deltas of pages/kit/feed.py.

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
