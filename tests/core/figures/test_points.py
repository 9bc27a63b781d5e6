"""Points, bars and spreads of samples that are no pictures."""

import numpy as np
import pytest

from core.figures import points

DRAW = np.random.default_rng(2)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_class_has_its_own_points_colour_and_symbol(mode):
    inputs, targets = DRAW.normal(size=(90, 2)), np.arange(90) % 3
    figure = points.plane(inputs, targets, ("a", "<b>", "c"), ("width", "height"), mode=mode)
    assert [trace.name for trace in figure.data] == ["a", "&lt;b&gt;", "c"]
    for index, trace in enumerate(figure.data):
        assert np.array_equal(np.c_[trace.x, trace.y], inputs[targets == index])
    marks = {(trace.marker.color, trace.marker.symbol) for trace in figure.data}
    assert len({colour for colour, _ in marks}) == len({symbol for _, symbol in marks}) == 3
    assert figure.layout.xaxis.title.text == "width"
    assert figure.layout.yaxis.scaleanchor == "x"


def test_values_over_one_column_and_over_a_plane():
    x, y = DRAW.normal(size=(50, 1)), DRAW.normal(size=50)
    line = points.plane(x, y, (), (), mode="light")
    assert np.array_equal(line.data[0].x, x[:, 0]) and np.array_equal(line.data[0].y, y)
    field = points.plane(DRAW.normal(size=(50, 2)), y, (), ("a", "b"), mode="light")
    assert np.array_equal(field.data[0].marker.color, y)


def test_at_most_so_many_points_each_once():
    assert np.array_equal(points.sample_points(7), np.arange(7))
    rows = points.sample_points(10_000)
    assert len(rows) == len(set(rows.tolist())) == points.MAX_POINTS and rows.max() < 10_000


def test_bars_count_classes_and_a_histogram_counts_all_values():
    bars = points.class_bars([3, 1200], ("x", "y"), mode="dark")
    assert list(bars.data[0].x) == [3, 1200] and bars.data[0].text[1] == "1\u202f200"
    values = DRAW.normal(size=500)
    assert points.histogram(values, title="price", mode="light").data[0].y.sum() == 500
