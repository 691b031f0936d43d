// What was given, and what follows from it before any judgement: helpers/diagnosis/facts.py in the browser.
import { absentShare, letThrough, rateFactor } from "./formulas.js";
import { general } from "./formats.js";

export const EPSILON = { SGD: null, momentum: null, Nesterov: null, ASGD: null, RMSprop: 1e-8, Adam: 1e-8, AdamW: 1e-8, NAdam: 1e-8, RAdam: 1e-8, Adamax: 1e-8, Adagrad: 1e-10 };
export const FORMATS = {
  float16: { max: 65504, smallest: 2 ** -24 },
  bfloat16: { max: 2 ** 127 * (2 - 2 ** -7), smallest: 2 ** -133 },
  float32: { max: 2 ** 127 * (2 - 2 ** -23), smallest: 2 ** -149 },
  float64: { max: Number.MAX_VALUE, smallest: 2 ** -1074 },
};

const total = (n, of = (v) => v) => { let sum = 0; for (let c = 0; c < n.length; c++) sum += of(n[c], c); return sum; };
const scaled = (w, by) => w.map((v) => v / by);
const inverse = (n, all) => n.map((v) => all / v);
const SCHEMES = {
  none: (n) => n.map(() => 1),
  "inverse frequency": inverse,
  balanced: (n, all) => scaled(inverse(n, all), n.length),
  "sum to one": (n, all) => { const w = inverse(n, all); return scaled(w, total(w)); },
  "square root": (n, all) => n.map((v) => Math.sqrt(all / v)),
  "effective number": (n) => { const w = n.map((v) => 0.001 / -Math.expm1(v * Math.log(0.999))); return scaled(w, total(w) / w.length); },
};

// Whether weights lean as a balanced sampler does: no class weighs less than the commonest, the rarest weighs more.
// `lean`: how many times the commonest class's weight the rarest has, the heaviest where several are.
function leaning(n, weights) {
  const [few, many] = n.reduce(([low, high], v) => [v > 0 ? Math.min(low, v) : low, Math.max(high, v)], [Infinity, 0]);
  const heaviest = (count) => weights.reduce((most, w, c) => (n[c] === count ? Math.max(most, w) : most), 0);
  const commonest = heaviest(many);
  const lean = commonest > 0 ? heaviest(few) / commonest : 0;
  return { lean, corrects: lean > 1 + 1e-9
    && weights.every((w, c) => n[c] === 0 || n[c] === many || w === 0 || w >= commonest * (1 - 1e-9)) };
}

// Weights of the reader's own, one a class.
function own(w, n) {
  if (w.length !== n.length) throw new Error(`weight has ${w.length} numbers; expected one a class, ${n.length}`);
  if (!w.every((v) => v >= 0 && v <= 1e30) || !w.some((v, c) => v > 0 && n[c] > 0))
    throw new Error(`weight is ${w.join(", ")}; expected numbers from 0 to 1e30, not zero for all with samples`);
  return [Float64Array.from(w), "your own"];
}

// The weights that the loss gets; by a scheme, a class without a sample gets the weight of the average sample.
function weightsOf(n, { scheme, weight, positive }) {
  if (weight && positive !== null) throw new Error("weight is given beside pos_weight; expected one of them");
  if (positive !== null && !(positive >= 1e-30 && positive <= 1e30)) throw new Error(`pos_weight is ${general(positive)}; expected a number above zero`);
  if (weight || positive !== null) return own(weight ?? [1, positive], n);
  const held = n.filter((v) => v > 0);
  const all = total(held);
  const named = typeof scheme === "string";
  if (named && !SCHEMES[scheme]) throw new Error(`scheme is '${scheme}'; expected an exponent or one of ${Object.keys(SCHEMES).map((s) => `'${s}'`).join(", ")}`);
  if (!named && !(Math.abs(scheme) <= 10)) throw new Error(`scheme is ${general(scheme)}; expected an exponent of N / n_c, usually from 0 to 1`);
  const w = named ? SCHEMES[scheme](held, all) : held.map((v) => (all / v) ** scheme);
  const average = total(held, (v, c) => v * w[c]) / all;
  let next = 0;
  return [n.map((v) => (v > 0 ? w[next++] : average)), named ? scheme : `(N / n_c) ** ${general(scheme)}`];
}

export const DEFAULTS = { scheme: "inverse frequency", loss: "cross entropy", reduction: "mean", smoothing: 0, optimizer: "SGD", lr: null, momentum: 0, decay: 0,
  clip: null, batch: null, accumulation: 1, ranks: 1, sampler: false, dtype: "float32", autocast: false, weight: null, positive: null, state: null };

