// A square to draw on with mouse, pen, finger or keyboard, on the page Predict (drawing_component.js) and in the
// exported offline page (offline/page.js). Knows nothing of networks.

const GRID = 280; // units of a side; a stroke is [x, y, x, y, …] in whole units
const STEP = 10; // units that an arrow key moves the pen
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

class DrawingPad {
  // `buttons` have the value "undo" or "clear", and `status` names the state of the pen for a screen reader.
  // `changed(isDone)` is called while a stroke grows, and after it.
  constructor({ canvas, buttons, status, changed, pen, strokes = [] }) {
    Object.assign(this, { canvas, buttons, status, changed, pen, strokes });
    this.pointer = null; // the id of the pointer that draws: a second finger does not
    this.cursor = [GRID / 2, GRID / 2]; // of the keyboard
    this.isDown = false; // whether the keyboard draws
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(canvas);
    for (const button of buttons) button.onclick = () => this[button.value]();
    canvas.onpointerdown = (event) => this.press(event);
    canvas.onpointermove = (event) => event.pointerId === this.pointer && this.follow(event);
    canvas.onpointerup = canvas.onpointercancel = (event) => event.pointerId === this.pointer && this.lift();
    canvas.onkeydown = (event) => this.key(event);
    canvas.onfocus = canvas.onblur = () => (this.isDown ? this.lift() : this.draw());
  }

  // --- pointers

  press(event) {
    if (this.pointer !== null || event.button > 0) return;
    if (this.isDown) this.lift();
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.begin(this.place(event));
  }

  follow(event) {
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) this.extend(this.place(one));
    this.update(false);
  }

  place({ clientX, clientY }) {
    const { left, top, width } = this.canvas.getBoundingClientRect();
    return [clientX - left, clientY - top].map((v) => Math.round(Math.min(1, Math.max(0, v / width)) * GRID));
  }

  // --- keyboard

  key(event) {
    const arrow = ARROWS[event.key];
    const withZ = event.key === "z" && (event.ctrlKey || event.metaKey);
    const undoes = withZ || event.key === "Backspace";
    if (arrow) this.move(arrow.map((v) => v * (event.shiftKey ? 1 : STEP)));
    else if (event.key === " ") this.isDown ? this.lift() : this.lower();
    else if (event.key === "Escape" && this.isDown) this.lift();
    else if (event.key === "Delete") this.clear();
    else if (undoes) this.undo();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  move([right, down]) {
    const [x, y] = this.cursor;
    this.cursor = [x + right, y + down].map((v) => Math.min(GRID, Math.max(0, v)));
    if (!this.isDown) return this.draw();
    this.extend(this.cursor);
    this.update(false);
  }

  lower() {
    if (this.pointer !== null) return;
    this.isDown = true;
    this.status.textContent = "Pen down";
    this.begin(this.cursor);
  }

  // --- strokes

  begin(place) {
    this.strokes = [...this.strokes, [...place]];
    this.update(false);
  }

  extend([x, y]) {
    const stroke = this.strokes.at(-1);
    if (stroke.at(-2) !== x || stroke.at(-1) !== y) stroke.push(x, y);
  }

  lift() {
    if (this.isDown) this.status.textContent = "Pen up";
    this.finish();
  }

  undo() {
    this.strokes = this.strokes.slice(0, -1);
    this.finish();
  }

  clear() {
    this.strokes = [];
    this.finish();
  }

  finish() {
    this.pointer = null;
    this.isDown = false;
    this.update(true);
  }

  update(isDone) {
    this.draw();
    this.changed(isDone);
  }

  // --- the image

  draw() {
    const { canvas, cursor } = this;
    const side = Math.round(canvas.clientWidth * devicePixelRatio);
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const context = this.paint(canvas, getComputedStyle(canvas).color);
    if (canvas.matches(":focus-visible")) {
      context.lineWidth = 2;
      context.beginPath();
      context.arc(...cursor, this.pen / 2 + 3, 0, 7);
      context.stroke();
    }
    for (const button of this.buttons) button.disabled = !this.strokes.length;
  }

  // Draw the strokes on a square canvas, in place of what is there; its context uses the units of the pad.
  paint(canvas, color) {
    const context = canvas.getContext("2d", { willReadFrequently: canvas !== this.canvas });
    context.setTransform(canvas.width / GRID, 0, 0, canvas.width / GRID, 0, 0);
    context.clearRect(0, 0, GRID, GRID);
    Object.assign(context, { lineWidth: this.pen, lineCap: "round", lineJoin: "round", strokeStyle: color });
    for (const stroke of this.strokes) {
      context.beginPath();
      context.moveTo(stroke[0], stroke[1]);
      for (let k = 0; k < stroke.length; k += 2) context.lineTo(stroke[k], stroke[k + 1]);
      context.stroke();
    }
    return context;
  }
}
