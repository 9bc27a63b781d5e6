// Rows of a table: a form with one field for each column, and CSV files. Both become inputs in the order of the training
// data; missing values are NaN, which the network replaces as in the training.

// Return the raw inputs of a row. `cell(field)` is the text of a column, "" if it is missing.
function encodeRow({ fields, fills, shape }, cell) {
  const raw = new Float32Array(shape[0]);
  for (const field of fields) {
    let text = cell(field).trim();
    const isMissing = text === "";
    if (isMissing && field.fill != null) text = String(field.fill);
    if (field.indicator != null) raw[field.indicator] = isMissing ? 1 : 0;
    if (field.kind === "number") {
      const value = text === "" ? NaN : toNumber(text);
      if (value === null) throw new InputError(`“${text}” in column “${field.name}” is not a number. Write it like 3.5.`);
      if (Number.isNaN(value) && !fills) {
        throw new InputError(`Column “${field.name}” is empty, and the training data has no missing values. Fill it in.`);
      }
      raw[field.at] = value;
    } else {
      const category = field.categories.indexOf(text);
      const gap = text === "" && field.isFilled ? NaN : null;
      if (field.kind === "ordinal") raw[field.at] = gap ?? category;
      else field.categories.forEach((_, i) => (raw[field.at + i] = gap ?? Number(i === category)));
    }
  }
  return raw;
}

class Form {
  constructor(element, model, changed) {
    Object.assign(this, { model, inputs: new Map() });
    for (const field of model.fields) {
      const label = document.createElement("label");
      const name = document.createElement("span");
      name.textContent = field.name;
      const input = field.kind === "number" ? this.numberInput(field) : this.choice(field);
      input.addEventListener("input", () => changed());
      label.append(name, input);
      if (field.kind === "number") {
        const range = document.createElement("small");
        range.textContent = `${readable(field.low)} to ${readable(field.high)} in the training data`;
        label.append(range);
      }
      element.append(label);
      this.inputs.set(field, input);
    }
  }

  numberInput({ usual }) {
    const input = document.createElement("input");
    return Object.assign(input, { type: "text", inputMode: "decimal", autocomplete: "off", value: numberText(usual) });
  }

  choice({ categories, usual, isFilled, fill }) {
    const select = document.createElement("select");
    for (const category of categories) select.append(new Option(category, category));
    if (isFilled || fill != null) select.append(new Option("(missing)", ""));
    select.selectedIndex = usual;
    return select;
  }

  raw() {
    return encodeRow(this.model, (field) => this.inputs.get(field).value);
  }

  // Show inputs of the training data in the fields.
  show(raw) {
    for (const [field, input] of this.inputs) {
      if (field.kind === "number") input.value = numberText(raw[field.at]);
      else if (field.kind === "ordinal") input.selectedIndex = raw[field.at];
      else input.selectedIndex = field.categories.findIndex((_, i) => raw[field.at + i] === 1);
    }
  }

  // The number fields whose values are outside the range of the training data.
  outside(raw) {
    return this.model.fields.filter(({ kind, at, low, high }) => kind === "number" && (raw[at] < low || raw[at] > high));
  }
}

// --- CSV

// Return the rows of a CSV file as lists of texts; the delimiter is the most frequent one of the first line.
function parseCsv(text) {
  const source = text.replace(/^\uFEFF/, "");
  const first = source.split(/\r?\n/, 1)[0];
  const count = (delimiter) => first.split(delimiter).length;
  const delimiter = [",", ";", "\t"].reduce((best, other) => (count(other) > count(best) ? other : best));
  const rows = [[]];
  let cell = "", quoted = false;
  const endCell = () => (rows.at(-1).push(cell), (cell = ""));
  for (let i = 0; i < source.length; i++) {
    const letter = source[i];
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (source[i + 1] === '"') (cell += letter), i++;
      else quoted = false;
    } else if (letter === '"' && !cell) quoted = true;
    else if (letter === delimiter) endCell();
    else if (letter === "\n") endCell(), rows.push([]);
    else if (letter !== "\r") cell += letter;
  }
  endCell();
  return rows.filter((row) => row.some((text) => text.trim()));
}

// Return a function that finds the text of a field in a row, and the rows behind the header.
function matchColumns(rows, { fields }) {
  const header = rows[0].map((title) => title.trim());
  const place = ({ title, occurrence }) => header.flatMap((other, i) => (other === title ? [i] : []))[occurrence] ?? -1;
  const places = new Map(fields.map((field) => [field, field.title ? place(field) : -1]));
  const missing = fields.filter((field) => places.get(field) < 0);
  if (!missing.length) return [(row) => (field) => row[places.get(field)] ?? "", rows.slice(1)];
  const isHeader = header.some((title) => title && toNumber(title) === null);
  if (missing.length < fields.length || (isHeader && fields[0].title) || header.length < fields.length) {
    throw new InputError(
      `The file has no column “${missing[0].name}”. Use a file with the ${fields.length} columns of the training data.`,
    );
  }
  const inOrder = [...fields].sort((a, b) => a.index - b.index);
  return [(row) => (field) => row[inOrder.indexOf(field)] ?? "", isHeader ? rows.slice(1) : rows];
}
