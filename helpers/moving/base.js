// What every figure that moves shares: scales and axes as SVG, controls with labels, a reading in words.
// Each figure exports compute(settings, data), which is pure, and render({ model, el }), which anywidget calls too.
import { escape } from "./escape.js";

export const COLOURS = { blue: "var(--m-blue)", red: "var(--m-red)", green: "var(--m-green)", ink: "currentColor", faint: "var(--m-faint)" };

const STYLE = `
.moving { --m-blue: #0072B2; --m-red: #D55E00; --m-green: #007A59; --m-faint: #767676; --m-line: #c8c8c8;
  margin: 1.2rem 0; padding: 0.8rem 0; border-block: 1px solid var(--m-line); line-height: 1.45; }
[data-jp-theme-light="false"] .moving, body[data-theme="dark"] .moving, .vscode-dark .moving {
  --m-blue: #56B4E9; --m-red: #F0803C; --m-green: #3CC9A0; --m-faint: #a0a0a0; --m-line: #4a4a4a; }
@media (prefers-color-scheme: dark) { body[data-theme="auto"] .moving {
  --m-blue: #56B4E9; --m-red: #F0803C; --m-green: #3CC9A0; --m-faint: #a0a0a0; --m-line: #4a4a4a; } }
.jp-OutputArea .moving { color: var(--jp-content-font-color1); font-size: 14px; }
.moving svg { display: block; width: 100%; touch-action: pan-y; }
.moving svg text { font: 13px/1 system-ui, sans-serif; fill: currentColor; }
.moving .m-title { font-weight: 600; margin: 0 0 0.4rem; }
.moving .m-controls { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(17rem, 100%), 1fr)); gap: 0.2rem 1.6rem; }
.moving label { display: flex; justify-content: space-between; gap: 1rem; }
.moving output { font-variant-numeric: tabular-nums; font-weight: 600; }
.moving input[type="range"] { width: 100%; height: 2rem; margin: 0; accent-color: var(--m-blue); touch-action: pan-y; cursor: pointer; }
.moving input[type="text"], .moving select, .moving button { font: inherit; color: inherit; background: transparent;
  border: 1px solid var(--m-faint); border-radius: 4px; min-height: 2rem; padding: 0.2rem 0.5rem; max-width: 100%; box-sizing: border-box; }
.moving input[type="text"] { width: 100%; }
.moving select option { color: #222; background: #fff; }
.moving :focus-visible { outline: 3px solid var(--m-blue); outline-offset: 2px; }
.moving .m-reading { margin: 0.5rem 0 0; min-height: 4.4em; }
@media print { .moving, body[data-theme] .moving { --m-blue: #0072B2; --m-red: #D55E00; --m-green: #007A59; --m-faint: #767676; --m-line: #c8c8c8;
  break-inside: avoid; }
  .moving input[type="range"] { display: none; }
  .moving label { justify-content: start; }
  .moving :is(select, input[type="text"]) { appearance: none; border: 0; padding: 0; }
  .moving .m-reading { min-height: 0; }
  .moving::after { content: "On the course's site and in JupyterLab this figure moves."; font-style: italic; } }`;

// Three digits, thousands apart, and words of a person for what is very large or small.
export function short(x, digits = 3) {
  if (x === 0) return "0";
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "NaN" : x > 0 ? "infinity" : "minus infinity";
  const size = Math.abs(x);
  if (size < 1e-3 || size >= 1e7) {
    const [mantissa, exponent] = x.toExponential(Math.min(digits - 1, 1)).split("e");
    const times = String(Number(mantissa)).replace("-", "−");
    return `${times === "1" ? "" : `${times} · `}10${superscript(Number(exponent))}`;
  }
  const [whole, part] = Number(x.toPrecision(digits)).toString().replace("-", "−").split(".");
  return whole.replace(/(\d)(?=(\d{3})+$)/g, "$1,") + (part ? `.${part}` : "");
}
const superscript = (n) => String(n).replace("-", "⁻").replace(/\d/g, (d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]);

