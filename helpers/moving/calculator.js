// The page in which a reader diagnoses their own counts. All of it happens here: nothing is sent anywhere.
import { escape } from "./escape.js";
import { DEFAULTS, EPSILON, factsOf, FORMATS } from "./facts.js";
import { findingsOf, rowsOf } from "./findings.js";
import { brief, exact, general, samples } from "./formats.js";
import { numbers, textOf } from "./pieces.js";
import { read } from "./reading.js";

const SHOWN = 20;
const WRITTEN = 100;
const LONGEST_LINK = 8000;
const EXAMPLE = "45586, 50, 171, 8903, 3267, 10, 13";

const USUAL = "as usual";

const option = (value, words = value) => `<option value="${escape(value)}">${escape(words)}</option>`;
const FIELDS = [
  ["scheme", "weights", "select", ["inverse frequency", "balanced", "square root", "effective number", "sum to one", "none"]],
  ["loss", "loss", "select", ["cross entropy", "bce"]],
  ["reduction", "reduction", "select", ["mean", "sum", "none"]],
  ["optimizer", "optimiser", "select", Object.keys(EPSILON)],
  ["batch", "batch size", "whole", "all samples"],
  ["lr", "learning rate without weights", "number", "left out"],
  ["dtype", "number format", "select", Object.keys(FORMATS).filter((f) => f !== "float64").flatMap((f) => (f === "float32" ? [f] : [f, `${f}, autocast`])).sort((a, b) => (b === "float32") - (a === "float32"))],
  ["momentum", "momentum", "number", "0"],
  ["decay", "weight decay", "number", "0"],
  ["clip", "clip norm", "number", "none"],
  ["smoothing", "label smoothing", "number", "0"],
  ["accumulation", "micro-batches a step", "whole", "1"],
  ["ranks", "ranks", "whole", "1"],
  ["weight", "your own weights", "list", "one a class"],
  ["positive", "pos_weight, of a binary loss", "number", "left out"],
  ["state", "Adam's state is kept in", "select", [USUAL, "float32", "bfloat16", "float16"]],
  ["sampler", "a balanced sampler", "checkbox"],
];
const FIRST = 7; // the fields in sight; the others are folded

// The diagnosis of read counts under options: facts, findings, rows, advised weights and code, all as in Python.
function diagnose(given) {
  const facts = factsOf(given);
  return { facts, findings: findingsOf(facts), rows: rowsOf(facts) };
}

// What compute means for the tests: counts or a text in, everything that is compared out.
export function compute({ text, kind, ...options }) {
  try {
    const { facts, findings, rows } = diagnose({ ...read(text, kind), ...options });
    return { findings, rows, weights: [...facts.advised], shift: [...facts.shift], lr: facts.newLr, keys: facts.keys, code: codeOf(facts) };
  } catch (error) {
    return { error: error.message };
  }
}

// The advised weights as lines that run, and the loss that takes them.
function codeOf(f) {
  const weights = f.advised.length <= WRITTEN ? `torch.tensor([${Array.from(f.advised, (w) => general(w, 8)).join(", ")}], dtype=torch.float32)`
    : 'torch.tensor([float(row["weight"]) for row in csv.DictReader(open("weights.csv", newline=""))], dtype=torch.float32)';
  const lr = f.lr === null ? `# learning rate: ${brief(f.factor)} of the one that suits no weights` : `lr = ${general(f.newLr, 3)}  # ${general(f.lr)} without weights`;
  const loss = { mean: "", sum: 'reduction="sum"', none: 'reduction="none"' }[f.reduction];
  const z = f.dtype === "float32" ? "z" : "z.float()";
  const call = f.loss === "bce"
    ? `weights[0] * F.binary_cross_entropy_with_logits(${z}, y, pos_weight=weights[1] / weights[0]${loss === 'reduction="sum"' ? `, ${loss}` : ""})`
    : `F.cross_entropy(${z}, y, weights${loss ? `, ${loss}` : ""})${f.reduction === "none" ? ".mean()" : ""}`;
  const imports = `${f.advised.length <= WRITTEN ? "" : "import csv\n\n"}import torch\nfrom torch.nn import functional as F\n`;
  return `${imports}\nweights = ${weights}\n${lr}\nloss = ${call}  # z: logits, y: labels of a batch\n`;
}

function field([name, label, kind, more]) {
  const id = `c-${name}`;
  if (kind === "checkbox") return `<div class="c-check"><input id="${id}" type="checkbox"> <label for="${id}">${label}</label></div>`;
  const inside = kind === "select" ? `<select id="${id}">${more.map((v) => option(v)).join("")}</select>`
    : `<input id="${id}" type="text" inputmode="decimal" autocomplete="off" placeholder="${more}">`;
  return `<div><label for="${id}">${label}</label>${inside}</div>`;
}

