"""A column that assigns rows to training, validation and test set is the split."""

import numpy as np
import pytest

from core.base.errors import BadData
from core.data.datasets import Spreadsheets
from core.data.inspection.inspect import inspect_files
from core.data.library import Library, facts
from core.data.load import load
from core.data.reading import Reading
from core.data.split import Split
from core.experiment import Experiment
from core.network.layers import Flatten, Output
from core.training.checks import part_sizes
from core.training.loop import train

DRAW = np.random.Generator(np.random.PCG64(11))
ROWS = 60
CLASSES = np.arange(ROWS) % 3
PARTS = DRAW.permutation(np.repeat([0, 1, 2], (40, 8, 12)))  # training, validation, test
VALUES = DRAW.integers(0, 256, (ROWS, 64))
WORDS = [
    ("Training", "PublicTest", "PrivateTest"),
    ("train", "val", "test"),
    ("TRAIN", "dev", "TEST"),
    (" train", "Validation ", "holdout"),
]


def csv(*columns, header) -> str:
    rows = [header, *zip(*columns, strict=True)]
    return "".join(",".join(map(str, row)) + "\n" for row in rows)


def one_file(words, title="Usage", width=64, parts=PARTS) -> bytes:
    used = [words[part] for part in parts]
    header = ["label", *(f"p{c}" for c in range(width)), title]
    return csv(CLASSES, *VALUES[:, :width].T, used, header=header).encode()


def two_files(words) -> tuple[bytes, bytes]:
    """Return inputs and a file of labels that has the split, in another order."""
    order, ids = DRAW.permutation(ROWS), np.arange(ROWS) * 7 % 61
    inputs = csv(ids, *VALUES.T, header=["id", *(f"p{c}" for c in range(64))])
    used = [words[part] for part in PARTS[order]]
    labels = csv(ids[order], CLASSES[order], used, header=["id", "label", "split"])
    return inputs.encode(), labels.encode()


def check(samples, shape=(1, 8, 8)) -> None:
    """Check that every row is in its part, with its label."""
    rest, test = PARTS != 2, PARTS == 2
    width = int(np.prod(shape))
    np.testing.assert_array_equal(samples.inputs.reshape(-1, width), VALUES[rest, :width])
    np.testing.assert_array_equal(samples.targets, CLASSES[rest])
    np.testing.assert_array_equal(samples.test_inputs.reshape(-1, width), VALUES[test, :width])
    np.testing.assert_array_equal(samples.test_targets, CLASSES[test])
    np.testing.assert_array_equal(samples.validation, np.flatnonzero(PARTS[rest] == 1))


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("title", ["Usage", "split", "Part", "anything"])
def test_rows_are_in_the_parts_that_the_file_states(words, title):
    seen = inspect_files(one_file(words, title))
    check(seen.samples)
    found = next(f for f in seen.findings if f.code == "split_column")
    assert found.evidence == {"train": 40, "validation": 8, "test": 12}
    undone = inspect_files(
        one_file(words, title), reading=Reading().with_changes(found.action.changes)
    )
    assert undone.rows == ROWS and undone.samples.validation is None
    assert not undone.samples.has_test and undone.shape == (1, 8, 8)


def test_tables_and_label_files_have_splits_too():
    check(inspect_files(one_file(WORDS[1], width=3)).samples, (3,))
    files = two_files(WORDS[0])
    seen = inspect_files(*files)
    check(seen.samples)
    found = next(f for f in seen.findings if f.code == "split_column")
    undone = Reading().with_changes(found.action.changes)
    assert inspect_files(*files, reading=undone).rows == ROWS


def test_the_stored_dataset_is_split_as_the_file_states(tmp_path):
    library = Library(tmp_path)
    digest, _ = library.add(one_file(WORDS[0]))
    check(library.open(digest))
    assert facts(tmp_path, digest) == library.open(digest).facts
    assert library.about(digest).validation_rows == 8
    samples = library.open(digest)
    parts = Split().parts(samples.targets, samples.has_test, samples.validation)
    assert sorted([*parts.train, *parts.validation]) == list(range(48)) and not len(parts.test)
    assert parts.validation.tolist() == samples.validation.tolist()
    assert part_sizes(Experiment(), samples.facts) == (40, 8, 12)


