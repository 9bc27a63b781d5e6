"""Rows have the numbers of a spreadsheet program, in which the header and blank lines count."""

import gzip

import pytest

from core.data.inspection.inspect import inspect_files
from core.data.reading import Reading
from core.data.spreadsheet.table import read_table
from tests.core.data.spreadsheet.books import ods, xlsx

BLANK = (4, 5, 9)  # row 1 is the header
NUMBERS = [row for row in range(2, 14) if row not in BLANK]
ROWS = [
    [] if row in BLANK else ["size", "age", "kind"] if row == 1 else [row, row + 0.5, "ab"[row % 2]]
    for row in range(1, 14)
]


def text(delimiter: str = ",", end: str = "\n", blank: str = "") -> bytes:
    return end.join(delimiter.join(map(str, row)) or blank for row in ROWS).encode()


FILES = {
    "plain": text(),
    "windows": text(end="\r\n"),
    "tabs": text("\t"),
    "spaces": text("  ", blank="   "),
    "gap in a column": text().replace(b"11.5", b""),  # read cell by cell
    "cell with blank lines": text().replace(b",a\n", b',"a\n\n"\n'),
    "packed": gzip.compress(text()),
    "utf-16": text().decode().encode("utf-16"),
    "fixed width": "\n".join("".join(f"{c:<9}" for c in row).rstrip() for row in ROWS).encode(),
    "comments": "\n".join(
        "# " * (not row or row[0] == "size") + " ".join(map(str, row)) for row in ROWS
    ).encode(),
    "xlsx": xlsx(ROWS),
    "ods": ods([row or ["", "", ""] for row in ROWS]),
}


@pytest.mark.parametrize("name", FILES)
def test_blank_lines_count_in_the_numbers_of_rows(name):
    table = read_table(FILES[name], "t.csv")
    assert list(table.row_numbers) == NUMBERS and table.numbers(0).tolist() == NUMBERS


def test_blank_lines_between_blocks_of_bytes_are_found(monkeypatch):
    for size in range(1, 9):
        monkeypatch.setattr("core.data.spreadsheet.row_numbers.BLOCK", size)
        assert list(read_table(FILES["windows"], "t.csv").row_numbers) == NUMBERS


def test_rows_keep_their_numbers_where_others_are_left_out(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(FILES["gap in a column"])
    found = inspect_files(path, reading=Reading(columns={"age": {"missing": "rows"}}))
    assert list(found.row_numbers) == [row for row in NUMBERS if row != 11]
    assert found.samples.row_numbers.tolist() == list(found.row_numbers)
