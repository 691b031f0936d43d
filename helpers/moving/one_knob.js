// Learning rate times mean weight is one knob, of notebook 07: seven weightings of 7,000 classes slide along it.
import { COLOURS, dataOf, mount, once, panel, short } from "./base.js";
import { rateFactor } from "./formulas.js";

// The place of a product in the grid of the runs; beyond its ends nothing changes any more.
const nearest = (product, products) => {
  const step = Math.log(products[1] / products[0]);
  return Math.min(products.length - 1, Math.max(0, Math.round(Math.log(product / products[0]) / step)));
};
const verdict = (fall) => (fall === null ? "NaN" : fall < -0.01 ? "diverged" : fall <= 0.01 ? "stuck" : "learning");

// What the draws say together.
function together(falls) {
  const verdicts = falls.map(verdict);
  const most = verdicts.reduce((best, v) => (verdicts.filter((u) => u === v).length > verdicts.filter((u) => u === best).length ? v : best));
  const held = verdicts.filter((v) => v === most).length;
  return held === falls.length ? most : `${most} in ${held} of ${falls.length}`;
}

export function compute({ rate, repair }, data) {
  const rows = data.weightings.map(({ name, ratios, mean, second }) => {
    const lr = rate * (repair === "none" ? 1 : 1 / mean) * (repair === "advised" ? rateFactor(second, data.batch) : 1);
    const product = lr * mean;
    const falls = data.falls[ratios][nearest(product, data.products)];
    return { name, product, falls, verdict: together(falls) };
  });
  return { rate, repair, rows };
}

const COLOUR = { NaN: COLOURS.red, diverged: COLOURS.red, stuck: COLOURS.faint, learning: COLOURS.blue };
const AXIS = [1e-8, 1e9];

function places(width, data) {
  const narrow = width < 620;
  const [label, row] = narrow ? [8, 62] : [142, 44];
  const strip = { x: label, width: width - label - (narrow ? 12 : 110), xs: AXIS, logx: true, ys: [0, 1] };
  return { narrow, label, row, strip, top: (i) => 14 + i * row + (narrow ? 16 : 0), bottom: 14 + data.weightings.length * row };
}

// The strips and their names: all but the dots and the verdicts.
const still = once((width, data) => {
  const { narrow, label, strip, top, bottom } = places(width, data);
  const half = (data.products[1] / data.products[0]) ** 0.5;
  let svg = "";
  data.weightings.forEach(({ name, ratios }, i) => {
    const line = panel({ ...strip, y: top(i), height: 24 });
    data.products.forEach((p, j) => {
      const falls = data.falls[ratios][j];
      const kind = together(falls).split(" ")[0];
      const [from, to] = [j ? p / half : AXIS[0], j < data.products.length - 1 ? p * half : AXIS[1]];
      const strong = kind === "learning" ? 0.25 + 1.6 * Math.max(...falls.map((f) => f ?? 0)) : kind === "NaN" ? 0.75 : kind === "diverged" ? 0.4 : 0.18;
      svg += line.box(from, to * 1.01, COLOUR[kind], `opacity="${strong.toFixed(2)}"`);
    });
    svg += narrow ? line.text(name, [label, top(i) - 5], { bold: true }) : line.text(name, [label - 10, top(i) + 17], { anchor: "end", bold: true });
  });
  const axis = panel({ ...strip, y: bottom, height: 4, xticks: [1e-8, 1e-4, 1, 1e4, 1e8], xname: "learning rate × mean sample weight" });
  return svg + axis.frame();
});

function draw({ rows }, width, data) {
  const { narrow, strip, top, bottom } = places(width, data);
  let svg = "";
  rows.forEach(({ product, verdict: words }, i) => {
    const y = top(i);
    const line = panel({ ...strip, y, height: 24 });
    const at = Math.min(AXIS[1] / 3, Math.max(AXIS[0] * 3, product));
    svg += `<circle cx="${line.X(at).toFixed(1)}" cy="${y + 12}" r="8" fill="${COLOURS.ink}" stroke="var(--m-line)" stroke-width="2"/>`;
    svg += narrow ? line.text(words, [width - 12, y - 5], { anchor: "end" }) : line.text(words, [strip.x + strip.width + 10, y + 17]);
  });
  return { still: still(width, data), svg, height: bottom + 48 };
}

export function read({ rate, repair, rows }) {
  const how = { none: `All seven get the learning rate ${short(rate)}`, scale: `Each gets ${short(rate)} divided by its mean weight`, advised: `Each gets the rate advised for its weights in place of ${short(rate)}` }[repair];
  const kinds = ["learning", "stuck", "diverged", "NaN"].map((kind) => [kind, rows.filter((row) => row.verdict.startsWith(kind)).map((row) => row.name)]);
  const fates = kinds.filter(([, names]) => names.length).map(([kind, names]) => `${kind}: ${names.join(", ")}`).join("; ");
  return `${how}. ${fates[0].toUpperCase()}${fates.slice(1)}. SGD, loss divided by the samples; read from runs of 64 steps on three draws at the nearest product.`;
}

export function render({ model, el }) {
  const data = dataOf(model);
  return mount(el, {
    title: "One knob: learning rate times mean weight",
    controls: [
      { name: "rate", label: "learning rate η", value: 10, low: 1e-3, high: 1e5, log: true, step: 0.05 },
      { name: "repair", label: "what each weighting gets", value: "none", options: [["none", "η, the same for all"], ["scale", "η divided by its mean weight"], ["advised", "the rate advised for its weights"]] },
    ],
    compute: (settings) => compute(settings, data),
    draw: (result, width) => draw(result, width, data),
    read,
  });
}
export default { render };
