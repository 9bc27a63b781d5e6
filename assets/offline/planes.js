// Planes: one channel of an image as {values, height, width}, with values from 0 (black) to 255, or ink from 0 to 1.

const FAINT = 0.1; // ink below it does not count for the bounding box

function blank(height, width) {
  return { values: new Float32Array(height * width), height, width };
}

function change(plane, function_) {
  return { ...plane, values: plane.values.map(function_) };
}

function most({ values }) {
  return values.reduce((a, b) => Math.max(a, b), -Infinity);
}

function threshold(plane) {
  const half = most(plane) / 2;
  return change(plane, (value) => (value > half ? 1 : 0));
}

function withMargin(plane, margin) {
  const result = blank(plane.height + 2 * margin, plane.width + 2 * margin);
  paste(result, plane, [margin, margin]);
  return result;
}

function paste(canvas, part, [top, left]) {
  for (let i = Math.max(0, -top); i < Math.min(part.height, canvas.height - top); i++) {
    for (let j = Math.max(0, -left); j < Math.min(part.width, canvas.width - left); j++) {
      canvas.values[(i + top) * canvas.width + j + left] = part.values[i * part.width + j];
    }
  }
}

function cut(plane, top, left, height, width) {
  const result = blank(height, width);
  paste(result, plane, [-top, -left]);
  return result;
}

// First row and column of the ink, and those behind it.
function box(plane) {
  const least = FAINT * most(plane);
  let [top, left, bottom, right] = [plane.height, plane.width, 0, 0];
  plane.values.forEach((value, i) => {
    if (value <= least) return;
    const [row, column] = [Math.floor(i / plane.width), i % plane.width];
    [top, left] = [Math.min(top, row), Math.min(left, column)];
    [bottom, right] = [Math.max(bottom, row + 1), Math.max(right, column + 1)];
  });
  return [top, left, bottom, right];
}

function crop(plane) {
  const [top, left, bottom, right] = box(plane);
  return cut(plane, top, left, bottom - top, right - left);
}

function centreOfMass({ values, width }) {
  let total = 0, row = 0, column = 0;
  values.forEach((value, i) => {
    total += value;
    row += value * (Math.floor(i / width) + 0.5);
    column += value * ((i % width) + 0.5);
  });
  return [row / total, column / total];
}

function grey([red, green, blue]) {
  const weigh = (r, i) => Math.floor((19595 * r + 38470 * green.values[i] + 7471 * blue.values[i] + 32768) / 65536);
  return { ...red, values: red.values.map(weigh) };
}

function fit(plane, { height, width, stretched }) {
  if (plane.height === height && plane.width === width) return plane;
  const [rows, columns] = stretched ? [plane.height, plane.width] : centralPart(plane, height, width);
  const [top, left] = [Math.floor((plane.height - rows) / 2), Math.floor((plane.width - columns) / 2)];
  return change(resize(cut(plane, top, left, rows, columns), height, width), Math.round);
}

function centralPart(plane, height, width) {
  const scale = Math.min(plane.height / height, plane.width / width);
  return [height, width].map((side) => Math.max(1, roundEven(side * scale)));
}

function lostPart(plane, height, width) {
  const [rows, columns] = centralPart(plane, height, width);
  return 1 - Math.min(rows / plane.height, columns / plane.width);
}

// Bilinear when enlarged, a triangle over all covered pixels when reduced, as in Pillow.
function resize(plane, height, width) {
  const across = transpose(resizeRows(transpose(plane), width));
  return resizeRows(across, height);
}

function resizeRows(plane, height) {
  if (plane.height === height) return plane;
  const result = blank(height, plane.width);
  const scale = plane.height / height;
  const reach = Math.max(1, scale);
  for (let i = 0; i < height; i++) {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const end = Math.min(plane.height, Math.floor(centre + reach + 0.5));
    const weights = [];
    for (let k = first; k < end; k++) weights.push(Math.max(0, 1 - Math.abs((k - centre + 0.5) / reach)));
    const total = weights.reduce((a, b) => a + b);
    for (let j = 0; j < plane.width; j++) {
      let value = 0;
      for (let k = first; k < end; k++) value += weights[k - first] * plane.values[k * plane.width + j];
      result.values[i * plane.width + j] = value / total;
    }
  }
  return result;
}

function transpose({ values, height, width }) {
  return {
    values: values.map((_, i) => values[(i % height) * width + Math.floor(i / height)]),
    height: width,
    width: height,
  };
}

function borderOf(planes) {
  return planes.flatMap(({ values, height, width }) => {
    const edge = (_, i) => i < width || i >= (height - 1) * width;
    const sides = [];
    for (let i = 0; i < height; i++) sides.push(values[i * width], values[(i + 1) * width - 1]);
    return [...values.filter(edge), ...sides];
  });
}

function median(values) {
  return quantile(values, 0.5);
}

function quantile(values, fraction) {
  const sorted = Float64Array.from(values).sort();
  const place = fraction * (sorted.length - 1);
  const low = Math.floor(place);
  return sorted[low] + (place - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
}

// Halves go to the even neighbour, as in Python.
function roundEven(value) {
  const nearest = Math.round(value);
  return nearest - value === 0.5 && nearest % 2 ? nearest - 1 : nearest;
}
