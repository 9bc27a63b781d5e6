"""The comparisons under the curve: a pill for each cause of the peak that can be taken away, what a
press would cost, and how far the study that was asked for is.
"""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from core.descent.point import Point
from core.figures.descent import compare
from core.figures.descent.lines import Line, View, rows
from core.studies.causes import CAUSES
from pages.kit.form import escape
from pages.kit.layout import finding
from pages.parts.double_descent.offers import Offer

DRAWN = "ensemble"  # the mean of a study's own seeds stands in its curve already


def pills(points: Sequence[Point], view: View, offers: Mapping[str, Offer], key: str) -> list[str]:
    """Which causes of the peak are taken away, by name."""
    own = {name: line for name in CAUSES if (line := without(points, view, name))}
    labels = {name: offer.label for name, offer in offers.items()}
    labels |= {name: line.name.capitalize() for name, line in own.items()}
    if DRAWN in own:
        del labels[DRAWN]
    if not labels:
        return []
    return st.pills(
        "Compare with", list(labels), selection_mode="multi", key=f"compare {key}",
        label_visibility="collapsed", format_func=labels.__getitem__, width="content",
        help="The same with one cause of the peak taken away. Best is by the test data: the least "
        "that could be reached.",
    )  # fmt: skip


def lines_of(
    on: Sequence[str], points: Sequence[Point], view: View, offers: Mapping[str, Offer]
) -> list[tuple[str, Line]]:
    """A line to lay over for each chosen cause, of the points at hand or of a further study that is
    whole.
    """
    found = []
    for name in on:
        line = without(points, view, name)
        label = line.name if line else ""
        if not line and name in offers and offers[name].points:
            further, label = offers[name].points, offers[name].label.lower()
            line = without(further, view, name) or rows(further, view).main
        found += [(label, line)] if line else []
    return found


def missing(
    on: Sequence[str],
    points: Sequence[Point],
    view: View,
    offers: Mapping[str, Offer],
    want: Callable[[Offer], str],
) -> None:
    """Of what the points at hand cannot tell: of the chosen ones how far the further study is, of
    the others what a press would begin. What was just chosen begins.
    """
    further = {k: v for k, v in offers.items() if not without(points, view, k)}
    told = []
    for name in on:
        offer = further.get(name)
        if not offer or offer.points is not None:
            continue
        begin = not offer.id
        if offer.halted:
            begin = finding("warn", escape(offer.said), "Go on with it", f"compare on {offer.id}")
        elif offer.id:
            told.append(offer.said)
        if begin:
            if not (problem := want(offer)):
                st.rerun()
            finding("bad", escape(problem))
    rest = [v for k, v in further.items() if k not in on and not v.id]
    prices = " · ".join(f"{offer.label} {offer.said}".strip() for offer in rest)
    told += [f"To measure: {prices}"] if rest else []
    if told:
        st.caption(escape(" · ".join(told)))


def without(points: Sequence[Point], view: View, name: str) -> Line | None:
    """The line of these points that reads a cause away; None where they cannot tell."""
    reading = CAUSES[name].reading
    return getattr(compare, reading)(points, view) if reading else None
