// A square to draw on with mouse, pen, finger or keyboard. It reports its strokes whenever the pen is lifted.
// Knows nothing of networks: pages/parts/predict/pad.py mounts it and describes the strokes.

const GRID = 280; // units of a side; a stroke is [x, y, x, y, …] in whole units
const STEP = 10; // units that an arrow key moves the pen
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const pads = new WeakMap(); // parentElement -> Pad

export default function ({ data, parentElement, setStateValue }) {
  let pad = pads.get(parentElement);
  if (!pad) pads.set(parentElement, (pad = new Pad(parentElement, data.strokes)));
  pad.report = (strokes) => setStateValue("strokes", strokes);
  pad.show(data);
  return () => {
    pad.observer.disconnect();
    pads.delete(parentElement);
  };
}

class Pad {
  constructor(parent, strokes) {
    this.canvas = parent.querySelector("canvas");
    this.status = parent.querySelector(".lab-status");
    this.strokes = strokes; // Later ones are drawn here first: the server repeats them.
    this.pointer = null; // the id of the pointer that draws
    this.cursor = [GRID / 2, GRID / 2]; // of the keyboard
    this.isDown = false; // whether the keyboard draws
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.canvas);
    this.buttons = [...parent.querySelectorAll("button")];
    for (const button of this.buttons) button.onclick = () => this[button.value]();
    const canvas = this.canvas;
    canvas.onpointerdown = (event) => this.press(event);
    canvas.onpointermove = (event) => event.pointerId === this.pointer && this.follow(event);
    canvas.onpointerup = canvas.onpointercancel = (event) => event.pointerId === this.pointer && this.lift();
    canvas.onkeydown = (event) => this.key(event);
    canvas.onfocus = canvas.onblur = () => (this.isDown ? this.lift() : this.draw());
  }

  show({ pen, alt }) {
    this.pen = pen;
    this.canvas.setAttribute("aria-label", alt);
    this.draw();
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
    this.draw();
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
    if (this.isDown) this.extend(this.cursor);
    this.draw();
  }

  lower() {
    if (this.pointer !== null) return;
    this.isDown = true;
    this.begin(this.cursor);
    this.status.textContent = "Pen down";
  }

  // --- strokes

  begin(place) {
    this.strokes = [...this.strokes, [...place]];
    this.draw();
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
    this.draw();
    this.report(this.strokes);
  }

  // --- the image

  draw() {
    const { canvas, cursor } = this;
    const side = Math.round(canvas.clientWidth * devicePixelRatio);
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const { color } = getComputedStyle(canvas);
    const context = canvas.getContext("2d");
    context.setTransform(side / GRID, 0, 0, side / GRID, 0, 0);
    context.clearRect(0, 0, GRID, GRID);
    Object.assign(context, { lineWidth: this.pen, lineCap: "round", lineJoin: "round", strokeStyle: color });
    for (const stroke of this.strokes) {
      context.beginPath();
      context.moveTo(stroke[0], stroke[1]);
      for (let k = 0; k < stroke.length; k += 2) context.lineTo(stroke[k], stroke[k + 1]);
      context.stroke();
    }
    if (canvas.matches(":focus-visible")) {
      context.lineWidth = 2;
      context.beginPath();
      context.arc(...cursor, this.pen / 2 + 3, 0, 7);
      context.stroke();
    }
    for (const button of this.buttons) button.disabled = !this.strokes.length;
  }
}
