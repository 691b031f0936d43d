// The formulas of helpers/diagnosis/formulas.py, number by number.

export const sum = (values) => values.reduce((total, v) => total + v, 0);
const BINS = 4096;
const NODES = 600;

// Many classes as at most BINS of nearly equal weight, each at its mean.
function binned(share, weights) {
  if (weights.length <= BINS) return [share, weights];
  let [low, high] = [Infinity, -Infinity];
  for (const w of weights) { low = Math.min(low, w); high = Math.max(high, w); }
  const lowest = Math.log(low);
  const step = (BINS - 1) / Math.max(Math.log(high) - lowest, 1e-300);
  const [together, total] = [new Float64Array(BINS), new Float64Array(BINS)];
  for (let c = 0; c < weights.length; c++) {
    const number = Math.trunc((Math.log(weights[c]) - lowest) * step);
    together[number] += share[c];
    total[number] += share[c] * weights[c];
  }
  const held = Uint16Array.from(together.keys()).filter((i) => together[i] > 0);
  return [Float64Array.from(held, (i) => together[i]), Float64Array.from(held, (i) => total[i] / together[i])];
}

// v_c(B): what a sample of class c weighs on average where each batch is divided by its own weights.
export function letThrough(share, weights, batch) {
  const held = [...weights.keys()].filter((c) => weights[c] > 0);
  // Of samples of weight zero: they are drawn, and add nothing.
  const idle = share.reduce((total, part, c) => (weights[c] > 0 ? total : total + part), 0);
  const mean = weights.reduce((total, w, c) => total + share[c] * w, 0);
  const w = Float64Array.from(held, (c) => weights[c] / mean);
  const [drawn, nodes] = binned(held.map((c) => share[c]), w);
  let [least, most] = [Infinity, 0];
  for (const node of nodes) { least = Math.min(least, node); most = Math.max(most, node); }
  const [low, high] = [Math.log(1e-12 / (most + batch)), Math.log(60 / least)];
  const v = new Float64Array(nodes.length);
  const decay = new Float64Array(nodes.length);
  for (let i = 0; i < NODES; i++) {
    const t = Math.exp(low + ((high - low) * i) / (NODES - 1));
    let all = idle;
    for (let j = 0; j < nodes.length; j++) {
      const x = t * nodes[j];
      all += (decay[j] = x < 1e-9 ? 1 - x : x > 745 ? 0 : Math.exp(-x)) * drawn[j];
    }
    const others = Math.exp((batch - 1) * Math.log(all)) * t;
    if (others > 0) for (let j = 0; j < nodes.length; j++) v[j] += others * decay[j];
  }
  const width = (high - low) / (NODES - 1);
  for (let j = 0; j < nodes.length; j++) v[j] *= batch * nodes[j] * width;
  const each = nodes.length === w.length ? v : between(w, nodes, v);
  const through = new Float64Array(weights.length);
  held.forEach((c, i) => (through[c] = each[i] / (1 - idle ** batch))); // a batch of zeros has no loss
  return through;
}

// Linear between the logarithms of the nodes, which rise.
function between(w, nodes, v) {
  const [at, to] = [Float64Array.from(nodes, Math.log), v.map(Math.log)];
  return w.map((weight) => {
    const x = Math.log(weight);
    let [low, high] = [0, at.length - 1];
    if (x <= at[low]) return Math.exp(to[low]);
    if (x >= at[high]) return Math.exp(to[high]);
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (at[middle] <= x) low = middle; else high = middle;
    }
    return Math.exp(to[low] + ((to[high] - to[low]) / (at[high] - at[low])) * (x - at[low]));
  });
}

// Probability that a batch drawn without replacement holds none of `count` samples.
export function absentShare(count, samples, batch) {
  const [few, many] = [Math.min(count, batch), Math.max(count, batch)];
  if (few + many > samples) return 0;
  if (few > 1e6) return Math.exp(few * Math.log1p(-many / samples));
  let log = 0;
  for (let i = 0; i < Math.trunc(few); i++) log += Math.log1p(-many / (samples - i));
  return Math.exp(log);
}

const NOISE_SCALE = 500;

// The learning rate for weights whose square averages `second` at sample mean one, as a part of the one without them.
export function rateFactor(second, batch, adaptive = false) {
  return ((batch + NOISE_SCALE) / (batch + NOISE_SCALE * second)) ** (adaptive ? 0.75 : 1);
}
