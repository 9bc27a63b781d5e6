// A curve sketched over given axes with mouse, pen, finger or keyboard: one height per position. It reports its heights
// whenever the pen is lifted. pages/parts/lessons/sketch.py mounts it and describes the axes.

const sketches = new WeakMap(); // parentElement -> Sketch
const EDGE = { left: 52, right: 12, top: 28, bottom: 40 }; // px around the plot

export default function ({ data, parentElement, setStateValue }) {
  let sketch = sketches.get(parentElement);
  if (!sketch) sketches.set(parentElement, (sketch = new Sketch(parentElement, data)));
  sketch.report = (heights) => setStateValue("heights", heights);
  sketch.axes = data;
  sketch.canvas.setAttribute("aria-label", data.alt);
  sketch.draw();
  return () => {
    sketch.observer.disconnect();
    sketches.delete(parentElement);
  };
}

class Sketch {
  // Heights of the server count only for a new sketch: later ones are drawn here first, and the server repeats them.
  constructor(parent, axes) {
    this.axes = axes;
    this.heights = [...axes.heights];
    this.canvas = parent.querySelector("canvas");
    this.status = parent.querySelector(".lab-status");
    this.button = parent.querySelector("button");
    this.button.onclick = () => this.clear();
    this.pointer = null; // the id of the pointer that draws: a second finger does not
    this.last = null; // its last place
    this.cursor = [0, Math.round((axes.levels - 1) / 2)]; // of the keyboard
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.canvas);
    const canvas = this.canvas;
    canvas.onpointerdown = (event) => this.press(event);
    canvas.onpointermove = (event) => event.pointerId === this.pointer && this.follow(event);
    canvas.onpointerup = canvas.onpointercancel = (event) => event.pointerId === this.pointer && this.lift();
    canvas.onkeydown = (event) => this.key(event);
    canvas.onfocus = canvas.onblur = () => this.draw();
  }

  plot() {
    const { clientWidth, clientHeight } = this.canvas;
    return { width: clientWidth - EDGE.left - EDGE.right, height: clientHeight - EDGE.top - EDGE.bottom };
  }

  // --- pointers

  press(event) {
    if (this.pointer !== null || event.button > 0) return;
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.last = null;
    this.follow(event);
  }

  follow(event) {
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) this.reach(this.place(one));
    this.draw();
  }

  place({ clientX, clientY }) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const { width, height } = this.plot();
    const { positions, levels } = this.axes;
    const within = (value) => Math.min(1, Math.max(0, value));
    return [
      Math.round(within((clientX - left - EDGE.left) / width) * (positions - 1)),
      Math.round((1 - within((clientY - top - EDGE.top) / height)) * (levels - 1)),
    ];
  }

  // Draw a straight line from the last place to this one.
  reach([position, height]) {
    const [from, start] = this.last ?? [position, height];
    const step = Math.sign(position - from);
    for (let at = from; at !== position; at += step)
      this.heights[at] = Math.round(start + ((height - start) * (at - from)) / (position - from));
    this.heights[position] = height;
    this.last = [position, height];
  }

  lift() {
    this.pointer = null;
    this.finish();
  }

  // --- keyboard

  key(event) {
    const { positions, levels } = this.axes;
    let [position, height] = this.cursor;
    const step = event.shiftKey ? 1 : 4;
    if (event.key === "Delete" || event.key === "Backspace") return this.handled(event, () => this.clear());
    if (event.key === "ArrowUp") height += step;
    else if (event.key === "ArrowDown") height -= step;
    else if (event.key === "ArrowRight") position += 1;
    else if (event.key === "ArrowLeft") position -= 1;
    else return;
    this.handled(event, () => {
      this.last = this.cursor;
      this.cursor = [Math.min(positions - 1, Math.max(0, position)), Math.min(levels - 1, Math.max(0, height))];
      this.reach(this.cursor);
      this.tell();
      this.finish();
    });
  }

  handled(event, act) {
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  tell() {
    const { positions, levels, x, y } = this.axes;
    const [position, height] = this.cursor;
    const at = (axis, fraction) => Number((axis.low + fraction * (axis.high - axis.low)).toPrecision(3));
    this.status.textContent = `${x.title} ${at(x, position / (positions - 1))}: ${at(y, height / (levels - 1))}`;
  }

  clear() {
    this.heights = this.heights.map(() => null);
    this.status.textContent = "Cleared";
    this.finish();
  }

  finish() {
    this.draw();
    clearTimeout(this.timer); // keys follow each other quickly
    this.timer = setTimeout(() => this.report([...this.heights]), 120);
  }

  // --- the image

  draw() {
    const { canvas } = this;
    const { clientWidth, clientHeight } = canvas;
    const ratio = devicePixelRatio;
    canvas.width = Math.round(clientWidth * ratio);
    canvas.height = Math.round(clientHeight * ratio);
    this.button.disabled = this.heights.every((height) => height === null);
    if (!clientWidth) return;
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.translate(EDGE.left, EDGE.top);
    const { color, borderColor, font, accentColor } = getComputedStyle(canvas);
    context.font = `12px ${font.split("px").at(-1)}`;
    this.drawAxes(context, color, borderColor);
    this.drawCurve(context, accentColor);
    if (canvas.matches(":focus-visible")) {
      context.beginPath();
      context.arc(...this.point(...this.cursor), 7, 0, 7);
      context.strokeStyle = color;
      context.lineWidth = 2;
      context.stroke();
    }
  }

  point(position, height) {
    const { width, height: tall } = this.plot();
    return [(position / (this.axes.positions - 1)) * width, (1 - height / (this.axes.levels - 1)) * tall];
  }

  drawAxes(context, color, border) {
    const { x, y } = this.axes;
    const { width, height } = this.plot();
    Object.assign(context, { fillStyle: color, strokeStyle: border, lineWidth: 1 });
    for (const [fraction, text] of y.ticks) {
      const level = (1 - fraction) * height;
      context.strokeRect(0, level, width, 0);
      Object.assign(context, { textAlign: "right", textBaseline: "middle" });
      context.fillText(text, -6, level);
    }
    for (const [fraction, text] of x.ticks) {
      context.strokeRect(fraction * width, 0, 0, height);
      Object.assign(context, { textAlign: "center", textBaseline: "top" });
      context.fillText(text, fraction * width, height + 5);
    }
    context.fillText(x.title, width / 2, height + 22);
    Object.assign(context, { textAlign: "left", textBaseline: "bottom" });
    context.fillText(y.title, -EDGE.left + 8, -10);
  }

  drawCurve(context, color) {
    Object.assign(context, { strokeStyle: color, lineWidth: 3, lineJoin: "round", lineCap: "round" });
    context.beginPath();
    let isDown = false;
    this.heights.forEach((height, position) => {
      if (height === null) return (isDown = false);
      const place = this.point(position, height);
      isDown ? context.lineTo(...place) : context.moveTo(...place);
      if (!isDown) context.lineTo(place[0] + 0.1, place[1]);
      isDown = true;
    });
    context.stroke();
  }
}