// Powers of ten that fit an axis, thinned until at most `most` are left.
export function decades(low, high, most = 7) {
  const all = [];
  for (let e = Math.ceil(Math.log10(low) - 1e-9); e <= Math.log10(high) + 1e-9; e++) all.push(10 ** e);
  return all.filter((_, i) => i % Math.ceil(all.length / most) === 0);
}

// A rectangle of the drawing with an x and a y axis. Its methods return SVG.
export function panel({ x, y, width, height, xs, ys, logx = false, logy = false, xticks, yticks, xname = "", yname = "", title = "" }) {
  const place = (domain, log) => {
    const [a, b] = log ? domain.map(Math.log) : domain;
    return (v) => Math.min(1e4, Math.max(-1e4, ((log ? Math.log(v) : v) - a) / (b - a)));
  };
  const [px, py] = [place(xs, logx), place(ys, logy)];
  const X = (v) => x + px(v) * width;
  const Y = (v) => y + height - py(v) * height;
  const line = (x1, y1, x2, y2, colour, extra = "") =>
    `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="${colour}" ${extra}/>`;
  const text = (content, at, { anchor = "start", colour = "currentColor", bold = false } = {}) =>
    `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" text-anchor="${anchor}" style="fill:${colour}${bold ? ";font-weight:600" : ""}">${escape(content)}</text>`;
  const frame = () => {
    let svg = title ? text(title, [x, y - 10], { bold: true }) : "";
    for (const v of xticks ?? []) {
      const label = short(v);
      const half = 3.8 * label.length; // so that no label leaves the drawing
      const at = Math.max(half + 1, Math.min(X(v), x + width + 12 - half));
      svg += line(X(v), y, X(v), y + height, "var(--m-line)") + text(label, [at, y + height + 17], { anchor: "middle" });
    }
    for (const v of yticks ?? []) svg += line(x, Y(v), x + width, Y(v), "var(--m-line)") + text(short(v), [x - 6, Y(v) + 4], { anchor: "end" });
    if (xname) svg += text(xname, [x + width / 2, y + height + 36], { anchor: "middle" });
    if (yname) svg += text(yname, [x, y - 10]);
    return svg;
  };
  const path = (points, colour, extra = 'stroke-width="2"') => {
    let d = "";
    for (const [u, v] of points) d += `${d ? "L" : "M"}${X(u).toFixed(1)} ${Y(v).toFixed(1)}`;
    return `<path d="${d}" fill="none" stroke="${colour}" stroke-linejoin="round" ${extra}/>`;
  };
  const dot = (u, v, colour, r = 5, extra = "") => `<circle cx="${X(u).toFixed(1)}" cy="${Y(v).toFixed(1)}" r="${r}" fill="${colour}" ${extra}/>`;
  // Many dots of one colour as one element: points without length, with round ends.
  const dots = (points, colour, r) =>
    `<path d="${points.map(([u, v]) => `M${X(u).toFixed(1)} ${Y(v).toFixed(1)}h0`).join("")}" stroke="${colour}" stroke-width="${2 * r}" stroke-linecap="round" opacity="0.85"/>`;
  const clip = (content) => {
    const id = `m-clip-${Math.round(x)}-${Math.round(y)}-${Math.round(width)}`;
    return `<clipPath id="${id}"><rect x="${x}" y="${y}" width="${width}" height="${height}"/></clipPath><g clip-path="url(#${id})">${content}</g>`;
  };
  return { x, y, width, height, X, Y, line, text, frame, path, dot, dots, clip,
    vline: (v, colour, extra = "") => line(X(v), y, X(v), y + height, colour, extra),
    hline: (v, colour, extra = "") => line(x, Y(v), x + width, Y(v), colour, extra),
    box: (u1, u2, colour, extra = 'opacity="0.18"') => `<rect x="${X(u1).toFixed(1)}" y="${y}" width="${Math.max(0, X(u2) - X(u1)).toFixed(1)}" height="${height}" fill="${colour}" ${extra}/>` };
}

// What does not move is made once for each width, and kept until that changes.
export function once(make) {
  let [at, made] = [null, ""];
  return (width, data) => (at === width ? made : ([at, made] = [width, make(width, data)])[1]);
}

let made = 0;

