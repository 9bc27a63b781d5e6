"""A question that a sketched curve answers: the axes to draw on, the same as numbers, and later
the curve of the run over the sketch.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from core.base.errors import BadInput
from core.base.numbers import short, whole
from core.figures import sketch as figures
from core.lessons.measures import Numbers
from core.lessons.questions import SketchQuestion
from core.lessons.sketch import (
    LEVELS,
    POSITIONS,
    check_levels,
    complete,
    describe_curve,
    encode_sketch,
    parse_heights,
)
from pages.kit import session
from pages.kit.form import escape
from pages.kit.layout import finding
from pages.kit.live_chart import ASSETS, drawn
from pages.kit.screen import phone

KEYBOARD = (
    "Keyboard: the right arrow draws on, the arrows up and down change the height, with Shift in "
    "small steps, and Delete removes the curve."
)
_HTML = """
<div class="lab-sketch">
  <canvas tabindex="0" role="application"></canvas>
  <div><button>Clear</button><span class="lab-status" role="status"></span></div>
</div>
"""
_CSS = """
.lab-sketch { max-width: 640px; font: 14px var(--st-font); }
.lab-sketch canvas { display: block; width: 100%; height: 280px; touch-action: none;
  cursor: crosshair; box-sizing: border-box; color: var(--st-text-color);
  accent-color: var(--st-primary-color); font-family: var(--st-font);
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); }
.lab-sketch :focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.lab-sketch div { display: flex; align-items: center; gap: 8px; margin-top: 10px; }
.lab-sketch button { font: inherit; cursor: pointer; padding: 7px 12px;
  color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid var(--st-border-color);
  border-radius: var(--st-button-radius, var(--st-base-radius)); }
.lab-sketch button:hover { border-color: var(--st-primary-color); }
.lab-sketch button:disabled { opacity: .4; cursor: default; }
.lab-sketch .lab-status { color: var(--st-text-color); font-size: 12px; }
"""


@st.cache_resource
def _component() -> Callable[..., Any]:
    """Register the component once per process: a second registration logs a warning."""
    script = (ASSETS / "sketch.js").read_text()
    return st.components.v2.component(
        "descent_lab_sketch", html=_HTML, css=_CSS, js=script, isolate_styles=False
    )


def ask_sketch(question: SketchQuestion, epochs: int, key: str) -> str:
    """Draw the axes and the field for numbers; return the sketch as an answer, empty while it does
    not reach from the left edge to the right one.
    """
    scale = 100 if question.is_fraction else 1
    low, high = scale * question.low, scale * question.high
    unit = f"{question.label}{' in %' if question.is_fraction else ''}"
    st.markdown(f"**{escape(question.text)}**")
    alt = (
        f"Drawing area. The x-axis shows the epochs from 1 to {whole(epochs)}, the y-axis the "
        f"{unit} from {short(low)} to {short(high)}. {KEYBOARD}"
    )
    levels = check_levels(json.loads(session.get_ui(f"{key} sketch") or "null"))
    data = {
        "positions": POSITIONS, "levels": LEVELS, "heights": levels, "alt": alt,
        "x": {"low": 1, "high": epochs, "title": "epoch", "ticks": _epochs(epochs)},
        "y": {"low": low, "high": high, "title": unit, "ticks": _ticks(low, high)},
    }  # fmt: skip
    st.caption(f"Draw the {unit} from the left edge to the right one.")
    _component()(
        key=f"{key} pad", data=data, height="content", on_heights_change=partial(_keep, key)
    )
    with st.expander("Enter the curve as numbers"):
        text = st.text_input(
            f"Heights from left to right ({unit})", key=f"{key} numbers", max_chars=300,
            placeholder=f"{short(high)}, {short(low)}, {short((low + high) / 2)}",
            help="Evenly spaced over the epochs, separated by commas. They replace the drawing.",
        )  # fmt: skip
        if not phone():
            st.caption(KEYBOARD)
    if text.strip():
        try:
            return encode_sketch(parse_heights(text, low, high))
        except BadInput as error:
            finding("bad", escape(str(error)))
            return ""
    return encode_sketch(complete(levels))


def _keep(key: str) -> None:
    value = (session.widget_value(f"{key} pad") or {}).get("heights")
    session.set_ui(f"{key} sketch", json.dumps(check_levels(value)))


def _epochs(last: int) -> list[tuple[float, str]]:
    """Return the ticks of the x-axis: the first epoch and up to four others."""
    epochs = sorted({1, *(max(1, round(last * part)) for part in (0.25, 0.5, 0.75, 1))})
    return [((epoch - 1) / (last - 1), whole(epoch)) for epoch in epochs]


def _ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Return the places, as fractions of the axis, and the texts of five ticks."""
    places = (0, 0.25, 0.5, 0.75, 1)
    return [(place, short(low + place * (high - low), 3)) for place in places]


def show_comparison(
    question: SketchQuestion, answer: str, numbers: Numbers, epochs: int, step: int
) -> None:
    """Draw the curve of the run of a step over the sketch, with a sentence that quotes both."""
    sketched, measured = question.sketched(answer, epochs), question.measured(numbers)
    if not measured:
        st.caption(
            f"The run did not measure the {question.label} up to epoch {whole(epochs)}, so there "
            "is no curve to compare with."
        )
        return
    run, yours = describe_curve(measured, question.write), ""
    if sketched:
        yours = f" Your sketch {describe_curve(sketched, question.write_sketched)}."
    text = f"The {question.label} of the run {run}.{yours}"
    drawn(
        lambda mode: figures.sketches(
            question, [sketched] if sketched else [], [measured], epochs, mode
        ),
        key=f"sketch {step}", height=figures.HEIGHT, alt=text, name="sketch",
    )  # fmt: skip
    st.markdown(escape(text))
