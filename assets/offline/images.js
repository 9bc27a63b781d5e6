// Images of any size become like the training images; every change is reported in words. The rules are those of the
// page Predict of the lab (core/predict/image_form.py, ink.py and paper.py). A plane is {values, height, width}, values from 0
// (black) to 255, or ink from 0 to 1.

const FAINT = 0.1; // ink below it does not count for the bounding box
const FINE = 8; // parts of a pixel in which ink is scaled and moved
const NOISE = 0.25; // of the darkest ink, below which paper has none
const FLAT = 20; // levels between background and ink below which an image is empty
const UNEVEN = 25; // levels by which the light may differ without being reported
const ALIKE = 0.7; // smallest ratio of two stroke widths, or two shades, that count as alike
const LOST = 0.005; // of a side, from which a cut is reported
const MOST = 1024; // pixels of a side to which large images are reduced first

// Return {planes, changes} of an image file, turned upright and placed on white; on black if it is white itself.
async function decodeImage(file) {
  const bitmap = await createImageBitmap(file);
  const reduce = Math.min(1, MOST / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * reduce));
  canvas.height = Math.max(1, Math.round(bitmap.height * reduce));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const size = { height: canvas.height, width: canvas.width };
  const onPaper = (paper) => [0, 1, 2].map((c) => {
    const place = (_, i) => data[4 * i + c] * (data[4 * i + 3] / 255) + paper * (1 - data[4 * i + 3] / 255);
    return { values: Float32Array.from({ length: data.length / 4 }, place).map(Math.round), ...size };
  });
  const transparent = data.some((value, k) => k % 4 === 3 && value < 255);
  let planes = onPaper(255), paper = "white";
  if (transparent && contrast(planes) < FLAT && contrast(onPaper(0)) >= FLAT) [planes, paper] = [onPaper(0), "black"];
  const changes = transparent ? [`Transparent parts were placed on ${paper}.`] : [];
  return { planes, changes, size: [bitmap.height, bitmap.width] };
}

// Levels between the darkest and the lightest pixel.
function contrast(planes) {
  const levels = grey(planes);
  return most(levels) + most(change(levels, (value) => -value));
}

// Return {raw, changes}: the inputs of the network for the planes of an image.
function prepareImage({ planes, changes, size }, { shape, ink, stretched }) {
  const [channels, height, width] = shape;
  const report = [...changes];
  const isGrey = planes[0].values.every((red, i) => red === planes[1].values[i] && red === planes[2].values[i]);
  if (channels === 1) {
    if (!isGrey) report.push("Colours were made grey, as the training images are.");
    planes = [isGrey ? planes[0] : grey(planes)];
  }
  if (ink && median(borderOf(planes)) < 127.5 !== ink.background < 127.5) {
    planes = planes.map((plane) => change(plane, (value) => 255 - value));
    const [from, to] = ink.background < 127.5 ? ["white", "black"] : ["black", "white"];
    report.push(`The ${from} background was inverted: that of the training images is ${to}.`);
  }
  const placed = ink && channels === 1 ? placeImage(planes[0], { ink, stretched }, size, report) : null;
  planes = placed ? [placed] : planes.map((plane) => reportFit(plane, { height, width, stretched }, size, report));
  const raw = new Float32Array(channels * height * width);
  planes.slice(0, channels).forEach((plane, c) => raw.set(plane.values, c * height * width));
  return { raw, changes: report };
}

// The drawing on a pad as a plane: 0 without ink, 1 with.
function drawnInk(pad) {
  const canvas = Object.assign(document.createElement("canvas"), { width: GRID, height: GRID });
  const { data } = pad.paint(canvas, "black").getImageData(0, 0, GRID, GRID);
  return { values: Float32Array.from({ length: GRID ** 2 }, (_, i) => data[4 * i + 3] / 255), height: GRID, width: GRID };
}

// The ink of a drawing (0 to 1) as inputs, placed as that of the training images.
function prepareDrawing(plane, { shape, ink, stretched }) {
  const [channels, height, width] = shape;
  const raw = new Float32Array(channels * height * width);
  const values = ink ? placeInk(plane, ink).values : fit(change(plane, (x) => 255 * (1 - x)), { height, width, stretched }).values;
  for (let c = 0; c < channels; c++) raw.set(values.map(Math.round), c * height * width);
  return { raw, changes: ink ? [placement(ink)] : [] };
}

// Place the ink of a grey image, unless it has the form of the training images as it is or resized. Null without ink.
function placeImage(plane, { ink, stretched }, size, report) {
  const [height, width] = ink.shape;
  const levels = (image) => change(image, (value) => Math.abs(value - ink.background));
  const inkOf = (image) => change(levels(image), (level) => level / 255);
  if (plane.height === height && plane.width === width && matches(inkOf(plane), ink)) return plane;
  if (stretched || lostPart(plane, height, width) < LOST) {
    const whole = fit(plane, { height, width, stretched });
    if ((stretched || hasStrokes(inkOf(whole), ink)) && matches(inkOf(whole), ink)) {
      report.push(resized(size, height, width));
      return whole;
    }
  }
  const { found, light } = findInk(levels(plane), ink);
  const darkest = quantile(found.values, 0.995);
  if (255 * darkest < FLAT) {
    report.push("There is no ink that differs from the background: the answer means nothing.");
    return null;
  }
  if (light > UNEVEN) report.push(`Uneven light was evened out: it differed by ${Math.round(light)} of 255 levels.`);
  if (size[0] !== height || size[1] !== width) report.push(resized(size, height, width));
  report.push(placement(ink));
  const clean = change(found, (x) => (x / darkest < NOISE ? 0 : Math.min(1, x / darkest)));
  return change(placeInk(clean, ink), Math.round);
}

// The ink from 0 to 1 in levels above the background, and by how many levels the light on it differs. Only line art
// shows enough of its background to measure the light.
function findInk(levels, ink) {
  const inside = (x) => Math.min(1, Math.max(0, x));
  if (!ink.stroke) {
    const background = median(borderOf([levels]));
    return { found: change(levels, (level) => inside((level - background) / 255)), light: 0 };
  }
  const paper = fitPaper(change(levels, (level) => 255 - level)).values;
  const found = change(levels, (level, i) => inside(1 - (255 - level) / paper[i]));
  return { found, light: most({ values: paper }) + most({ values: paper.map((value) => -value) }) };
}

function resized(size, height, width) {
  return `Resized from ${size[1]} × ${size[0]} to ${width} × ${height} pixels (width × height).`;
}

function placement({ side, stroke, anchor }) {
  const strokes = stroke ? ` with strokes of ${stroke.toFixed(1)} pixels` : "";
  const point = anchor === "mass" ? "centre of mass" : "middle";
  return `Scaled to ${Math.round(side)} pixels${strokes} and centred by its ${point}, as the training images are.`;
}

// --- ink

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

// --- planes

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

// The image in the size of the training images; the report says what was changed.
function reportFit(plane, form, size, report) {
  const { height, width, stretched } = form;
  if (size[0] !== height || size[1] !== width) {
    const text = resized(size, height, width);
    const isCut = !stretched && lostPart(plane, height, width) >= LOST;
    if (!report.includes(text)) report.push(...(isCut ? ["The sides were cut off to fit the proportions."] : []), text);
  }
  return fit(plane, form);
}

// The central part with the proportions of the training images, all of it if they were stretched, in their size.
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
