"""Two files that carry the same identifiers are joined by them; others by position."""

from itertools import product

import numpy as np
import pytest

from core.base.errors import BadData
from core.data.inspection.inspect import Inspection, inspect, inspect_files
from core.data.library import Library
from core.data.reading import Reading
from core.data.spreadsheet.table import read_table

DRAW = np.random.Generator(np.random.PCG64(8))
ROWS = 40
ORDER = DRAW.permutation(ROWS)
CLASSES = DRAW.integers(0, 4, ROWS)
WIDTHS = {"images": 64, "table": 3}
IDS = {
    "numbers": [str(3 * r + 7) for r in range(ROWS)],
    "numbers in any order": [str(x) for x in DRAW.permutation(10_000)[:ROWS]],
    "large numbers": [str(2**53 + r) for r in range(ROWS)],
    "codes": [f"{r:04}" for r in range(ROWS)],
    "file names": [f"img_{r}.png" for r in range(ROWS)],
    "words": [f"person {chr(97 + r % 26)}{r}" for r in range(ROWS)],
}


def csv(columns, header=None) -> bytes:
    rows = [list(map(str, row)) for row in zip(*columns, strict=True)]
    return "".join(",".join(row) + "\n" for row in ([header] if header else []) + rows).encode()


def files(ids, other_ids, classes, *, titles=("id", "id"), width=64, last=False):
    """Return inputs whose first column (or cell) identifies the row, and their labels."""
    values = DRAW.integers(0, 256, (len(ids), width))
    header = [f"p{c}" for c in range(width)]
    inputs, labels = [ids, *values.T], [other_ids, classes]
    names = [titles[0], *header], [titles[1], "label"]
    if last:
        inputs, labels = inputs[1:] + inputs[:1], labels[::-1]
        names = names[0][1:] + names[0][:1], names[1][::-1]
    return csv(inputs, names[0]), csv(labels, names[1])


def targets(inspection: Inspection) -> list[int]:
    return [int(inspection.classes[t]) for t in inspection.samples.targets]


def joined(inspection: Inspection) -> dict | None:
    found = [f for f in inspection.findings if f.code == "joined"]
    assert len(found) <= 1
    return found[0].evidence if found else None


@pytest.mark.parametrize("kind", IDS)
@pytest.mark.parametrize(
    ("width", "last", "titles"),
    [
        *product(WIDTHS.values(), (False, True), [("id", "id")]),
        (64, False, ("ImageId", "id")),
        (64, False, ("", "")),
        (64, False, ("filename", "filename")),
        (64, False, ("who", "name")),
        (3, True, ("Unnamed: 0", "")),
    ],
)
def test_labels_in_another_order_are_joined_by_identifiers(kind, width, last, titles):
    ids = np.array(IDS[kind])
    images, labels = files(ids, ids[ORDER], CLASSES[ORDER], titles=titles, width=width, last=last)
    seen = inspect_files(images, labels)
    assert targets(seen) == CLASSES.tolist()
    assert seen.shape == ((1, 8, 8) if width == 64 else (3,))
    assert joined(seen)["moved"] == int((np.arange(ROWS) != ORDER).sum())
    assert "identifiers" not in [f.code for f in seen.findings]  # "joined" reports the column


def test_identifiers_in_the_same_order_are_reported():
    ids = IDS["numbers in any order"]
    seen = inspect_files(*files(ids, ids, CLASSES))
    assert targets(seen) == CLASSES.tolist() and joined(seen)["moved"] == 0


def test_pairs_without_common_identifiers_stay_in_order():
    numbers = np.arange(ROWS)
    images, labels = files(numbers, numbers, CLASSES)
    for pair in (
        (images, csv([CLASSES], ["label"])),
        (csv([*DRAW.integers(0, 256, (64, ROWS))]), labels),
    ):
        seen = inspect_files(*pair)
        assert targets(seen) == CLASSES.tolist() and joined(seen) is None


def test_labels_whose_identifiers_the_inputs_lack_are_a_warning_if_they_are_in_disorder():
    images = csv([*DRAW.integers(0, 256, (64, ROWS))])
    seen = inspect_files(images, csv([ORDER, CLASSES], ["", "label"]))
    assert targets(seen) == CLASSES.tolist()
    assert "unordered_ids" in [f.code for f in seen.findings if f.level == "warn"]


@pytest.mark.parametrize("kind", IDS)
@pytest.mark.parametrize("fault", ["repeated in inputs", "repeated in labels", "other", "fewer"])
def test_identifiers_that_repeat_or_differ_are_refused_with_the_row(kind, fault):
    ids, other = list(IDS[kind]), list(IDS[kind])
    classes = CLASSES.tolist()
    if fault == "repeated in inputs":
        ids[7] = ids[2]
    elif fault == "repeated in labels":
        other[7] = other[2]
    elif fault == "other":
        other[7] = ids[7] + "9"
    else:
        del other[7], classes[7]
    with pytest.raises(BadData) as caught:
        inspect_files(*files(ids, other, classes), names=("a.csv", "b.csv"))
    assert caught.value.code == ("ids_repeat" if "repeated" in fault else "ids_differ")
    assert "9" in str(caught.value) and repr(ids[2 if "repeated" in fault else 7]) in str(
        caught.value
    )
    if fault != "fewer":  # the way out pairs the rows by position
        (fix,) = caught.value.fixes
        seen = inspect_files(*files(ids, other, classes), reading=Reading().with_changes(fix))
        assert targets(seen) == classes and joined(seen) is None


def test_a_test_pair_is_joined_as_well(tmp_path):
    ids = np.array(IDS["numbers"])
    train = files(ids, ids[ORDER], CLASSES[ORDER])
    test = files(ids + "1", (ids + "1")[ORDER[::-1]], CLASSES[ORDER[::-1]])
    library = Library(tmp_path)
    digest, _ = library.add(*train, test_images=test[0], test_labels=test[1])
    opened = library.open(digest)
    for part in (opened.targets, opened.test_targets):
        assert [int(opened.classes[t]) for t in part] == CLASSES.tolist()


def test_an_identifier_may_be_an_input_and_join():
    ids = np.array(IDS["numbers in any order"])
    pair = files(ids, ids[ORDER], CLASSES[ORDER], width=3)
    seen = inspect_files(*pair, reading=Reading(columns={"id": {"role": "input"}}))
    assert seen.shape == (4,) and targets(seen) == CLASSES.tolist()
    np.testing.assert_array_equal(seen.samples.inputs[:, 0], ids.astype(np.float32))


def test_a_label_of_an_unknown_class_is_named_by_its_row_in_the_file():
    ids = np.array(IDS["numbers"])
    train = inspect_files(*files(ids, ids, CLASSES))
    labels = CLASSES[ORDER].copy()
    labels[4] = 9
    pair = files(ids, ids[ORDER], labels)
    with pytest.raises(BadData, match="row 6 has the label '9'") as caught:
        inspect(read_table(pair[0], "i"), read_table(pair[1], "l"), like=train)
    assert caught.value.code == "label_unknown"