// A control as { element, get }: a slider (low to high, log or linear, or in steps of `step`), a choice, or a text.
function control({ name, label, value, low, high, log = false, step = 0.01, say = short, options, text }, changed) {
  const id = `m-${name}-${++made}`;
  const element = document.createElement("div");
  if (options) {
    element.innerHTML = `<label for="${id}"><span>${escape(label)}</span></label><select id="${id}">${options
      .map(([key, words]) => `<option value="${escape(key)}">${escape(words)}</option>`).join("")}</select>`;
    const select = element.querySelector("select");
    select.value = value;
    select.addEventListener("change", changed);
    return { element, get: () => select.value };
  }
  if (text) {
    element.innerHTML = `<label for="${id}"><span>${escape(label)}</span></label><input id="${id}" type="text" autocomplete="off" spellcheck="false">`;
    const input = element.querySelector("input");
    input.value = value;
    input.addEventListener("input", changed);
    return { element, get: () => input.value };
  }
  // The slider says its value itself: an output that did so too would be heard twice.
  element.innerHTML = `<label for="${id}"><span>${escape(label)}</span><output for="${id}" aria-live="off"></output></label><input id="${id}" type="range">`;
  const [input, output] = [element.querySelector("input"), element.querySelector("output")];
  const [to, from] = log ? [Math.log10, (v) => 10 ** v] : [(v) => v, (v) => v];
  Object.assign(input, { min: to(low), max: to(high), step });
  let exact = value; // as given, until the reader moves: a log scale has round numbers between its steps
  const get = () => exact ?? (log ? Number(from(Number(input.value)).toPrecision(3)) : from(Number(input.value)));
  const tell = () => {
    output.textContent = say(get());
    input.setAttribute("aria-valuetext", say(get()));
  };
  input.addEventListener("input", () => { exact = null; tell(); changed(); });
  input.value = to(value);
  tell();
  return { element, get };
}

// Build a figure in `el`: `draw(result, width)` returns { svg, height } and perhaps { still }, what lies below and is
// drawn anew only where it differs; `read(result)` returns a sentence or two. Returns what stops it.
export function mount(el, { title, controls, compute, draw, read }) {
  el.replaceChildren();
  const root = document.createElement("div");
  root.className = "moving";
  root.setAttribute("role", "group");
  // Else JupyterLab takes the arrow keys for its headings, and letters for its commands.
  root.addEventListener("keydown", (event) => { if (event.key !== "Escape") event.stopPropagation(); });
  root.setAttribute("aria-label", title);
  root.innerHTML = `<style>${STYLE}</style><p class="m-title">${escape(title)}</p><div class="m-controls"></div>
    <svg aria-hidden="true"><g></g><g></g></svg><p class="m-reading" aria-live="polite"></p>`;
  const [svg, reading] = [root.querySelector("svg"), root.querySelector(".m-reading")];
  const [below, above] = svg.children;
  let shown = "";
  let waiting = 0;
  let talking = 0;
  const parts = Object.fromEntries(controls.map((c) => [c.name, control(c, () => { waiting ||= requestAnimationFrame(update); })]));
  Object.values(parts).forEach((part) => root.querySelector(".m-controls").append(part.element));
  const settings = () => Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.get()]));
  // Before it stands in the page, as a screen reader would speak at once what changes there, wherever its reader is.
  reading.textContent = read(compute(settings()));
  el.append(root);

  function update() {
    waiting = 0;
    const width = Math.max(260, root.clientWidth);
    const result = compute(settings());
    const { svg: content, height, still = "" } = draw(result, width);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.style.height = `${height}px`;
    if (still !== shown) below.innerHTML = shown = still;
    above.innerHTML = content;
    // Spoken once the hand rests: a screen reader would queue a sentence for every pixel of a drag.
    clearTimeout(talking);
    const words = read(result);
    if (words !== reading.textContent) talking = setTimeout(() => { reading.textContent = words; }, 120);
  }
  const observer = new ResizeObserver(() => { waiting ||= requestAnimationFrame(update); });
  observer.observe(root);
  update();
  return () => observer.disconnect();
}

// anywidget hands over a model that carries the data; the site hands the data itself.
export const dataOf = (model) => (model.get ? model.get("data") : model.data);
