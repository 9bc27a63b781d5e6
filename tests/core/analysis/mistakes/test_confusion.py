"""Scores by class and their intervals, against scikit-learn and SciPy."""

import numpy as np
import pytest
from scipy.stats import binomtest

from core.analysis.catalogue import Confusion
from core.analysis.mistakes.confusion import (
    class_scores,
    confused_pairs,
    confusion_matrix,
    describe_other_pairs,
)
from core.analysis.mistakes.rates import f1_rate
from core.base.rates import rate

RNG = np.random.default_rng(0)
CASES = {  # true and predicted classes of 2 to 200 classes
    "two classes": (np.array([0, 1, 1, 0, 1]), np.array([0, 1, 0, 0, 1]), 2),
    "all right": (np.arange(3), np.arange(3), 3),
    "all wrong": (np.arange(3), (np.arange(3) + 1) % 3, 3),
    "one sample": (np.array([1]), np.array([0]), 2),
    "one class always predicted": (RNG.integers(0, 4, 40), np.zeros(40, int), 4),
    "a class without samples": (RNG.integers(0, 3, 40), RNG.integers(0, 4, 40), 4),
    "a class that is never predicted": (RNG.integers(0, 4, 40), RNG.integers(0, 3, 40), 4),
    "a class that does not occur": (RNG.integers(0, 3, 40), RNG.integers(0, 3, 40), 5),
    "200 classes": (RNG.integers(0, 200, 900), RNG.integers(0, 200, 900), 200),
}


@pytest.mark.parametrize(("count", "total"), [(0, 1), (1, 1), (0, 30), (7, 30), (30, 30), (1, 999)])
def test_intervals_are_those_of_wilson(count: int, total: int) -> None:
    value, low, high = rate(count, total)
    reference = binomtest(count, total).proportion_ci(0.95, method="wilson")
    assert value == count / total
    assert (low, high) == pytest.approx((reference.low, reference.high), abs=1e-9)
    assert rate(0, 0) is None


def test_intervals_of_f1_are_those_of_the_overlap() -> None:
    value, low, high = f1_rate(12, 20)
    assert value == pytest.approx(2 * 12 / (12 + 20))
    reference = binomtest(12, 20).proportion_ci(0.95, method="wilson")
    ends = [2 * j / (1 + j) for j in (reference.low, reference.high)]
    assert (low, high) == pytest.approx(ends)


@pytest.mark.parametrize("case", CASES)
def test_scores_by_class_are_those_of_scikit_learn(case: str) -> None:
    from sklearn.metrics import confusion_matrix as reference_matrix
    from sklearn.metrics import precision_recall_fscore_support

    true, predicted, classes = CASES[case]
    counts = confusion_matrix(true, predicted, classes)
    labels = list(range(classes))
    assert np.array_equal(counts, reference_matrix(true, predicted, labels=labels))
    found = class_scores(counts)
    reference = precision_recall_fscore_support(
        true, predicted, labels=labels, zero_division=np.nan
    )
    for name, values in zip(("precision", "recall", "f1"), reference, strict=False):
        own = [np.nan if s[name] is None else s[name][0] for s in found["classes"]]
        np.testing.assert_allclose(own, values, err_msg=name)
    assert [s["support"] for s in found["classes"]] == reference[3].tolist()
    assert found["accuracy"][0] == (true == predicted).mean()
    present = sorted(set(true.tolist()))
    for average in ("macro", "weighted"):
        expected = precision_recall_fscore_support(
            true, predicted, labels=present, average=average, zero_division=0
        )
        assert list(found["averages"][average].values()) == pytest.approx(expected[:3])
    assert Confusion().lines({"part": "test", "names": [str(i) for i in labels]} | found)


def test_confused_pairs_are_sorted_by_their_number() -> None:
    counts = [[5, 1, 0], [3, 4, 1], [0, 0, 2]]
    pairs = confused_pairs(counts, 9)
    assert [pair[:3] for pair in pairs] == [(1, 0, 3), (0, 1, 1), (1, 2, 1)]
    assert pairs[0][3] == rate(3, 8)
    assert counts[1] == [3, 4, 1] and confused_pairs([[3, 0], [0, 1]], 9) == []
    assert confused_pairs(counts, 2) == pairs[:2]
    left_out = [describe_other_pairs(counts, listed) for listed in (0, 2, 3, 9)]
    assert [text[:1] for text in left_out] == ["3", "1", "", ""]
