"""Dialects: a table written in any of them reads back to the same numbers, labels and names.

Or it is refused, or a warning says that a separator is ambiguous; never are other numbers read.
"""

import csv
import io
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import BadData
from core.data.spreadsheet.table import Table, read_table

NUMBERS = ("few", "pixels", "whole", "large", "fractions", "prices")
GERMAN = {"thousands", "decimal_comma"}
KINDS = (*NUMBERS, "words")
COLOURS = ("red", "dark blue", "grün", "Blue", "x,y", "a;b")


@dataclass(frozen=True)
class Dialect:
    """How a table is written. `thousands` is "" or the sign between groups of three digits.

    `comment` is the sign before the header, as NumPy and MATLAB write it; with `row_names`, the
    header lacks a name for the index, as R writes it.
    """

    delimiter: str
    decimal: str
    thousands: str
    quoting: int
    header: bool
    index: bool
    trailing: bool
    empty_rows: int
    titles: int
    encoding: str
    newline: str
    comment: str
    row_names: bool


@dataclass(frozen=True)
class Written:
    """Columns of float or str, (rows,) each, under their names, and the bytes of the file."""

    names: tuple[str, ...]
    columns: tuple[np.ndarray, ...]
    data: bytes


@st.composite
def dialects(draw) -> Dialect:
    rare = ["~", "^", ":"]
    delimiter = draw(st.sampled_from([",", ";", "\t", "|", "  ", *rare]))
    decimal = draw(st.sampled_from(".,"))
    decimal = "." if delimiter == ":" else decimal  # 2:46,224 may be a time and a number
    groups = ["", "", "'", "\u00a0"]
    if (delimiter, decimal) != (
        ",",
        ",",
    ) and delimiter != ":":  # between commas, 83.567 is no 83567
        groups.append("." if decimal == "," else ",")
    header = draw(st.booleans())
    spaces = delimiter == "  "
    plain = spaces or delimiter in rare
    index = header and not spaces and draw(st.booleans())
    row_names = index and delimiter not in rare and draw(st.booleans())
    trailing = not plain and not row_names and draw(st.booleans())
    titles = 0 if plain or row_names or not header else draw(st.integers(0, 2))
    quoting = [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]
    may_comment = header and not index and not titles and not trailing and delimiter not in rare
    comment = draw(st.sampled_from(["", "# ", "%"])) if may_comment else ""
    return Dialect(
        delimiter=delimiter,
        decimal=decimal,
        thousands="" if spaces else draw(st.sampled_from(groups)),
        quoting=csv.QUOTE_MINIMAL if comment or plain else draw(st.sampled_from(quoting)),
        header=header,
        index=index,
        trailing=trailing,
        empty_rows=0 if plain else draw(st.integers(0, 2)),
        titles=titles,
        encoding=draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])),
        newline=draw(st.sampled_from(["\n", "\r\n"])),
        comment=comment,
        row_names=row_names,
    )


@st.composite
def files(draw) -> tuple[Dialect, Written]:
    dialect = draw(dialects())
    rows = draw(st.sampled_from([2, 3, 7, 40]))
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))
    kinds = [draw(st.sampled_from(NUMBERS)), *kinds]  # text alone may have a header or not
    if dialect.delimiter == "  ":
        kinds = ["few", *kinds[:2]]  # between spaces, most cells are numbers
    generator = np.random.Generator(np.random.PCG64(draw(st.integers(0, 2**32))))
    columns = tuple(_column(kind, rows, generator) for kind in kinds)
    names = tuple(f"{kind} {i}" for i, kind in enumerate(kinds))
    if dialect.comment or dialect.delimiter == "  ":
        names = tuple(name.replace(" ", "_") for name in names)
    elif not dialect.row_names and draw(st.booleans()):
        names = ("weight", "weight", *names[2:])
    elif draw(st.booleans()):  # a line break in a cell, as Excel writes a title of two lines
        names = tuple(name.replace(" ", "\n") for name in names)
    return dialect, Written(names, columns, _write(dialect, names, columns))


def _column(kind: str, rows: int, generator: np.random.Generator) -> np.ndarray:
    if kind == "words":
        return generator.choice(np.array(COLOURS, object), rows)
    return {
        "few": lambda: generator.integers(0, 3, rows).astype(float),
        "pixels": lambda: generator.integers(0, 256, rows).astype(float),
        "whole": lambda: generator.integers(-9999, 99999, rows).astype(float),
        "large": lambda: generator.integers(10**8, 10**12, rows).astype(float),
        "fractions": lambda: np.round(generator.normal(0, 50, rows), 3),
        "prices": lambda: np.round(generator.uniform(900, 20000, rows), 2),
    }[kind]()


