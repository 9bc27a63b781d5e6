"""The charts of double descent show the numbers of their rows and the thresholds, in both colour
modes; values that are not finite are marked.
"""

from dataclasses import replace
from itertools import pairwise
from math import inf, log10

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.advice.study_verdict import landmarks
from core.figures.descent import curve, phase, reasons
from core.figures.descent.lines import View, rows
from core.figures.template import DASH, PALETTES
from tests.core.figures.descent.conftest import point

MEASURES = ("test_error", "test_loss")


def traces(figure):
    return {trace.name: trace for trace in figure.data}


@pytest.mark.parametrize("mode", PALETTES)
def test_the_curve_shows_every_line_with_its_own_colour(points, mode):
    drawn = curve.figure(rows(points, View(control="ridge")), mode)
    named, p = traces(drawn), PALETTES[mode]
    test, train = named["Test error (median)"], named["Training error (median)"]
    assert list(test.x) == [100, 300, 1000, 3000, 10_000]
    assert list(test.y) == [0.5, 0.3, 0.8, 0.4, 0.2]
    assert (test.line.color, test.line.dash) == (p.test, DASH["test"])
    assert (train.line.color, list(train.y)) == (p.train, [0.5, 0.5, 0, 0, 0])
    assert list(named["Range of 3 seeds"].y) == pytest.approx([0.65, 0.39, 1.04, 0.52, 0.26])
    assert list(named["Ensemble of 3 seeds"].y) == pytest.approx([0.35, 0.21, 0.56, 0.28, 0.14])
    assert (list(named["Peak"].x), list(named["Peak"].y)) == ([1000], [0.8])
    assert (list(named["Best"].x), list(named["Best"].y)) == ([10_000], [0.2])
    lines = [trace for trace in drawn.data if trace.name == "ridge 1e-3"]
    assert list(lines[0].y) == [0.25] * 5 and lines[1].text[0].strip() == "ridge 1e-3"
    (hero,) = (trace for trace in drawn.data if trace.name == "ridge 0")
    assert hero.textfont.color == p.test


@settings(max_examples=40)  # each draws a whole figure
@given(st.lists(st.floats(1e-4, 1e4), min_size=2, max_size=6), st.sampled_from(MEASURES))
def test_names_at_the_ends_of_lines_do_not_overlap_and_stay_on_the_axis(ends, measure):
    points = [point(w, v, control=float(k)) for k, v in enumerate(ends) for w in (1, 10)]
    drawn = curve.figure(rows(points, View(measure=measure)), "light")
    y = [t.y[0] for t in drawn.data if t.mode == "text"]
    y = sorted(y if measure == "test_error" else map(log10, y))
    low, high = drawn.layout.yaxis.range
    pixel = (high - low) / (drawn.layout.height - drawn.layout.margin.t - drawn.layout.margin.b)
    assert len(y) == len(ends) and y[0] >= low
    assert all(b - a >= 0.999 * curve.MIN_GAP * pixel for a, b in pairwise(y))


def test_where_the_measured_threshold_equals_theory_one_line_shows_both(points):
    at_once = [replace(p, samples=100) for p in points]
    drawn = curve.figure(rows(at_once, View(unit="N", features=True)), "light")
    words = [note.text for note in drawn.layout.annotations]
    assert "N = n: first to fit all" in words and "N = n" not in words
    assert [shape.line.dash for shape in drawn.layout.shapes if shape.type == "line"] == ["solid"]


def test_the_end_of_the_reuse_of_weights_is_marked(points):
    drawn = curve.figure(rows(points, View(reuse=True)), "light")
    assert "P = n·K: reuse ends" in str([note.text for note in drawn.layout.annotations])


def test_theory_is_dashed_the_measured_threshold_solid_and_left_of_it_models_are_too_small(points):
    drawn = curve.figure(rows(points, View(classes=20)), "light")
    walls = {shape.x0: shape.line.dash for shape in drawn.layout.shapes if shape.type == "line"}
    assert walls == {100: "8px,5px", 2000: "8px,5px", 1000: "solid"}
    (area,) = (shape for shape in drawn.layout.shapes if shape.type == "rect")
    assert area.x0 < 100 and area.x1 == 1000
    words = {note.text: note.x for note in drawn.layout.annotations}
    assert words["first to fit all: P = 10 n"] == 3
    assert words["too small to fit"] < 3 < words["overparameterized"]
    assert words["P = n"] == 2 and words["P = n·K"] == pytest.approx(log10(2000))


def test_labels_above_the_plot_that_would_overlap_are_in_rows(points):
    drawn = curve.figure(rows(points, View(classes=11)), "light")
    shifts = [note.yshift for note in drawn.layout.annotations if note.yanchor == "bottom"]
    assert len(set(shifts)) == 2 and drawn.layout.margin.t >= 2 * curve.ROW


def test_the_axis_extends_to_the_last_planned_point(points):
    drawn = curve.figure(rows(points[:2], View()), "light", reach=(100, 10_000))
    low, high = drawn.layout.xaxis.range
    assert 1.9 < low < 2 and 4 < high < 4.1
    empty = curve.figure(rows([], View()), "light", reach=(100, 10_000))
    assert empty.layout.xaxis.range == (low, high)
    assert [trace.name for trace in empty.data] == ["Expected shape (sketch)"]


