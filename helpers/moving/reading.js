// What a person pastes, read without guessing: counts, labels, or a table with a header. After helpers/diagnosis/given.py.
import { general, thousands } from "./formats.js";

const MOST_CLASSES = 1e6;
const NAMING = ["name", "class", "label"]; // as in helpers/diagnosis/__main__.py
const COUNTING = ["n", "count", "counts", "freq", "frequency", "samples"]; // and this
const HEADER = "expected a first line name,count, and a line such as cat,5000 for each class";
const number = (text) => (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : null);

// "1,200" or "1 200": two numbers in a list that this alone parts, one or two where something else parts the others.
const GROUPED = /(?:^|[^\w.])([1-9]\d{0,2})(,|[^\S\n\r\t])(\d{3})(?!\d)/;
const words = (text) => text.split(/[\s,;]+/).filter(Boolean);

function refuseGrouped(text) {
  const found = GROUPED.exec(text);
  if (!found || new Set(text.trim().match(/[\s,;]/g)).size < 2) return;
  const [low, part, high] = found.slice(1);
  const [one, two] = [low + high, `${low}, ${Number(high)}`];
  throw new Error(`"${low}${part}${high}" is one number or two; write ${one} if one, "${two}" if two`);
}

// A number of samples, or null. "45.586" is 45586 to a German; with a digit more it can only be a decimal.
function samplesIn(text, what) {
  if (/^[1-9]\d{0,2}\.\d{3}$/.test(text))
    throw new Error(`${what} "${text}"; write ${text.replace(".", "")}, or ${text}0 if the point is decimal`);
  return number(text);
}

// The numbers of a list. One such as 000 is the end of another, whose thousands stand apart.
export function numbers(text, what, expected, one = number) {
  refuseGrouped(text);
  return words(text).map((word) => {
    const n = one(word, `${what} holds`);
    if (n === null || /^0\d/.test(word))
      throw new Error(`${what} holds ${JSON.stringify(word.slice(0, 20))}; expected ${expected}`);
    return n;
  });
}

// The text of a file, its lines ended as those of a field for text are.
export const textOf = async (file) => {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes).replace(/\r\n?/g, "\n");
  } catch {
    throw new Error(`${file.name} is no CSV in UTF-8: save it as such`);
  }
};

// The numbers of one list, tensor or array as Python prints it, in one line; any other text as it is.
function unwrapped(text) {
  const list = /^\s*\[([^[\]]*)\]\s*,?\s*$/.exec(text) ?? /^\s*[\w.]+\(\s*\[([^[\]]*)\]\s*(?:,\s*\w+\s*=[^[\]]*)?\)\s*$/.exec(text);
  if (!list) return text;
  const held = list[1].replace(/\b(?:np\.u?(?:int|float)\d+|tensor)\(([^(),]*)\)/g, "$1");
  const wrong = words(held).find((word) => number(word) === null);
  if (wrong === undefined) return held.trim().replace(/\s+/g, " ");
  throw new Error(`the brackets hold ${JSON.stringify(wrong.slice(0, 20))}; expected numbers, all of them; `
    + "write names without brackets and quotes, one a line");
}

// Without the empty lines, and without lines of spaces above the first: what stands at its start is an empty field.
const linesOf = (text) => text.replace(/^\s*\n/, "").split("\n").filter(Boolean);

// A line of a table: fields apart by commas, semicolons or tabs, in quotes where they hold one.
function fields(line) {
  const found = [];
  const pattern = /[^\S\t]*(?:"((?:[^"]|"")*)"|(?!\s*"[^",;\t]*(?:[,;\t]|$))([^,;\t]*))[^\S\t]*([,;\t]|$)/y;
  for (let more = true; more;) {
    const part = pattern.exec(line);
    if (!part)
      throw new Error(`the line ${JSON.stringify(line.slice(0, 40))} cannot be read: a quote has no end; close it, or leave out a column with line breaks in its cells`);
    found.push((part[1]?.replaceAll('""', '"') ?? part[2]).trim());
    more = part[3] !== "";
  }
  return found;
}

