// The drawing pad: strokes of a pen with the mouse, a finger or the keyboard, in units of a pad of 280 × 280.

const GRID = 280;
const STEP = 10; // units that an arrow key moves the pen

class OfflinePad {
  // `changed(isDone)` is called while a stroke grows, and after it.
  constructor(canvas, pen, changed) {
    Object.assign(this, { canvas, pen, changed, strokes: [], cursor: [GRID / 2, GRID / 2], isDown: false });
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.extend(event));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => this.end());
    canvas.addEventListener("keydown", (event) => this.key(event) && event.preventDefault());
    for (const event of ["focus", "blur"]) canvas.addEventListener(event, () => this.lift());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  point(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const place = [((event.clientX - left) / width) * GRID, ((event.clientY - top) / height) * GRID];
    return place.map((unit) => Math.min(GRID, Math.max(0, unit)));
  }

  begin(event) {
    if (event.button) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.pointer = event.pointerId;
    this.isDown = false;
    this.strokes.push([this.point(event)]);
    this.update(false);
  }

  extend(event) {
    if (event.pointerId !== this.pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) this.strokes.at(-1).push(this.point(one));
    this.update(false);
  }

  end() {
    if (this.pointer === undefined) return;
    this.pointer = undefined;
    this.update(true);
  }

  key({ key, shiftKey, ctrlKey, metaKey }) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (moves[key]) {
      const step = shiftKey ? 1 : STEP;
      this.cursor = this.cursor.map((unit, i) => Math.min(GRID, Math.max(0, unit + step * moves[key][i])));
      if (this.isDown) this.strokes.at(-1).push(this.cursor);
      this.update(this.isDown);
    } else if (key === " " || key === "Enter") {
      this.isDown = !this.isDown;
      if (this.isDown) this.strokes.push([this.cursor]);
      this.update(true);
    } else if (key === "Backspace" || (key === "z" && (ctrlKey || metaKey))) this.undo();
    else if (key === "Delete") this.clear();
    else return false;
    return true;
  }

  lift() {
    this.isDown = false;
    this.draw();
  }

  undo() {
    this.strokes.pop();
    this.isDown = false;
    this.update(true);
  }

  clear() {
    this.strokes = [];
    this.isDown = false;
    this.update(true);
  }

  update(isDone) {
    this.draw();
    this.changed(isDone);
  }

  paint(context, side, colour) {
    const scale = side / GRID;
    Object.assign(context, { lineCap: "round", lineJoin: "round", lineWidth: this.pen * scale, strokeStyle: colour });
    for (const stroke of this.strokes) {
      context.beginPath();
      context.moveTo(...stroke[0].map((unit) => unit * scale));
      for (const point of stroke.length > 1 ? stroke : [stroke[0]]) context.lineTo(...point.map((unit) => unit * scale));
      context.stroke();
    }
  }

  draw() {
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio) || GRID;
    Object.assign(this.canvas, { width: side, height: side });
    const context = this.canvas.getContext("2d");
    const colour = getComputedStyle(this.canvas).color;
    this.paint(context, side, colour);
    if (document.activeElement !== this.canvas || !this.canvas.matches(":focus-visible")) return;
    const [x, y] = this.cursor.map((unit) => (unit * side) / GRID);
    Object.assign(context, { lineWidth: 2 * devicePixelRatio, strokeStyle: colour });
    context.beginPath();
    context.arc(x, y, (this.pen * side) / GRID / (this.isDown ? 2 : 1), 0, 2 * Math.PI);
    context.stroke();
  }

  // The drawing as a plane: 0 without ink, 1 with.
  ink() {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: GRID, height: GRID });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    this.paint(context, GRID, "black");
    const { data } = context.getImageData(0, 0, GRID, GRID);
    return { values: Float32Array.from({ length: GRID ** 2 }, (_, i) => data[4 * i + 3] / 255), height: GRID, width: GRID };
  }
}
