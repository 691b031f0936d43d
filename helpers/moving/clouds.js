// Two overlapping clouds and a weighted logistic regression, of notebook 02: the ratio moves its boundary, the scale does not.
import { COLOURS, dataOf, decades, mount, once, panel, short } from "./base.js";
import { sigmoid, softplus } from "./logistic.js";

// Solve the symmetric 3 x 3 system H s = g by Gaussian elimination.
function solve(h, g) {
  const m = h.map((row, i) => [...row, g[i]]);
  for (let i = 0; i < 3; i++)
    for (let j = i + 1; j < 3; j++) {
      const factor = m[j][i] / m[i][i];
      for (let c = i; c < 4; c++) m[j][c] -= factor * m[i][c];
    }
  const s = [0, 0, 0];
  for (let i = 2; i >= 0; i--) s[i] = (m[i][3] - m[i].slice(i + 1, 3).reduce((sum, v, c) => sum + v * s[i + 1 + c], 0)) / m[i][i];
  return s;
}

// The weighted loss divided by N at the slopes and the bias, its gradient and its Hessian. Written out for three
// parameters: it runs some ten times a frame.
function loss([a, b, c], weights, { inputs, targets }) {
  let [value, ga, gb, gc, haa, hab, hac, hbb, hbc, hcc] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < targets.length; i++) {
    const [t, x, y] = [targets[i], inputs[i][0], inputs[i][1]];
    const z = a * x + b * y + c;
    const [w, p] = [weights[t] / targets.length, sigmoid(z)];
    const [pull, bend] = [w * (p - t), w * p * (1 - p)];
    value += w * (softplus(z) - t * z);
    ga += pull * x;
    gb += pull * y;
    gc += pull;
    haa += bend * x * x;
    hab += bend * x * y;
    hac += bend * x;
    hbb += bend * y * y;
    hbc += bend * y;
    hcc += bend;
  }
  return { value, g: [ga, gb, gc], h: [[haa, hab, hac], [hab, hbb, hbc], [hac, hbc, hcc]] };
}

export function compute({ ratio, scale }, data) {
  const weights = [scale, scale * ratio];
  let theta = [0, 0, 0];
  let here = loss(theta, weights, data);
  const firstGradient = Math.hypot(...here.g);
  for (let step = 0; step < 60; step++) {
    const s = solve(here.h, here.g);
    let [size, next, there] = [1, theta.map((t, i) => t - s[i]), null];
    while ((there = loss(next, weights, data)).value > here.value * (1 + 1e-12) && size > 1e-4)
      next = theta.map((t, i) => t - (size /= 2) * s[i]);
    [theta, here] = [next, there];
    if (Math.hypot(...s) < 1e-12) break;
  }
  const total = data.targets.reduce((sum, t) => sum + weights[t], 0);
  return { ratio, scale, theta, boundary: -theta[2] / theta[0], theory: 1 - Math.log(ratio) / 2, firstGradient,
    byN: here.value, byW: (here.value * data.targets.length) / total };
}

function places(width) {
  const narrow = width < 620;
  const column = narrow ? width - 60 : width * 0.58 - 46;
  const plane = panel({ x: 40, y: 46, width: column, height: 250, xs: [-3.2, 5.2], ys: [-3.2, 3.2], xticks: [-2, 0, 2, 4], yticks: [-2, 0, 2], xname: "first feature", yname: "second feature" });
  const [x, y] = narrow ? [40, 396] : [40 + column + 60, 70];
  const strip = { x, width: width - x - 26, height: 30, ys: [0, 1] };
  const line = panel({ ...strip, y, xs: [-2, 4], xticks: [-2, 0, 2, 4], title: "boundary at mid-height" });
  const long = panel({ ...strip, y: y + 130, xs: [1e-4, 1e5], logx: true, xticks: decades(1e-4, 1e5, 4), title: "length of the first gradient" });
  return { narrow, column, plane, line, long };
}

// The points, the axes and the words.
const still = once((width, data) => {
  const { column, plane, line, long } = places(width);
  const dots = (c) => plane.dots(data.inputs.filter((_, i) => data.targets[i] === c), c ? COLOURS.red : COLOURS.blue, 2.5);
  return plane.frame() + plane.text("class 0", [40, 16], { colour: COLOURS.blue, bold: true })
    + plane.text("class 1", [40 + column, 16], { anchor: "end", colour: COLOURS.red, bold: true }) + plane.clip(dots(0) + dots(1))
    + line.frame() + line.text("dashed: 1 − log(ratio) / 2", [line.x, line.y + 66], { colour: COLOURS.faint }) + long.frame();
});

function draw({ theta, boundary, theory, firstGradient }, width, data) {
  const { narrow, plane, line, long } = places(width);
  const at = (v) => Math.min(5.2, Math.max(-3.2, -(theta[1] * v + theta[2]) / theta[0]));
  const corner = (u, v) => `${plane.X(u).toFixed(1)},${plane.Y(v).toFixed(1)}`;
  const [low, high] = [[at(-3.2), -3.2], [at(3.2), 3.2]];
  const side = (u, colour) => `<polygon points="${corner(u, -3.2)} ${corner(...low)} ${corner(...high)} ${corner(u, 3.2)}" fill="${colour}" opacity="0.16"/>`;
  let svg = plane.clip(side(-3.2, COLOURS.blue) + side(5.2, COLOURS.red)
    + plane.path([[theory, -3.2], [theory, 3.2]], COLOURS.faint, 'stroke-width="2" stroke-dasharray="6 5"') + plane.path([low, high], COLOURS.ink, 'stroke-width="3"'));
  svg += line.vline(theory, COLOURS.faint, 'stroke-width="2" stroke-dasharray="6 5"') + line.dot(boundary, 0.5, COLOURS.ink, 8);
  svg += long.dot(firstGradient, 0.5, COLOURS.ink, 8);
  return { still: still(width, data), svg, height: narrow ? 600 : 340 };
}

export function read({ ratio, scale, boundary, theory, firstGradient, byN, byW }) {
  return `Weights ${short(scale)} and ${short(scale * ratio)}. The ratio ${short(ratio)} puts the boundary at ${short(boundary)}; theory for endless data says ${short(theory)}. `
    + (scale === 1
      ? `The loss divided by N is ${short(byN)}, and the first gradient ${short(firstGradient)} long.`
      : `The scale ${short(scale)} leaves it there. What the scale does change is the loss divided by N, ${short(byN)}, and the first gradient, ${short(firstGradient)} long; divided by the total weight the loss is ${short(byW)} at every scale.`);
}

export function render({ model, el }) {
  const data = dataOf(model);
  return mount(el, {
    title: "Two sliders: the ratio and the scale",
    controls: [
      { name: "ratio", label: "ratio of the weights, class 1 to class 0", value: 1, low: 0.01, high: 100, log: true },
      { name: "scale", label: "scale of both weights", value: 1, low: 1e-3, high: 1e3, log: true },
    ],
    compute: (settings) => compute(settings, data),
    draw: (result, width) => draw(result, width, data),
    read,
  });
}
export default { render };