def test_the_split_states_the_rows_that_are_used():
    """Repeated rows and rows that are left out are not counted in any part."""
    n = np.arange(ROWS, dtype=float)
    cells = [n.astype(int).astype(str) for _ in range(2)]
    cells[0][[3, 20]] = ""
    repeated = [5, 7, 40]
    for column in cells:
        column[repeated] = column[repeated[0]]
    labels = CLASSES.astype(str)
    labels[30] = ""
    used = [("train", "val", "test")[p] for p in PARTS]
    data = csv(*cells, labels, used, header=["a", "b", "label", "split"]).encode()
    chosen = {name: {"missing": "rows"} for name in ("a", "label")}
    seen = inspect_files(data, reading=Reading(columns=chosen, duplicates="remove"))
    left = np.setdiff1d(np.arange(ROWS), [3, 20, 30, *repeated[1:]])
    found = next(f for f in seen.findings if f.code == "split_column")
    assert list(found.evidence.values()) == np.bincount(PARTS[left]).tolist()
    facts = seen.samples.facts
    assert [facts.rows, facts.validation_rows, facts.test_rows] == [
        found.evidence["train"] + found.evidence["validation"],
        found.evidence["validation"],
        found.evidence["test"],
    ]
    rows = next(f for f in seen.findings if f.code == "row_count").evidence["rows"]
    assert rows == len(left) == facts.rows + facts.test_rows


@pytest.mark.parametrize(("out", "sizes"), [(1, (0, 12)), (2, (8, 0))])
def test_parts_that_the_file_does_not_state_are_drawn_from_the_training_rows(out, sizes):
    parts = np.where(out == PARTS, 0, PARTS)
    samples = inspect_files(one_file(WORDS[1], parts=parts)).samples
    own = samples.validation if out == 2 else None
    assert (0 if own is None else len(own), samples.facts.test_rows) == sizes
    dealt = Split().parts(samples.targets, samples.has_test, own)
    assert len(dealt.validation) == (8 if out == 2 else round(0.15 * 48))
    assert len(dealt.test) == (round(0.15 * 52) if out == 2 else 0)
    assert part_sizes(Experiment(), samples.facts)[1] == len(dealt.validation)
    assert part_sizes(Experiment(), samples.facts)[0] == len(dealt.train)


def test_a_word_that_is_no_part_is_refused_where_the_column_is_chosen_as_the_split():
    data = one_file(("train", "val", "maybe"), "use")
    with pytest.raises(BadData) as caught:
        inspect_files(data, reading=Reading(columns={"use": {"role": "split"}}))
    assert caught.value.code == "split_word" and "'maybe'" in str(caught.value)
    with pytest.raises(BadData) as caught:
        inspect_files(one_file(("test", "val", "test")))
    assert caught.value.code == "no_training_rows"


def test_a_split_and_a_separate_test_file_are_refused(tmp_path):
    with pytest.raises(BadData) as caught:
        Library(tmp_path).add(one_file(WORDS[0]), test_images=one_file(WORDS[0]))
    assert caught.value.code == "two_test_sets"


def test_folds_are_not_inputs():
    folds = np.arange(ROWS) % 5
    data = csv(*VALUES[:, :3].T, folds, CLASSES, header=["a", "b", "c", "fold", "label"]).encode()
    seen = inspect_files(data)
    assert seen.samples.columns == ("a", "b", "c")
    found = next(f for f in seen.findings if f.code == "folds")
    again = inspect_files(data, reading=Reading().with_changes(found.action.changes))
    assert again.samples.columns == ("a", "b", "c", "fold")


def test_a_run_trains_on_the_stated_parts(tmp_path):
    digest, _ = Library(tmp_path).add(one_file(WORDS[0]))
    data = Spreadsheets(digest=digest, title="faces")
    experiment = Experiment(data=data, network=(Flatten(), Output()), epochs=1)
    setup = train(experiment, load(data, tmp_path)).setup
    assert (len(setup.train), len(setup.validation), len(setup.test)) == (40, 8, 12)


def test_samples_keep_the_numbers_of_their_rows_in_the_file(tmp_path) -> None:
    """A header counts; rows that are left out or moved to the test set do not shift the others."""
    lines = one_file(WORDS[0]).decode().splitlines()
    lines.insert(11, lines[10])  # row 12 repeats row 11
    library = Library(tmp_path)
    reading = Reading(duplicates="remove")
    digest, _ = library.add("\n".join(lines).encode(), names=["faces.csv"], reading=reading)
    samples = library.open(digest)
    numbers = np.array([row for row in range(2, ROWS + 3) if row != 12])
    np.testing.assert_array_equal(samples.row_numbers, numbers[PARTS != 2])
    np.testing.assert_array_equal(samples.test_row_numbers, numbers[PARTS == 2])
    assert samples.numbers_of(np.array([0])) == [int(numbers[PARTS != 2][0])]
    plain, _ = library.add(csv(*VALUES.T, CLASSES, header=["1"] * 65).split("\n", 1)[1].encode())
    assert library.open(plain).row_numbers is None
    assert library.open(plain).numbers_of(np.array([0, 7])) == [1, 8]
