"""Layouts of tables that programs write: headers, titles above them, empty edges, turned sheets."""

import io

import numpy as np
import pandas as pd
import pytest

from core.base.errors import BadData
from core.data.inspection.inspect import inspect, inspect_files
from core.data.reading import Reading
from core.data.spreadsheet.table import read_table
from tests.core.data.spreadsheet.books import ods, xlsx

DRAW = np.random.Generator(np.random.PCG64(3))
LABELS = np.arange(30) % 3
PIXELS = (DRAW.integers(0, 60, (30, 64)) + 60 * LABELS[:, None]).tolist()
LABEL_FILE = "".join(f"{label}\n" for label in LABELS).encode()


def text(rows, delimiter=",") -> bytes:
    return "".join(delimiter.join(map(str, row)) + "\n" for row in rows).encode()


def notes(table) -> dict[str, dict]:
    return {note.code: note.evidence for note in table.notes}


@pytest.mark.parametrize("name", ["", "Unnamed: 3"])
def test_empty_columns_and_rows_at_the_end_are_left_out_and_reported(name):
    rows = [["a", "b", "c", name], *[[i, i + 1, i + 2, ""] for i in range(700)], [""] * 4, [""] * 4]
    table = read_table(text(rows), "t")
    assert table.header == ("a", "b", "c") and table.values.shape == (700, 3)
    assert notes(table) == {"empty_end": {"columns": 1, "rows": 2}}
    late = [*rows[:650], [1, 2, 3, 4], *rows[650:]]
    with pytest.raises(BadData) as caught:  # behind the rows from which the layout is found
        read_table(text(late), "t")
    assert caught.value.code == "row_width"


def test_pixels_with_a_trailing_delimiter_stay_bytes():
    table = read_table(text([*row, ""] for row in PIXELS), "t")
    assert table.values.dtype == np.uint8 and np.array_equal(table.values, PIXELS)


@pytest.mark.parametrize("make", [text, xlsx, ods])
@pytest.mark.parametrize("titles", [1, 2, 3])
def test_a_title_above_the_header_is_reported(make, titles):
    above = [["Handwriting", *[""] * 3], ["class 7b", *[""] * 3], ["", "", "", ""]][:titles]
    rows = [*above, ["size", "age", "price", "kind"], [1, 2, 3, "x"], [4, 5, 6, "y"]]
    table = read_table(make(rows), "t")
    assert table.header == ("size", "age", "price", "kind") and len(table) == 2
    found = notes(table)["title_rows"]
    assert found == {"row": titles + 1, "titles": ["Handwriting", "class 7b"][:titles]}
    assert table.row_numbers[0] == titles + 2


def test_a_pandas_index_without_a_name_makes_a_header():
    for frame in (pd.DataFrame(LABELS), pd.DataFrame({"kind": LABELS})):
        shuffled = frame.sample(frac=1, random_state=1)
        for saved in (frame, shuffled):
            table = read_table(saved.to_csv().encode(), "t")
            assert table.header == ("", str(frame.columns[0])) and len(table) == 30
            assert np.array_equal(table.values[:, 1], saved.to_numpy()[:, 0])
    assert read_table(b",5\n3,5\n4,7\n", "t").header is None  # a gap in the first row


def test_a_header_of_values_with_suffixes_is_recognized():
    """A table saved without a header, then loaded by pandas with one and saved again."""
    spoiled = pd.read_csv(io.BytesIO(text(PIXELS))).to_csv(index=False).encode()
    table = read_table(spoiled, "t")
    assert np.array_equal(table.values, PIXELS[1:]) and "suffixed_header" in notes(table)
    fractions = np.round(DRAW.random((20, 6)), 1)
    fractions[0] = [0, 0.1, 0.2, 0.3, 0.4, 0.5]  # values, because others have fractions as well
    assert len(read_table(text(fractions.tolist()), "t")) == 20


def test_consecutive_integers_above_other_numbers_are_a_header():
    for values in (DRAW.normal(size=(12, 4)), DRAW.integers(50, 90, (12, 6))):
        table = read_table(pd.DataFrame(values).to_csv(index=False).encode(), "t")
        assert table.header == tuple(map(str, range(values.shape[1]))) and len(table) == 12
    counting = [[i + c for c in range(6)] for i in range(12)]
    assert read_table(text(counting), "t").header is None


def test_words_that_never_occur_again_are_a_header():
    rows = [["red", "no"], ["blue", "yes"]] * 5
    table = read_table(text([["colour", "tame"], *rows]), "t")
    assert table.header == ("colour", "tame") and len(table) == 10
    assert read_table(text(rows), "t").header is None


def test_repeated_names_are_matched_by_their_order():
    rows = [["w", "w", "label"], *[[(i * 5) % 7 / 2, (i * 7) % 30 / 2, i % 2] for i in range(30)]]
    train = inspect(read_table(text(rows), "train"))
    assert train.samples.columns == ("w", "w (2)")
    order = [["label", "w", "w"], *[[row[2], row[0], row[1]] for row in rows[1:6]], [1, 3.5, 4.5]]
    test = inspect(read_table(text(order), "test"), like=train)
    assert test.samples.inputs[:5].tolist() == train.samples.inputs[:5].tolist()
    with pytest.raises(BadData) as caught:
        inspect(read_table(text([["label", "w"], [0, 1], [1, 2]]), "test"), like=train)
    assert caught.value.code == "repeated_columns"


