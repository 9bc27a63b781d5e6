"""The picture of a range test: rows, the mark of the suggestion, an axis that stands still."""

import pytest

from core.figures.range_test import figure, rows

POINTS = [(10 ** (-6 + k / 14), 3.0 - 0.03 * k) for k in range(70)]


def test_rows_are_the_points_and_their_means():
    shown = rows([(1e-3, 1.0), (1e-2, 2.0), (1e-1, 6.0)], 1)
    assert shown == {"rate": [1e-3, 1e-2, 1e-1], "loss": [1.0, 2.0, 6.0], "smoothed": [1, 3, 6]}


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_suggestion_is_marked_on_the_curve(mode):
    shown = rows(POINTS, 4)
    drawn = figure(shown, {"rate": 1e-3}, mode=mode)
    star = drawn.data[-1]
    assert list(star.x) == [1e-3] and star.y[0] == pytest.approx(3.0 - 0.03 * 42, abs=0.03)
    assert drawn.layout.annotations[0].text.strip() == "suggested: 1e-3"
    assert drawn.layout.annotations[0].x == -3  # an annotation on a log axis stands at the exponent


def test_the_axis_covers_the_whole_test_from_the_first_point():
    for count in (0, 1, 70):
        drawn = figure(rows(POINTS[:count], 4), None, mode="light")
        assert drawn.layout.xaxis.range == (-6, 1) and len(drawn.data) == 2
