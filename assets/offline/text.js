// Texts and numbers that all parts of the page use.

// An input that cannot be used, with the reason and the way out.
class InputError extends Error {}

const AMBIGUOUS = /^[+-]?[1-9]\d{0,2},\d{3}$/; // 1,059 is a thousand in English and a fraction in German

// Return a number, or null if the text is none, or could be two; `hasComma` says that commas are decimal signs.
function toNumber(text, hasComma = false) {
  const plain = text.replace(/[\s\u00a0\u2009\u202f]/g, "").replace("\u2212", "-");
  if (!hasComma && AMBIGUOUS.test(plain)) return null;
  const point = plain.includes(".") && !hasComma ? plain : plain.replace(".", "?").replace(",", ".");
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(point) ? Number(point) : NaN;
  return Number.isFinite(value) ? value : null;
}

function numberText(value) {
  return String(Number(value.toPrecision(6)));
}

// A number for a sentence: a narrow space between groups of digits, and a real minus.
function readable(value) {
  const [, sign, digits, rest] = /^(-?)(\d+)(.*)$/.exec(numberText(value));
  const grouped = digits.length > 4 ? digits.replace(/\B(?=(\d{3})+$)/g, "\u202f") : digits;
  return `${sign && "−"}${grouped}${rest}`;
}

// Only exactly nothing is 0 %, and only everything 100 %, as in core/base/numbers.py.
function percent(fraction) {
  const value = 100 * fraction;
  if (value > 0 && value < 0.05) return "<\u202f0.1\u202f%";
  if (value >= 99.95 && value < 100) return ">\u202f99.9\u202f%";
  const digits = value < 10 || (value >= 90 && value < 100) ? 1 : 0;
  return `${value.toFixed(digits).replace(/\.0$/, "")}\u202f%`;
}

function decodeBase64(encoded) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(encoded);
  const letters = atob(encoded);
  return Uint8Array.from({ length: letters.length }, (_, i) => letters.charCodeAt(i));
}

// Text for a CSV file; a cell that a spreadsheet would take for a formula begins with an apostrophe.
function csvText(rows) {
  const guard = (text) => (/^[=+\-@\t\r]/.test(text) && toNumber(text) === null ? `'${text}` : text);
  const quote = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return rows.map((row) => row.map((cell) => quote(guard(String(cell)))).join(",")).join("\n") + "\n";
}
