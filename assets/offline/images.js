// Images of any size become like the training images; every change is reported in words. The rules are those of the
// page Predict of the lab (core/predict/image_form.py).

const NOISE = 0.25; // of the darkest ink, below which paper has none
const FLAT = 20; // levels between background and ink below which an image is empty
const UNEVEN = 25; // levels by which the light may differ without being reported
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