def test_a_value_that_is_not_finite_is_a_gap_with_a_mark(points):
    lost = replace(points[2], test_loss=(inf, inf, 1.0))
    drawn = curve.figure(rows([*points[:2], lost, *points[3:5]], View(measure="test_loss")), "dark")
    named = traces(drawn)
    assert named["Test loss (median)"].y[2] is None and list(named["Not finite"].x) == [1000]
    low, high = drawn.layout.yaxis.range
    assert low < log10(0.2) and high > log10(0.5)


def test_another_study_is_an_overlay_with_its_name(points):
    other = rows(points[5:], View()).main
    drawn = curve.figure(rows(points[:5], View()), "light", overlays=[("without **noise**", other)])
    named = [trace for trace in drawn.data if "without" in (trace.name or "")]
    assert list(named[0].y) == [0.25] * 5 and drawn.layout.margin.r > 60


def grid(widths=(1, 3, 10, 30), steps=(1, 10, 100)):
    """0.9 before learning, then a peak at width 10."""
    heights = dict(zip(widths, (0.5, 0.3, 0.6, 0.2), strict=True))
    return [
        point(w, 0.9 if t == 1 else heights[w], steps=t, last=t == 100, fits=w >= 10 and t > 1)
        for w in widths
        for t in steps
    ]


def test_a_row_of_the_map_is_a_model_wise_curve_and_a_column_an_epoch_wise_one():
    made = phase.rows(grid())
    assert (made.widths, made.steps) == ((1, 3, 10, 30), (1, 10, 100))
    assert made.z == ((0.9,) * 4, (0.5, 0.3, 0.6, 0.2), (0.5, 0.3, 0.6, 0.2))
    assert made.fitted == (None, None, 10, 10)
    assert made.cursor == (2, landmarks(made.z[2])[1]) == (2, 2)
    assert phase.rows(grid(), width=30).cursor == (2, 3)
    drawn = traces(phase.figure(made, "light"))
    assert list(drawn["across"].y) == [0.5, 0.3, 0.6, 0.2]
    assert list(drawn["along"].x) == [0.9, 0.6, 0.6]
    assert (drawn["across at"].x[0], drawn["along at"].y[0]) == (2, 2)
    assert drawn["map"].zmax == pytest.approx(0.78) and drawn["map"].zmin == 0.2
    assert drawn["map"].text[1][2] == "width 10, step 10"


@pytest.mark.parametrize("mode", PALETTES)
def test_a_map_of_losses_is_logarithmic_and_leaves_out_missing_cells(mode):
    points = [replace(p, test_loss=(inf,) * 3) if p.width == 1 else p for p in grid()]
    made = phase.rows([p for p in points if (p.width, p.steps) != (3, 10)], "test_loss")
    assert [row[0] for row in made.z] == [None] * 3 and made.z[1][1] is None
    z = np.array(traces(phase.figure(made, mode))["map"].z, float)
    assert z[2, 2] == pytest.approx(log10(0.6)) and np.isnan(z[0, 0])


def test_a_map_needs_two_widths_and_two_steps():
    assert phase.rows([p for p in grid() if p.width == 3]) is None
    assert phase.rows([p for p in grid() if p.last]) is None
    assert phase.rows([]) is None


def test_the_norm_is_the_median_and_the_variance_adds_up(points):
    lines = rows(points, View())
    (norm,) = reasons.rows(lines, "norm")
    assert norm.y == (20.0, 60.0, 200.0, 600.0, 2000.0)
    alone, together, variance = reasons.rows(lines, "variance")
    one = points[0]
    assert alone.y[0] == pytest.approx(sum(one.test_loss) / 3)
    assert (together.y[0], variance.y[0]) == (one.ensemble_loss, one.variance)
    for reason in ("norm", "variance"):
        drawn = reasons.figure(lines, reason, "dark")
        assert drawn.layout.yaxis.type == ("log" if reason == "norm" else None)
        assert [shape.x0 for shape in drawn.layout.shapes] == [lines.fits]
    assert reasons.rows(rows([], View()), "norm") == ()
    assert reasons.norm_grows(lines) and not reasons.norm_grows(rows([], View()))
    assert not reasons.norm_grows(rows([replace(p, norm=(9.0, 9.5, 10.0)) for p in points], View()))


def test_the_map_keeps_one_of_the_steps_before_anything_is_learned():
    idle = [point(w, 0.9, steps=t, last=False) for w in (1, 3, 10, 30) for t in (2, 3)]
    made = phase.rows([*grid(), *idle])
    assert made.steps == (3, 10, 100) and made.z[0] == (0.9,) * 4


@pytest.mark.parametrize(("peak", "top"), [(0.5, 0.56), (0.8, 0.896), (0.89, 1.008), (1.0, 1.12)])
def test_the_axis_of_a_high_error_extends_to_100_percent(peak, top):
    drawn = curve.figure(rows([point(10, peak), point(100, 0.1)], View()), "light")
    assert drawn.layout.yaxis.range == pytest.approx((0, top))


def test_the_axis_without_points_extends_to_100_percent():
    empty = curve.figure(rows([], View()), "light")
    assert empty.layout.yaxis.range == pytest.approx((0, 1.008))
