"""The finding of a study above its chart, and the switch between error and loss, which the finding
may suggest. Works with computed lines, draws no chart.
"""

import streamlit as st

from core.advice.study_verdict import (
    CurveVerdict,
    Landmark,
    Measure,
    format_value,
)
from core.base.finding import Action, Finding
from core.base.text import counted
from core.figures.descent.lines import CurveData
from core.studies.answer import Line
from pages.kit import session
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import STACK
from pages.parts.double_descent import studies

MEASURES: dict[str, Measure] = {"Error": "test_error", "Loss": "test_loss"}
MEASURED = {"width": "model size", "steps": "training step", "samples": "sample size"}  # on a curve
REQUESTED_MEASURE = "measure asked for"  # screen state: the study, the measure, the press count


def show_answer(data: CurveData, study_id: str, caution: str) -> None:
    """Show the finding with its numbers in the colours of their marks. Where only the other measure
    has the peak, show that too, with a button that switches to it.
    """
    text = f"### {colour_values(data.verdict, data.view.measure)} {escape(caution)}".rstrip()
    name, other = find_other_measure(data)
    action = data.verdict.finding.action
    if not other:
        show_with_action(text, action)
        return
    with st.container(**STACK, gap="small", wrap=False):
        st.markdown(f"{text}\n\n{escape(other.text)}", width="stretch")
        if button(f"Show the {name.lower()}", key="descent other measure"):
            presses = (session.get_ui(REQUESTED_MEASURE) or "0").rpartition(" ")[2]
            session.set_ui(REQUESTED_MEASURE, f"{study_id} {name} {int(presses) + 1}")
            st.rerun()


def show_with_action(text: str, action: Action | None) -> None:
    """Show Markdown with at most one button, which changes the draft study."""
    if not action:
        st.markdown(text)
        return
    with st.container(**STACK, gap="small", wrap=False):
        st.markdown(text, width="stretch")
        if button(action.label, key="descent finding action"):
            studies.apply_action(action)
            st.rerun(scope="app")


def find_other_measure(data: CurveData) -> tuple[str, Finding | None]:
    """Return the name of the other measure and, where only that one shows double descent, the
    finding about it.
    """
    view = data.view
    other = next(name for name, measure in MEASURES.items() if measure != view.measure)
    line = Line(view.over, view.trained, view.counts)
    main = data.main.points if data.main else ()
    return other, line.judge_other(main, view.measure, data.verdict)


def measure_switch(default: Measure, study_id: str) -> str:
    """Show the switch between Error and Loss: `default` until the finding of this study has
    requested the other one.
    """
    study, name, presses = (session.get_ui(REQUESTED_MEASURE) or "  ").split(" ")
    if study_id and study == study_id:
        return choose("Measure", list(MEASURES), name, key=f"{study} {presses}")
    name = next(name for name, measure in MEASURES.items() if measure == default)
    return choose("Measure", list(MEASURES), name)


def choose(label: str, options: list[str], default: str, key: str = "") -> str:
    """Show a switch at the right end of a row."""
    return st.segmented_control(
        label, options, default=default, required=True, label_visibility="collapsed",
        key=f"descent {label} {key or default}", persist_state="session",
    )  # fmt: skip


def describe_progress(data: CurveData) -> str:
    """The lowest and the highest value of a curve that is still growing, as Markdown."""
    values = [value for value in (data.main.test if data.main else ()) if value is not None]
    if not values:
        return "No model has finished training yet."
    measure = data.view.measure
    low, high = (escape(format_value(end(values), measure)) for end in (min, max))
    what = "error" if measure == "test_error" else "loss"
    measured = counted(len(values), MEASURED[data.view.over])
    support = f"median of {counted(data.seeds, 'seed')}"
    return f"{measured} so far: test {what} between :green[{low}] and :violet[{high}] ({support})."


def colour_values(verdict: CurveVerdict, measure: Measure) -> str:
    """The text of the finding as Markdown: the peak in the colour of the test figure, the best
    value in that of the star.
    """
    text = escape(verdict.finding.text)
    marks = [mark for mark in (verdict.valley, verdict.peak, verdict.right) if mark]
    best = min(marks, key=lambda mark: mark.value, default=None)
    start = 0
    for mark in marks:
        value = escape(format_value(mark.value, measure))
        index = text.find(value, start)
        colour = _colour(verdict, mark, best)
        if index >= 0 and colour:
            coloured = f":{colour}[{value}]"
            text = text[:index] + coloured + text[index + len(value) :]
            start = index + len(coloured)
    return text


def _colour(verdict: CurveVerdict, mark: Landmark, best: Landmark | None) -> str:
    if mark == best:
        return "green"
    return "violet" if mark == verdict.peak and verdict.code != "no_peak" else ""
