// The network in plain JavaScript: one operation for each module of PyTorch, with the same name and the same settings.
// An operation turns the settings and weights of a module into a function from tensor to tensor. A tensor is one sample
// {shape, values}: (channels, height, width) or (values), in a Float32Array; sums are computed in 64 bits.

const operations = {};
let lastHidden = null; // the input of the linear layer that was computed last: the output layer, if it is one

// `settings` lists every argument that is taken into account; an export with any other argument is refused.
function operation(name, settings, make) {
  operations[name] = make;
}

function compile(layer) {
  return operations[layer.name](layer);
}

function chain(layers) {
  const steps = layers.map(compile);
  return (x) => steps.reduce((value, step) => step(value), x);
}

function each(shape, values, change) {
  return { shape, values: values.map(change) };
}

function pair(value) {
  return Array.isArray(value) ? value : [value, value];
}

// --- sums of products

// Write bias + weights · x to out[start], out[start + step] … for the rows of `weight` from `first` to before `end`. Four
// rows at a time are two to three times as fast as one.
function multiply({ weight, bias }, x, [first, end], out, start, step) {
  const size = x.length;
  let row = first;
  const put = (sum) => {
    out[start] = sum + (bias ? bias[row] : 0);
    start += step;
    row++;
  };
  while (row + 4 <= end) {
    let a = row * size, b = a + size, c = b + size, d = c + size;
    let sumA = 0, sumB = 0, sumC = 0, sumD = 0;
    for (let i = 0; i < size; i++) {
      const value = x[i];
      sumA += weight[a++] * value;
      sumB += weight[b++] * value;
      sumC += weight[c++] * value;
      sumD += weight[d++] * value;
    }
    for (const sum of [sumA, sumB, sumC, sumD]) put(sum);
  }
  while (row < end) {
    let sum = 0;
    for (let i = 0, k = row * size; i < size; i++, k++) sum += weight[k] * x[i];
    put(sum);
  }
}

operation("Linear", "in_features out_features bias", ({ settings: { out_features: outputs }, weights }) => (x) => {
  const out = new Float32Array(outputs);
  lastHidden = x.values;
  multiply(weights, Float64Array.from(x.values), [0, outputs], out, 0, 1);
  return { shape: [outputs], values: out };
});

operation("Conv2d", "in_channels out_channels kernel_size stride padding groups bias", ({ settings, weights }) => {
  const { out_channels: maps, groups = 1 } = settings;
  const kernel = pair(settings.kernel_size);
  const stride = pair(settings.stride ?? 1);
  const padding = pair(settings.padding ?? 0);
  return ({ shape: [channels, ...size], values }) => {
    const [rows, columns] = size.map((side, i) => Math.floor((side + 2 * padding[i] - kernel[i]) / stride[i]) + 1);
    const out = new Float32Array(maps * rows * columns);
    const patch = new Float64Array((channels / groups) * kernel[0] * kernel[1]);
    for (let group = 0; group < groups; group++) {
      const used = [(group * maps) / groups, ((group + 1) * maps) / groups];
      for (let place = 0; place < rows * columns; place++) {
        const top = Math.floor(place / columns) * stride[0] - padding[0];
        const left = (place % columns) * stride[1] - padding[1];
        copyPatch(patch, values, size, kernel, (group * channels) / groups, top, left);
        multiply(weights, patch, used, out, used[0] * rows * columns + place, rows * columns);
      }
    }
    return { shape: [maps, rows, columns], values: out };
  };
});

// Fill a patch with the pixels under the kernel, from channel `first` on; there are zeros around the image.
function copyPatch(patch, values, [height, width], [kernelRows, kernelColumns], first, top, left) {
  for (let k = 0, channel = first; k < patch.length; channel++) {
    for (let i = top; i < top + kernelRows; i++) {
      const start = (channel * height + i) * width;
      for (let j = left; j < left + kernelColumns; j++, k++) {
        patch[k] = i >= 0 && i < height && j >= 0 && j < width ? values[start + j] : 0;
      }
    }
  }
}

// --- pooling and shape

function pool({ settings }, start, add, finish) {
  const [high, wide] = pair(settings.kernel_size);
  return ({ shape: [channels, height, width], values }) => {
    const [rows, columns] = [Math.floor(height / high), Math.floor(width / wide)];
    const out = new Float32Array(channels * rows * columns);
    for (let to = 0; to < out.length; to++) {
      const column = to % columns;
      const row = Math.floor(to / columns) % rows;
      const channel = Math.floor(to / (columns * rows));
      let result = start;
      for (let u = 0; u < high; u++) {
        const from = (channel * height + row * high + u) * width + column * wide;
        for (let v = 0; v < wide; v++) result = add(result, values[from + v]);
      }
      out[to] = finish(result, high * wide);
    }
    return { shape: [channels, rows, columns], values: out };
  };
}

operation("MaxPool2d", "kernel_size", (layer) => pool(layer, -Infinity, Math.max, (most) => most));

