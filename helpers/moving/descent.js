// Gradient descent on k times the logistic loss of notebook 04: when does it settle?
import { COLOURS, dataOf, decades, mount, panel, short } from "./base.js";
import { sigmoid, softplus } from "./logistic.js";

const SHOWN = 60;
const STEPS = 600;
const RESTS = 1e-6;
const CHAOS = "is thrown about"; // from then on two browsers part: their Math.exp differs in its last digit

function loss([a, b], { inputs, targets }) {
  let sum = 0;
  for (let i = 0; i < inputs.length; i++) {
    const z = a * inputs[i] + b;
    sum += softplus(z) - targets[i] * z;
  }
  return sum / inputs.length;
}

function gradient([a, b], { inputs, targets }) {
  let [ga, gb] = [0, 0];
  for (let i = 0; i < inputs.length; i++) {
    const error = sigmoid(a * inputs[i] + b) - targets[i];
    ga += error * inputs[i];
    gb += error;
  }
  return [ga / inputs.length, gb / inputs.length];
}

// What became of the run: it rests, or repeats itself, or does neither.
function fate(path, norm, product) {
  if (norm < RESTS) return product > 1 ? "flips and settles" : "glides and settles";
  const [a, b] = path.at(-1);
  for (let period = 2; period <= 8; period++) {
    const [c, d] = path.at(-1 - period);
    if (Math.hypot(a - c, b - d) < 1e-4 * (1 + Math.hypot(a, b)) && product > 2) return `cycles through ${period} points`;
  }
  return product > 2 ? CHAOS : "is still on its way";
}

export function compute({ k, lr }, data) {
  const path = [data.start];
  let g = gradient(data.start, data);
  for (let step = 0; step < STEPS; step++) {
    // At rest, and what follows is too small to be told.
    if (step > SHOWN && Math.hypot(...g) < RESTS / 1e6) break;
    const [a, b] = path.at(-1);
    path.push([a - lr * k * g[0], b - lr * k * g[1]]);
    g = gradient(path.at(-1), data);
  }
  const [norm, product] = [Math.hypot(...g), lr * k * data.curvature];
  return { k, lr, path: path.slice(0, SHOWN + 1), product, kStar: 2 / (lr * data.curvature), loss: loss(path.at(-1), data),
    norm, fate: fate(path, norm, product) };
}

// The loss as a picture, darker where it is lower, kept for each reach: a sketch, from every fourth sample.
const pictures = {};
function picture(reach, all) {
  if (!pictures[reach]) {
    const size = 32;
    const some = (values) => values.filter((_, i) => i % 4 === 0);
    const data = { ...all, inputs: some(all.inputs), targets: some(all.targets) };
    const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
    const context = canvas.getContext("2d");
    const image = context.createImageData(size, size);
    const [low, far] = [Math.log(loss(data.minimum, data)), Math.log(loss([data.minimum[0] - reach, data.minimum[1] + reach], data))];
    for (let i = 0; i < size * size; i++) {
      const at = [data.minimum[0] + reach * ((2 * ((i % size) + 0.5)) / size - 1), data.minimum[1] - reach * ((2 * (Math.floor(i / size) + 0.5)) / size - 1)];
      const height = Math.min(1, Math.max(0, (Math.log(loss(at, data)) - low) / (far - low)));
      image.data.set([86, 150, 200, 190 * (1 - height) ** 1.5], 4 * i);
    }
    context.putImageData(image, 0, 0);
    pictures[reach] = canvas.toDataURL();
  }
  return pictures[reach];
}

const LEFT = 62; // room for "−66,000"

