"""Verdicts of curves whose shape is known."""

from dataclasses import replace
from math import inf, nan

import pytest

from core.advice.study_verdict import describe_other_measure, judge_curve, landmarks
from core.descent.point import CurvePoint

EMPTY = CurvePoint(1, 10, 100, 0, 0.0, True, (1.0,), (1.0,), (1.0,), (1.0,), (1.0,), 1.0, 1.0, 0.0)


def curve(values: list[float], **given: object) -> list[CurvePoint]:
    """Widths 1, 2, 4, … of 10 parameters a unit, one seed unless given."""
    places = [2**k for k in range(len(values))]
    return [
        replace(EMPTY, width=w, parameters=10 * w, test_loss=(v,), test_error=(v,), **given)
        for w, v in zip(places, values, strict=True)
    ]


def marks(finding, *names: str) -> list[tuple[int, float]]:
    """x and value of landmarks in the evidence."""
    return [(finding.evidence[name]["x"], finding.evidence[name]["value"]) for name in names]


def test_double_descent_has_its_landmarks_and_ratios_as_evidence():
    verdict = judge_curve(curve([1.0, 0.64, 0.9, 1.935, 1.2, 0.882]))
    assert (verdict.valley.x, verdict.peak.x, verdict.right.x) == (2, 8, 32)
    assert verdict.peak.parameters == 80
    assert verdict.rise == pytest.approx(1.935 / 0.64)
    assert verdict.fall == pytest.approx(1.935 / 0.882)
    finding = verdict.finding
    assert (finding.code, finding.level, finding.action) == ("double_descent", "info", None)
    assert marks(finding, "valley", "peak", "right") == [(2, 0.64), (8, 1.935), (32, 0.882)]
    assert (finding.evidence["rise"], finding.evidence["fall"]) == (verdict.rise, verdict.fall)
    assert (finding.evidence["agreeing"], finding.evidence["seeds"]) == (1, 1)
    assert (
        "rises from 0.64 at 2 hidden units to 1.9 at 8 (3 ×), then falls to 0.88 at 32 (2.2 × "
        "lower), in 1 of 1 seed" in finding.text
    )


def test_a_falling_curve_has_no_peak():
    finding = judge_curve(curve([0.5, 0.35, 0.3, 0.31, 0.16]), "test_error").finding
    assert finding.code == "no_peak"
    assert marks(finding, "first", "last", "valley") == [(1, 0.5), (16, 0.16), (16, 0.16)]
    flat = judge_curve(curve([0.2, 0.19, 0.2]), "test_error").finding
    assert flat.code == "no_peak" and marks(flat, "valley") == [(2, 0.19)]
    assert "median of 1 seed" in finding.text and "median of 1 seed" in flat.text


def test_a_curve_that_stays_high_has_no_second_descent():
    finding = judge_curve(curve([0.9, 0.449, 0.5, 0.667, 0.657])).finding
    assert finding.code == "no_second_descent"
    assert marks(finding, "valley", "peak", "right") == [(2, 0.449), (8, 0.667), (16, 0.657)]
    assert "median of 1 seed" in finding.text


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ([1.0, 1.09, 0.5], "no_peak"),
        ([1.0, 1.11, 0.5], "double_descent"),
        ([1.0, 1.2, 1.2 / 1.14], "no_second_descent"),
        ([1.0, 1.2, 1.2 / 1.16], "double_descent"),
        ([1.0, 2.0, 3.0], "no_second_descent"),
        ([3.0, 2.0, 1.0], "no_peak"),
        ([1.0, 1.0, 1.0], "no_peak"),
        ([0.0, 0.5, 0.0], "double_descent"),
        ([1.0, 2.0], "too_few_points"),
        ([], "too_few_points"),
        ([1.0, nan, 2.0, inf], "too_few_points"),
    ],
)
def test_the_bounds(values, code):
    finding = judge_curve(curve(values)).finding
    assert finding.code == code
    assert finding.text.endswith(".")
    assert "nan" not in finding.text.lower()


@pytest.mark.parametrize(
    ("values", "places"),
    [
        ([9, 4, 8, 3], (1, 2, 3)),
        ([5, 5.2, 5, 2, 4, 1], (3, 4, 5)),  # a bump on the way down is not the peak
        ([5, 2, 4, 1, 9], (1, 2, 3)),  # a final ascent is not the peak
        ([5, 2, 2.4, 1.9, 3, 3], (1, 2, 3)),
        ([5, 2, 3, 3.1], (1, 3, 3)),
        ([5, 4, 3], (0, 0, 2)),
    ],
)
def test_landmarks(values, places):
    assert landmarks(values) == places


