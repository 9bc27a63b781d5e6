// The drawing pad (drawing.js) as a component of a page: it reports its strokes whenever the pen is lifted.
// pages/kit/pad.py mounts it and describes the strokes.

const pads = new WeakMap(); // parentElement -> DrawingPad

export default function ({ data, parentElement, setStateValue }) {
  let pad = pads.get(parentElement);
  if (!pad) pads.set(parentElement, (pad = create(parentElement, data)));
  pad.changed = (isDone) => isDone && setStateValue("strokes", pad.strokes);
  pad.pen = data.pen;
  pad.canvas.setAttribute("aria-label", data.alt);
  pad.draw();
  return () => {
    pad.observer.disconnect();
    pads.delete(parentElement);
  };
}

// Strokes of the server count only for a new pad: later ones are drawn here first, and the server repeats them.
function create(parent, { pen, strokes }) {
  return new DrawingPad({
    canvas: parent.querySelector("canvas"),
    buttons: [...parent.querySelectorAll("button")],
    status: parent.querySelector(".lab-status"),
    pen,
    strokes,
  });
}
