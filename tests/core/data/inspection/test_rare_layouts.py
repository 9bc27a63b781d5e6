"""Rare layouts of a table are read as they are meant: delimiters, titles, lists and intervals."""

import numpy as np
import pytest

from core.base.errors import BadData
from core.data.inspection.inspect import inspect_files
from core.data.reading import Reading
from tests.core.data.inspection.test_misreadings import (
    HEADER,
    LINES,
    ROWS,
    assert_is_the_table,
    read,
)
from tests.core.data.spreadsheet.books import xlsx


def test_lists_of_numbers_are_not_torn_by_their_commas(tmp_path):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (12, 64)).tolist()
    lines = [f"{i % 3};{image}" for i, image in enumerate(images)]
    inspection = read(tmp_path, ["label;image", *lines])
    assert inspection.shape == (1, 8, 8) and len(inspection.classes) == 3
    np.testing.assert_array_equal(inspection.samples.inputs.reshape(12, -1), images)


@pytest.mark.parametrize("order", ["planar", "interleaved"])
def test_opacity_may_be_the_first_channel(tmp_path, order):
    y, x = np.mgrid[:12, :12]
    random = np.random.default_rng(0)
    waves = random.uniform(0.2, 0.5, (20, 3, 1, 1))
    phases = random.uniform(0, 6, (20, 3, 1, 1))
    colours = (127 + 120 * np.sin(waves * x + 0.7 * waves * y + phases)).astype(int)
    images = np.concatenate([np.full((20, 1, 12, 12), 255), colours], axis=1)
    rows = images if order == "planar" else images.transpose(0, 2, 3, 1)
    lines = [",".join(map(str, [*row.reshape(-1), i % 2])) for i, row in enumerate(rows)]
    reading = Reading().with_changes({"shape": (4, 12, 12), "channels": order})
    inspection = read(tmp_path, lines, reading)
    np.testing.assert_array_equal(inspection.samples.inputs, colours)


@pytest.mark.parametrize("sign", [":", "~", "^", "\u061b", "\u060c", "\x01"])
def test_rare_signs_between_cells_are_found(tmp_path, sign):
    assert_is_the_table(read(tmp_path, [line.replace(",", sign) for line in (HEADER, *LINES)]))


def test_a_sheet_of_prose_is_not_offered_as_labels():
    notes = [["Our measurements."], ["Made in spring."], ["See the sheet Data."]]
    data = [HEADER.split(","), *map(list, ROWS)]
    book = xlsx(notes, data, names=["Read me", "Data"])
    with pytest.raises(BadData) as caught:
        inspect_files(book)
    assert caught.value.fixes == ({"sheet": "Data"},)
    assert_is_the_table(inspect_files(book, reading=Reading().with_changes(caught.value.fixes[0])))


@pytest.mark.parametrize("lines", [["time", "12:30", "12:40", "9:50"], ["12:30", "12:40", "9:50"]])
def test_times_are_not_torn(tmp_path, lines):
    with pytest.raises(BadData) as caught:
        read(tmp_path, lines)
    assert caught.value.code == "one_column"


@pytest.mark.parametrize("mark", ["#", "# ", "%", "% "])
@pytest.mark.parametrize("sign", [",", " ", "\t", ";"])
def test_a_header_behind_a_comment_sign_names_the_columns(tmp_path, mark, sign):
    header, *lines = [line.replace(",", sign) for line in (HEADER, *LINES)]
    for above in ([], [f"{mark}measured in spring"]):
        inspection = read(tmp_path, [*above, mark + header, *lines])
        assert_is_the_table(inspection)
        assert inspection.samples.columns == ("height", "weight")


@pytest.mark.parametrize("sign", [" ", "\t", ","])
def test_row_names_without_a_title_are_no_input(tmp_path, sign):
    header = sign.join(f'"{name}"' for name in HEADER.split(","))
    lines = [f'"{i}"{sign}{line.replace(",", sign)}' for i, line in enumerate(LINES, 1)]
    inspection = read(tmp_path, [header, *lines])
    assert_is_the_table(inspection)
    assert inspection.samples.columns == ("height", "weight")


def test_intervals_are_one_cell(tmp_path):
    ages = ["[20-30)", "[30-40)", "(40-50]"]
    lines = [f"{ages[i % 3]},{line}" for i, line in enumerate(LINES)]
    inspection = read(tmp_path, [f"age,{HEADER}", *lines])
    assert inspection.shape == (5,) and inspection.classes == ("no", "yes")
