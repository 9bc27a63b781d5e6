// The size, the strokes and the place of drawn lines become those of the training images, as in core/predict/ink.py.
// Ink is a plane of values from 0 to 1.

const FINE = 8; // parts of a pixel in which ink is scaled and moved
const ALIKE = 0.7; // smallest ratio of two stroke widths, or two shades, that count as alike

// Scale, thicken or thin, and move ink from 0 to 1, so that it is like that of the training images.
function placeInk(plane, ink) {
  const [height, width] = ink.shape;
  const canvas = blank(FINE * height, FINE * width);
  if (most(plane) > FAINT) {
    const fine = scaleInk(crop(plane), ink);
    const middle = ink.anchor === "mass" ? centreOfMass(fine) : [fine.height / 2, fine.width / 2];
    paste(canvas, fine, middle.map((value, axis) => roundEven(FINE * ink.centre[axis] - value)));
  }
  const values = new Float32Array(height * width);
  canvas.values.forEach((value, i) => {
    const row = Math.floor(i / canvas.width / FINE);
    values[row * width + Math.floor((i % canvas.width) / FINE)] += value / FINE ** 2;
  });
  const factor = ink.peak / Math.max(most({ values }), FAINT);
  return { values: values.map((value) => Math.abs(ink.background - 255 * factor * value)), height, width };
}

function scaleInk(plane, ink) {
  const longer = Math.max(plane.height, plane.width);
  const stroke = ink.stroke ? Math.min(strokeWidth(plane), longer) : 0;
  const room = longer - stroke;
  const scale = room > 0.1 * longer ? (ink.side - ink.stroke) / room : ink.side / longer;
  const size = [plane.height, plane.width].map((side) => Math.max(1, roundEven(FINE * scale * side)));
  const fine = resize(plane, ...size);
  return ink.stroke ? crop(thicken(fine, (FINE * ink.stroke - FINE * scale * stroke) / 2)) : fine;
}

function matches(plane, ink) {
  if (most(plane) <= FAINT) return true;
  const [top, left, bottom, right] = box(plane);
  const centre = ink.anchor === "mass" ? centreOfMass(plane) : [(top + bottom) / 2, (left + right) / 2];
  const side = Math.max(bottom - top, right - left);
  const offset = Math.max(...centre.map((value, axis) => Math.abs(value - ink.centre[axis])));
  return side >= ink.sides[0] - 1 && side <= ink.sides[1] + 1 && offset <= ink.offset + 1;
}

// Whether ink is about as dark and as thick as that of the training images.
function hasStrokes(plane, ink) {
  if (most(plane) < ALIKE * ink.peak) return false;
  const times = FINE / 2;
  const width = ink.stroke ? strokeWidth(resize(plane, times * plane.height, times * plane.width)) / times : 0;
  return ALIKE * ink.stroke <= width && width <= ink.stroke / ALIKE;
}

// The distance to the nearest pixel without ink is w/4 on average over a stroke of width w.
function strokeWidth(plane) {
  const mask = threshold(withMargin(plane, 1));
  let total = 0, count = 0;
  distances(mask).values.forEach((value, i) => mask.values[i] && ((total += value), count++));
  return (4 * total) / count - 2;
}

// Move the outline of ink outwards by `by` pixels, inwards if it is negative.
function thicken(plane, by) {
  const mask = threshold(withMargin(plane, Math.max(1, Math.ceil(by) + 1)));
  if (by >= 0) return change(distances(change(mask, (x) => 1 - x)), (d) => (d <= by + 0.5 ? 1 : 0));
  const inner = distances(mask);
  const least = Math.min(-by, most(inner) - 1);
  return change(inner, (d) => (d > least ? 1 : 0));
}

// The distance of each pixel of a mask to the nearest pixel outside it, 0 outside (Felzenszwalb & Huttenlocher 2012).
function distances({ values, height, width }) {
  const squares = Float64Array.from(values, (x) => (x ? 1e12 : 0));
  for (let column = 0; column < width; column++) lineDistances(squares, column, width, height);
  for (let row = 0; row < height; row++) lineDistances(squares, row * width, 1, width);
  return { values: Float32Array.from(squares, Math.sqrt), height, width };
}

// Replace f(q) by the minimum of f(p) + (p − q)² over p: the lower envelope of parabolas.
function lineDistances(squares, start, step, count) {
  const f = Float64Array.from({ length: count }, (_, i) => squares[start + i * step]);
  const places = new Int32Array(count);
  const ends = new Float64Array(count + 1).fill(Infinity);
  ends[0] = -Infinity;
  let last = 0;
  for (let q = 1; q < count; q++) {
    const crossing = () => (f[q] + q * q - f[places[last]] - places[last] ** 2) / (2 * (q - places[last]));
    while (crossing() <= ends[last]) last--;
    ends[last + 1] = crossing();
    places[++last] = q;
    ends[last + 1] = Infinity;
  }
  for (let q = 0, k = 0; q < count; q++) {
    while (ends[k + 1] < q) k++;
    squares[start + q * step] = (q - places[k]) ** 2 + f[places[k]];
  }
}
