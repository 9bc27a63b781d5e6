"""The lines of a study: medians with the lowest and the highest seed, the theoretical and the
measured threshold, and values that are not finite.
"""

from dataclasses import replace
from math import inf, nan
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.figures.descent.lines import View, rows
from tests.core.figures.descent.conftest import point

VALUES = st.floats(0, 1e6) | st.sampled_from([inf, nan])


@given(st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=6))
def test_a_line_is_the_median_and_the_extremes_of_the_seeds(seeds):
    points = [replace(point(k + 1, 1.0), test_loss=each) for k, each in enumerate(seeds)]
    (line,) = rows(points, View(measure="test_loss")).lines
    for k, each in enumerate(seeds):
        middle = median(each)
        assert line.test[k] == (middle if abs(middle) < inf else None)
        if all(abs(value) < inf for value in each):
            assert (line.low[k], line.high[k]) == (min(each), max(each))
    assert line.lost == tuple(k * 10 + 10 for k, v in enumerate(line.test) if v is None)


def test_each_control_is_a_line_ordered_by_size(points):
    lines = rows(points[::-1], View(control="ridge", measure="test_loss"))
    assert [line.name for line in lines.lines] == ["ridge 0", "ridge 1e-3"]
    assert lines.main.x == (100, 300, 1000, 3000, 10_000)
    assert lines.main.test == (0.5, 0.3, 0.8, 0.4, 0.2)
    assert lines.main.train == (0.5, 0.5, 0.0, 0.0, 0.0)
    assert lines.main.ensemble[0] == pytest.approx(0.4)
    assert lines.seeds == 3 and lines.verdict.code == "double_descent"
    assert lines.verdict.peak.x == 100


@pytest.mark.parametrize(
    ("unit", "features", "x", "walls", "fits"),
    [
        ("P", False, 100, [100, 1000], 1000),
        ("P/n", False, 1, [1, 10], 10),
        ("P/(nK)", False, 0.1, [0.1, 1], 1),
        ("N", True, 10, [100], 100),
        ("N/n", True, 0.1, [1], 1),
    ],
)
def test_each_unit_of_the_x_axis_has_its_thresholds(points, unit, features, x, walls, fits):
    lines = rows(points, View(unit=unit, features=features, classes=10))
    assert lines.main.x[0] == pytest.approx(x)
    assert [place for place, _ in lines.thresholds] == pytest.approx(walls)
    assert lines.fits == pytest.approx(fits)


def test_over_samples_the_threshold_is_the_last_fitted_size():
    points = [point(100, 0.3, samples=n, fits=n <= 80) for n in (20, 40, 80, 160)]
    view = View(over="samples", unit="n", features=True)
    lines = rows(points, view)
    assert lines.fits == 80 and lines.thresholds == ((100, "n = N"),)
    nets = rows(points, View(over="samples", unit="n", classes=10))
    assert nets.thresholds == ((100, "n = P/K"), (1000, "n = P"))


def test_over_steps_one_width_is_drawn_and_over_widths_the_last_step():
    points = [
        point(w, 0.5 - t / 100, steps=t, last=t == 9, fits=t > 3) for w in (1, 2) for t in (1, 3, 9)
    ]
    over_steps = rows(points, View(over="steps", unit="steps", width=1))
    assert over_steps.main.x == (1, 3, 9) and {p.width for p in over_steps.main.points} == {1}
    assert over_steps.fits == 9 and over_steps.thresholds == ()
    assert {p.width for p in rows(points, View(over="steps", unit="steps")).main.points} == {2}
    assert [p.steps for p in rows(points, View()).main.points] == [9, 9]


def test_without_points_there_are_no_lines():
    lines = rows([], View())
    assert lines.main is None and lines.fits is None and lines.verdict.code == "too_few_points"
    assert lines.thresholds == ()
    planned = rows([], View(samples=500, classes=10))
    assert planned.thresholds == ((500, "P = n"), (5000, "P = n·K"))
    assert rows([], View(samples=500, over="samples", unit="n")).thresholds == ()


def test_models_in_training_are_pending_at_their_newest_step():
    points = [point(1, 0.5, steps=t, last=t == 9) for t in (3, 9)]
    points += [point(2, 0.9 - t / 10, steps=t, last=False) for t in (1, 3)]
    lines = rows(points, View())
    assert lines.main.x == (10,) and lines.pending == ((20, pytest.approx(0.6)),)
    assert rows(points, View(over="steps", unit="steps", width=2)).pending == ()
