// The uneven light on a photographed page, as in core/predict/paper.py.

const PAPER_GRID = 64; // points of a side at which the paper is measured
const PAPER_ROUNDS = 8; // fits, each without the points that are darker than the last one: ink
const PAPER_OUTLIER = 2; // robust standard deviations below the paper from which a point is ink

// The brightness of the paper under an image from 0 to 255: a quadratic surface through the points without ink, by
// trimmed least squares.
function fitPaper({ values, height, width }) {
  const place = (i, count) => (count > 1 ? (2 * i) / (count - 1) - 1 : -1);
  const quadratic = (i, j) => {
    const [y, x] = [place(i, height), place(j, width)];
    return [1, y, x, y * y, x * y, x * x];
  };
  const [down, across] = [height, width].map((side) => Math.max(1, Math.floor(side / PAPER_GRID)));
  const points = [];
  for (let i = 0; i < height; i += down) {
    for (let j = 0; j < width; j += across) points.push({ basis: quadratic(i, j), value: values[i * width + j] });
  }
  const middle = median(points.map((point) => point.value));
  let used = points.filter((point) => point.value >= middle - 1);
  let weights;
  for (let round = 0; round < PAPER_ROUNDS; round++) {
    weights = leastSquares(used);
    for (const point of points) point.residual = point.value - dot(point.basis, weights);
    const spread = 1.4826 * median(used.map((point) => Math.abs(point.residual)));
    used = points.filter((point) => point.residual >= -PAPER_OUTLIER * Math.max(spread, 1));
  }
  const paper = Float64Array.from(values, (_, k) => dot(quadratic(Math.floor(k / width), k % width), weights));
  return { values: paper.map((value) => Math.min(255, Math.max(1, value))), height, width };
}

// The weights w with the least Σ (basis·w − value)², by the normal equations; a small ridge where points are few.
function leastSquares(points) {
  const count = points[0].basis.length;
  const rows = Array.from({ length: count }, () => new Float64Array(count + 1));
  for (const { basis, value } of points) {
    for (let a = 0; a < count; a++) {
      for (let b = 0; b < count; b++) rows[a][b] += basis[a] * basis[b];
      rows[a][count] += basis[a] * value;
    }
  }
  rows.forEach((row, a) => (row[a] += 1e-9 * points.length));
  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) {
      const factor = rows[b][a] / rows[a][a];
      for (let c = a; c <= count; c++) rows[b][c] -= factor * rows[a][c];
    }
  }
  const weights = new Float64Array(count);
  for (let a = count - 1; a >= 0; a--) weights[a] = (rows[a][count] - dot(rows[a], weights, a + 1)) / rows[a][a];
  return weights;
}

function dot(first, second, start = 0) {
  let sum = 0;
  for (let i = start; i < second.length; i++) sum += first[i] * second[i];
  return sum;
}
