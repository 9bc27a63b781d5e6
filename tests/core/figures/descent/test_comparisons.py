"""Lines with one cause removed: never above the original, and equal to a search by hand."""

from dataclasses import replace
from math import inf

from core.figures.descent import comparisons
from core.figures.descent.lines import View, rows
from tests.core.figures.descent.conftest import point


def test_the_best_ridge_of_each_size(points):
    best = comparisons.best_control(points, View(control="ridge"))
    assert best.name == "best ridge" and best.x == (100, 300, 1000, 3000, 10_000)
    assert best.test == (0.25, 0.25, 0.25, 0.25, 0.2)
    assert comparisons.best_control(points[:5], View()) is None


def test_each_network_stopped_at_its_best_step():
    heights = {1: (0.9, 0.5, 0.6), 2: (0.9, 0.4, 0.8), 3: (0.9, inf, 0.7)}
    points = [
        replace(point(w, 1.0, steps=t, last=t == 9), test_error=(height,) * 3)
        for w, each in heights.items()
        for t, height in zip((1, 3, 9), each, strict=True)
    ]
    stopped = comparisons.early_stop(points, View())
    assert stopped.test == (0.5, 0.4, 0.7)
    main = rows(points, View()).main
    assert all(a <= b for a, b in zip(stopped.test, main.test, strict=True))
    assert comparisons.early_stop([p for p in points if p.last], View()) is None
    assert comparisons.early_stop(points, View(over="steps", unit="steps")) is None


def test_the_ensemble_of_all_seeds(points):
    mean = comparisons.ensemble(points, View())
    assert mean.name == "mean of 3 seeds" and mean.test == rows(points, View()).main.ensemble
    one = replace(points[0], norm=(1.0,), test_error=(0.2,), train_error=(0.1,))
    assert comparisons.ensemble([one], View()) is None and comparisons.ensemble([], View()) is None
