"""Tables: rows of numbers that are not images, their findings, and other readings."""

import csv
import io

import numpy as np
import pytest

from core.base.errors import BadData
from core.base.finding import Finding
from core.data.inspection.inspect import Inspection, inspect, inspect_files
from core.data.reading import Reading
from core.data.spreadsheet.table import read_table

DRAW = np.random.Generator(np.random.PCG64(3))
ROWS = 90
NUMBERS = DRAW.normal(0, 1, (ROWS, 4)).round(3)
VALUES = (NUMBERS @ [1, -2, 0.5, 3]).round(3)
CLASSES = DRAW.integers(0, 3, ROWS)


def text(*columns, header=()) -> bytes:
    """Columns beside each other as CSV."""
    file = io.StringIO()
    rows = zip(*(np.asarray(column).tolist() for column in columns), strict=True)
    csv.writer(file).writerows([header, *rows] if header else rows)
    return file.getvalue().encode()


def read(*columns, header=(), **reading) -> Inspection:
    return inspect_files(text(*columns, header=header), reading=Reading(**reading))


def found(inspection: Inspection, code: str) -> Finding | None:
    codes = [finding.code for finding in inspection.findings]
    assert len(codes) == len(set(codes))
    return next((f for f in inspection.findings if f.code == code), None)


def alarms(inspection: Inspection) -> set[str]:
    return {finding.code for finding in inspection.findings if finding.level != "ok"}


def test_a_named_table_of_classes():
    seen = read(*NUMBERS.T, np.array(["a", "b", "c"])[CLASSES], header=[*"pqrs", "species"])
    assert seen.shape == (4,) and seen.samples.columns == tuple("pqrs")
    assert seen.classes == ("a", "b", "c") and alarms(seen) == set()
    np.testing.assert_array_equal(seen.samples.inputs, NUMBERS.astype(np.float32))
    np.testing.assert_array_equal(seen.samples.targets, CLASSES)
    assert seen.samples.inputs.dtype == np.float32


@pytest.mark.parametrize(
    ("header", "place"),
    [([*"pqrs", "price"], -1), (["y", *"pqrs"], 0), ([*"pq", "medv", *"rs"], 2), ((), -1)],
)
def test_values_to_predict_are_found_by_title_or_place(header, place):
    columns = list(NUMBERS.T)
    columns.insert(len(columns) if place == -1 else place, VALUES)
    seen = read(*columns, header=header)
    assert seen.classes == () and seen.samples.targets.dtype == np.float32
    np.testing.assert_array_equal(seen.samples.targets, VALUES.astype(np.float32))
    np.testing.assert_array_equal(seen.samples.inputs, NUMBERS.astype(np.float32))
    assert seen.settled.task == "values"
    assert found(seen, "task").action.changes == {"task": "classes"}


def test_labels_in_a_separate_file():
    seen = inspect_files(text(*NUMBERS.T), text(VALUES))
    assert seen.shape == (4,) and seen.classes == ()
    alone = inspect_files(text(NUMBERS[:, 0]), text(VALUES))
    assert alone.shape == (1,)


# --- images or a table


def test_a_missing_pixel_is_an_error_with_other_readings():
    rows = DRAW.integers(0, 256, (30, 783))
    with pytest.raises(BadData, match="28 × 28 = 784") as caught:
        inspect_files(text(*rows.T), text(CLASSES[:30]))
    assert caught.value.code == "not_square"
    assert {"form": "table"} in caught.value.fixes
    for fix in caught.value.fixes:
        seen = inspect_files(text(*rows.T), text(CLASSES[:30]), reading=Reading(**fix))
        assert np.prod(seen.shape) == 783