const STYLE = `
.calculator { line-height: 1.5; }
.calculator textarea, .calculator input[type="text"], .calculator select, .calculator button { font: inherit; color: inherit; background: transparent;
  border: 1px solid #8a8a8a; border-radius: 4px; padding: 0.35rem 0.5rem; min-height: 2.2rem; box-sizing: border-box; max-width: 100%; }
.calculator textarea, .calculator input[type="text"], .calculator select { width: 100%; }
.calculator textarea { font-family: monospace; min-height: 7rem; }
.calculator select option { color: #222; background: #fff; }
.calculator button { cursor: pointer; }
.calculator :focus-visible { outline: 3px solid #0072B2; outline-offset: 2px; }
.calculator ::placeholder { color: inherit; opacity: 0.75; }
.calculator .c-grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(11rem, 100%), 1fr)); gap: 0.6rem 1rem; align-items: end; margin: 0.8rem 0; }
.calculator .c-check { min-height: 2.2rem; display: flex; gap: 0.5rem; align-items: center; }
.calculator details > summary { cursor: pointer; }
.calculator input[type="file"] { max-width: 100%; font: inherit; }
.calculator .c-error { border-left: 4px solid #D55E00; padding-left: 0.7rem; }
.calculator ol { padding-left: 1.4rem; }
.calculator li { margin: 0.9rem 0; }
.calculator .c-kind { font-weight: 700; text-transform: uppercase; letter-spacing: 0.03em; }
.calculator pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid #8a8a8a; border-radius: 4px; padding: 0.6rem; margin: 0.4rem 0; font-size: 0.85rem; }
.calculator table { border-collapse: collapse; margin: 0.6rem 0; }
.calculator th, .calculator td { text-align: left; padding: 0.15rem 1rem 0.15rem 0; vertical-align: top; font-weight: 400; }
.calculator td { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }`;

const code = (text, label) => `<pre>${escape(text)}</pre><button type="button" data-copy="${escape(text)}" aria-label="Copy ${label}">Copy</button>`;

function results({ facts, findings, rows }) {
  const items = findings.map((one) => `<li><span class="c-kind">${one.severity}</span> · ${escape(one.sentence)}${one.figure ? `<br>${escape(one.figure)}` : ""}
    ${code(one.cure, `the cure of ${one.name}`)} shown in <a href='../notebooks/${one.notebook}.html'>${one.notebook.slice(0, 2)}</a></li>`).join("");
  const cells = (row) => `<tr><th scope="row">${escape(row[0])}</th>${row.slice(1).map((v) => `<td>${escape(v)}</td>`).join("")}</tr>`;
  const weights = Array.from(facts.counts.slice(0, SHOWN), (n, c) => [facts.name(c), exact(n), brief(facts.advised[c])]);
  const more = facts.counts.length > SHOWN ? `<p>${facts.counts.length - SHOWN} further classes are in the file.</p>` : "";
  return `<h2>What will happen</h2>${findings.length ? `<ol>${items}</ol><p>In the cures d is what the package's diagnose returns (d.weights are the weights below), z and y the logits and labels of one batch, labels those of all samples, numbers of classes in an int64 tensor, one each, and dataset holds the same samples, both without the ignored. Each cure is for the run as asked, not for one that another has changed: after one, ask again with what it changed. The lr advised is for one near the best without weights: under SGD, by counts alone, without inputs=, it may still be too large; under Adam try your own, too. A tenth of the best is better kept where the ratios make the loss less than ten times as steep.</p>`
    : "<p>Nothing to mend: with these options no edge is crossed.</p>"}
    <h2>The weights, on the scale where the average sample weighs one</h2>
    ${code(codeOf(facts), "the code")}
    <table><thead><tr><th scope="col">class</th><th scope="col">samples</th><th scope="col">weight</th></tr></thead><tbody>${weights.map(cells).join("")}</tbody></table>${more}
    <p><a download="weights.csv" class="c-file">weights.csv</a></p>
    <h2>The facts behind it</h2><table><tbody>${rows.map(cells).join("")}</tbody></table>`;
}

// "1 breaks, 2 to note": how many findings there are of each kind that occurs.
const kindsOf = (findings) => [["breaks", "breaks", "break"], ["hurts", "hurts", "hurt"], ["note", "to note", "to note"]]
  .map(([kind, one, more]) => [findings.filter((finding) => finding.severity === kind).length, one, more])
  .filter(([number]) => number).map(([number, one, more]) => `${number} ${number === 1 ? one : more}`).join(", ");

const quoted = (name) => (/[",\n]/.test(name) ? `"${String(name).replaceAll('"', '""')}"` : name);
const csvOf = (f) => `class,count,weight\n${Array.from(f.counts, (n, c) => `${quoted(f.keys[c])},${n},${f.advised[c]}`).join("\n")}\n`;

