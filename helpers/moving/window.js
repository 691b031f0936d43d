// The window of a number format, of notebook 09: do the lightest and the heaviest weight both fit?
import { COLOURS, dataOf, decades, mount, panel, short } from "./base.js";

// The bounds of notebook 09 on a weight, so that one step of an untrained model survives.
export function compute({ classes, batch, spread, lightest, format, keeps }, data) {
  const { max, smallest } = data.formats[format];
  let [low, high] = [smallest * classes * batch, max / Math.log(classes)];
  if (keeps === "autocast") high = max;
  if (keeps === "adam") {
    const seen = 1 - data.beta2;
    low = Math.sqrt(smallest / seen) * classes * batch;
    high = Math.sqrt(max) / Math.sqrt(seen) / (1 - 1 / classes);
  }
  const heaviest = lightest * spread;
  return { classes, batch, spread, lightest, heaviest, format, keeps, low, high, window: high / low, some: high / low >= spread,
    below: lightest < low, above: heaviest > high };
}

function draw({ low, high, lightest, heaviest, spread, window, format }, width, data) {
  const { max, smallest } = data.formats[format];
  const xs = [smallest / 1e3, max * (format === "float16" ? 1e4 : 10)];
  const space = { x: 14, width: width - 36, xs, logx: true, ys: [0, 1] };
  const top = panel({ ...space, y: 44, height: 92, xticks: decades(...xs, width < 620 ? 4 : 8), xname: "weight of a class" });
  let svg = high > low ? top.clip(top.box(low, high, COLOURS.green, 'opacity="0.3"')) : "";
  svg += top.frame();
  const inside = (v) => Math.min(xs[1], Math.max(xs[0], v));
  const ends = [[low, "smallest"], [high, "largest"]].sort(([a], [b]) => a - b);
  let at = -24;
  ends.forEach(([v, words], i) => {
    at = Math.max(at + 64, Math.min(width - 40 - (i ? 0 : 64), top.X(inside(v)))); // side by side, however narrow the window
    svg += top.vline(inside(v), COLOURS.green, 'stroke-width="3"') + top.text(words, [at, 34], { anchor: "middle", bold: true });
  });
  const piece = (from, to, colour) => (to > from ? `<rect x="${top.X(inside(from)).toFixed(1)}" y="74" width="${Math.max(3, top.X(inside(to)) - top.X(inside(from))).toFixed(1)}" height="32" fill="${colour}"/>` : "");
  const middle = [Math.max(lightest, Math.min(low, heaviest)), Math.min(heaviest, Math.max(high, lightest))];
  svg += piece(lightest, Math.min(heaviest, low), COLOURS.red) + piece(...middle, COLOURS.blue) + piece(Math.max(lightest, high), heaviest, COLOURS.red);
  svg += `<rect x="${(top.X(inside(lightest)) - 1.5).toFixed(1)}" y="70" width="3" height="40" fill="currentColor"/><rect x="${(top.X(inside(heaviest)) - 1.5).toFixed(1)}" y="70" width="3" height="40" fill="currentColor"/>`;
  const range = [1, Math.max(1e9, 10 ** Math.ceil(Math.log10(Math.max(window, 1))))];
  const wide = panel({ ...space, y: 226, height: 44, xs: range, xticks: decades(...range, width < 620 ? 4 : 8), title: "largest over smallest" });
  svg += wide.box(1, Math.max(1, window), COLOURS.green, 'opacity="0.3"') + wide.frame();
  svg += `<rect x="14" y="236" width="${Math.max(3, wide.X(Math.max(1, spread)) - 14).toFixed(1)}" height="10" fill="${spread > window ? COLOURS.red : COLOURS.blue}"/>` + wide.text("your weights", [18, 262]);
  return { svg, height: 300 };
}

const KEEPS = { plain: "", autocast: " under autocast", adam: ", Adam's state too" };
export function read({ classes, batch, spread, lightest, heaviest, format, keeps, low, high, window, some, below, above }) {
  const where = `In ${format}${KEEPS[keeps]}, with ${short(classes, 5)} classes and batches of ${short(batch, 4)}, `;
  if (high < low) return `${where}no weight survives: the smallest safe one, ${short(low)}, lies above the largest, ${short(high)}.`;
  const range = `${where}a weight survives from ${short(low)} to ${short(high)}. Yours run from ${short(lightest)} to ${short(heaviest)}: `;
  if (!some) return `${range}their spread of ${short(spread)} is wider than the window of ${short(window)}, so no scale makes them fit.`;
  if (!below && !above) return `${range}they fit.`;
  return `${range}${below ? "the light ones vanish" : "the heavy ones overflow"}. Their spread of ${short(spread)} is narrower than the window of ${short(window)}, so some scale fits: slide them ${below ? "up" : "down"}.`;
}

export function render({ model, el }) {
  const data = dataOf(model);
  const whole = (v) => short(Math.round(v), 5);
  return mount(el, {
    title: "Do your weights fit through the window?",
    controls: [
      { name: "lightest", label: "smallest weight", value: 27, low: 1e-6, high: 1e6, log: true },
      { name: "spread", label: "largest over smallest weight", value: 26014, low: 1, high: 1e6, log: true },
      { name: "classes", label: "classes K", value: 7000, low: 3, high: 1e5, log: true, say: whole },
      { name: "batch", label: "batch size B", value: 1024, low: 1, high: 8192, log: true, say: whole },
      { name: "format", label: "number format", value: "float16", options: ["float16", "bfloat16", "float32"].map((f) => [f, f]) },
      { name: "keeps", label: "what is kept in it", value: "plain", options: [["plain", "logits, loss and gradient"], ["autocast", "logits under autocast"], ["adam", "Adam's state as well"]] },
    ],
    compute: (settings) => compute({ ...settings, classes: Math.round(settings.classes), batch: Math.round(settings.batch) }, data),
    draw: (result, width) => draw(result, width, data),
    read,
  });
}
export default { render };
