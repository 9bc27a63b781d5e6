"""The same study with one cause of the peak removed, as a line to lay over: the best ridge or decay
of each size, each network stopped at its best step, the mean of all seeds.

Best is chosen by what is drawn, so by the test data: the least that could be reached, not what a
person without the test labels would.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import isfinite
from statistics import median

from core.descent.point import Point
from core.figures.descent.lines import Line, View, chosen, line


def best_control(points: Sequence[Point], view: View) -> Line | None:
    """Of each x the ridge or decay with the lowest median; None where there is one only."""
    if len({point.control for point in points}) < 2:
        return None
    return _best(chosen(points, view), view, f"best {view.control}")


def early_stop(points: Sequence[Point], view: View) -> Line | None:
    """Of each model of the least control the step with the lowest median; None where models were
    measured once.
    """
    least = min((point.control for point in points), default=0.0)
    points = [point for point in points if point.control == least]
    if view.over == "steps" or all(point.last for point in points):
        return None
    return _best(points, view, "early stop")


def ensemble(points: Sequence[Point], view: View) -> Line | None:
    """The mean of all seeds' predictions; None for a single seed or none kept."""
    least = min((point.control for point in points), default=0.0)
    kept = [p for p in chosen(points, view) if p.control == least and len(p.norm) > 1]
    if not kept:
        return None
    drawn = line(kept, view)
    if all(value is None for value in drawn.ensemble):  # trained one by one: nobody averaged them
        return None
    return replace(drawn, name=f"mean of {len(kept[0].norm)}", test=drawn.ensemble)


def _best(points: Iterable[Point], view: View, name: str) -> Line | None:
    best: dict[float, Point] = {}
    for point in points:
        x, value = view.at(point), median(getattr(point, view.measure))
        if isfinite(value) and (x not in best or value < median(getattr(best[x], view.measure))):
            best[x] = point
    return replace(line(list(best.values()), view), name=name) if best else None
