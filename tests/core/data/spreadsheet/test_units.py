"""Numbers with one unit are numbers; anything that may be read in two ways stays text."""

import numpy as np
import pytest

from core.data.inspection.inspect import inspect_files
from core.data.spreadsheet.table import read_table

VALUES = np.array([1234.5, -12.25, 63217.0, 0.5, 7.75])


def english(value: float) -> str:
    return f"{value:,.2f}"


def german(value: float) -> str:
    return english(value).replace(",", "_").replace(".", ",").replace("_", ".")


def column(cells, *, first=range(5)):
    """Read a table whose second column has these cells; return it, and the finding on units."""
    lines = [f"{a};{cell};{'xy'[a % 2]}" for a, cell in zip(first, cells, strict=True)]
    table = read_table("\n".join(["a;b;label", *lines]).encode(), "t.csv")
    return table, next((note for note in table.notes if note.code == "units"), None)


@pytest.mark.parametrize(
    ("write", "unit"),
    [
        (lambda v: f"{v} %", "%"),
        (lambda v: f"{v}%", "%"),
        (lambda v: f"${english(v)}", "$"),
        (lambda v: f"{'-' if v < 0 else ''}${english(abs(v))}", "$"),
        (lambda v: f"{german(v)} €", "€"),
        (lambda v: f"EUR {german(v)}", "EUR"),
        (lambda v: f"{v}cm", "cm"),
        (lambda v: f"{v} m²", "m²"),
        (lambda v: f"{v} km/h", "km/h"),
        (lambda v: f"{v} °C", "°C"),
        (lambda v: f"{v} kWh".replace("-", "\u2212"), "kWh"),
    ],
)
def test_numbers_with_one_unit_are_numbers(write, unit):
    table, note = column([write(value) for value in VALUES])
    np.testing.assert_allclose(table.values[:, 1], VALUES)
    assert table.columns == (0, 1) and note.evidence == {"units": {"2": unit}}
    table, _ = column([*(write(value) for value in VALUES[:4]), "NA"])
    np.testing.assert_allclose(table.values[:4, 1], VALUES[:4])
    assert np.isnan(table.values[4, 1])


@pytest.mark.parametrize(
    "cells",
    [
        ["5 cm", "7 mm", "3 cm", "1 cm", "2 cm"],  # two units
        ["5 cm", "7", "3 cm", "1 cm", "2 cm"],
        ["1.234 €", "2.345 €", "3.456 €", "4.567 €", "5.678 €"],  # thousands or fractions
        ["A12", "A7", "A30", "A4", "A5"],  # codes
        ["12-B", "7-B", "30-B", "4-B", "5-B"],
        ["10:05", "11:06", "12:07", "13:08", "14:09"],
        ["0x1F", "0x2F", "0x3F", "0x4F", "0x5F"],
        ["1st", "2nd", "3rd", "4th", "5th"],
        ["3.5.2024", "4.5.2024", "5.5.2024", "6.5.2024", "7.5.2024"],
        ["$5 USD", "$6 USD", "$7 USD", "$8 USD", "$9 USD"],
        ["%", "%", "%", "%", "%"],
        ["NA", "", "NA", "", "NA"],
    ],
)
def test_other_texts_stay_as_they_are(cells):
    _, note = column(cells)
    assert note is None


def test_separators_of_a_unit_are_decided_by_the_chosen_decimal_sign():
    cells = "\n".join(["a;b", *(f"{i};{i}.500 €" for i in range(1, 6))]).encode()
    for sign, factor in ((".", 1), (",", 1000)):
        table = read_table(cells, "t.csv", decimal=sign)
        np.testing.assert_allclose(table.values[:, 1], (np.arange(1, 6) + 0.5) * factor)


def test_a_minus_sign_of_a_word_processor_is_a_minus():
    rows = [f"{str(v).replace('-', chr(0x2212))},{-i - 1},{i % 2}" for i, v in enumerate(VALUES)]
    seen = inspect_files("\n".join(["a,b,label", *(rows * 4)]).encode())
    np.testing.assert_allclose(seen.samples.inputs[:5, 0], VALUES)
