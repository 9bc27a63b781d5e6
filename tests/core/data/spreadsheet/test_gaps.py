"""Missing cells and columns of numbers and text: the table counts them, and the inspection decides.

Counts, rows and examples are those of the file.
"""

import numpy as np
import pytest

from core.base.errors import BadData
from core.data.inspection.inspect import inspect_files
from core.data.spreadsheet.table import read_table
from tests.core.data.spreadsheet.books import ods, xlsx

WORDS = ["", "NA", "N/A", "NaN", "null", "None", "?", "-", "."]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("late", [False, True], ids=["early", "late"])
def test_a_missing_number_is_nan_and_counted(word, late):
    """`late`: behind the rows from which the layout is found, so pandas meets the gap first."""
    rows = [[i, i / 4, "ab"[i % 2]] for i in range(600)]
    gaps = [550, 570] if late else [2, 5]
    for gap in gaps:
        rows[gap][1] = word
    table = read_table(
        "".join(f"{a},{b},{c}\n" for a, b, c in [["n", "x", "k"], *rows]).encode(), "t"
    )
    assert table.columns == (0, 1) and set(table.reports) == {1}
    report = table.reports[1]
    assert (report.numbers, report.texts, report.missing) == (598, 0, 2)
    assert report.first_missing == (gaps[0] + 2, word) and not report.is_mixed
    assert np.flatnonzero(table.missing(1)).tolist() == gaps
    assert np.flatnonzero(np.isnan(table.values[:, 1])).tolist() == gaps
    assert table.values[100].tolist() == [100, 25] and not table.missing(0).any()


def test_a_column_of_numbers_and_text_is_text_with_counts_and_examples():
    cells = ["A/5 21", "113803", "", "373450", "PC 17"]
    rows = "".join(f"{i},{cell}\n" for i, cell in enumerate(cells))
    table = read_table(f"n,ticket\n{rows}".encode(), "t")
    assert table.words[1].tolist() == cells and table.columns == (0,)
    report = table.reports[1]
    assert report.is_mixed and (report.numbers, report.texts, report.missing) == (2, 2, 1)
    assert report.first_text == (2, "A/5 21") and report.first_number == (3, "113803")
    assert report.first_missing == (4, "")
    german = read_table(b"x;y\n1,5;a\n1.234,5;b\nlow;c\nNA;d\n", "t")
    assert german.words[0].tolist() == ["1.5", "1234.5", "low", ""]
    assert table.missing(1).tolist() == [False, False, True, False, False]


def test_signs_for_a_gap_are_texts_in_a_column_of_text():
    """The label of the credit approval data is + or -."""
    table = read_table(b"x,label\n1,+\n2,-\n3,+\n", "t")
    assert table.words[1].tolist() == ["+", "-", "+"] and not table.reports
    table = read_table(b"x,pool\n1,none\n2,large\n3,NA\n", "t")
    assert table.reports[1].missing == 1 and table.missing(1).tolist() == [False, False, True]


@pytest.mark.parametrize("make", [xlsx, ods])
def test_empty_cells_of_a_sheet_are_missing(make):
    table = read_table(make([["a", "b"], [1, 2], [None, 3], [4, None]]), "t")
    assert table.reports[0].first_missing == (3, "") and table.reports[1].first_missing == (4, "")
    np.testing.assert_array_equal(table.values, [[1, 2], [np.nan, 3], [4, np.nan]])


def test_a_column_without_any_value_is_all_missing():
    table = read_table(b"a,b,c\n1,,2\n3,,4\n", "t")
    assert table.columns == (0, 1, 2) and table.reports[1].missing == 2
    assert np.isnan(table.values[:, 1]).all()


def test_one_word_in_a_row_of_pixels_is_refused_with_its_place():
    rows = [[(7 * r + 5 * c) % 256 for c in range(64)] for r in range(600)]
    rows[520][9] = "x"
    text = "".join(",".join(map(str, row)) + "\n" for row in rows).encode()
    with pytest.raises(BadData, match="row 521, column 10 contains 'x'") as caught:
        inspect_files(text, b"0\n1\n" * 300)
    assert caught.value.code == "not_a_number"
