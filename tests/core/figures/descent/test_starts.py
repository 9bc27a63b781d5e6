"""Many starts: every one is a point, the line is their mean, the sentence says both."""

from dataclasses import replace
from math import nan
from statistics import fmean, stdev

import pytest

from core.base.numbers import percent
from core.figures.descent import starts
from core.figures.template import PALETTES
from tests.core.figures.descent.conftest import point

ERRORS = (0.3, 0.1, nan, 0.2)


@pytest.mark.parametrize("mode", PALETTES)
def test_every_start_is_a_point_and_the_line_is_their_mean(mode):
    made = starts.rows([replace(point(8, 1.0), test_error=ERRORS)], "test_error")
    assert made.values == ((0.3, 0.1, 0.2),) and made.lost == 1 and made.names == ("",)
    drawn = {trace.name: trace for trace in starts.figure(made, mode).data}
    assert list(drawn["starts"].y) == [0.1, 0.2, 0.3]
    assert drawn["mean"].y[0] == pytest.approx(0.2)
    assert list(drawn["best"].y) == [0.1]
    mean, spread = (percent(f([0.3, 0.1, 0.2])) for f in (fmean, stdev))
    said = (
        f"By chance alone the starts differ: test error {mean} ± {spread} over 3 starts, the best"
    )
    assert made.sentence.startswith(said)


def test_each_value_of_an_axis_is_a_column_and_the_best_one_is_named():
    points = [
        replace(point(8, 1.0, control=rate), test_loss=(loss, loss + 0.1))
        for rate, loss in ((0.1, 3.0), (0.01, 1.0), (1.0, nan))
    ]
    made = starts.rows(points, "test_loss", "rate")
    assert made.names == ("rate 0.01", "rate 0.1", "rate 1") and made.values[2] == ()
    assert made.sentence == (
        "Rate 0.01 is best: test loss 1.1 ± 0.071; rate 0.1 is worst: test loss 3 ± 0.071 "
        "(2 starts each)."
    )
    near = starts.rows([points[0], replace(points[0], control=0.2)], "test_loss", "rate")
    assert "rate 0.2 is as good within chance" in near.sentence
    kinds = starts.rows(points[:2], "test_loss", "optimizer", {0.1: "adam", 0.01: "sgd"})
    assert kinds.names == ("sgd", "adam")
    assert starts.rows([], "test_loss").sentence == "No start is done yet."
    assert not starts.figure(starts.rows([], "test_error"), "light").data
