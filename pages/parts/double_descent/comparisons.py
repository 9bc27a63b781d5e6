"""The comparisons under the curve: a pill for each cause of the peak that can be removed, the cost
of measuring it, and the progress of the studies that were requested.
"""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from core.descent.point import CurvePoint
from core.figures.descent import comparisons
from core.figures.descent.lines import CurveLine, View, rows
from core.studies.causes import CAUSES
from pages.kit.form import escape
from pages.kit.layout import finding
from pages.parts.double_descent.comparison_studies import ComparisonStudy

DRAWN = "ensemble"  # the curve itself already shows the ensemble of its own seeds


def choose_comparisons(
    points: Sequence[CurvePoint],
    view: View,
    further: Mapping[str, ComparisonStudy],
    key: str,
) -> list[str]:
    """Show a pill for each cause of the peak; return the names of the selected ones."""
    own = {name: line for name in CAUSES if (line := line_without(points, view, name))}
    labels = {name: comparison.label for name, comparison in further.items()}
    labels |= {name: line.name.capitalize() for name, line in own.items()}
    if DRAWN in own:
        del labels[DRAWN]
    if not labels:
        return []
    return st.pills(
        "Compare with", list(labels), selection_mode="multi", key=f"compare {key}",
        label_visibility="collapsed", format_func=labels.__getitem__, width="content",
        help="The same study with one cause of the peak removed. “Best” is chosen on the test "
        "data, so it is a lower bound.",
    )  # fmt: skip


def overlay_lines(
    selected: Sequence[str],
    points: Sequence[CurvePoint],
    view: View,
    further: Mapping[str, ComparisonStudy],
) -> list[tuple[str, CurveLine]]:
    """The line to overlay for each selected cause, from the study's own points or from a further
    study that is complete.
    """
    overlays = []
    for name in selected:
        line = line_without(points, view, name)
        label = line.name if line else ""
        if not line and name in further and further[name].points:
            other, label = further[name].points, further[name].label.lower()
            line = line_without(other, view, name) or rows(other, view).main
        overlays += [(label, line)] if line else []
    return overlays


def show_missing(
    selected: Sequence[str],
    points: Sequence[CurvePoint],
    view: View,
    further: Mapping[str, ComparisonStudy],
    request: Callable[[ComparisonStudy], str],
) -> None:
    """Show the progress of the selected comparisons that need a further study, starting those that
    were just selected, and the cost of the others.
    """
    needed = {k: v for k, v in further.items() if not line_without(points, view, k)}
    notes = []
    for name in selected:
        comparison = needed.get(name)
        if not comparison or comparison.points is not None:
            continue
        begin = not comparison.id
        if comparison.resumable:
            key = f"compare on {comparison.id}"
            begin = finding("warn", escape(comparison.status), "Resume comparison", key)
        elif comparison.id:
            notes.append(comparison.status)
        if begin:
            if not (problem := request(comparison)):
                st.rerun()
            finding("bad", escape(problem))
    rest = [v for k, v in needed.items() if k not in selected and not v.id]
    costs = " · ".join(
        f"{comparison.label}: {comparison.status}" if comparison.status else comparison.label
        for comparison in rest
    )
    notes += [f"Not measured yet: {costs}"] if rest else []
    if notes:
        st.caption(escape(" · ".join(notes)))


def line_without(points: Sequence[CurvePoint], view: View, name: str) -> CurveLine | None:
    """The line of these points without a cause of the peak; None where they do not contain it."""
    reading = CAUSES[name].reading
    return getattr(comparisons, reading)(points, view) if reading else None
