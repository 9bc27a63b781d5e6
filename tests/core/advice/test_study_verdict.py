"""Verdicts of curves whose shape is known."""

from dataclasses import replace
from math import inf, nan

import pytest

from core.advice.study_verdict import elsewhere, landmarks, verdict
from core.base.numbers import THIN
from core.descent.point import Point

EMPTY = Point(1, 10, 100, 0, 0.0, True, (1.0,), (1.0,), (1.0,), (1.0,), (1.0,), 1.0, 1.0, 0.0)


def curve(values: list[float], **given: object) -> list[Point]:
    """Widths 1, 2, 4, … of 10 parameters a unit, one seed unless given."""
    places = [2**k for k in range(len(values))]
    return [
        replace(EMPTY, width=w, parameters=10 * w, test_loss=(v,), test_error=(v,), **given)
        for w, v in zip(places, values, strict=True)
    ]


def shown(points: list[Point], *arguments: str) -> tuple[str, str]:
    found = verdict(points, *arguments)
    return found.kind, found.sentence.replace(THIN, " ")


def test_double_descent_is_said_with_its_numbers():
    points = curve([1.0, 0.64, 0.9, 1.935, 1.2, 0.882])
    found = verdict(points)
    assert (found.valley.at, found.peak.at, found.right.at) == (2, 8, 32)
    assert found.peak.parameters == 80
    assert found.rise == pytest.approx(1.935 / 0.64)
    assert found.fall == pytest.approx(1.935 / 0.882)
    assert shown(points) == (
        "double",
        "Double descent: test loss 0.64 at 2 hidden units, up 3 × to 1.9 at 8, down 2.2 × to 0.88 "
        "at 32 (1 of 1 seed).",
    )


def test_no_peak_is_said():
    assert shown(curve([0.5, 0.35, 0.3, 0.31, 0.16]), "test_error") == (
        "no_peak",
        "No peak: test error 50 % at 1 hidden unit, 16 % at 16, the best there (median of 1 seed).",
    )


def test_no_second_descent_is_said():
    assert shown(curve([0.9, 0.449, 0.5, 0.667, 0.657])) == (
        "no_second_descent",
        "No second descent within this budget: test loss 0.45 at 2 hidden units, up 1.5 × to 0.67 "
        "at 8, after it no lower than 0.66 (median of 1 seed).",
    )


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1.0, 1.09, 0.5], "no_peak"),
        ([1.0, 1.11, 0.5], "double"),
        ([1.0, 1.2, 1.2 / 1.14], "no_second_descent"),
        ([1.0, 1.2, 1.2 / 1.16], "double"),
        ([1.0, 2.0, 3.0], "no_second_descent"),
        ([3.0, 2.0, 1.0], "no_peak"),
        ([1.0, 1.0, 1.0], "no_peak"),
        ([0.0, 0.5, 0.0], "double"),
        ([1.0, 2.0], "short"),
        ([], "short"),
        ([1.0, nan, 2.0, inf], "short"),
    ],
)
def test_the_bounds(values, kind):
    found = verdict(curve(values))
    assert found.kind == kind
    assert found.sentence.endswith(".")
    assert "nan" not in found.sentence.lower()


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


def test_the_median_speaks_for_the_seeds_and_each_is_asked():
    points = [
        replace(point, test_loss=seeds, norm=(1.0,) * 3)
        for point, seeds in zip(
            curve([1, 1, 1]), [(1.0, 1.0, 1.0), (2.0, 3.0, 0.5), (1.0, 1.0, 99.0)], strict=True
        )
    ]
    found = verdict(points)
    assert (found.peak.value, found.right.value) == (2.0, 1.0)
    assert (found.agreeing, found.seeds) == (2, 3)
    assert "2 of 3 seeds" in found.sentence


def test_what_too_few_seeds_do_is_not_said_to_be_so():
    values = [(1.0, 1.0, 3.0), (2.0, 2.0, 2.0), (1.0, 3.0, 1.0)]
    points = [
        replace(point, test_loss=seeds, norm=(1.0,) * 3)
        for point, seeds in zip(curve([1, 1, 1]), values, strict=True)
    ]
    assert shown(points) == (
        "unclear",
        "Not clear: test loss 1 at 1 hidden unit, 2 at 2, 1 at 4, but only so in 1 of 3 seeds: "
        "more seeds will tell.",
    )


def test_a_handful_of_test_rows_is_no_peak():
    values = [0.012, 0.014, 0.010]
    assert shown(curve(values), "test_error")[0] == "no_peak"
    assert shown(curve(values))[0] == "double"


def test_empirical_thresholds():
    points = curve([1.0, 2.0, 1.0, 0.5])
    fitting = [(0.3, 0.5), (0.0099, 0.1), (0.0, 0.011), (0.0, 0.009)]
    points = [
        replace(point, train_error=(error,), train_loss=(loss,))
        for point, (error, loss) in zip(points, fitting, strict=True)
    ]
    found = verdict(points)
    assert (found.fits.at, found.interpolates.at) == (2, 8)
    assert verdict(points[:1] * 3).fits is None


def test_points_that_were_lost_are_counted_and_left_out():
    found = verdict(curve([1.0, 2.0, nan, 0.5, inf]))
    assert (found.kind, found.lost, found.peak.at) == ("double", 2, 2)


def test_other_axes_and_nouns():
    points = [replace(p, samples=10 * p.width, steps=7 * p.width) for p in curve([1.0, 2.0, 0.5])]
    assert "at 10 training rows" in shown(points[::-1], "test_loss", "samples")[1]
    assert "at 7 steps" in shown(points, "test_loss", "steps")[1]
    assert "at 1 feature," in shown(points, "test_loss", "width", "feature")[1]
    late = [replace(p, steps=10 ** (p.width + 3)) for p in points]
    assert "0.5 at 10 million" in shown(late, "test_loss", "steps")[1]


def test_one_jump_of_a_training_is_no_peak():
    jumping = [0.2, 0.1, 0.12, 0.3, 0.13, 0.14, 0.15, 0.16]
    points = [replace(p, steps=10 * k) for k, p in enumerate(curve(jumping), 1)]
    assert shown(points, "test_error", "steps")[0] == "no_second_descent"
    assert shown(points, "test_error")[0] == "double"  # over sizes a narrow peak is one
    wide = [0.2, 0.1, 0.2, 0.3, 0.3, 0.2, 0.12]
    points = [replace(p, steps=10 * k) for k, p in enumerate(curve(wide), 1)]
    assert shown(points, "test_error", "steps")[0] == "double"


def test_what_the_other_measure_shows_is_said_with_its_numbers():
    points = curve([1.0, 0.64, 1.935, 0.882])
    said = elsewhere(verdict(points), "test_loss", "width", "feature")
    assert said == "The test loss shows double descent: 0.64 at 2 features, 1.9 at 4, 0.88 at 8."
    assert not elsewhere(verdict(curve([3.0, 2.0, 1.0])), "test_loss")