// `given`: keys, counts, order, doubt and title as reading.js finds them, and any of DEFAULTS.
export function factsOf(given) {
  const f = { ...DEFAULTS, ...given };
  const n = (f.counts = Float64Array.from(given.counts));
  if (f.positive !== null) f.loss = "bce";
  f.samples = total(n);
  const ranges = [["lr", "lr", 1e-30, 1e30], ["clip", "clip_norm", 1e-30, Infinity], ["momentum", "momentum", 0, 1], ["decay", "weight_decay", 0, 1e30], ["smoothing", "label_smoothing", 0, 1]];
  for (const [key, name, low, high] of ranges)
    if (f[key] !== null && !(f[key] >= low && f[key] <= high)) throw new Error(`${name} is ${general(f[key])}; expected a number from ${general(low)} to ${general(high)}`);
  for (const [key, name, high] of [["batch", "batch_size", Infinity], ["accumulation", "accumulation_steps", 1e6], ["ranks", "world_size", 1e6]])
    if (f[key] !== null && !(Number.isInteger(f[key]) && f[key] >= 1 && f[key] <= high)) throw new Error(`${name} is ${f[key]}; expected a whole number, 1 or more`);
  if (f.batch > f.samples) throw new Error(`batch_size is ${f.batch}, but counts has only ${Math.round(f.samples).toLocaleString("en")} samples; give none for all of them (and counts of samples, not percentages)`);
  if (f.autocast && !["float16", "bfloat16"].includes(f.dtype)) throw new Error(`dtype is ${f.dtype}; autocast computes in float16 or bfloat16`);
  if (f.loss === "bce" && (n.length !== 2 || f.smoothing)) throw new Error("the loss is bce; expected counts of negatives and positives of one label, without smoothing: diagnose several labels one by one, and under SGD take the smallest lr advised");
  [f.weights, f.called] = weightsOf(n, f);
  f.name = (c) => (typeof f.keys[c] === "number" ? `class ${f.keys[c]}` : String(f.keys[c]));
  f.holding = total(n, (v) => (v > 0 ? 1 : 0));
  f.share = f.sampler ? n.map((v) => (v > 0 ? 1 / f.holding : 0)) : n.map((v) => v / f.samples);
  f.all = f.batch ?? f.samples;
  f.step = f.all * f.accumulation * f.ranks;
  f.divisor = f.reduction === "sum" ? "nothing" : f.reduction === "mean" && f.loss === "cross entropy" ? "weights" : "samples";
  [f.rarest, f.commonest] = [-1, 0];
  n.forEach((v, c) => {
    if (v > 0 && (f.rarest < 0 || v < n[f.rarest])) f.rarest = c;
    if (v > n[f.commonest]) f.commonest = c;
  });
  f.equal = n.every((v) => v === n[0]);
  f.average = total(f.weights, (w, c) => f.share[c] * w);
  f.scale = f.divisor === "weights" ? 1 : f.average;
  [f.largest, f.least, f.lightest] = [0, Infinity, Infinity];
  f.weights.forEach((w, c) => {
    if (n[c] === 0) return;
    f.largest = Math.max(f.largest, w);
    f.least = Math.min(f.least, w);
    if (w > 0) f.lightest = Math.min(f.lightest, w);
  });
  f.heaviest = f.largest / f.average;
  f.through = f.divisor === "weights" && f.all < f.samples ? letThrough(f.share, f.weights, f.all) : scaled(f.weights, f.average);
  f.shift = n.map((v, c) => (v > 0 && f.through[c] > 0 ? Math.log((f.through[c] * f.share[c] * f.samples) / v) : 0));
  f.nominal = f.weights[f.rarest] / f.weights[f.commonest];
  f.effective = f.through[f.rarest] / f.through[f.commonest];
  f.absent = f.sampler ? (1 - f.share[f.rarest]) ** f.all : absentShare(n[f.rarest], f.samples, f.all);
  f.outweighs = f.heaviest / f.step;
  const [each, whole] = [f.smoothing / n.length, f.weights.reduce((most, w) => Math.max(most, w), 0)];
  const weighed = total(f.weights, (w, c) => (w > 0 ? n[c] : 0));
  f.misled = total(f.weights, (w, c) => (w > 0 && w * (1 - f.smoothing + each) * (1 + 1e-9) < whole * each ? n[c] / weighed : 0));
  Object.assign(f, leaning(n, f.weights));
  const asked = f.sampler && f.corrects ? f.weights.map((w, c) => w * n[c]) : f.weights;
  const mean = total(asked, (w, c) => f.share[c] * w);
  f.advised = asked.map((w, c) => (n[c] > 0 ? w / mean : 1));
  f.adaptive = EPSILON[f.optimizer] !== null;
  const second = total(f.advised, (w, c) => f.share[c] * w ** 2) / total(f.advised, (w, c) => f.share[c] * w) ** 2;
  const alone = f.all === 1 && f.divisor === "weights"; // a weight that is divided by itself
  f.factor = alone ? 1 : Math.min(1, rateFactor(second, f.step, f.adaptive));
  f.newLr = f.lr === null ? null : f.lr * f.factor;
  const { max, smallest } = FORMATS[f.dtype];
  f.dividedBy = { weights: f.all * f.average, samples: f.all, nothing: 1 }[f.divisor];
  const loss = Math.max(1, Math.log(n.length));
  const top = f.heaviest * f.average;
  if (f.autocast) f.above = max / (top / f.dividedBy);
  else if (f.divisor === "samples") f.above = max / (top * loss);
  else f.above = max / Math.max(top * loss, f.all * f.average * loss, f.divisor === "weights" ? 1 / (f.all * f.average) : 0);
  f.below = f.lightest / (n.length * f.dividedBy) / smallest;
  f.state ??= f.autocast ? "float32" : f.dtype;
  return f;
}
