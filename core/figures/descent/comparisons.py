"""The same study with one cause of the peak removed, as a line to overlay: the best ridge or weight
decay at each size, each network stopped at its best step, the ensemble of all seeds.

The best is chosen by the plotted test figure, so it is a lower bound and not a result that anyone
could reach without the test labels.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import isfinite
from statistics import median

from core.descent.point import CurvePoint
from core.figures.descent.lines import CurveLine, View, make_line, select_points


def best_control(points: Sequence[CurvePoint], view: View) -> CurveLine | None:
    """At each x the ridge or weight decay with the lowest median; None where there is only one."""
    if len({point.control for point in points}) < 2:
        return None
    return _best_line(select_points(points, view), view, f"best {view.control}")


def early_stop(points: Sequence[CurvePoint], view: View) -> CurveLine | None:
    """For each model of the smallest control the step with the lowest median; None where models
    were measured only once.
    """
    smallest = min((point.control for point in points), default=0.0)
    points = [point for point in points if point.control == smallest]
    if view.over == "steps" or all(point.last for point in points):
        return None
    return _best_line(points, view, "early stopping")


def ensemble(points: Sequence[CurvePoint], view: View) -> CurveLine | None:
    """The averaged predictions of all seeds; None for a single seed or where runs were trained one
    by one, so that nothing was averaged.
    """
    smallest = min((point.control for point in points), default=0.0)
    selected = [
        point
        for point in select_points(points, view)
        if point.control == smallest and len(point.norm) > 1
    ]
    if not selected:
        return None
    line = make_line(selected, view)
    if all(value is None for value in line.ensemble):
        return None
    return replace(line, name=f"mean of {len(selected[0].norm)} seeds", test=line.ensemble)


def _best_line(points: Iterable[CurvePoint], view: View, name: str) -> CurveLine | None:
    best: dict[float, CurvePoint] = {}
    for point in points:
        x, value = view.at(point), median(getattr(point, view.measure))
        if isfinite(value) and (x not in best or value < median(getattr(best[x], view.measure))):
            best[x] = point
    return replace(make_line(list(best.values()), view), name=name) if best else None
