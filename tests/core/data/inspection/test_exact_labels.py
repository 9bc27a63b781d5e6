"""Labels keep every digit: large integers, codes such as 007, and texts, wherever they are."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.inspection.inspect import Inspection, inspect, inspect_files
from core.data.reading import Reading
from core.data.spreadsheet.table import read_table

DRAW = np.random.Generator(np.random.PCG64(5))
ROWS = 24
KINDS = {
    "beyond float32": [2**24, 2**24 + 1, 2**24 + 3],
    "beyond float64": [2**53, 2**53 + 1, -(2**53) - 3],
    "largest of 64 bits": [2**63 - 1, 2**63 - 2, -(2**63)],
    "more than 64 bits": [2**70, 2**70 + 1],
    "codes": ["007", "08", "120"],
    "codes late in the file": ["120", "121", "007"],
    "signed codes": ["-01", "+01", "5"],
    "one zero more": ["1", "01", "001"],
    "ten digits": ["0123456789", "0123456788"],
}


def csv(rows, header=()) -> bytes:
    return "".join(",".join(map(str, row)) + "\n" for row in [*([header] if header else []), *rows]
                   ).encode()  # fmt: skip


def table(labels: list, width: int, place: str) -> tuple[bytes, bytes | None, Reading]:
    """Return the files with these labels in a file of their own, or in a column."""
    inputs = DRAW.integers(0, 256, (len(labels), width)).tolist()
    header = [f"p{i}" for i in range(width)]
    if place == "own file":
        return csv(inputs), csv([[label] for label in labels]), Reading(task="classes")
    index = {"first": 0, "middle": width // 2, "last": width}[place]
    rows = [[*row[:index], label, *row[index:]] for row, label in zip(inputs, labels, strict=True)]
    named = [*header[:index], "my label", *header[index:]]
    reading = Reading(task="classes", label_column="my label", form="table")
    return csv(rows, named), None, reading


def labels_of(inspection: Inspection) -> list[str]:
    return [inspection.classes[target] for target in inspection.samples.targets]


@pytest.mark.parametrize("place", ["own file", "first", "middle", "last"])
@pytest.mark.parametrize("width", [3, 25])
@pytest.mark.parametrize("kind", KINDS)
def test_labels_keep_every_digit(kind, width, place):
    values = KINDS[kind]
    labels = ([values[0]] * 3 + values * ROWS)[:ROWS]
    images, own, reading = table(labels, width, place)
    assert labels_of(inspect_files(images, own, reading=reading)) == list(map(str, labels))
    packed = gzip.compress(own) if own else None
    assert labels_of(inspect_files(gzip.compress(images), packed, reading=reading)) == list(
        map(str, labels)
    )


def test_a_code_after_the_rows_that_are_sniffed_is_still_a_code():
    labels = ["1", "2"] * 80 + ["002"]
    images, own, reading = table(labels, 9, "own file")
    assert labels_of(inspect_files(images, own, reading=reading)) == labels


@given(st.lists(st.integers(-(2**80), 2**80) | st.integers(-3, 3), min_size=4, max_size=12))
@settings(max_examples=30, deadline=None)
def test_any_integers_stay_what_they_are(numbers):
    numbers = [*numbers, min(numbers) - 1]  # at least two classes
    images, own, reading = table(numbers, 4, "own file")
    assert labels_of(inspect_files(images, own, reading=reading)) == list(map(str, numbers))


@pytest.mark.parametrize("kind", KINDS)
def test_a_test_file_has_the_same_classes(kind):
    values = KINDS[kind]
    images, own, reading = table(values * 4, 9, "own file")
    train = inspect(read_table(images, "i"), read_table(own, "l"), reading=reading)
    images, own, _ = table(values[::-1], 9, "own file")
    test = inspect(read_table(images, "ti"), read_table(own, "tl"), like=train)
    assert labels_of(test) == list(map(str, values[::-1]))


def test_plain_numbers_need_no_exact_cells():
    for cells in ([0, 1, 10], [0.5, 1, 2], ["0.07", "10", "20"], [-0.5, 0, 1e6]):
        assert read_table(csv([[c, 1, 2, 3] for c in cells]), "t").exact == {}