operation("AvgPool2d", "kernel_size", (layer) =>
  pool(layer, 0, (sum, value) => sum + value, (sum, count) => sum / count));

function means({ shape: [channels, height, width], values }) {
  const out = new Float32Array(channels);
  for (let c = 0, k = 0; c < channels; c++) {
    let sum = 0;
    for (const end = k + height * width; k < end; k++) sum += values[k];
    out[c] = sum / (height * width);
  }
  return { shape: [channels], values: out };
}

operation("GlobalPoolModule", "", () => means);

operation("Flatten", "", () => ({ values }) => ({ shape: [values.length], values }));

operation("Unflatten", "dim unflattened_size", ({ settings }) => ({ values }) =>
  ({ shape: settings.unflattened_size, values }));

operation("DropoutModule", "p drawn", () => (x) => x);

// --- normalizations: parts of equal size are centred and scaled, then each value has its own weight and bias

function affine({ shape, values }, statistics, parts, { weight, bias }, perValue) {
  const size = values.length / parts;
  const perPart = values.length / (perValue ? values.length : shape[0]);
  const out = new Float32Array(values.length);
  for (let part = 0, k = 0; part < parts; part++) {
    const [mean, factor] = statistics(part, values.subarray(part * size, (part + 1) * size));
    for (let i = 0; i < size; i++, k++) {
      const place = Math.floor(k / perPart);
      out[k] = (values[k] - mean) * factor * (weight ? weight[place] : 1) + (bias ? bias[place] : 0);
    }
  }
  return { shape, values: out };
}

function ownStatistics(epsilon) {
  return (part, values) => {
    let mean = 0, square = 0;
    for (const value of values) mean += value;
    mean /= values.length;
    for (const value of values) square += (value - mean) ** 2;
    return [mean, 1 / Math.sqrt(square / values.length + epsilon)];
  };
}

function batchNorm({ settings: { eps = 1e-5 }, weights }) {
  const running = (c) => [weights.running_mean[c], 1 / Math.sqrt(weights.running_var[c] + eps)];
  return (x) => affine(x, running, x.shape[0], weights);
}

operation("BatchNorm1d", "num_features eps momentum", batchNorm);
operation("BatchNorm2d", "num_features eps momentum", batchNorm);

operation("LayerNorm", "normalized_shape eps", ({ settings: { eps = 1e-5 }, weights }) =>
  (x) => affine(x, ownStatistics(eps), 1, weights, true));

operation("ChannelNormModule", "channels eps", ({ settings: { eps = 1e-5 }, weights: { weight, bias } }) => (x) => {
  const [channels, height, width] = x.shape;
  const area = height * width;
  const [statistics, here] = [ownStatistics(eps), new Float32Array(channels)];
  const out = new Float32Array(x.values.length);
  for (let place = 0; place < area; place++) {
    for (let c = 0; c < channels; c++) here[c] = x.values[c * area + place];
    const [mean, factor] = statistics(0, here);
    for (let c = 0; c < channels; c++) out[c * area + place] = (here[c] - mean) * factor * weight[c] + bias[c];
  }
  return { shape: x.shape, values: out };
});

operation("GroupNorm", "num_groups num_channels eps", ({ settings: { num_groups: groups, eps = 1e-5 }, weights }) =>
  (x) => affine(x, ownStatistics(eps), groups, weights));

operation("InstanceNorm2d", "num_features eps affine", ({ settings: { eps = 1e-5 }, weights }) =>
  (x) => affine(x, ownStatistics(eps), x.shape[0], weights));

// --- activations

function activation(make) {
  return ({ settings }) => {
    const change = make(settings);
    return ({ shape, values }) => each(shape, values, change);
  };
}

operation("ReLU", "", activation(() => (a) => Math.max(0, a)));
operation("LeakyReLU", "negative_slope", activation(({ negative_slope: slope }) => (a) => (a > 0 ? a : slope * a)));
operation("ELU", "alpha", activation(({ alpha }) => (a) => (a > 0 ? a : alpha * Math.expm1(a))));
operation("Softplus", "", activation(() => (a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)))));
operation("SiLU", "", activation(() => (a) => a * sigmoid(a)));
operation("GELU", "", activation(() => (a) => (a / 2) * (1 + erf(a / Math.SQRT2))));
operation("Tanh", "", activation(() => Math.tanh));
operation("Sigmoid", "", activation(() => sigmoid));
operation("StepFunctionModule", "", activation(() => (a) => (a >= 0 ? 1 : 0)));

function sigmoid(a) {
  return 1 / (1 + Math.exp(-a));
}

