"""Notations: negative numbers of accounts, thousands and millions, and times are numbers."""

import pytest

from core.data.spreadsheet.table import read_table


def read(cells: list[str]):
    rows = "".join(f"{cell};{'ab'[i % 2]}\n" for i, cell in enumerate(cells))
    return read_table(("value;kind\n" + rows).encode(), "t.csv")


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["(63)", "97", "(1,234.5)", "12.5"], [-63, 97, -1234.5, 12.5]),
        (["75-", "12", "68-", "3.5"], [-75, 12, -68, 3.5]),
        (["3.9K", "1.2M", "500", "2B"], [3900, 1.2e6, 500, 2e9]),
        (["3.9K", "12K", "5K", "2K"], [3900, 12000, 5000, 2000]),
        (["0:35:48", "1:02:03", "2:00:00.5", "0:00:01"], [2148, 3723, 7200.5, 1]),
        (["35:48", "1:02:03", "0:59", "10:00"], [2148, 3723, 59, 600]),
        (["0 days 00:35:48", "1 day, 1:00:00", "2 days 00:00:00", "0:00:01"],
         [2148, 90000, 172800, 1]),
    ],
)  # fmt: skip
def test_the_numbers_of_a_notation_are_read_and_reported(cells, numbers):
    table = read(cells)
    assert table.columns == (0,) and table.values[:, 0].tolist() == pytest.approx(numbers)
    assert [n.evidence for n in table.notes if n.code == "notation"] == [{"columns": [1]}]


@pytest.mark.parametrize(
    "cells",
    [
        ["(63)", "97", "(x)", "12"],
        ["18-25", "26-35", "36-50", "50-"],
        ["0:35:75", "1:02", "2:00", "3:00"],
        ["2:1", "3:0", "0:0", "1:1"],
        ["10 K", "3K", "4M", "5M"],
        ["A-", "B-", "A-", "C-"],
        ["<0.05", "1", "2", "3"],
    ],
)
def test_other_texts_stay_text(cells):
    assert read(cells).words[0].tolist() == cells


def test_a_missing_value_stays_missing_and_separators_that_may_be_both_stay_text():
    table = read(["(63)", "", "5", "7"])
    assert table.missing(0).tolist() == [False, True, False, False]
    assert 0 in read(["(1,234)", "(5,678)", "(1,111)", "(2,222)"]).words
