"""Numbers that may stand for missing values are questioned; one press treats them as missing."""

import numpy as np
import pytest

from core.base.encoding import decode, encode
from core.commands.options import as_options
from core.data.inspection.inspect import inspect_files
from core.data.inspection.missing_codes import find_code
from core.data.library import Library
from core.data.reading import ColumnChoice, Reading
from core.data.upload_bundle import bundle_digest

DRAW = np.random.Generator(np.random.PCG64(5))
AGES = DRAW.integers(18, 71, 90).astype(float)
INCOMES = DRAW.integers(1500, 9000, 90).astype(float)
TEMPERATURES = DRAW.normal(8, 9, 90).round(1)
RATINGS = DRAW.integers(1, 6, 90).astype(float)


def with_code(values, code, rows=6):
    values = values.copy()
    values[DRAW.permutation(len(values))[:rows]] = code
    return values


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (AGES, 999), (AGES, 99), (AGES, -1), (AGES, -9), (AGES, 0 - 99), (AGES, 9999),
        (INCOMES, -999), (INCOMES, -9999), (INCOMES, -1), (INCOMES, 99999), (INCOMES, -200),
        (TEMPERATURES, -999), (TEMPERATURES, 9999), (TEMPERATURES, -200), (TEMPERATURES, -32768),
    ],
)  # fmt: skip
def test_a_code_is_found_with_its_rows_and_the_range_of_the_others(values, code):
    column = with_code(values, code)
    found, others = find_code(column), column[column != code]
    assert (found.value, found.rows) == (code, 6)
    assert (found.low, found.high) == (others.min(), others.max())


@pytest.mark.parametrize(
    "column",
    [
        AGES, INCOMES, TEMPERATURES, RATINGS,
        with_code(AGES, 999, 1),  # a single value is an outlier
        with_code(INCOMES, 9999),  # not far from the others
        with_code(TEMPERATURES.round(), -1),  # one of several negative values
        with_code(RATINGS, 9),  # too few different values
        with_code(AGES, 137),  # not a round value
        np.arange(-1, 89.0),
        np.full(90, np.nan),
    ],
)  # fmt: skip
def test_ordinary_columns_have_no_code(column):
    assert find_code(column) is None


def table(columns: dict) -> bytes:
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    lines = [f"{','.join(f'{v:g}' for v in row)},{'ab'[k % 2]}" for k, row in enumerate(rows)]
    return "\n".join([f"{','.join(columns)},kind", *lines]).encode()


COLUMNS = {"age": with_code(AGES, 999), "income": with_code(INCOMES, -1), "t": TEMPERATURES}
FILE = table(COLUMNS)


def codes_of(inspection):
    return [f for f in inspection.findings if f.code == "missing_codes"]


def test_one_press_treats_the_codes_as_missing_and_fills_them(tmp_path):
    (question,) = codes_of(inspect_files(FILE))
    assert question.evidence["columns"] == ["age", "income"]
    assert question.evidence["values"] == [999, -1] and question.level == "warn"
    reading = Reading().with_changes(question.action.changes)
    assert decode(Reading, encode(reading)) == reading
    assert "age:missing_value=999" in as_options(question.action.changes)
    digest, inspection = Library(tmp_path).add(FILE, reading=reading)
    assert not codes_of(inspection)
    facts = {facts.name: facts for facts in inspection.column_table}
    assert facts["age"].missing == facts["income"].missing == 6 and not facts["t"].fill
    known = COLUMNS["age"][COLUMNS["age"] != 999]
    assert facts["age"].fill == f"median {np.median(known):g}, indicator"
    samples = Library(tmp_path).open(digest)
    assert np.isnan(samples.inputs[:, 0]).sum() == 6
    train = np.arange(40)
    (age, income) = samples.describe_fills(train)
    own = COLUMNS["age"][train]
    assert age == ("age", "median", f"{np.median(own[own != 999]):g}") and income[0] == "income"


def test_test_rows_have_the_same_codes(tmp_path):
    reading = Reading().with_changes(codes_of(inspect_files(FILE))[0].action.changes)
    digest, _ = Library(tmp_path).add(FILE, test_images=FILE, reading=reading)
    samples = Library(tmp_path).open(digest)
    np.testing.assert_array_equal(samples.test_inputs, samples.inputs)


def test_an_unset_code_changes_no_digest():
    reading = Reading(columns={"age": ColumnChoice(missing="median")})
    assert "missing_value" not in encode(reading)
    digest = bundle_digest(("0" * 64, "", "", ""), reading)
    assert digest == "e9c0cfb557fb2c618c57a4002d5d7502303f747672780368ce32f25c2c382d89"
