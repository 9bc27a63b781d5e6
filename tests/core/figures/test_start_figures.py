"""Figures of the card Before training: an activation with its slope, and initial weights."""

import pytest

from core.advice.first_step import BINS, WeightHistogram
from core.figures import activation, weights
from core.figures.template import PALETTES
from core.network.layers import Activation, Layer, StepFunction

KINDS = [kind for kind, cls in Layer.members.items() if issubclass(cls, Activation)]


@pytest.mark.parametrize("mode", PALETTES)
@pytest.mark.parametrize("kind", KINDS)
def test_output_and_slope_are_two_labelled_lines(kind, mode):
    one = Layer.pick(kind)
    drawn = activation.figure(activation.rows(one), mode)
    value, slope = drawn.data
    assert value.y[100] == one.value(0) and slope.y[150] == one.slope(value.x[150])
    assert value.line.dash != slope.line.dash
    low, high = drawn.layout.yaxis.range
    assert all(low <= note.y <= high for note in drawn.layout.annotations)


def test_only_a_jump_is_drawn_as_one():
    shapes = {kind: activation.figure(Layer.pick(kind).curve(), "light").data[0].line.shape
              for kind in KINDS}  # fmt: skip
    assert {kind for kind, shape in shapes.items() if shape == "hv"} == {StepFunction().kind}


def drawn(expected, reach=0.5):
    counts = tuple(range(BINS))
    one = WeightHistogram(counts, reach, 0.0, 0.12, expected)
    return one, weights.figure(one, "light")


def test_the_histogram_counts_every_weight_in_its_bin():
    one, _ = drawn((0.0, 0.1))
    middles, shares = weights.rows(one)
    assert sum(shares) == pytest.approx(1)
    assert middles[0] == pytest.approx(-0.5 + 0.5 / BINS) and middles[BINS // 2] == pytest.approx(0)


def test_the_expected_standard_deviation_is_drawn_if_it_is_known():
    _, known = drawn((0.0, 0.1))
    lines = [s.x0 for s in known.layout.shapes if s.type == "line"]
    assert lines == pytest.approx([-0.1, 0.1])
    assert not drawn(None)[1].layout.shapes
    assert known.layout.xaxis.range[1] < drawn((1.0, 0.0))[1].layout.xaxis.range[1]


def test_the_standard_deviations_are_described():
    assert weights.describe(drawn((0.0, 0.1))[0]) == "σ 0.12, expected 0.1"
    assert weights.describe(drawn(None)[0]) == "σ 0.12, set by the data"
