// What a person pastes, read without guessing: counts, labels, or a table with a header. After helpers/diagnosis/given.py.
import { general, thousands } from "./formats.js";

const MOST_CLASSES = 1e6;
const number = (text) => (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : null);

// "1 200" or "1,200" are one number or two: refused rather than guessed, unless lines or semicolons part the numbers.
const words = (text) => text.split(/[\s,;]+/).filter(Boolean);

// A line of a table: fields apart by commas, semicolons or tabs, in quotes where they hold one.
function fields(line) {
  const found = [];
  const pattern = /\s*(?:"((?:[^"]|"")*)"|([^,;\t]*))\s*(?:[,;\t]|$)/y;
  while (pattern.lastIndex < line.length) {
    const part = pattern.exec(line);
    if (!part) throw new Error(`the line ${JSON.stringify(line.slice(0, 40))} cannot be read: a quote has no end`);
    found.push(part[1] === undefined ? part[2].trim() : part[1].replaceAll('""', '"'));
  }
  return found;
}

function table(text) {
  const lines = text.split(/\r?\n/).filter((line) => line.trim());
  const header = fields(lines[0]);
  const [counts, labels] = [header.indexOf("count"), header.indexOf("label")];
  if (counts < 0 && labels < 0) throw new Error(`the table has the columns ${header.join(", ")}; expected one named count (a row a class) or label (a row a sample)`);
  const rows = lines.slice(1).map(fields);
  if (counts < 0) return tally(rows.map((row) => row[labels] ?? ""));
  const names = header.findIndex((_, i) => i !== counts);
  const called = rows.map((row) => row[names] ?? "");
  const numbered = called.every((text) => number(text) !== null); // else 007 and 7 are two names
  return named(rows.map((row, i) => [names < 0 ? i : numbered ? Number(called[i]) : called[i], row[counts] ?? ""]));
}

// Pairs of a class and its count: by number where all are numbered, else as given.
function named(pairs) {
  const seen = new Set(pairs.map(([name]) => name));
  if (seen.size < pairs.length) throw new Error("a class is named twice; expected one row a class");
  const numbered = pairs.every(([name]) => typeof name === "number");
  const rows = pairs.map(([name, text]) => {
    const count = number(text);
    if (count === null) throw new Error(`counts of ${name} is ${JSON.stringify(text)}; expected a number of samples`);
    return [name, count];
  });
  if (numbered) rows.sort(([a], [b]) => a - b);
  return { keys: rows.map(([name]) => name), counts: rows.map(([, count]) => count), order: numbered ? "by number" : "as given", labels: false };
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
    const names = [...found.keys()].sort();
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

// `kind`: "counts", "labels" or "table", or "auto" for what the text looks like.
export function read(text, kind = "auto") {
  if (!text.trim()) throw new Error("nothing to read yet: paste counts, labels, or a table");
  const first = text.trim().split(/\r?\n/, 1)[0];
  const looks = () => {
    if (/(^|[,;\t"])\s*(count|label)s?\b/i.test(first) && /[^\d\s.,;+-]/.test(first)) return "table";
    const lines = text.trim().split(/\r?\n/);
    if (lines.every((line) => { const parts = fields(line); return parts.length === 2 && number(parts[0]) === null && number(parts[1]) !== null; })) return "pairs";
    return words(text).every((word) => number(word) !== null) ? "counts" : "labels";
  };
  const found = kind === "auto" ? looks() : kind;
  if (found === "table") return { ...check(table(text.trim())), kind: found };
  if (found === "pairs") return { ...check(named(text.trim().split(/\r?\n/).map(fields))), kind: found };
  if (found === "labels") return { ...check(tally(/[\n,;\t]/.test(text.trim()) ? text.trim().split(/\s*[\n,;\t]+\s*/).filter(Boolean) : words(text))), kind: found };
  const counts = words(text).map((word) => {
    const n = number(word);
    if (n === null) throw new Error(`counts holds ${JSON.stringify(word.slice(0, 20))}; expected numbers of samples; for labels choose labels`);
    return n;
  });
  const held = check({ keys: counts.map((_, c) => c), counts, order: "by number", labels: false });
  if (held.doubt.includes("labels") && counts.some((n) => n === 0)) throw new Error(`counts holds ${held.doubt}; choose labels`);
  return { ...held, kind: "counts" };
}
