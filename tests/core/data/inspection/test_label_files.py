"""Files of labels in the forms in which people bring them: with an index, one-hot, in a row."""

import numpy as np
import pytest

from core.base.errors import BadData
from core.data.inspection.inspect import Inspection, inspect, inspect_files
from core.data.library import Library
from core.data.reading import Reading
from core.data.spreadsheet.table import read_table

DRAW = np.random.Generator(np.random.PCG64(21))
ROWS = 36
CLASSES = DRAW.permutation(np.arange(ROWS) % 4)
NAMES = np.array(["cat", "dog", "owl", "yak"])
VALUES = DRAW.integers(0, 256, (ROWS, 64))
TITLES = [f"p{c}" for c in range(64)]


def csv(rows, header=None) -> bytes:
    rows = [list(map(str, row)) for row in rows]
    return "".join(",".join(r) + "\n" for r in ([list(header)] if header else []) + rows).encode()


IMAGES = {"plain": csv(VALUES), "titled": csv(VALUES, TITLES)}


def targets(seen: Inspection) -> list[str]:
    return [seen.classes[t] for t in seen.samples.targets]


def codes(seen: Inspection) -> set[str]:
    return {f.code for f in seen.findings}


def one_hot(classes, count=4, values=("0", "1")) -> list[list[str]]:
    return [[values[int(c == k)] for k in range(count)] for c in classes]


def beside(numbers, classes) -> list[list]:
    return [[n, c] for n, c in zip(numbers, classes, strict=True)]


FORMS = {
    "plain": csv(CLASSES[:, None]),
    "titled": csv(CLASSES[:, None], ["label"]),
    "unknown title": csv(CLASSES[:, None], ["animal"]),
    "index of pandas": csv(beside(range(ROWS), CLASSES), ["", "0"]),
    "index and title": csv(beside(range(ROWS), CLASSES), ["", "animal"]),
    "unnamed index": csv(beside(range(ROWS), CLASSES), ["Unnamed: 0", "animal"]),
    "row numbers from 1": csv(beside(range(1, ROWS + 1), CLASSES), ["no", "animal"]),
    "index without titles": csv(beside(range(ROWS), CLASSES)),
    "identifiers": csv(beside(DRAW.permutation(999)[:ROWS], CLASSES), ["image_id", "animal"]),
    "one-hot": csv(one_hot(CLASSES)),
    "one-hot with decimals": csv(one_hot(CLASSES, values=("0.0", "1.0"))),
    "one-hot in truth values": csv(one_hot(CLASSES, values=("False", "True")), "0123"),
    "one-hot titled": csv(one_hot(CLASSES), ["label_0", "label_1", "label_2", "label_3"]),
    "one-hot numbered": csv(one_hot(CLASSES), ["y0", "y1", "y2", "y3"]),
    "one-hot with an index": csv(
        [[r, *row] for r, row in enumerate(one_hot(CLASSES))], ["", *"0123"]
    ),
    "one-hot with an unused class": csv(one_hot(CLASSES, 6)),
    "one row": csv([CLASSES]),
    "one row with a header": csv([CLASSES], map(str, range(ROWS))),
}


@pytest.mark.parametrize("images", IMAGES)
@pytest.mark.parametrize("form", FORMS)
def test_labels_are_read_in_every_form(form, images):
    seen = inspect_files(IMAGES[images], FORMS[form])
    assert targets(seen) == [str(c) for c in CLASSES]
    assert seen.shape == (1, 8, 8) and seen.rows == ROWS
    assert ("one_hot" in codes(seen)) == form.startswith("one-hot")
    assert ("labels_in_a_row" in codes(seen)) == form.startswith("one row")
    np.testing.assert_array_equal(seen.samples.inputs.reshape(ROWS, 64), VALUES)


@pytest.mark.parametrize("images", IMAGES)
@pytest.mark.parametrize("header", ["", "kind", "label", "0"])
@pytest.mark.parametrize("form", ["column", "index", "row"])
def test_text_labels_are_read_in_every_form(form, header, images):
    words = NAMES[CLASSES]
    if form == "row":
        data = csv([words])
    elif form == "index":
        data = csv(beside(range(ROWS), words), ["", header or "0"])
    else:
        data = csv(words[:, None], [header] if header else None)
    assert targets(inspect_files(IMAGES[images], data)) == words.tolist()


def test_one_hot_titles_name_the_classes():
    for prefix in ("", "is_", "kind=", "Class: "):
        labels = csv(one_hot(CLASSES), [prefix + name for name in NAMES])
        assert targets(inspect_files(IMAGES["plain"], labels)) == NAMES[CLASSES].tolist()


@pytest.mark.parametrize("option", ["yes", "no"])
def test_the_header_is_decided_for_each_file(option):
    images = IMAGES["titled" if option == "yes" else "plain"]
    for labels in (FORMS["plain"], FORMS["titled"], csv(NAMES[CLASSES][:, None], ["kind"])):
        seen = inspect_files(images, labels, reading=Reading(header=option))
        assert seen.rows == ROWS and len(seen.classes) == 4


def test_a_first_label_that_looks_like_a_title_is_a_label():
    words = np.array(["target", "y2", "class", "digit"])[np.sort(CLASSES)]
    assert targets(inspect_files(IMAGES["plain"], csv(words[:, None]))) == words.tolist()
    missing = inspect_files(IMAGES["plain"], csv(NAMES[CLASSES][1:, None], ["kind"]))
    assert "label_like_title" in {f.code for f in missing.findings if f.level == "warn"}
    with pytest.raises(BadData) as caught:
        inspect_files(IMAGES["plain"], csv(NAMES[CLASSES][1:, None], ["label"]))
    assert caught.value.code == "label_count"


