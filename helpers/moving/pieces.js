// A text taken apart: numbers, labels, or the fields of a line. What may be one piece or two is refused.
export const number = (text) => (/^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : null);
export const words = (text) => text.split(/[\s,;]+/).filter(Boolean);

// "1,200" or "1 200": two numbers in a list that this alone parts, one or two where something else parts the others.
const GROUPED = /(?:^|[^\w.])([1-9]\d{0,2})(,|[^\S\n\r\t])(\d{3})(?!\d)/;

export function refuseGrouped(text) {
  const found = GROUPED.exec(text);
  if (!found || new Set(text.trim().match(/[\s,;]/g)).size < 2) return;
  const [low, part, high] = found.slice(1);
  const [one, two] = [low + high, `${low}, ${Number(high)}`];
  throw new Error(`"${low}${part}${high}" is one number or two; write ${one} if one, "${two}" if two`);
}

// "57,5; 5,5E+03": a comma within digits, where something else parts the others.
function refuseDecimals(text) {
  const pieces = text.split(/[\s;]+/).filter(Boolean);
  const inside = (piece) => /^\d+,\d+(e[-+]?\d+)?$/i.test(piece);
  const found = pieces.find(inside);
  if (!found || pieces.length < 2 || !pieces.every((piece) => inside(piece) || number(piece) !== null)) return;
  const [point, two] = [found.replace(",", "."), found.replace(",", ", ")];
  throw new Error(`"${found}" is one number or two; write ${point} if one, "${two}" if two`);
}

// An empty cell or line before others, which would move the classes behind it; at the end of a line it says nothing.
const GAP = /(?:^|\n)[^\S\n\t]*[,;\t]|([,;\t])[^\S\n]*\1|\n[^\S\n]*\n/;

function withoutEnd(line) {
  let end = line.length;
  while (end > 0 && /[\s,;]/.test(line[end - 1])) end -= 1; // a pattern would try each of many spaces
  return line.slice(0, end);
}

function refuseGaps(text) {
  const held = text.replace(/^\s*\n/, "").split("\n").map(withoutEnd).join("\n").trimEnd();
  const gap = GAP.exec(held);
  if (!gap) return;
  const behind = JSON.stringify(held.slice(gap.index + gap[0].length).trimStart().slice(0, 20));
  throw new Error(`an empty cell or line stands before ${behind}; fill it in, with 0 for no sample, or take it out`);
}

// A number of samples, or null. "45.586" is 45586 to a German; with a digit more it can only be a decimal.
export function samplesIn(text, what) {
  if (/^[1-9]\d{0,2}\.\d{3}$/.test(text))
    throw new Error(`${what} "${text}"; write ${text.replace(".", "")}, or ${text}0 if the point is decimal`);
  return number(text);
}

// The numbers of a list. One such as 000 is the end of another, whose thousands stand apart.
export function numbers(text, what, expected, one = number) {
  refuseGrouped(text);
  refuseDecimals(text);
  refuseGaps(text);
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

// A list alone, or in a call that holds what it is given, as log, zeros or Size do not.
const LIST = /^\[([^[\]]*)\]\s*,?$/;
const CALL = /^(?:\w+\.)*(?:[tT]ensor|[aA]rray|asarray|Series|list|tuple|dict_values)\(\s*\[([^[\]]*)\]\s*(?:,\s*\w+\s*=[^[\]]*)?\)$/;

// Numbers in quotes, as some programs write all cells, without them; a text that holds anything else as it is.
function unquoted(text) {
  const plain = text.replace(/(^|[\s,;])"([^"]*)"(?=[\s,;]|$)/g, (whole, before, cell) =>
    cell.trim() && number(cell.trim()) === null ? whole : before + cell.trim());
  return words(plain).every((word) => number(word) !== null) ? plain : text;
}

// The numbers of one list, tensor or array as Python prints it, in one line; any other text without needless quotes.
export function unwrapped(text) {
  const list = LIST.exec(text.trim()) ?? CALL.exec(text.trim());
  if (!list) return unquoted(text);
  const inside = list[1].replace(/\b(?:np\.u?(?:int|float)\d+|tensor)\(([^(),]*)\)/g, "$1");
  const wrong = words(inside).find((word) => number(word) === null);
  if (wrong === undefined) return inside.trim().replace(/\s+/g, " ");
  throw new Error(`the brackets hold ${JSON.stringify(wrong.slice(0, 20))}; expected numbers, all of them; `
    + "write names without brackets and quotes, one a line");
}

// Without the empty lines, and without lines of spaces above the first: what stands at its start is an empty field.
export const linesOf = (text) => text.replace(/^\s*\n/, "").split("\n").filter(Boolean);

const undoubled = (text) => text.replaceAll('""', '"');

// Reads a line of a table: fields apart by one of the marks, in quotes where they hold one. As Python's csv does, it
// takes the first two quotes from a field that goes on behind them; but "key": value keeps them, to be told by them.
export function fieldsBy(marks) {
  const any = new RegExp(`["${marks}]`);
  // The reference to the first spaces keeps them whole: tried one by one, many would take seconds.
  const pattern = new RegExp(String.raw`(?=([^\S\t]*))\1(?:"((?:[^"]|"")*)"[^\S\t]*|(?!"[^"${marks}]*(?:[${marks}]|$))([^${marks}]*))([${marks}]|$)`, "y");
  return (line) => {
    if (!any.test(line)) return [line.trim()]; // the most by far
    const found = [];
    pattern.lastIndex = 0;
    for (let more = true; more;) {
      const part = pattern.exec(line);
      if (!part)
        throw new Error(`the line ${JSON.stringify(line.slice(0, 40))} cannot be read: a quote has no end; close it, or leave out a column with line breaks in its cells`);
      const bare = part[3]?.replace(/^"((?:[^"]|"")*)"(?! ?[:=])/, (_, inside) => undoubled(inside));
      found.push((bare ?? undoubled(part[2])).trim());
      more = part[4] !== "";
    }
    return found;
  };
}

export const fields = fieldsBy(",;\t");

// One label a field, where anything but spaces parts them; else one a word.
export function labelsIn(text) {
  refuseGaps(text);
  if (!/[\n,;\t]/.test(text.trim())) return words(text);
  return linesOf(text.trim()).flatMap(fields).filter(Boolean);
}