function draw(result, width, data) {
  const { path, product, kStar, k, lr } = result;
  const narrow = width < 620;
  const column = narrow ? width - LEFT - 14 : (width - LEFT - 84) / 2;
  const [wx, wb] = data.minimum;
  const far = Math.max(...path.map(([a, b]) => Math.max(Math.abs(a - wx), Math.abs(b - wb))));
  const reach = 2 * 2 ** Math.max(0, Math.ceil(Math.log2(far / 1.9)));
  const ticks = (middle) => [middle - reach / 2, middle, middle + reach / 2].map((v) => Number(v.toPrecision(2)));
  const strip = panel({ x: LEFT, y: 34, width: width - LEFT - 28, height: 34, xs: [1, 1e4], ys: [0, 1], logx: true, xticks: decades(1, 1e4) });
  const k1 = Math.min(1e4, Math.max(1, kStar / 2));
  const k2 = Math.min(1e4, Math.max(1, kStar));
  let svg = strip.box(1, k1, COLOURS.green, 'opacity="0.25"') + strip.box(k1, k2, COLOURS.blue, 'opacity="0.3"') + strip.box(k2, 1e4, COLOURS.red, 'opacity="0.35"');
  svg += strip.frame();
  for (const [words, from, to] of [["glides", 1, k1], ["never rests", k2, 1e4]])
    if (strip.X(to) - strip.X(from) > 8 * words.length) svg += strip.text(words, [(strip.X(from) + strip.X(to)) / 2, 30 + 26], { anchor: "middle" });
  if (kStar > 1 && kStar < 1e4) svg += strip.vline(kStar, COLOURS.ink, 'stroke-width="2"');
  const labelAt = Math.min(width - 60, Math.max(90, strip.X(Math.min(1e4, Math.max(1, kStar)))));
  svg += strip.text(`k* = ${short(kStar)}`, [labelAt, 24], { anchor: "middle", bold: true });
  const before = labelAt > 160; // that zone is too narrow for its name
  svg += strip.text("flips, settles", [labelAt + (before ? -46 : 46), 24], { anchor: before ? "end" : "start", colour: COLOURS.blue });
  svg += strip.dot(k, 0.5, COLOURS.ink, 8) + strip.text("k", [20, 56]);
  const top = 134;
  const plane = panel({ x: LEFT, y: top, width: column, height: 230, xs: [wx - reach, wx + reach], ys: [wb - reach, wb + reach],
    xticks: ticks(wx), yticks: ticks(wb), xname: "weight", title: "bias" });
  svg += `<image href="${picture(reach, data)}" x="${plane.x}" y="${top}" width="${column}" height="230" preserveAspectRatio="none"/>` + plane.frame();
  svg += plane.clip(plane.path(path, COLOURS.ink, 'stroke-width="1.2"') + plane.dots(path, COLOURS.ink, 2)
    + plane.dot(wx, wb, "none", 8, `stroke="${COLOURS.green}" stroke-width="2.5"`) + plane.dot(...path.at(-1), COLOURS.red, 6));
  const right = LEFT + column;
  svg += `<circle cx="${right - 146}" cy="${top - 14}" r="5.5" fill="none" stroke="${COLOURS.green}" stroke-width="2.5"/>` + plane.text("minimum", [right - 72, top - 10], { anchor: "end" });
  svg += `<circle cx="${right - 58}" cy="${top - 14}" r="5" fill="${COLOURS.red}"/>` + plane.text(`step ${SHOWN}`, [right, top - 10], { anchor: "end" });
  const [x2, y2] = narrow ? [LEFT, top + 320] : [LEFT + column + 70, top];
  const trace = panel({ x: x2, y: y2, width: column, height: 230, xs: [0, SHOWN], ys: [wx - reach, wx + reach], xticks: [0, 20, 40, 60],
    yticks: ticks(wx), xname: "step", title: "weight" });
  svg += trace.frame() + trace.hline(wx, COLOURS.green, 'stroke-width="2" stroke-dasharray="5 4"');
  svg += trace.clip(trace.path(path.map(([a], i) => [i, a]), COLOURS.ink, 'stroke-width="1.5"')) + trace.dot(SHOWN, path.at(-1)[0], COLOURS.red, 6);
  return { svg, height: y2 + 278 };
}

export function read({ k, lr, product, kStar, fate, loss, norm }) {
  const share = product / 2;
  return `At k = ${short(k)} and learning rate ${short(lr)} the product lr · k · λ is ${short(product)}, ${short(share)} of the 2 at which descent stops settling; `
    + `k* is ${short(kStar)}. The run ${fate}${fate === CHAOS ? `, and where it is after ${STEPS} steps may hang on the last digit of a sum`
      : `: after ${STEPS} steps its loss is ${short(loss)} and its gradient ${norm < RESTS ? "nearly zero" : short(norm, 1)}`}.`;
}

export function render({ model, el }) {
  const data = dataOf(model);
  return mount(el, {
    title: "Descent at any scale and learning rate",
    controls: [
      { name: "k", label: "scale k of the loss", value: 70, low: 1, high: 1e4, log: true },
      { name: "lr", label: "learning rate", value: 0.1, low: 1e-3, high: 10, log: true },
    ],
    compute: (settings) => compute(settings, data),
    draw: (result, width) => draw(result, width, data),
    read,
  });
}
export default { render };
