"""The chart of repeated seeds: every result is a point, the line is their mean."""

from dataclasses import replace
from math import nan

import pytest

from core.figures.descent import seeds
from core.figures.template import PALETTES
from tests.core.figures.descent.conftest import point

ERRORS = (0.3, 0.1, nan, 0.2)


@pytest.mark.parametrize("mode", PALETTES)
def test_every_seed_is_a_point_and_the_line_is_their_mean(mode):
    results = seeds.rows([replace(point(8, 1.0), test_error=ERRORS)], "test_error")
    (group,) = results.groups
    assert (group.values, group.name, results.lost) == ((0.3, 0.1, 0.2), "", 1)
    drawn = {trace.name: trace for trace in seeds.figure(results, mode).data}
    assert list(drawn["seeds"].y) == [0.1, 0.2, 0.3]
    assert drawn["mean"].y[0] == pytest.approx(0.2)
    (label,) = seeds.figure(results, mode).layout.xaxis.ticktext
    assert label.replace("\u202f", " ") == "20 %<br>± 10 %"
    assert list(drawn["best"].y) == [0.1]
    assert results.finding.code == "seed_spread"
    assert seeds.csv(results).splitlines() == ["setting,test_error", ",0.3", ",0.1", ",0.2"]


def test_each_value_of_an_axis_is_a_column_and_the_best_one_is_named():
    points = [
        replace(point(8, 1.0, control=rate), test_loss=(loss, loss + 0.1))
        for rate, loss in ((0.1, 3.0), (0.01, 1.0), (1.0, nan))
    ]
    results = seeds.rows(points, "test_loss", "rate")
    assert [group.name for group in results.groups] == ["rate 0.01", "rate 0.1", "rate 1"]
    labels = seeds.figure(results, "light").layout.xaxis.ticktext
    assert labels == ("0.01<br>1.1<br>± 0.071", "0.1<br>3<br>± 0.071", "1<br>no result")
    assert results.groups[2].values == () and results.finding.code == "best_value"
    assert [group["name"] for group in results.finding.evidence["groups"]] == [
        "rate 0.01", "rate 0.1",
    ]  # fmt: skip
    near = seeds.rows([points[0], replace(points[0], control=0.2)], "test_loss", "rate")
    assert near.finding.code == "best_value_within_chance"
    kinds = seeds.rows(points[:2], "test_loss", "optimizer", {0.1: "adam", 0.01: "sgd"})
    assert [group.name for group in kinds.groups] == ["sgd", "adam"]
    assert seeds.rows([], "test_loss").finding.code == "no_finished_runs"
    assert not seeds.figure(seeds.rows([], "test_error"), "light").data
