// The part of a weight that gets through a batch divided by its own weights, of notebook 08.
import { COLOURS, decades, mount, panel, short } from "./base.js";
import { absentShare, letThrough, sum } from "./formulas.js";

const MOST = 40;

export function compute({ batch, exponent, counts }) {
  const samples = sum(counts);
  const share = counts.map((n) => n / samples);
  const raw = counts.map((n) => (samples / n) ** exponent);
  const mean = sum(raw.map((w, c) => share[c] * w));
  const weights = raw.map((w) => w / mean);
  const through = [...letThrough(share, weights, batch)];
  const [rare, common] = [counts.indexOf(Math.min(...counts)), counts.indexOf(Math.max(...counts))];
  return { batch, exponent, counts, weights, through, rare, largest: Math.max(...weights), asked: weights[rare] / weights[common],
    left: through[rare] / through[common], part: through[rare] / weights[rare], absent: absentShare(counts[rare], samples, Math.min(batch, samples)) };
}

// Counts as a person writes them: numbers apart by commas, spaces or lines; null for anything else.
function countsIn(text) {
  const counts = text.split(/[\s,;]+/).filter(Boolean).map(Number);
  if (/\b\d{1,3}\.\d{3}\b|^(?=.*[\s;]).*\b\d{1,3},\d{3}\b/.test(text.trim())) return null; // 45.586 or 45,586, 50
  return counts.length > 1 && counts.length <= MOST && counts.every((n) => n >= 1 && Number.isFinite(n) && Number.isInteger(n)) ? counts : null;
}

// Where half of the largest weight gets through, by the bounds of notebook 08, for one above 2.
const half = (largest) => [Math.LN2 * (largest - 1), largest - 1];

const curves = new Map();
function curve({ counts, exponent, rare, largest }) {
  const key = `${counts} ${exponent}`;
  if (!curves.has(key)) {
    curves.clear();
    curves.set(key, Array.from({ length: 33 }, (_, i) => {
      const batch = 10 ** (i / 8);
      return [batch, compute({ batch, exponent, counts }).through[rare] / largest];
    }));
  }
  return curves.get(key);
}

const LEFT = 62; // room for "100,000"

function draw(result, width) {
  const { counts, weights, through, largest, batch, part, bad } = result;
  const narrow = width < 620;
  const column = narrow ? width - LEFT - 18 : (width - LEFT - 96) / 2;
  const all = [...weights, ...through];
  const [low, high] = [Math.min(...all) / 1.6, Math.max(...all) * 1.6];
  const left = panel({ x: LEFT, y: 40, width: column, height: 230, xs: [-0.6, counts.length - 0.4], ys: [low, high], logy: true, yticks: decades(low, high), title: "weight of a sample of each class" });
  const gap = column / counts.length;
  let svg = left.frame() + left.hline(1, COLOURS.faint, 'stroke-dasharray="3 4"');
  counts.forEach((n, c) => {
    svg += left.line(left.X(c), left.Y(weights[c]), left.X(c), left.Y(through[c]), COLOURS.faint, 'stroke-width="2"');
    svg += left.dot(c, weights[c], "none", 6, `stroke="${COLOURS.red}" stroke-width="2.5"`) + left.dot(c, through[c], COLOURS.blue, 5);
    if (gap > 9 * String(n).length) svg += left.text(short(n), [left.X(c), 288], { anchor: "middle" });
  });
  svg += left.text("samples of the class", [left.x + column / 2, 306], { anchor: "middle" });
  svg += `<circle cx="52" cy="328" r="6" fill="none" stroke="${COLOURS.red}" stroke-width="2.5"/>` + left.text("asked for", [64, 332]);
  svg += `<circle cx="142" cy="328" r="5" fill="${COLOURS.blue}"/>` + left.text("gets through", [153, 332]);
  const [x, y] = narrow ? [LEFT, 390] : [LEFT + column + 70, 40];
  const right = panel({ x, y, width: column, height: 230, xs: [1, 1e4], logx: true, ys: [0, 1], xticks: [1, 10, 100, 1e3, 1e4], yticks: [0, 0.5, 1],
    xname: "batch size B", title: "part of the largest weight" });
  svg += (largest > 2 ? right.clip(right.box(...half(largest), COLOURS.faint)) : "") + right.frame() + right.path(curve(result), COLOURS.blue, 'stroke-width="3"');
  svg += right.vline(batch, COLOURS.ink) + right.dot(batch, part, COLOURS.red, 7);
  if (largest > 4 && largest < 4000) svg += right.text("half, about here", [right.X(largest) + (largest < 100 ? 6 : -18), y + 220], { anchor: largest < 100 ? "start" : "end", colour: COLOURS.faint });
  return { svg: bad ? svg + left.text("these counts cannot be read", [44, 12], { colour: COLOURS.red, bold: true }) : svg, height: y + 292 + (narrow ? 0 : 10) };
}

export function read({ batch, asked, left, part, largest, absent, bad }) {
  if (bad) return `Counts are 2 to ${MOST} whole numbers, such as 900, 90, 10. The figure shows the last ones that could be read.`;
  return `A batch of ${short(batch)} lets ${short(100 * part)} % of the rarest class's weight through. Asked for was a ratio of ${short(asked)} between the rarest and the most common class; `
    + `the average batch applies ${short(left)}. The largest weight is ${short(largest)} average samples${largest > 2 ? `, so half of it passes at a batch of ${half(largest).map((v) => short(v)).join(" to ")}` : ""}. `
    + `${short(100 * absent)} % of the batches hold no sample of that class.`;
}

export function render({ el }) {
  let last = [900, 90, 10];
  return mount(el, {
    title: "How much of a weight gets through a batch",
    controls: [
      { name: "batch", label: "batch size B", value: 16, low: 1, high: 1e4, log: true, say: (v) => short(Math.round(v)) },
      { name: "exponent", label: "exponent of N / n", value: 1, low: 0, high: 1, step: 0.05, say: (v) => v.toFixed(2) },
      { name: "counts", label: "samples of each class, yours if you like", value: last.join(", "), text: true },
    ],
    compute: (settings) => {
      const counts = countsIn(settings.counts);
      last = counts ?? last;
      return { ...compute({ ...settings, counts: last, batch: Math.round(settings.batch) }), bad: !counts };
    },
    draw,
    read,
  });
}
export default { render };