@pytest.mark.parametrize(
    ("written", "delimiter", "width"),
    [
        ("Art;Zahm;Gewicht\n" + "Katze;nein;48,5\nHund;ja;53,2\n" * 5, ";", 3),
        ("  60.3    2537   0\n  61.5     178   1\n   8.6   46940   0\n", " ", 3),
        ("18.0  8  307.0\t3504\n 9.5  10  97.25\t123\n", " ", 4),
        ("a b\n1 2\n3 4\n", " ", 2),
        ("class 1\nclass 2\nclass 1\n", ",", 1),
        ("name;note\nx;1,2,3\ny;1,2\n", ";", 2),
        ("1,5|2,5\n3,25|4\n", "|", 2),
        ("0\tdark blue\t1\n1\tred wine\t2\n", "\t", 3),
    ],
)
def test_the_delimiter_fits_all_rows_and_the_header(written, delimiter, width):
    table = read_table(written.encode(), "t")
    assert (table.delimiter, table.width) == (delimiter, width)


def turned(rows) -> list[list]:
    return [list(row) for row in zip(*rows, strict=True)]


@pytest.mark.parametrize("header", [False, True])
@pytest.mark.parametrize("index", [False, True])
def test_a_sheet_with_one_column_per_sample_is_refused_and_turned_by_the_way_out(header, index):
    rows = turned(PIXELS)
    if index:
        rows = [[f"pixel{i}", *row] for i, row in enumerate(rows)]
    if header:
        rows = [[*[""] * index, *(f"s{i}" for i in range(30))], *rows]
    with pytest.raises(BadData) as caught:
        inspect_files(text(rows), LABEL_FILE)
    assert caught.value.code == "sheet_turned"
    reading = Reading().with_changes(caught.value.fixes[0])
    for labels in (LABEL_FILE, text([LABELS])):
        found = inspect_files(text(rows), labels, reading=reading)
        assert np.array_equal(found.samples.inputs.reshape(30, 64), PIXELS)
        assert np.array_equal(found.samples.targets, LABELS)


def test_a_turned_file_with_its_labels_is_recognized_by_its_titles():
    names = ["label", *(f"pixel{i}" for i in range(64))]
    rows = turned([names, *[[label, *row] for label, row in zip(LABELS, PIXELS, strict=True)]])
    for data in (text(rows), xlsx(rows), text([["", *(f"s{i}" for i in range(30))], *rows])):
        with pytest.raises(BadData) as caught:
            inspect_files(data)
        assert caught.value.code == "sheet_turned"
        reading = Reading().with_changes(caught.value.fixes[0])
        found = inspect_files(data, reading=reading)
        assert np.array_equal(found.samples.inputs.reshape(30, 64), PIXELS)
        assert np.array_equal(found.samples.targets, LABELS)


@pytest.mark.parametrize("make", [xlsx, ods])
@pytest.mark.parametrize("first", ["images", "labels"])
def test_images_and_labels_on_two_sheets_of_one_workbook(make, first):
    sheets = {"images": PIXELS, "labels": [[int(label)] for label in LABELS]}
    names = ["images", "labels"] if first == "images" else ["labels", "images"]
    book = make(*(sheets[name] for name in names), names=names)
    with pytest.raises(BadData) as caught:
        inspect_files(book)
    reading = Reading().with_changes(caught.value.fixes[0])
    assert reading.label_sheet == "labels"
    for labels in (None, book):
        found = inspect_files(book, labels, reading=reading)
        assert np.array_equal(found.samples.inputs.reshape(30, 64), PIXELS)
        assert np.array_equal(found.samples.targets, LABELS)
    sheets = [f for f in found.findings if f.code == "sheet"]
    assert {f.evidence["sheet"] for f in sheets} == {"images", "labels"}
    assert not any(f.action for f in sheets)  # nothing is left to choose


def test_a_workbook_of_labels_offers_its_other_sheet_for_the_labels():
    labels = [[int(label)] for label in LABELS]
    book = xlsx(labels, labels[::-1], names=["first", "second"])
    found = inspect_files(text(PIXELS), book)
    action = next(f.action for f in found.findings if f.code == "sheet")
    assert action.changes == {"label_sheet": "second"}
    other = inspect_files(text(PIXELS), book, reading=Reading().with_changes(action.changes))
    assert np.array_equal(other.samples.targets, LABELS[::-1])


def test_a_sheet_of_notes_before_the_data_has_a_way_to_the_data():
    table = [["a", "b", "class"], *([i % 7, 2 * i, "xyz"[i % 3]] for i in range(30))]
    notes = [["This file has the data of 2024"], ["See the sheet data"]]
    book = xlsx(notes, table, names=["README", "data"])
    with pytest.raises(BadData) as caught:
        inspect_files(book)
    readings = [Reading().with_changes(fix) for fix in caught.value.fixes]
    seen = inspect_files(book, reading=next(r for r in readings if r.sheet and not r.label_sheet))
    assert (seen.rows, seen.classes) == (30, ("x", "y", "z"))