def test_the_median_over_seeds_is_judged_and_each_seed_is_counted():
    points = [
        replace(point, test_loss=seeds, norm=(1.0,) * 3)
        for point, seeds in zip(
            curve([1, 1, 1]), [(1.0, 1.0, 1.0), (2.0, 3.0, 0.5), (1.0, 1.0, 99.0)], strict=True
        )
    ]
    verdict = judge_curve(points)
    assert (verdict.peak.value, verdict.right.value) == (2.0, 1.0)
    assert (verdict.agreeing, verdict.seeds) == (2, 3)
    assert "2 of 3 seeds" in verdict.finding.text


def test_a_peak_of_too_few_seeds_is_unclear_and_the_action_adds_seeds():
    values = [(1.0, 1.0, 3.0), (2.0, 2.0, 2.0), (1.0, 3.0, 1.0)]
    points = [
        replace(point, test_loss=seeds, norm=(1.0,) * 3)
        for point, seeds in zip(curve([1, 1, 1]), values, strict=True)
    ]
    finding = judge_curve(points).finding
    assert (finding.code, finding.level) == ("unclear_peak", "warn")
    assert marks(finding, "valley", "peak", "right") == [(1, 1.0), (2, 2.0), (4, 1.0)]
    assert (finding.evidence["agreeing"], finding.evidence["seeds"]) == (1, 3)
    assert finding.action.changes == {"repeats": 6} and "1 of 3 seeds" in finding.text


def test_a_handful_of_test_samples_is_not_a_peak():
    values = [0.012, 0.014, 0.010]
    assert judge_curve(curve(values), "test_error").code == "no_peak"
    assert judge_curve(curve(values)).code == "double_descent"


def test_empirical_thresholds():
    points = curve([1.0, 2.0, 1.0, 0.5])
    fitting = [(0.3, 0.5), (0.0099, 0.1), (0.0, 0.011), (0.0, 0.009)]
    points = [
        replace(point, train_error=(error,), train_loss=(loss,))
        for point, (error, loss) in zip(points, fitting, strict=True)
    ]
    verdict = judge_curve(points)
    assert (verdict.fits.x, verdict.interpolates.x) == (2, 8)
    assert judge_curve(points[:1] * 3).fits is None


def test_points_that_are_not_finite_are_counted_and_left_out():
    verdict = judge_curve(curve([1.0, 2.0, nan, 0.5, inf]))
    assert (verdict.code, verdict.lost, verdict.peak.x) == ("double_descent", 2, 2)


def test_the_x_axis_is_counted_in_its_own_noun():
    points = [replace(p, samples=10 * p.width, steps=7 * p.width) for p in curve([1.0, 2.0, 0.5])]
    assert "at 10 training samples" in judge_curve(points[::-1], over="samples").finding.text
    assert "at 7 steps" in judge_curve(points, over="steps").finding.text
    assert "at 1 feature " in judge_curve(points, noun="feature").finding.text
    late = [replace(p, steps=10 ** (p.width + 3)) for p in points]
    assert "0.5 at 10 million" in judge_curve(late, over="steps").finding.text


def test_a_single_jump_during_training_is_not_a_peak():
    jumping = [0.2, 0.1, 0.12, 0.3, 0.13, 0.14, 0.15, 0.16]
    points = [replace(p, steps=10 * k) for k, p in enumerate(curve(jumping), 1)]
    assert judge_curve(points, "test_error", "steps").code == "no_second_descent"
    assert judge_curve(points, "test_error").code == "double_descent"  # over sizes it is one
    wide = [0.2, 0.1, 0.2, 0.3, 0.3, 0.2, 0.12]
    points = [replace(p, steps=10 * k) for k, p in enumerate(curve(wide), 1)]
    assert judge_curve(points, "test_error", "steps").code == "double_descent"


def test_the_double_descent_of_the_other_measure_is_a_finding_with_its_landmarks():
    verdict = judge_curve(curve([1.0, 0.64, 1.935, 0.882]))
    finding = describe_other_measure(verdict, "test_loss", "width", "feature")
    assert (finding.code, finding.evidence["measure"]) == (
        "other_measure_double_descent", "test_loss",
    )  # fmt: skip
    assert marks(finding, "valley", "peak", "right") == [(2, 0.64), (4, 1.935), (8, 0.882)]
    assert "0.64 at 2 features, 1.9 at 4, 0.88 at 8 (1 of 1 seed)" in finding.text
    assert (finding.evidence["agreeing"], finding.evidence["seeds"]) == (1, 1)
    assert describe_other_measure(judge_curve(curve([3.0, 2.0, 1.0])), "test_loss") is None