export function render({ el }) {
  el.innerHTML = `<style>${STYLE}</style><div class="calculator"><form>
    <label for="c-text">your counts, your labels, or a table with a column <code>count</code> or <code>label</code></label>
    <textarea id="c-text" spellcheck="false"></textarea>
    <p><label for="c-open">or a file with them: </label><input id="c-open" type="file" accept=".csv,.tsv,.txt,text/*"></p>
    <div class="c-grid"><div><label for="c-kind">what it is</label><select id="c-kind">${option("auto", "find out")}${option("counts")}${option("labels")}${option("table")}</select></div>
    ${FIELDS.slice(0, FIRST).map(field).join("")}</div>
    <details><summary>More options</summary><div class="c-grid">${FIELDS.slice(FIRST).map(field).join("")}</div></details>
    <p><button type="button" class="c-link">Copy a link to these inputs</button> <span class="c-said" aria-live="polite"></span></p></form>
    <p class="c-summary" aria-live="polite"></p><div class="c-results"></div></div>`;
  const get = (name) => el.querySelector(`#c-${name}`);
  const said = el.querySelector(".c-said");
  let file = "";
  let opened = null; // the text of a file, which a field for text would take seconds to show
  const source = () => opened ?? get("text").value;

  function options() {
    const found = {};
    for (const [name, label, kind] of FIELDS) {
      const input = get(name);
      const typed = input.value.trim();
      const value = typed.replace(",", ".");
      const [, sign] = /^[-+]?[1-9]\d{0,2}([,.])\d{3}$/.exec(typed) ?? []; // 0,001 can only be a thousandth
      if (kind === "checkbox") found[name] = input.checked;
      else if (kind === "list") found[name] = value ? numbers(typed, label, "one number a class, 5000 and not 5,000") : null;
      else if (value === USUAL) found[name] = DEFAULTS[name];
      else if (kind === "select") found[name] = input.value;
      else if (sign === "," || (sign && kind === "whole")) // a thousand, or one
        throw new Error(`${label} is "${typed}"; write ${typed.replace(sign, "")}, `
          + `or ${Number(value)} if its "${sign}" is a decimal point`);
      else if (value && !Number.isFinite(Number(value))) throw new Error(`${label} is ${JSON.stringify(typed)}; expected a number`);
      else found[name] = value ? Number(value) : DEFAULTS[name];
    }
    const [dtype, autocast] = found.dtype.split(", ");
    return { ...found, dtype, autocast: Boolean(autocast) };
  }

  const [summary, out] = [el.querySelector(".c-summary"), el.querySelector(".c-results")];
  function refuse(error) {
    out.innerHTML = "";
    summary.textContent = `This cannot be diagnosed: ${error.message}.`;
    summary.classList.add("c-error");
  }

  function update() {
    summary.classList.remove("c-error");
    try {
      const found = diagnose({ ...read(source(), get("kind").value), ...options() });
      const { facts, findings } = found;
      out.innerHTML = results(found);
      URL.revokeObjectURL(file);
      el.querySelector(".c-file").href = file = URL.createObjectURL(new Blob([csvOf(facts)], { type: "text/csv" }));
      summary.textContent = `${exact(facts.counts.length)} classes, ${samples(facts.samples)}: ${findings.length ? kindsOf(findings) : "nothing to mend"}.`;
    } catch (error) {
      refuse(error);
    }
  }

  function link() {
    const found = new URLSearchParams({ text: source(), kind: get("kind").value });
    for (const [name, , kind] of FIELDS) {
      const value = kind === "checkbox" ? (get(name).checked ? "1" : "") : get(name).value;
      if (value) found.set(name, value);
    }
    return found.toString();
  }

  const linked = new URLSearchParams(location.hash.slice(1)); // which anybody may have written
  for (const name of ["text", "kind", ...FIELDS.map(([field]) => field)].filter((known) => linked.has(known))) {
    const [input, value] = [get(name), linked.get(name)];
    if (input.type === "checkbox") input.checked = value === "1";
    else if (!input.options || Array.from(input.options).some((choice) => choice.value === value)) input.value = value;
  }
  get("text").value ||= EXAMPLE;
  let waiting = 0; // a paste of many lines is many events, and one answer
  get("text").addEventListener("input", () => { opened = null; });
  get("open").addEventListener("change", async ({ target }) => {
    if (!target.files.length) return;
    const [chosen] = target.files;
    get("text").value = "";
    try {
      opened = await textOf(chosen);
      get("text").placeholder = `Read from ${chosen.name}. What you type here takes its place.`;
      update();
    } catch (error) {
      opened = null;
      get("text").placeholder = target.value = ""; // so that the same file can be chosen again, once mended
      refuse(error);
    }
  });
  el.addEventListener("input", ({ target }) => { if (target !== get("open")) waiting ||= requestAnimationFrame(() => { waiting = 0; update(); }); });
  el.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  el.addEventListener("click", async ({ target }) => {
    let text = target.dataset?.copy;
    if (target.classList.contains("c-link")) {
      const inputs = link();
      if (inputs.length > LONGEST_LINK) return void (said.textContent = "Too much text for a link: save it in a file, and paste it again.");
      location.hash = inputs;
      text = location.href;
      said.textContent = "The address of this page now holds the inputs.";
    }
    if (text) await navigator.clipboard?.writeText(text).catch(() => {});
    if (target.dataset?.copy) Object.assign(target, { textContent: "Copied", ariaLabel: target.ariaLabel.replace("Copy", "Copied") });
  });
  update();
}
export default { render };
