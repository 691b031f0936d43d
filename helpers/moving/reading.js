// What a person pastes, read without guessing: counts, labels, or a table with a header. After helpers/diagnosis/given.py.
import { general, thousands } from "./formats.js";
import { fields, fieldsBy, labelsIn, linesOf, number, numbers, refuseGrouped, samplesIn, unwrapped, words } from "./pieces.js";

const MOST_CLASSES = 1e6;
const NAMING = ["name", "class", "label"]; // as in helpers/diagnosis/__main__.py
const COUNTING = ["n", "count", "counts", "freq", "frequency", "samples", "size", "total", "num_images", "n_samples",
  "support", "0", "num", "cnt", "len", "f0_", "images", "instances", "n_images", "num_samples", "anzahl"]; // and this
const COUNTED = /^(?:(count(_star)?|n)\(.*\)|(count of|#) .+)$/; // and this
const TOTALS = ["all", "sum", "summe", "grand total", "subtotal", "overall", "gesamt", "gesamtergebnis", "\u03c3"]; // as in helpers/diagnosis/doubts.py
const MISSING = ["na", "n/a", "#n/a", "<na>", "null", "none", "\\n"]; // and this
const HEADER = "expected a first line name,count, and a line such as cat,5000 for each class";

// A whole number, also as 25.0 or "1,025".
const WHOLE = /^\d[\d,]*(\.0*)?$/;

// The lines below a header of one column, where an empty one is an empty cell.
function cellsOf(text) {
  const lines = text.trimStart().split("\n");
  while (lines.at(-1) === "") lines.pop();
  return lines.slice(1);
}

function table(text) {
  const [first, ...below] = linesOf(text);
  const apart = [",", ";", "\t"].map(fieldsBy).find((by) => by(first).length > 1) ?? fields; // the header's own mark
  const header = apart(first);
  const lines = header.length > 1 ? below : cellsOf(text);
  const [counts, labels] = [header.indexOf("count"), header.indexOf("label")];
  if (counts < 0 && labels < 0) throw new Error(`the table has the columns ${header.join(", ")}; expected one named count (a row a class) or label (a row a sample)`);
  if (new Set(header).size < header.length)
    throw new Error(`the table has the columns ${header.join(", ")}; expected no name twice`);
  const rows = lines.map((line) => {
    const row = apart(line);
    if (row.length === header.length) return row;
    const start = JSON.stringify(line.slice(0, 40));
    throw new Error(`the table has ${header.length} columns, and its line ${start} has ${row.length}; `
      + "write 5000, not 5,000, and a name with a comma, semicolon or tab in quotes");
  }).filter((row) => row.length === 1 || row.some(Boolean)); // a spreadsheet may add rows of empty cells
  if (!rows.length) throw new Error(`the table has the columns ${header.join(", ")}; expected rows below them`);
  const nameless = rows.find((row) => row[header.indexOf("", 1)]); // the first may be an index
  if (nameless)
    throw new Error(`the table has a column without a name with ${JSON.stringify(nameless[header.indexOf("", 1)])}; name it, or write 5000, not 5,000`);
  const beside = header.findIndex((name) => COUNTING.includes(name.toLowerCase()) || COUNTED.test(name.toLowerCase()));
  if (counts < 0 && beside >= 0 && rows.every((row) => WHOLE.test(row[beside])))
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

// Whether a row of this name may hold the sum of the others.
function summing(name) {
  const called = name.toLowerCase(); // what may stand behind it is asked of each word, as a pattern would try each space
  return called.startsWith("total") || TOTALS.some((word) => called.startsWith(word) && !/[^ :]/.test(called.slice(word.length)));
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
  const total = rows.reduce((sum, [, count]) => sum + count, 0);
  const sums = rows.length > 2 && rows.find(([name, count]) => 2 * count === total && summing(String(name)));
  if (sums) throw new Error(`counts has a class ${sums[0]}, the sum of the others; leave that row out`);
  if (numbered) rows.sort(([a], [b]) => a - b);
  return { keys: rows.map(([name]) => name), counts: rows.map(([, count]) => count), order: numbered ? "by number" : "as given", labels: false };
}

// As Python sorts texts: by code point, where < compares halves of those beyond the basic plane.
function byCodePoint(a, b) {
  const [left, right] = [a, b].map((text) => Array.from(text, (letter) => letter.codePointAt(0)));
  const c = left.findIndex((code, i) => code !== right[i]);
  return c < 0 ? left.length - right.length : left[c] - (right[c] ?? -1);
}

// What Python reads as a number and this page does not: other digits, and what stands for none.
const READS_AS_NUMBER = /^[-+]?(?:(?:\p{Nd}+(?:\.\p{Nd}*)?|\.\p{Nd}+)(?:e[-+]?\p{Nd}+)?|inf(?:inity)?|nan)$/iu;

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
    if (names.every((name) => READS_AS_NUMBER.test(name)))
      throw new Error(`labels holds numbers as text, such as ${names.find((name) => number(name) === null)}; write them in the digits 0 to 9, or names that are none`);
    const others = names.filter((name) => !READS_AS_NUMBER.test(name));
    if (others.length < names.length && others.every((name) => MISSING.includes(name.toLowerCase())))
      throw new Error(`labels holds a missing value, ${others[0]}; drop those samples, or give classes names that are no numbers`);
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

// Why valid counts may be something else: numbers that look like labels or their order, or whole percentages.
function doubtful(n, total) {
  const values = new Set(n);
  let [low, high] = [Infinity, 0];
  for (const v of values) { low = Math.min(low, v); high = Math.max(high, v); }
  const run = Math.trunc(high - low) + 1;
  const gaps = () => low <= 1 && run <= 1000 && run < 2 * values.size && 10 * n.filter((v) => v > (low + high) / 2).length >= n.length;
  const several = n.length >= 20 && 5 * values.size <= n.length && values.size > 1;
  if (several && [...values].every(Number.isInteger) && ((values.size === run && run <= 100) || gaps()))
    return `${thousands(String(n.length))} numbers that are only ${low} to ${high} look like labels`;
  if (n.length > 2 && n.every((v, c) => v === c)) return `counts that are 0 to ${n.length - 1} in order look like numbers of classes`;
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
  if (keys.length > MOST_CLASSES) throw new Error(`counts has ${keys.length} classes; expected 2 to ${MOST_CLASSES}: merge the rarest`);
  if (held < 2) throw new Error("counts or labels hold samples of fewer than two classes; weights compare classes");
  if (total === Infinity) throw new Error("counts sums to infinity; expected numbers of samples");
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

// What no name of a class looks like, but a line of something else.
const FOREIGN = [
  /^[|\\{]|^<\p{L}/u, // Markdown and mysql, LaTeX, JSON; HTML
  /^[!-/:-@[-`{-~ ]{2,}$/, // a rule under a header
  /["'] ?[:=]|[^ ] ?[:=] /, // "key": value, key = value
  / {2,}/, // columns that spaces part
  /^\d[\d.,]* ?(?:[kmluf]|images?|files?|rows?|samples?)$/i, // a count and what it counts
  /\(\d+\)$/, // cats (5000)
];
const brackets = (label, kind) => label.match(kind)?.length ?? 0;
const foreign = (label) => FOREIGN.some((form) => form.test(label)) || brackets(label, /[([{]/g) !== brackets(label, /[)\]}]/g);

// Labels that were not called so are refused where they may be the cells of a table or another format.
function refuseForeign(lines, labels) {
  const names = new Set(labels);
  const often = labels.length >= 5 * names.size; // as the lines of no other format come
  const odd = often ? undefined : [...names].find(foreign);
  if (odd !== undefined)
    throw new Error(`${JSON.stringify(odd.slice(0, 40))} looks like no name of a class; write counts as numbers `
      + "alone, names one a line, a table as CSV, or choose labels if these are names");
  const several = lines.find((line) => fields(line).filter(Boolean).length > 1);
  const goesOn = lines.slice(0, -1).every((line) => /[,;]$/.test(line.trim())) && !/[,;]$/.test(lines.at(-1).trim());
  if (lines.length > 1 && several !== undefined && !goesOn)
    throw new Error(`the line ${JSON.stringify(several.slice(0, 40))} holds several fields, but no column is named count or label; `
      + "name the column of the classes label in a first line, or choose labels if each field is one");
}

// What a text looks like. Lines that end in numbers are a table, whose header has to say of what.
function looks(text) {
  const lines = linesOf(text.trim());
  if (/(^|[,;\t"])[^\S\t]*(count|label)s?\b/i.test(lines[0])) return "table";
  refuseGrouped(text);
  const pair = ([name, count, ...more]) => !more.length && number(name) === null && number(count ?? "") !== null;
  if (lines.every((line) => pair(fields(line)))) return "pairs";
  const parted = lines.map((line) => line.trim().split(/\s+/)); // numbers, as pandas prints the counts of classes 0, 1, 2
  const printed = parted.every((line) => line.length === parted[0].length && line.every((word) => number(word) !== null));
  const [row, last] = (printed ? parted : lines.map(fields)).slice(-2);
  if (last?.length > 1 && row.length === last.length && number(row.at(-1)) !== null && number(last.at(-1)) !== null)
    throw new Error(`the lines end in numbers, but no column is named count; ${HEADER}; if this is no table, choose counts or labels`);
  if (words(text).every((word) => number(word) !== null)) return "counts";
  const labels = labelsIn(text);
  const like = labels.find((label) => number(label) !== null || (/\p{N}/u.test(label) && !/[\p{L}<>=-]/u.test(label))); // or 90%, 5'000
  if (like === undefined) {
    refuseForeign(lines, labels);
    return "labels";
  }
  const both = new Set([labels.find((label) => number(label) === null), like]);
  const shown = Array.from(both, (label) => JSON.stringify(label.slice(0, 20))).join(" and ");
  throw new Error(`${shown} may be counts or names; write counts as numbers alone, 5000 40 7, or choose labels if `
    + "these are names");
}

// What may be the header of a column: the first of several lines, a name that no other line holds.
function titleOf(text, labels) {
  const alone = labels.length > 2 && linesOf(text.trim()).length === labels.length && number(labels[0]) === null;
  return alone && labels.indexOf(labels[0], 1) < 0 ? labels[0] : "";
}

// `kind`: "counts", "labels" or "table", or "auto" for what the text looks like.
export function read(given, kind = "auto") {
  if (given.includes("\0")) throw new Error("the text holds the character NUL, as UTF-16 does: save it as CSV in UTF-8");
  const text = unwrapped(given);
  if (!text.trim()) throw new Error("nothing to read yet: paste counts, labels, or a table");
  const found = kind === "auto" ? looks(text) : kind;
  if (found === "table") return check(table(text));
  if (found === "pairs") return check(named(linesOf(text.trim()).map(fields)));
  if (found === "labels") {
    const labels = labelsIn(text);
    const held = tally(labels);
    return { ...check(repeated(held, labels.length)), title: titleOf(text, labels) };
  }
  const counts = numbers(text, "counts", "numbers of samples, 5000 and not 5,000; for labels choose labels", samplesIn);
  const held = check({ keys: counts.map((_, c) => c), counts, order: "by number", labels: false });
  if (held.doubt.includes("labels") && counts.some((n) => n === 0)) throw new Error(`counts holds ${held.doubt}; choose labels`);
  return held;
}
