"""Labels: classes or values, their findings, and class balance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import BadData
from core.data.inspection.labels import read_labels


@pytest.mark.parametrize(
    ("labels", "task"),
    [
        (np.arange(200) % 3, "classes"),
        (np.arange(200) % 10 + 1, "classes"),
        (np.arange(200) % 2 * 1000, "classes"),
        (np.arange(2000) % 100, "classes"),  # 20 rows of each
        (np.arange(200) % 5 / 2, "values"),
        (np.linspace(0, 9, 200), "values"),
        (np.arange(200) * 731, "values"),
        (np.arange(200), "values"),
        (np.arange(3000) * 7 % 2500, "values"),  # more than classes may be
    ],
)
def test_numbers_are_classes_or_values_and_both_can_be_chosen(labels, task):
    cells = labels.astype(float)
    seen = read_labels(cells, name="l", rows=range(1, 1000))
    assert seen.task == task
    said = next((f for f in seen.findings if f.code == "task"), None)
    other = {"classes": "values", "values": "classes"}[task]
    if said and said.action:
        assert said.action.changes == {"task": other} and said.level != "ok"
    if len(np.unique(labels)) <= 1000:
        switched = read_labels(cells, name="l", rows=range(1, 1000), task=other)
        assert switched.task == other
        fixes = [f.action and f.action.changes for f in switched.findings if f.code == "task"]
        assert {"task": other} not in fixes
    values = read_labels(cells, name="l", rows=range(1, 1000), task="values")
    np.testing.assert_array_equal(values.targets, labels.astype(np.float32))


@pytest.mark.parametrize("classes", [2, 10, 20])
def test_few_classes_need_no_finding(classes):
    cells = np.arange(400.0) % classes
    assert all(f.code != "task" for f in read_labels(cells, name="l", rows=range(1, 1000)).findings)


def test_labels_that_number_the_rows_are_a_warning():
    cells = np.arange(300.0)
    said = read_labels(cells, name="l", rows=range(1, 1000)).findings[0]
    assert (said.code, said.level) == ("task", "warn")
    assert said.evidence["different"] == said.evidence["rows"] == 300
    forced = read_labels(cells, name="l", rows=range(1, 1000), task="classes").findings
    assert [f.code for f in forced if f.level == "warn"] == ["own_class"]  # and not "imbalance"
    assert next(f for f in forced if f.code == "own_class").action.changes == {"task": "values"}
    words = np.array([f"name {i}" for i in range(300)], object)
    named = read_labels(words, name="l", rows=range(1, 1000)).findings
    assert next(f for f in named if f.code == "own_class").action is None


def test_text_labels_cannot_be_values():
    cells = np.array(["cat", "dog"] * 20, object)
    with pytest.raises(BadData, match="row 1 has the label 'cat'") as caught:
        read_labels(cells, name="l", rows=range(1, 1000), task="values")
    assert caught.value.code == "label_not_numeric"
    assert caught.value.fixes == ({"task": "classes"},)


def test_a_single_value_cannot_be_predicted():
    with pytest.raises(BadData, match=r"2\.5 in every row") as caught:
        read_labels(np.full(30, 2.5), name="l", rows=range(1, 1000))
    assert caught.value.code == "constant_values"


@given(
    st.lists(
        st.one_of(st.integers(-(10**6), 10**6), st.floats(-1e6, 1e6, width=32)),
        min_size=2,
        max_size=80,
    )
)
def test_any_numbers_become_targets_or_an_error(numbers):
    cells = np.array(numbers, float)
    try:
        seen = read_labels(cells, name="l.csv", rows=range(1, 1000))
    except BadData as error:
        assert error.code != BadData.code and str(error).startswith("l.csv")
        assert len(np.unique(cells.astype(np.float32))) == 1
        return
    assert len(seen.targets) == len(cells)
    if seen.task == "classes":
        back = np.array([float(name) for name in seen.classes])[seen.targets]
        np.testing.assert_array_equal(back, cells)
    else:
        np.testing.assert_array_equal(seen.targets, cells.astype(np.float32))


def test_classes_are_imbalanced_from_three_times_on():
    for sizes, level in (
        ((40, 30), None),
        ((60, 20), "info"),
        ((60, 6), "warn"),
        ((50, 2), "warn"),
    ):
        cells = np.repeat([0.0, 1.0], sizes)
        said = [f for f in read_labels(cells, name="l", rows=range(1, 1000)).findings
                if f.code == "imbalance"]  # fmt: skip
        assert [f.level for f in said] == ([level] if level else [])
        if said:
            assert said[0].evidence["largest"] == sizes[0]


def test_few_rows_per_class_are_not_imbalance():
    cells = np.repeat(np.arange(30.0), 3)
    codes = {f.code for f in read_labels(cells, name="l", rows=range(1, 1000)).findings}
    assert "few_rows" in codes and "imbalance" not in codes
