"""ROC and precision-recall curves, against scikit-learn."""

import numpy as np
import pytest

from core.analysis.mistakes.thresholds import Thresholds, curve, roc_area

RANDOM = np.random.default_rng(0)
TRUTH = RANDOM.random(300) < 0.3
CASES = {
    "distinct scores": (RANDOM.normal(size=300) + TRUTH, TRUTH),
    "ties": (np.round(RANDOM.normal(size=300) + TRUTH), TRUTH),
    "all scores equal": (np.zeros(300), TRUTH),
    "separated": (TRUTH * 1.0, TRUTH),
    "reversed": (1.0 - TRUTH, TRUTH),
    "one positive": (RANDOM.normal(size=300), np.arange(300) == 7),
    "two samples": (np.array([0.1, 0.2]), np.array([True, False])),
}


@pytest.mark.parametrize("case", CASES)
def test_curves_and_areas_are_those_of_scikit_learn(case: str) -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

    scores, positive = CASES[case]
    found = curve(scores, positive)
    area, low, high = found["roc_area"]
    assert area == pytest.approx(roc_auc_score(positive, scores))
    assert 0 <= low <= area <= high <= 1
    assert found["pr_area"] == pytest.approx(average_precision_score(positive, scores))
    false, true, _ = roc_curve(positive, scores, drop_intermediate=False)
    np.testing.assert_allclose(found["roc"], [false, true])


def test_the_interval_is_that_of_all_pairs() -> None:
    scores, positive = CASES["ties"]
    wins = (scores[positive][:, None] > scores[~positive]) + 0.5 * (
        scores[positive][:, None] == scores[~positive]
    )
    error = (
        wins.mean(1).var(ddof=1) / wins.shape[0] + wins.mean(0).var(ddof=1) / wins.shape[1]
    ) ** 0.5
    area, low, high = roc_area(scores, positive)
    assert (area - low, high - area) == pytest.approx((1.959964 * error,) * 2)


@pytest.mark.parametrize("missing", [0, 1])
def test_without_a_class_there_is_no_curve(missing: int) -> None:
    positive = np.full(5, missing == 0)
    positives = [curve(np.arange(5.0), positive == (c == 1)) for c in range(2)]
    assert [found["roc_area"] for found in positives] == [None, None]
    result = {"part": "test", "names": ["a", "b"], "samples": 5, "positive": positives}
    assert all(f"class {'ab'[missing]}" in line for line in Thresholds().lines(result))


def test_a_long_curve_is_drawn_with_few_points() -> None:
    random = np.random.default_rng(1)
    found = curve(random.normal(size=5000), random.random(5000) < 0.5)
    assert 400 <= len(found["roc"][0]) < 1000 and found["roc"][1][-1] == 1
