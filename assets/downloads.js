// The files of a chart: an image with the page's fonts, and its points as CSV.

// The rules of the page's fonts with the fonts inside: an image cannot load them.
async function fontFaces(family) {
  const faces = [];
  for (const sheet of document.styleSheets) {
    for (const rule of readable(sheet)) {
      const name = rule instanceof CSSFontFaceRule && rule.style.getPropertyValue("font-family").replaceAll('"', "");
      if (name && family.replaceAll('"', "").split(/, */).includes(name)) faces.push([rule, sheet.href ?? document.baseURI]);
    }
  }
  const written = faces.map(async ([rule, base]) => {
    const source = /url\("?([^")]+)"?\)/.exec(rule.cssText);
    if (!source || rule.style.fontStyle === "italic") return "";
    return rule.cssText.replace(source[0], `url("${await asAddress(new URL(source[1], base))}")`);
  });
  return (await Promise.all(written)).join("");
}

function readable(sheet) {
  try {
    return sheet.cssRules;
  } catch {
    return []; // a style sheet of another origin
  }
}

async function asAddress(url) {
  const blob = await (await fetch(url)).blob();
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsDataURL(blob);
  });
}

// An SVG image as PNG, two dots for each px.
async function raster(svg, width, height) {
  const image = new Image();
  image.src = URL.createObjectURL(svg);
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: 2 * width, height: 2 * height });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

// The chart as CSV: one row per point of a line or a map, without the marks that repeat a point.
function table(traces, layout) {
  const quote = (text) => `"${harmless(String(text)).replaceAll('"', '""')}"`;
  const title = (axis, usual) => quote(layout[axis]?.title?.text?.replaceAll(/<[^>]*>/g, " ") || usual);
  const cell = (value) => (typeof value === "string" ? quote(value) : value);
  const isMap = traces.some((trace) => trace.z);
  const rows = [["series", title("xaxis", "x"), isMap ? "value" : title("yaxis", "y")]];
  for (const trace of traces) {
    if (trace.meta?.as === "points") trace.x.forEach((x, k) => rows.push([quote(trace.text[k]), x, trace.y[k]]));
    else if (trace.meta?.table) trace.meta.table.y.forEach((y, i) => trace.meta.table.x.forEach((x, k) => rows.push([quote(y), cell(x), trace.meta.table.z[i][k]])));
    else if (trace.z && trace.customdata) trace.y.forEach((name, i) => trace.x.forEach((x, k) => rows.push([quote(name), x, trace.customdata[i][k]])));
    else if (trace.mode?.startsWith("lines") && !trace.meta?.take) trace.x.forEach((x, k) => rows.push([quote(trace.name), x, trace.y[k]]));
  }
  return rows.map((row) => row.map((v) => v ?? "").join(",")).join("\n") + "\n";
}

// Text that a spreadsheet program would evaluate as a formula begins with an apostrophe, as in core/base/cells.py.
function harmless(text) {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