function table(text) {
  const [first, ...lines] = linesOf(text);
  const header = fields(first);
  const [counts, labels] = [header.indexOf("count"), header.indexOf("label")];
  if (counts < 0 && labels < 0) throw new Error(`the table has the columns ${header.join(", ")}; expected one named count (a row a class) or label (a row a sample)`);
  if (new Set(header).size < header.length)
    throw new Error(`the table has the columns ${header.join(", ")}; expected no name twice`);
  const rows = lines.map((line) => {
    const row = fields(line);
    if (row.length === header.length) return row;
    const start = JSON.stringify(line.slice(0, 40));
    throw new Error(`the table has ${header.length} columns, and its line ${start} has ${row.length}; `
      + "write 5000, not 5,000, and a name with a comma in quotes");
  }).filter((row) => row.length === 1 || row.some(Boolean)); // a spreadsheet may add rows of empty cells
  const beside = header.findIndex((name) => COUNTING.includes(name.toLowerCase()));
  if (counts < 0 && beside >= 0 && rows.every((row) => /^\d+$/.test(row[beside])))
    throw new Error(`the table has beside label a column ${header[beside]} of whole numbers; leave it out if a `
      + "row is a sample, name it count if it is a class (add up the rows of each class first)");
  if (counts < 0) return repeated(tally(rows.map((row) => row[labels])), rows.length);
  const others = header.map((_, i) => i).filter((i) => i !== counts);
  const naming = others.length > 1 ? others.filter((i) => NAMING.includes(header[i])) : others;
  if (others.length > 1 && naming.length !== 1)
    throw new Error(`the table has the columns ${header.join(", ")}; expected beside count the names of the classes alone, `
      + `or in one column named ${NAMING.join(", ")}: rename it, or leave the others out`);
  const names = naming[0] ?? -1;
  const called = rows.map((row) => row[names] ?? "");
  // Else 007 and 7 are two names; and so are whole numbers of which a float is the same.
  const numbered = called.every((text) => number(text) !== null && Math.abs(number(text)) <= Number.MAX_SAFE_INTEGER);
  return named(rows.map((row, i) => [names < 0 ? i : numbered ? Number(called[i]) : called[i], row[counts]]));
}

// Pairs of a class and its count: by number and without -100 where all are numbered, else as given.
function named(pairs) {
  const seen = new Set(pairs.map(([name]) => name));
  if (seen.has("")) throw new Error("a class has no name; expected one in each row, before its count");
  if (seen.size < pairs.length) throw new Error("a class is named twice; expected one row a class");
  const numbered = pairs.every(([name]) => typeof name === "number");
  const rows = pairs.filter(([name]) => name !== -100).map(([name, text]) => {
    const count = samplesIn(text, `counts of ${name} is`);
    if (count === null) throw new Error(`counts of ${name} is ${JSON.stringify(text)}; expected a number of samples`);
    return [name, count];
  });
  if (numbered) rows.sort(([a], [b]) => a - b);
  return { keys: rows.map(([name]) => name), counts: rows.map(([, count]) => count), order: numbered ? "by number" : "as given", labels: false };
}

// As Python sorts texts: by code point, where < compares halves of those beyond the basic plane.
function byCodePoint(a, b) {
  const [left, right] = [a, b].map((text) => Array.from(text, (letter) => letter.codePointAt(0)));
  const c = left.findIndex((code, i) => code !== right[i]);
  return c < 0 ? left.length - right.length : left[c] - (right[c] ?? -1);
}

// Labels: numbers are classes 0 to K - 1 and -100 is left out, anything else is a name.
function tally(labels) {
  const found = new Map();
  const numbered = labels.every((label) => number(label) !== null);
  for (const label of labels) {
    const name = numbered ? Number(label) : label;
    if (name !== -100) found.set(name, (found.get(name) ?? 0) + 1);
  }
  if (!found.size) throw new Error("labels holds no sample");
  if (!numbered) {
    if (found.has("")) throw new Error("labels holds a missing value; drop those samples");
    const names = [...found.keys()].sort(byCodePoint);
    return { keys: names, counts: names.map((name) => found.get(name)), order: "alphabetical", labels: true };
  }
  let most = 0;
  for (const value of found.keys()) {
    if (!(value >= 0 && value < MOST_CLASSES && Number.isInteger(value)))
      throw new Error(`labels holds ${value}; expected 0 to ${MOST_CLASSES - 1}, -100 (left out), or names`);
    most = Math.max(most, value);
  }
  const keys = Array.from({ length: most + 1 }, (_, c) => c);
  return { keys, counts: keys.map((c) => found.get(c) ?? 0), order: "by number", labels: true };
}

