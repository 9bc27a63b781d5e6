"""Strokes of a pen: what a browser may send, and how they become pixels."""

import numpy as np
import pytest

from core.predict.strokes import GRID, MOST_NUMBERS, check_strokes, render, render_small

LINE = [40, 140, 240, 140]


@pytest.mark.parametrize(
    "value",
    [None, {}, "[[1, 2]]", 7, [[]], [[1]], [[1, 2, 3]], [[1.5, 2]], [[True, 2]], [[-1, 2]],
     [[1, GRID + 1]], [["1", "2"]], [None], [[[1, 2]]], [LINE * MOST_NUMBERS]],
)  # fmt: skip
def test_what_is_no_stroke_is_left_out(value):
    assert check_strokes(value) == []
    if isinstance(value, list):
        assert check_strokes([LINE, *value]) == [LINE]


def test_a_drawing_is_bounded():
    kept = check_strokes([LINE] * MOST_NUMBERS)
    assert sum(map(len, kept)) == MOST_NUMBERS


def test_a_line_and_a_point_have_the_width_of_the_pen():
    drawn = render([LINE], pen=20)
    rows, columns = np.nonzero(drawn > 0.5)
    assert (rows.min(), rows.max()) == pytest.approx((130, 149), abs=1)
    assert (columns.min(), columns.max()) == pytest.approx((30, 249), abs=1)
    point = render([[140, 140]], pen=20)
    assert (point > 0.5).sum() == pytest.approx(np.pi * 10**2, rel=0.1)
    assert drawn.max() == 1 and not render([]).any()
    small = render_small([LINE], 20)
    assert small.shape == (20, 20) and small.mean() == pytest.approx(render([LINE]).mean())
