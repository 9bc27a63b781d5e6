"""The comparisons under the curve: a pill for each cause of the peak that can be taken away, what a
press would cost, and how far the study that was asked for is.
"""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from core.descent.point import Point
from core.figures.descent import compare
from core.figures.descent.lines import Line, View, rows
from core.studies.causes import CAUSES
from pages.ui.form import escape
from pages.ui.parts import finding
from pages.ui.study_offers import Offer

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


def prices(
    on: Sequence[str], points: Sequence[Point], view: View, offers: Mapping[str, Offer]
) -> None:
    """What a press on those that are not chosen would begin, and how long that takes."""
    rest = [
        f"{offer.label} {offer.said}".strip()
        for name, offer in offers.items()
        if name not in on and not offer.id and not without(points, view, name)
    ]
    if rest:
        what = "Needs a further study" if len(rest) == 1 else "Each needs a further study"
        st.caption(f"{what}: {escape(' · '.join(rest))}", width="content")


def missing(
    on: Sequence[str],
    points: Sequence[Point],
    view: View,
    offers: Mapping[str, Offer],
    want: Callable[[Offer], str],
) -> None:
    """Of what is chosen and the points at hand cannot tell, how far the further study is. What was
    just chosen begins.
    """
    for name in on:
        offer = offers.get(name)
        if not offer or offer.points is not None or without(points, view, name):
            continue
        begin = not offer.id
        if offer.halted:
            begin = finding("warn", escape(offer.said), "Go on with it", f"compare on {offer.id}")
        elif offer.id:
            st.progress(offer.share, text=escape(offer.said))
        if begin:
            if not (problem := want(offer)):
                st.rerun()
            finding("bad", escape(problem))


def without(points: Sequence[Point], view: View, name: str) -> Line | None:
    """The line of these points that reads a cause away; None where they cannot tell."""
    reading = CAUSES[name].reading
    return getattr(compare, reading)(points, view) if reading else None