def _write(dialect: Dialect, names: tuple[str, ...], columns: tuple[np.ndarray, ...]) -> bytes:
    text = io.StringIO(newline="")
    single = " " if dialect.delimiter == "  " else dialect.delimiter
    writer = csv.writer(
        text, delimiter=single, quoting=dialect.quoting, lineterminator=dialect.newline
    )
    end = [""] * dialect.trailing
    for title in ("Measurements\nof May", "Laboratory 7")[: dialect.titles]:
        writer.writerow([title, *[""] * (len(names) + dialect.index - 1), *end])
    if dialect.header:
        text.write(dialect.comment)
        index = [""] * (dialect.index and not dialect.row_names)
        writer.writerow([*index, *names, *end])
    for row, cells in enumerate(zip(*columns, strict=True)):
        texts = [c if isinstance(c, str) else _number(c, dialect) for c in cells]
        writer.writerow([*[str(row)] * dialect.index, *texts, *end])
    for _ in range(dialect.empty_rows):
        writer.writerow([""] * (len(names) + dialect.index + dialect.trailing))
    written = text.getvalue()
    if dialect.delimiter == "  ":
        written = dialect.newline.join(
            "  " * (not dialect.comment) + line.replace(" ", "   ") if '"' not in line else line
            for line in written.split(dialect.newline)[:-1]
        )
    return written.encode(dialect.encoding, "replace")


def _number(value: float, dialect: Dialect) -> str:
    text = f"{value:,.3f}".rstrip("0").rstrip(".")
    signs = {",": dialect.thousands, ".": dialect.decimal}
    return "".join(signs.get(sign, sign) for sign in text)


def _cells(table: Table, column: int) -> np.ndarray:
    if column in table.words:
        return np.array([cell.strip() for cell in table.words[column]], object)
    return table.values[:, table.columns.index(column)].astype(np.float64)


@settings(max_examples=150)
@given(files())
def test_a_table_in_any_dialect_is_read_as_written_or_refused(file):
    dialect, written = file
    try:
        table = read_table(written.data, "t.csv")
    except BadData as error:
        assert error.code != BadData.code
        return
    if any(note.code == "ambiguous_numbers" for note in table.notes):
        return
    if table.width == 1 < len(written.names):
        return  # the inspection refuses a single column as inputs
    shift = int(dialect.index)
    assert table.width == len(written.names) + shift
    assert len(table) == len(written.columns[0])
    if dialect.header:
        second = "weight (2)" if written.names[:2] == ("weight", "weight") else written.names[1]
        assert table.header[shift:] == (written.names[0], second, *written.names[2:])
    for index, expected in enumerate(written.columns):
        cells = _cells(table, index + shift)
        if expected.dtype == object:
            assert cells.tolist() == expected.tolist()
        else:
            np.testing.assert_allclose(cells, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "expected", "notes"),
    [
        ('a,b\n60.5,"1,059"\n61.5,"12,500"\n', [[60.5, 1059], [61.5, 12500]], {"thousands"}),
        ("a;b\n60,5;1.059\n61,5;12.500\n", [[60.5, 1059], [61.5, 12500]], GERMAN),
        ("a;b\n1'059;2\n12'500,5;3\n", [[1059, 2], [12500.5, 3]], GERMAN),
        ("a;b\n1\u202f059;2\n2\u00a0500;3\n", [[1059, 2], [2500, 3]], {"thousands"}),
        ('a,b\n"1,059,001",2\n"7,000",3\n', [[1059001, 2], [7000, 3]], {"thousands"}),
        ("a;b\n1,5;0,125\n2,5;1,059\n", [[1.5, 0.125], [2.5, 1.059]], {"decimal_comma"}),
        ("a\tb\n1,5\t2\n1.234,5\t3\n", [[1.5, 2], [1234.5, 3]], GERMAN),
        ('a,b\n"1,059",2\n"2,500",3\n', [[1059, 2], [2500, 3]], {"thousands", "ambiguous_numbers"}),
        ("a;b\n5e6;2\n20;3\n", [[5e6, 2], [20, 3]], set()),
    ],
)  # fmt: skip
def test_thousands_are_decided_over_the_whole_column(text, expected, notes):
    table = read_table(text.encode(), "t.csv")
    assert table.values.tolist() == expected
    assert {note.code for note in table.notes} == notes


def test_a_comma_that_may_be_both_is_refused_and_the_choice_works():
    data = b"a;b\n1,059;2\n2,500;3\n"
    with pytest.raises(BadData, match=r"row 2, column 1 .*'1,059'") as caught:
        read_table(data, "t.csv")
    assert caught.value.code == "ambiguous_number"
    assert caught.value.fixes == ({"decimal": "point"}, {"decimal": "comma"})
    assert read_table(data, "t.csv", decimal=".").values[:, 0].tolist() == [1059, 2500]
    assert read_table(data, "t.csv", decimal=",").values[:, 0].tolist() == [1.059, 2.5]


@pytest.mark.parametrize(
    ("text", "delimiter", "width"),
    [
        ("40,094;x,y\n58,550;x,y\n", ";", 2),
        ("1,red;blue\n2,green;blue\n", ",", 2),
        ("red;blue,1\nred;grey,2\n", ",", 2),
        ("1,5;x|y\n2,5;x|z\n", ";", 2),
    ],
)
def test_the_delimiter_does_not_tear_numbers(text, delimiter, width):
    table = read_table(text.encode(), "t.csv", decimal="," if "1,5" in text else ".")
    assert (table.delimiter, table.width) == (delimiter, width)


@pytest.mark.parametrize("late", [0, 600])
def test_one_late_cell_decides_the_whole_column(late):
    rows = ["1,059;2"] * late + ["1,059;2", "12,5;3"]
    table = read_table(("a;b\n" + "\n".join(rows) + "\n").encode(), "t.csv")
    assert table.values[0, 0] == 1.059 and table.values[-1, 0] == 12.5
