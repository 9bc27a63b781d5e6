"""Spreadsheets of other people and programs are read as they are meant, and what was changed is
reported.
"""

import io

import numpy as np
import openpyxl
import pytest

from core.analysis.new_samples import read_new_samples
from core.base.errors import BadData
from core.data.arrays.combine import read_files
from core.data.reading import Reading
from core.predict.inputs import read_inputs
from core.predict.predictor import Predictor
from tests.core.predict.test_inputs import codes

TITLES = ("size", "colour", "age")  # the inputs of table_run
ROWS = (("10", "red", "44.5"), ("20", "blue", "51"))


@pytest.fixture(scope="module")
def table(table_run) -> Predictor:
    return Predictor(table_run)


@pytest.fixture(scope="module")
def expected(table) -> np.ndarray:
    return read_inputs(table, [text(TITLES, *ROWS)]).values


def text(*rows: tuple[str, ...], delimiter: str = ",") -> bytes:
    return "\n".join(delimiter.join(row) for row in rows).encode()


def workbook(**sheets: tuple[tuple[str, ...], ...]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def german(cell: str) -> str:
    return cell.replace(".", ",")


COMMAS = tuple(tuple(map(german, row)) for row in ROWS)
NOTES = (("a list of notes",), ("nothing else",))


@pytest.mark.parametrize(
    ("content", "reported"),
    [
        (text(TITLES, *COMMAS, delimiter=";"), []),
        (text(TITLES, *COMMAS, delimiter="\t").decode().encode("utf-16"), []),
        (text(TITLES, ("10", "RED", "44.5"), ("20", " Blue", "51")), ["spellings_matched"]),
        (text(TITLES, ("10 cm", "red", "44.5"), ("20 cm", "blue", "51")), ["units"]),
        (text(*ROWS), ["matched_by_order"]),
        (text(*(("7", *row) for row in ROWS)), ["columns_left_out", "matched_by_order"]),
        (text(*((*row, "no") for row in ROWS)), ["columns_left_out", "matched_by_order"]),
        (workbook(notes=NOTES, table=(TITLES, *ROWS)), ["sheet"]),
        (workbook(table=(TITLES, *ROWS), notes=NOTES), ["sheet"]),
    ],
)
def test_rows_of_other_programs_are_read_as_they_are_meant(table, expected, content, reported):
    inputs = read_inputs(table, [content])
    np.testing.assert_array_equal(inputs.values, expected)
    assert codes(inputs) == reported


def test_spellings_are_matched_in_new_labelled_samples(table_run, expected, tmp_path):
    file = tmp_path / "new.csv"
    file.write_bytes(text((*TITLES, "bought"), ("10", "RED", "44.5", "no"), (*ROWS[1], "yes")))
    new = read_new_samples(table_run, file, reading=Reading())
    np.testing.assert_array_equal(new.inputs, expected)
    assert "spellings_matched" in [finding.code for finding in new.findings]


def test_a_sheet_of_the_training_file_may_be_absent(table, expected, monkeypatch):
    """The sheet of training is not asked of new files; a chosen one is."""
    inspection = table.origin.inspection
    settled = inspection.settled.with_changes({"sheet": "2023"})
    monkeypatch.setitem(inspection.__dict__, "settled", settled)
    book = workbook(other=(TITLES, *ROWS))
    np.testing.assert_array_equal(read_inputs(table, [book]).values, expected)
    with pytest.raises(BadData) as caught:
        read_inputs(table, [book], reading=Reading(sheet="2024"))
    assert caught.value.code == "workbook_no_such_sheet"


def test_one_far_value_and_many_unknown_words_are_warnings(table):
    rows = [("10", "red", "44.5")] * 199
    far = read_inputs(table, [text(TITLES, *rows, ("10", "red", "4450"))])
    assert [(found.code, found.level) for found in far.findings] == [("outside_range", "warn")]
    for colours, level in ((199, "info"), (10, "warn")):
        known = read_inputs(table, [text(TITLES, *rows[:colours], *[("10", "?!", "44.5")] * 20)])
        assert [(found.code, found.level) for found in known.findings] == [("unseen_values", level)]


def test_another_table_is_not_filled_with_the_same_values_in_every_row(table):
    with pytest.raises(BadData) as caught:
        read_inputs(table, [text(("a", "b", "c"), *ROWS)])
    assert caught.value.code == "column_missing"
    assert caught.value.fixes == () and not caught.value.gaps


def test_a_header_above_words_is_found_by_the_titles_of_the_training_file():
    train = text(("kind", "tame", "weight"), ("cat", "no", "4.5"), ("dog", "yes", "30.5"))
    words = text(("Tame", "kind"), ("no", "cat"), ("yes", "dog"))

    def read(*sources, titles=()):
        names = [f"file {number}" for number in range(len(sources))]
        tables = read_files(sources, names, Reading(), lambda index: None, titles=titles)
        return [table for table in tables if table is not None][-1]

    assert read(words).header is None
    assert read(words, titles=("kind", "tame")).header == ("Tame", "kind")
    assert read(train, None, words, None).header == ("Tame", "kind")
    assert len(read(text(("cat", "no"), ("dog", "yes")), titles=("kind", "tame"))) == 2