// erf x = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (1 · 3 · 5 … (2n + 1)); above 6 it is 1 in 64 bits.
function erf(x) {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x, sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

// --- blocks

function sum(tensors) {
  const values = tensors[0].values.slice();
  for (const other of tensors.slice(1)) other.values.forEach((value, i) => (values[i] += value));
  return { shape: tensors[0].shape, values };
}

function concatenate(tensors) {
  const [, ...rest] = tensors[0].shape;
  const values = new Float32Array(tensors.reduce((total, tensor) => total + tensor.values.length, 0));
  let start = 0;
  for (const tensor of tensors) {
    values.set(tensor.values, start);
    start += tensor.values.length;
  }
  return { shape: [tensors.reduce((total, tensor) => total + tensor.shape[0], 0), ...rest], values };
}

operation("ResidualModule", "layers shortcut p", ({ inner: { layers, shortcut } }) => {
  const inside = chain(layers);
  if (!shortcut) return inside;
  const direct = chain(shortcut);
  return (x) => sum([direct(x), inside(x)]);
});

operation("BranchesModule", "branches join", ({ settings: { join }, inner: { branches } }) => {
  const chains = branches.map(chain);
  return (x) => (join === "concatenate" ? concatenate : sum)(chains.map((branch) => branch(x)));
});

operation("SqueezeExcitationModule", "layers", ({ inner: { layers } }) => {
  const gate = chain(layers);
  return (x) => {
    const factors = gate(means(x)).values;
    const area = x.values.length / factors.length;
    return { shape: x.shape, values: x.values.map((value, i) => value * factors[Math.floor(i / area)]) };
  };
});

operation("SelfAttentionModule", "layers heads", ({ settings: { heads }, inner: { layers } }) => {
  const [project, merge] = layers.map(compile);
  return (x) => {
    const [channels, height, width] = x.shape;
    const [places, each] = [height * width, channels / heads];
    const { values } = project(x); // queries, keys and values, (3 · channels, places)
    const out = new Float32Array(channels * places);
    const scores = new Float64Array(places);
    for (let head = 0; head < heads; head++) {
      const [query, key, value] = [0, 1, 2].map((part) => (part * channels + head * each) * places);
      for (let to = 0; to < places; to++) {
        scores.fill(0);
        for (let c = 0; c < each; c++) {
          const factor = values[query + c * places + to] / Math.sqrt(each);
          for (let from = 0; from < places; from++) scores[from] += factor * values[key + c * places + from];
        }
        const weights = softmax(scores);
        for (let c = 0; c < each; c++) {
          let sum = 0;
          for (let from = 0; from < places; from++) sum += weights[from] * values[value + c * places + from];
          out[(head * each + c) * places + to] = sum;
        }
      }
    }
    return merge({ shape: x.shape, values: out });
  };
});

operation("PositionEmbeddingModule", "channels height width learned", ({ weights: { position } }) =>
  ({ shape, values }) => ({ shape, values: values.map((value, i) => value + position[i]) }));

// --- the whole: raw inputs to probabilities, or to a value

class Network {
  // `model` is the description in this page; `floats` are all of its weights.
  constructor(model, floats) {
    const array = ([start, length]) => floats.subarray(start, start + length);
    const unpack = (layer) => ({
      ...layer,
      weights: Object.fromEntries(Object.entries(layer.weights).map(([name, place]) => [name, array(place)])),
      inner: Object.fromEntries(Object.entries(layer.inner).map(([name, chains]) => [name, unpackAll(chains)])),
    });
    const unpackAll = (value) => (Array.isArray(value) ? value.map(unpackAll) : unpack(value));
    this.model = model;
    this.scale = [array(model.multiply), array(model.add)];
    this.fills = model.fills && array(model.fills);
    this.centres = model.familiar && array(model.familiar.centres);
    this.compute = chain(model.layers.map(unpack));
  }

  // Return {probabilities} (Float64Array) or {value} for raw inputs in the order of the training data.
  predict(raw) {
    const { shape, target } = this.model;
    const [multiply, add] = this.scale;
    const area = raw.length / shape[0];
    const at = (factors, i) =>
      factors[factors.length === 1 ? 0 : factors.length === raw.length ? i : Math.floor(i / area)];
    const values = Float32Array.from(raw, (x, i) => {
      const value = this.fills && Number.isNaN(x) ? this.fills[i] : x;
      return Math.fround(value * at(multiply, i)) + at(add, i);
    });
    lastHidden = null;
    const outputs = this.compute({ shape, values }).values;
    this.hidden = lastHidden ?? outputs;
    return target ? { value: target.mean + target.std * outputs[0] } : { probabilities: softmax(outputs) };
  }

  // Whether the input that was predicted last is unlike the training samples; null where that is not known.
  isUnfamiliar() {
    if (!this.centres) return null;
    const { hidden, centres } = this;
    let nearest = Infinity;
    for (let k = 0; k < centres.length; ) {
      let square = 0;
      for (let i = 0; i < hidden.length; i++, k++) square += (hidden[i] - centres[k]) ** 2;
      nearest = Math.min(nearest, square);
    }
    return !(Math.sqrt(nearest) <= this.model.familiar.threshold);
  }
}

function softmax(logits) {
  const most = Math.max(...logits);
  const powers = Float64Array.from(logits, (z) => Math.exp(z - most));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}
