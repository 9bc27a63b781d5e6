// Rows of a table: a form with one field for each column, and CSV files. Both become inputs in the order of the training
// data; missing values are NaN, which the network replaces as in the training.

// Return the raw inputs of a row. `cell(field)` is the text of a column, `commas` are the fields with decimal commas, and
// texts that the training data does not have are added to `unseen`, and fields whose gap is filled to `filled`.
function encodeRow({ fields, shape, missing, missingNumbers }, cell, { commas = new Set(), unseen = [], filled = [] } = {}) {
  const raw = new Float32Array(shape[0]);
  for (const field of fields) {
    let text = cell(field).trim();
    const word = text.toLowerCase();
    const isMissing = missing.includes(word) || (field.kind === "number" && missingNumbers.includes(word));
    const hasFill = field.isFilled || field.fill != null;
    if (isMissing && hasFill) filled.push(field);
    if (isMissing) text = field.fill == null ? "" : String(field.fill);
    if (field.indicator != null) raw[field.indicator] = isMissing ? 1 : 0;
    if (field.kind === "number") {
      const value = text === "" ? NaN : toNumber(text, commas.has(field));
      if (value === null) {
        const way = AMBIGUOUS.test(text) ? `${text.replace(",", "")} or ${text.replace(",", ".")}`
          : commas.has(field) ? "3,5" : "3.5";
        throw new InputError(`“${text}” in column “${field.name}” is not a number. Write it like ${way}.`);
      }
      if (Number.isNaN(value) && !hasFill) {
        throw new InputError(`Column “${field.name}” is empty, and the training data has no missing values there. Fill it in.`);
      }
      raw[field.at] = value;
      continue;
    }
    const number = toNumber(text);
    const category = [text, String(number)].map((one) => field.categories.indexOf(one)).find((k) => k >= 0) ?? -1;
    const gap = text === "" && field.isFilled ? NaN : null;
    if (category < 0 && text !== "") unseen.push(text);
    if (field.kind === "ordinal") raw[field.at] = gap ?? category;
    else field.categories.forEach((_, i) => (raw[field.at + i] = gap ?? Number(i === category)));
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

// Return {cells, body, commas, identifiers}: a function that finds the text of a field in a row, the rows behind the
// header, the fields with decimal commas, and the columns that identify the rows, as [title, place]. Columns are found by
// their titles, or by their order in a file without titles.
function matchColumns(rows, { fields }) {
  const titled = fields.filter(({ title }) => title);
  const header = matchTitles(rows[0].map((title) => title.trim()), titled.map(({ title }) => title));
  const places = new Map(titled.map((field) => [field, findColumn(header, field)]));
  const absent = titled.filter((field) => places.get(field) < 0).map(({ name }) => name);
  const isTitle = (text) => text && toNumber(text) === null;
  const hasTitles = titled.some((field) => places.get(field) >= 0) || header.every(isTitle);
  if (!titled.length || (absent.length && !hasTitles)) {
    if (header.length !== fields.length) {
      throw new InputError(`The file has ${header.length} columns; the network needs ${fields.length}. Use its columns only.`);
    }
    [...fields].sort((a, b) => a.index - b.index).forEach((field, i) => places.set(field, i));
  } else if (absent.length) {
    const own = header.filter((_, i) => ![...places.values()].includes(i));
    const others = own.length ? ` It has ${listNames(own)} instead: rename what is the same.` : " Add it.";
    const columns = absent.length > 1 ? "columns" : "column";
    throw new InputError(`The file has no ${columns} ${listNames(absent)}, which the training data has.${others}`);
  }
  const cells = (row) => (field) => row[places.get(field)] ?? "";
  const body = hasTitles ? rows.slice(1) : rows;
  const isFraction = (text) => /^[^,]+,\d+$/.test(text) && !AMBIGUOUS.test(text);
  const commas = fields.filter((field) => body.some((row) => isFraction(cells(row)(field).trim())));
  const isIdentifier = (place) => {
    const texts = body.map((row) => (row[place] ?? "").trim());
    return new Set(texts).size === body.length && texts.every((text) => text && !/^[+-]?\d*[.,]\d+$/.test(text));
  };
  const others = [...header.keys()].filter((place) => hasTitles && ![...places.values()].includes(place));
  const identifiers = others.filter(isIdentifier).map((place) => [header[place], place]);
  return { cells, body, commas: new Set(commas), identifiers };
}

// Return the header with the titles of the training data where its own differ only in upper and lower case or in spaces,
// and no other column could be meant.
function matchTitles(header, titles) {
  const folded = (title) => title.toLowerCase().replace(/\s+/g, " ");
  const absent = titles.filter((title) => !header.includes(title));
  const same = (all, title) => all.filter((other) => folded(other) === folded(title));
  return header.map((title) => {
    const known = same(absent, title);
    return !titles.includes(title) && known.length === 1 && same(header, title).length === 1 ? known[0] : title;
  });
}

function listNames(names) {
  const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
  return names.slice(0, 5).map((name) => `“${name}”`).join(", ") + more;
}

// The place of a title; “w (2)” is the second column that is named w.
function findColumn(header, { title, occurrence }) {
  const all = (name) => header.flatMap((other, i) => (other === name ? [i] : []));
  const [, name, number] = /^(.*) \((\d+)\)$/.exec(title) ?? [];
  return all(title)[occurrence] ?? (number ? all(name)[number - 1] : undefined) ?? -1;
}

// Return the text of a file in UTF-8, UTF-16 or Windows-1252.
async function readText(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
    throw new InputError(`${file.name} is a workbook. Save its sheet as CSV and upload that file.`);
  }
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
