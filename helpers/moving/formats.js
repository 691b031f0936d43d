// Numbers as Python writes them, so that a sentence of the page is the sentence of the package.

// Decimal digits of x, which JavaScript rounds half up and Python half to even.
function even(text, x, digits) {
  const all = Math.abs(x).toExponential(100).replace(".", "").split("e")[0];
  const tie = all[digits] === "5" && !/[1-9]/.test(all.slice(digits + 1));
  if (!tie || Number(all[digits - 1]) % 2) return text;
  return (x < 0 ? "-" : "") + `${all[0]}.${all.slice(1, digits)}`.replace(/\.$/, "") + "e" + Math.abs(x).toExponential(100).split("e")[1];
}

export const thousands = (text) => text.replace(/^(-?\d+)/, (whole) => whole.replace(/(\d)(?=(\d{3})+$)/g, "$1,"));

// f"{x:.{digits}g}"
export function general(x, digits = 6) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
  if (x === 0) return "0";
  const [mantissa, power] = even(x.toExponential(digits - 1), x, digits).split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= digits) {
    const short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
    return `${short}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const text = Number(`${mantissa}e${power}`).toFixed(Math.max(0, digits - 1 - exponent));
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

// f"{x:.{decimals}f}"
export function fixed(x, decimals) {
  const text = x.toFixed(decimals);
  const shifted = Math.abs(x) * 10 ** decimals;
  // Told from all digits: the product of 16.105 and 100 is rounded to a half that 16.105 is not.
  const rest = x.toFixed(100).split(".")[1]?.slice(decimals);
  if (!/^50*$/.test(rest) || Math.floor(shifted) % 2) return text;
  return (x < 0 ? "-" : "") + (Math.floor(shifted) / 10 ** decimals).toFixed(decimals);
}

export const percent = (x, decimals) => `${fixed(100 * x, decimals)}%`;

// Three digits, with a comma at thousands.
export const brief = (x) => (Math.abs(x) >= 1e-4 && Math.abs(x) < 1e7 ? thousands(general(Number(general(x, 3)), 10)) : general(x, 3));

// A count, with all its digits.
export const exact = (count) => thousands(general(count, 15));

export const samples = (count) => `${exact(count)} sample${count === 1 ? "" : "s"}`;