@pytest.mark.parametrize(
    ("columns", "header", "shape"),
    [
        (64, (), (1, 8, 8)),
        (64, [f"pixel_{i}" for i in range(64)], (1, 8, 8)),
        (64, [f"{i // 8}x{i % 8}" for i in range(64)], (1, 8, 8)),
        (64, [f"blood {chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(64)], (64,)),
        (13, (), (13,)),
        (99, (), (99,)),
        (16, (), (1, 4, 4)),
        (192, (), (3, 8, 8)),
    ],
)
def test_width_and_titles_distinguish_images_from_tables(columns, header, shape):
    rows = DRAW.integers(0, 256, (40, columns))
    seen = inspect_files(text(*rows.T, header=header), text(CLASSES[:40]))
    assert seen.shape == shape
    other = "images" if len(shape) == 1 else "table"
    if (form := found(seen, "form")) and form.action:
        fix = form.action.changes
        assert fix == {"form": other}
        switched = inspect_files(text(*rows.T, header=header), text(CLASSES[:40]),
                                 reading=Reading(**fix))  # fmt: skip
        assert len(switched.shape) != len(shape) and found(switched, "form") is None


def test_the_other_end_may_hold_the_labels():
    columns = [CLASSES, *NUMBERS.T, DRAW.integers(0, 2, ROWS)]
    seen = read(*columns)
    assert seen.settled.label_column == "last" and len(seen.classes) == 2
    fix = found(seen, "label_column").action.changes
    assert fix == {"label_column": "first"}
    other = read(*columns, **fix)
    assert len(other.classes) == 3 and found(other, "label_column").action is None


def test_a_title_that_names_labels_comes_before_the_last_column():
    header = ["survived", "class size", "port"]
    ports = np.array(["S", "C", "Q"])[CLASSES]
    seen = read(CLASSES % 2, NUMBERS[:, 0], ports, header=header)
    assert seen.settled.label_column == "survived"
    assert found(seen, "label_column").action.changes == {"label_column": "port"}


# --- text columns, scales, leaks


def test_text_columns_are_one_hot_encoded():
    colours = np.array(["red", "blue"])[CLASSES % 2]
    seen = read(NUMBERS[:, 0], colours, VALUES, header=["size", "colour", "price"])
    assert seen.samples.columns == ("size", "colour=blue", "colour=red")
    np.testing.assert_array_equal(seen.samples.inputs[:, 2], colours == "red")
    assert found(seen, "words").evidence["words"] == ["blue", "red"]


def test_too_many_text_values_are_refused_with_their_column():
    names = np.array([f"Mr {i}" for i in range(ROWS)])
    with pytest.raises(BadData, match=r"column 1 \('who'\) contains 90 different") as caught:
        read(names, NUMBERS[:, 0], VALUES, header=["who", "size", "price"])
    assert caught.value.code == "too_many_words"


def test_constant_columns_different_scales_and_leaks_are_named():
    columns = [NUMBERS[:, 0], NUMBERS[:, 1] * 1e4, np.full(ROWS, 7), VALUES, VALUES]
    seen = read(*columns, header=["small", "large", "fixed", "copy", "price"])
    assert {"constant", "scales", "leak"} <= alarms(seen)
    assert found(seen, "constant").evidence == {"constant": [2]}
    assert "'large'" in found(seen, "scales").text and "'small'" in found(seen, "scales").text
    assert found(seen, "leak").evidence == {"columns": [3]}
    clean = read(*NUMBERS.T, VALUES, header=[*"pqrs", "price"])
    assert not {"constant", "scales", "leak", "duplicates", "order"} & alarms(clean)


def test_the_label_file_chosen_twice_is_refused():
    with pytest.raises(BadData, match=r"labels[.]csv") as caught:
        inspect_files(text(CLASSES), text(CLASSES))
    assert caught.value.code == "labels_twice"


def test_row_numbers_are_not_inputs():
    seen = read(np.arange(1, ROWS + 1), *NUMBERS.T, CLASSES, header=["Id", *"pqrs", "label"])
    assert seen.shape == (4,) and found(seen, "identifiers").level == "ok"


@pytest.mark.parametrize("task", ["classes", "values"])
def test_sorted_rows_are_reported_and_shuffled_ones_not(task):
    labels = CLASSES if task == "classes" else VALUES
    order = np.argsort(labels, kind="stable")
    header = [*"pqrs", "y"]
    assert found(read(*NUMBERS.T, labels, header=header), "order") is None
    for way in (order, order[::-1]):
        seen = read(*NUMBERS[way].T, labels[way], header=header)
        assert found(seen, "order").level == "info"
    cycling = np.arange(ROWS) % 3
    assert found(read(*NUMBERS.T, cycling, header=header), "order") is None


# --- a table for the test


def test_test_columns_are_matched_by_name_and_encoded_as_in_training():
    colours = np.array(["red", "blue", "green"])[CLASSES]
    header = ["size", "colour", "price"]
    train = inspect(read_table(text(NUMBERS[:, 0], colours, VALUES, header=header), "train.csv"))
    turned = [colours[:9], VALUES[:9], NUMBERS[:9, 0]]
    test = inspect(
        read_table(text(*turned, header=["colour", "price", "size"]), "test.csv"), like=train
    )
    assert test.samples.columns == train.samples.columns and test.classes == ()
    np.testing.assert_array_equal(test.samples.inputs, train.samples.inputs[:9])
    np.testing.assert_array_equal(test.samples.targets, train.samples.targets[:9])
    lost = read_table(text(*turned, header=["colour", "price", "weight"]), "test.csv")
    with pytest.raises(BadData, match=r"test[.]csv has no column named 'size'") as caught:
        inspect(lost, like=train)
    assert caught.value.code == "column_missing"


def test_a_test_table_without_titles_needs_as_many_columns():
    train = inspect(read_table(text(*NUMBERS.T, VALUES), "train.csv"))
    for width, code in ((2, "column_count"), (3, "test_labels_missing")):
        with pytest.raises(BadData) as caught:
            inspect(read_table(text(*NUMBERS[:, :width].T, VALUES), "test.csv"), like=train)
        assert caught.value.code == code


def test_fractions_of_8_by_8_images_without_labels_are_not_a_table():
    shares = np.round(np.random.default_rng(0).random((40, 64)), 3)
    with pytest.raises(BadData) as caught:
        read(*shares.T)
    assert caught.value.code == "label_column_not_found"


COLOURS = np.array(["red", "green", "blue"])[DRAW.integers(0, 3, ROWS)]
IDENTIFIER = [f"C{1000 + i}" for i in range(ROWS)]


@pytest.mark.parametrize(
    ("columns", "header", "reading"),
    [
        ((*NUMBERS.T, COLOURS, CLASSES), [*"pqrs", "colour", "label"], {}),
        ((COLOURS, CLASSES), ["colour", "label"], {}),
        ((IDENTIFIER, *NUMBERS.T, CLASSES), ["id", *"pqrs", "label"], {}),
        ((*NUMBERS.T, CLASSES), [*"pqrs", "label"], {"columns": {"q": {"role": "ignore"}}}),
        ((*NUMBERS.T, CLASSES), (), {"columns": {"2": {"missing": "mean_indicator"}}}),
        ((*DRAW.integers(0, 256, (36, ROWS)), CLASSES), (), {"label_column": "last"}),
    ],
)
def test_the_form_states_what_the_network_receives(columns, header, reading):
    seen = read(*columns, header=header, **reading)
    assert found(seen, "form").evidence["shape"] == list(seen.shape)


CONSTANT = np.full(ROWS, 7)
DAYS = [f"2024-03-{1 + i % 28:02}" for i in range(ROWS)]
PARTS = ["train", "test", "val"] * (ROWS // 3)


@pytest.mark.parametrize(
    ("columns", "header", "label", "passed_over"),
    [
        ((*NUMBERS.T, CLASSES), list("pqrsk"), 5, []),
        ((*NUMBERS.T, CLASSES, CONSTANT), list("pqrsku"), 5, ["constant"]),
        ((*NUMBERS.T, CLASSES, DAYS), list("pqrskd"), 5, ["a date"]),
        ((*NUMBERS.T, CLASSES, DAYS, CONSTANT), list("pqrskdu"), 5, ["constant", "a date"]),
        ((*NUMBERS.T, CLASSES, IDENTIFIER), [*"pqrsk", "id"], 5, ["left out"]),
        ((*NUMBERS.T, CLASSES, PARTS), [*"pqrsk", "Usage"], 5, ["left out"]),
        ((*NUMBERS.T, COLOURS, CONSTANT), (), 5, []),
        ((CONSTANT, CLASSES, *NUMBERS.T), (), 2, ["constant"]),
        ((DAYS, *NUMBERS.T, COLOURS, NUMBERS[:, 0]), (), 6, ["a date"]),
    ],
)  # fmt: skip
def test_the_reason_for_the_label_names_the_columns_that_were_passed_over(
    columns, header, label, passed_over
):
    encoded = {str(i): {"text": "ordinal"} for i, c in enumerate(columns, 1) if c is DAYS}
    seen = read(*columns, header=header, columns=encoded)
    finding = found(seen, "label_column")
    assert finding.evidence["column"] == label
    assert finding.evidence["passed_over"] == passed_over
    assert all(kind in finding.text for kind in passed_over)


@pytest.mark.parametrize("label", ["class", "species"])
@pytest.mark.parametrize("place", [0, 2, 4])
def test_a_turned_sheet_with_a_row_of_text_labels_is_recognized(label, place):
    """Also where the row of numbers, or the row of labels, was taken for a header."""
    rows = [["pqrs"[i], *column] for i, column in enumerate(NUMBERS.T.tolist())]
    rows.insert(place, [label, *COLOURS.tolist()])
    data = "\n".join(",".join(map(str, row)) for row in rows).encode()
    with pytest.raises(BadData) as caught:
        inspect_files(data)
    assert caught.value.code == "sheet_turned"
    seen = inspect_files(data, reading=Reading().with_changes(caught.value.fixes[0]))
    np.testing.assert_array_equal(seen.samples.inputs, NUMBERS.astype(np.float32))
    assert [seen.classes[t] for t in seen.samples.targets] == COLOURS.tolist()
