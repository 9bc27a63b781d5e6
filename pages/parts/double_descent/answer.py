"""The answer of a study: what its curve shows as one sentence, and the switch between error and
loss, which the answer may ask for. Knows lines, no chart.
"""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.advice import study_verdict
from core.advice.study_verdict import Measure, Place, Verdict
from core.base.numbers import percent, short
from core.base.text import counted
from core.descent.point import Point
from core.figures.descent.lines import Lines, rows
from pages.kit import state
from pages.kit.form import escape
from pages.kit.layout import STACK

MEASURES: dict[str, Measure] = {"Error": "test_error", "Loss": "test_loss"}
ASKED = "measure asked for"  # kept: the study, the measure, how often


def answer(points: Sequence[Point], lines: Lines, study_id: str, caution: str) -> None:
    """What the curve shows, its numbers in the colours of their marks; where only the other measure
    has the peak, that too with one press to it.
    """
    text = f"### {coloured(lines.verdict, lines.view.measure)} {escape(caution)}".rstrip()
    other, shown = elsewhere(points, lines)
    if not shown:
        st.markdown(text)
        return
    with st.container(**STACK, gap="small", wrap=False):
        st.markdown(f"{text}\n\n{escape(shown)}", width="stretch")
        if st.button(f"Show the {other.lower()}", key="descent other measure"):
            times = (state.keep(ASKED) or "0").rpartition(" ")[2]
            state.keep(ASKED, f"{study_id} {other} {int(times) + 1}")
            st.rerun()


def elsewhere(points: Sequence[Point], lines: Lines) -> tuple[str, str]:
    """The other measure, and its double descent in a sentence where that of this one is none."""
    view = lines.view
    other = next(name for name, measure in MEASURES.items() if measure != view.measure)
    if lines.verdict.kind in ("double", "short", "learning"):
        return other, ""
    view = replace(view, measure=MEASURES[other])
    told = rows(points, view).verdict
    return other, study_verdict.elsewhere(told, view.measure, view.over, view.counts)


def measure_switch(first: Measure, study_id: str) -> str:
    """Error or Loss: `first`, until the answer of this study has asked for the other one."""
    study, name, times = (state.keep(ASKED) or "  ").split(" ")
    if study_id and study == study_id:
        return choose("Measure", list(MEASURES), name, key=f"{study} {times}")
    return choose("Measure", list(MEASURES), next(k for k, v in MEASURES.items() if v == first))


def choose(label: str, options: list[str], default: str, key: str = "") -> str:
    """A switch at the right end of a row."""
    return st.segmented_control(
        label, options, default=default, required=True, label_visibility="collapsed",
        key=f"descent {label} {key or default}", persist_state="session",
    )  # fmt: skip


def so_far(lines: Lines) -> str:
    """The lowest and the highest value of a curve that still grows."""
    values = [value for value in (lines.main.test if lines.main else ()) if value is not None]
    if not values:
        return "No model is through its training yet."
    error = lines.view.measure == "test_error"
    low, high = (escape((percent if error else short)(f(values))) for f in (min, max))
    what = "error" if error else "loss"
    points = counted(len(values), "point")
    return f"{points} so far: the test {what} lies between :green[{low}] and :violet[{high}]."


def coloured(told: Verdict, measure: str) -> str:
    """The verdict's sentence as Markdown: the peak in the colour of the test, the best value in
    that of the star.
    """
    said = percent if measure == "test_error" else short
    text = escape(told.sentence)
    places = [place for place in (told.valley, told.peak, told.right) if place]
    best = min(places, key=lambda place: place.value, default=None)
    start = 0
    for place in places:
        words = escape(said(place.value))
        at = text.find(words, start)
        colour = _colour(told, place, best)
        if at >= 0 and colour:
            new = f":{colour}[{words}]"
            text, start = text[:at] + new + text[at + len(words) :], at + len(new)
    return text


def _colour(told: Verdict, place: Place, best: Place | None) -> str:
    if place == best:
        return "green"
    return "violet" if place == told.peak and told.kind != "no_peak" else ""