// Why valid counts may be something else: numbers that look like labels, or whole percentages.
function doubtful(n, total) {
  const values = new Set(n);
  let [low, high] = [Infinity, 0];
  for (const v of values) { low = Math.min(low, v); high = Math.max(high, v); }
  const run = high - low + 1;
  if (n.length >= 20 && 5 * values.size <= n.length && values.size > 1 && values.size === Math.trunc(high - low) + 1 && run <= 100)
    return `${thousands(String(n.length))} numbers that are only ${low} to ${high} look like labels`;
  return total === 100 && n.length > 2 ? "counts that sum to exactly 100 look like percentages" : "";
}

function check({ keys, counts, labels, order }) {
  let [total, held, integers] = [0, 0, true];
  counts.forEach((n, c) => {
    if (!(n >= 0 && Number.isFinite(n))) throw new Error(`counts[${keys[c]}] is ${general(n)}; expected a finite number of samples, zero or more`);
    total += n;
    held += n > 0;
    integers &&= Number.isInteger(n);
  });
  if (held < 2) throw new Error("counts or labels hold samples of fewer than two classes; weights compare classes");
  for (const [all, what] of [[1, "shares"], [100, "percentages"]])
    if (!integers && Math.abs(total - all) <= 0.015 * all)
      throw new Error(`counts sums to ${general(total, 3)}, so these are ${what}; multiply them by the number of samples${all === 100 ? " / 100" : ""}`);
  return { keys, counts, order, doubt: labels ? "" : doubtful(counts, total) };
}

// Labels that each come once are the lines of a table.
function repeated(held, samples) {
  if (held.counts.filter(Boolean).length === samples) throw new Error(`no label comes twice, as in a table; ${HEADER}`);
  return held;
}

const labelsIn = (text) => (/[\n,;\t]/.test(text.trim()) ? text.trim().split(/\s*[\n,;\t]+\s*/).filter(Boolean)
  : words(text));

// What a text looks like. Lines that end in numbers are a table, whose header has to say of what.
function looks(text) {
  const lines = linesOf(text.trim());
  if (/(^|[,;\t"])\s*(count|label)s?\b/i.test(lines[0]) && /[^\d\s.,;+-]/.test(lines[0])) return "table";
  refuseGrouped(text);
  const pair = ([name, count, ...more]) => !more.length && number(name) === null && number(count ?? "") !== null;
  if (lines.every((line) => pair(fields(line)))) return "pairs";
  const two = lines.map((line) => line.trim().split(/\s+/)); // numbers, as pandas prints the counts of classes 0, 1, 2
  const printed = two.every((line) => line.length === 2 && line.every((word) => number(word) !== null));
  const [row, last] = (printed ? two : lines.map(fields)).slice(-2);
  if (last?.length > 1 && row.length === last.length && number(row.at(-1)) !== null && number(last.at(-1)) !== null)
    throw new Error(`the lines end in numbers, but no column is named count; ${HEADER}; if these are no pairs, choose counts or labels`);
  if (words(text).every((word) => number(word) !== null)) return "counts";
  const labels = labelsIn(text);
  const like = labels.find((label) => number(label) !== null || /^[^\p{L}<>=-]*\d[^\p{L}<>=-]*$/u.test(label)); // or 90%, 5'000
  if (like === undefined) return "labels";
  const both = new Set([labels.find((label) => number(label) === null), like]);
  const shown = Array.from(both, (label) => JSON.stringify(label.slice(0, 20))).join(" and ");
  throw new Error(`${shown} may be counts or names; write counts as numbers alone, 5000 40 7, or choose labels if `
    + "these are names");
}

// `kind`: "counts", "labels" or "table", or "auto" for what the text looks like.
export function read(given, kind = "auto") {
  const text = unwrapped(given);
  if (!text.trim()) throw new Error("nothing to read yet: paste counts, labels, or a table");
  const found = kind === "auto" ? looks(text) : kind;
  if (found === "table") return check(table(text));
  if (found === "pairs") return check(named(linesOf(text.trim()).map(fields)));
  if (found === "labels") {
    const labels = labelsIn(text);
    const held = tally(labels);
    return check(repeated(held, labels.length));
  }
  const counts = numbers(text, "counts", "numbers of samples, 5000 and not 5,000; for labels choose labels", samplesIn);
  const held = check({ keys: counts.map((_, c) => c), counts, order: "by number", labels: false });
  if (held.doubt.includes("labels") && counts.some((n) => n === 0)) throw new Error(`counts holds ${held.doubt}; choose labels`);
  return held;
}