def test_one_label_too_many_is_refused_unless_it_is_a_title():
    for images in IMAGES.values():
        with pytest.raises(BadData) as caught:
            inspect_files(images, csv([[3], *CLASSES[:, None]]))
        assert caught.value.code == "label_count"


@pytest.mark.parametrize("end", ["first", "last"])
@pytest.mark.parametrize("titled", [False, True])
@pytest.mark.parametrize("width", [64, 4])
def test_one_hot_columns_in_one_file(width, titled, end, tmp_path):
    blocks = [VALUES[:, :width].tolist(), one_hot(CLASSES)]
    titles = [TITLES[:width], [f"is_{name}" for name in NAMES]]
    if end == "first":
        blocks, titles = blocks[::-1], titles[::-1]
    rows = [[*a, *b] for a, b in zip(*blocks, strict=True)]
    data = csv(rows, [*titles[0], *titles[1]] if titled else None)
    seen = inspect_files(data)
    assert targets(seen) == (NAMES[CLASSES] if titled else CLASSES.astype(str)).tolist()
    np.testing.assert_array_equal(seen.samples.inputs.reshape(ROWS, -1), VALUES[:, :width])
    few = csv([row for row, c in zip(rows, CLASSES, strict=True) if c == 2][:5],
              [*titles[0], *titles[1]] if titled else None)  # fmt: skip
    digest, _ = Library(tmp_path).add(data, test_images=few)
    opened = Library(tmp_path).open(digest)
    assert {opened.classes[t] for t in opened.test_targets} == {"owl" if titled else "2"}


def test_columns_that_are_not_one_hot_are_refused_as_such():
    rows = one_hot(CLASSES)
    rows[5] = ["1", "1", "0", "0"]
    with pytest.raises(BadData) as caught:
        inspect_files(IMAGES["plain"], csv(rows, [f"k{i}" for i in range(4)]))
    assert caught.value.code == "multi_label"
    for fix in caught.value.fixes:
        inspect_files(IMAGES["plain"], csv(rows, [f"k{i}" for i in range(4)]),
                      reading=Reading().with_changes(fix))  # fmt: skip
    roles = {f"k{i}": {"role": "label"} for i in range(2)}
    joined = [[*row, *r] for row, r in zip(VALUES[:, :3], rows, strict=True)]
    data = csv(joined, [*"abc", "k0", "k1", "k2", "k3"])
    with pytest.raises(BadData) as caught:
        inspect_files(data, reading=Reading(columns=roles))
    assert caught.value.code == "several_labels"


# --- files in the wrong place


@pytest.mark.parametrize("labels", ["plain", "titled", "index of pandas", "identifiers"])
def test_swapped_files_are_refused_and_read_after_one_press(labels, tmp_path):
    files = FORMS[labels], IMAGES["titled"]
    with pytest.raises(BadData) as caught:
        inspect_files(*files)
    assert caught.value.code == "files_swapped"
    (fix,) = caught.value.fixes
    seen = inspect_files(*files, reading=Reading().with_changes(fix))
    assert targets(seen) == [str(c) for c in CLASSES]
    digest, _ = Library(tmp_path).add(
        *files, test_images=files[0], test_labels=files[1], reading=Reading().with_changes(fix)
    )
    assert Library(tmp_path).about(digest).test_rows == ROWS


@pytest.mark.parametrize("width", [64, 5])
@pytest.mark.parametrize("titled", [False, True])
@pytest.mark.parametrize("place", ["first", "last", "own file"])
def test_a_test_file_without_labels_cannot_be_a_test_set(place, titled, width, tmp_path):
    inputs, titles = VALUES[:, :width].tolist(), TITLES[:width]
    test = csv(inputs[:9], titles if titled else None)
    labels = None
    if place == "own file":
        labels = FORMS["plain"]
    else:
        at = 0 if place == "first" else width
        for row, label in zip(inputs, CLASSES, strict=True):
            row.insert(at, label)
        titles = [*titles[:at], "label", *titles[at:]]
    with pytest.raises(BadData) as caught:
        Library(tmp_path).add(csv(inputs, titles if titled else None), labels, test_images=test)
    assert caught.value.code == "test_labels_missing"


# --- columns of a test file


@pytest.mark.parametrize("width", [64, 4])
def test_test_columns_in_another_order_are_matched_by_title(width):
    titles = TITLES[:width]
    train = inspect(
        read_table(csv(VALUES[:, :width], titles), "t"), read_table(FORMS["plain"], "l")
    )
    order = DRAW.permutation(width)
    test = csv(VALUES[:, :width][:, order], [titles[c] for c in order])
    seen = inspect(read_table(test, "test"), read_table(FORMS["plain"], "l"), like=train)
    np.testing.assert_array_equal(seen.samples.inputs, train.samples.inputs)


def test_repeated_titles_are_matched_by_their_order_or_refused():
    def table(titles) -> bytes:
        values = {"w": 10, "v": 100}
        rows = [[values[t] * (1 + titles[:i].count(t)) + r for i, t in enumerate(titles)]
                for r in range(20)]  # fmt: skip
        return csv([[*row, r % 2] for r, row in enumerate(rows)], [*titles, "label"])

    train = inspect(read_table(table("wvw"), "train"))
    for order in ("wwv", "vww", "wvw"):
        seen = inspect(read_table(table(order), "test"), like=train)
        np.testing.assert_array_equal(seen.samples.inputs, train.samples.inputs)
    for order in ("wv", "wwwv"):
        with pytest.raises(BadData) as caught:
            inspect(read_table(table(order), "test"), like=train)
        assert caught.value.code == "repeated_columns"
    single = inspect(read_table(table("wv"), "train"))
    with pytest.raises(BadData) as caught:
        inspect(read_table(table("wwv"), "test"), like=single)
    assert caught.value.code == "repeated_columns"
