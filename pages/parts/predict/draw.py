"""Draw: the pad and the answers beside it. Only this part of the page runs again when the pen is
lifted.
"""

import numpy as np
import streamlit as st

from core.base.errors import LabError
from core.base.numbers import percent, readable
from core.base.text import clip
from core.predict.strokes import render
from pages.kit.form import escape
from pages.kit.layout import finding
from pages.kit.pad import pad
from pages.kit.screen import phone
from pages.parts.predict.answer import Answer, explain_switch, side_by_side
from pages.parts.predict.chosen import Chosen

NO_BACKGROUND = (
    "The training images of **{name}** have no uniform background, so a drawing is unlike all of "
    "them. Upload an image instead."
)
LETTERS = 12  # of a class name in the line above the pad


def draw(chosen: list[Chosen]) -> None:
    """The pad on the left, the answers on the right."""
    for one in chosen:
        if not one.predictor.can_draw:
            finding("warn", NO_BACKGROUND.format(name=escape(one.name)))
    st.fragment(_draw)(chosen)


def _draw(chosen: list[Chosen]) -> None:
    """Draw pad and answers. On a phone, where the pad fills the screen, one line above it has the
    answers, too; it is always there, so that the pad does not move under the pen.
    """
    above = st.empty() if phone() else None
    if above:
        above.markdown(":gray[Draw something: the answer appears here.]")
    left, right = st.columns([4, 8], gap="medium")
    with left:
        strokes = pad()
        explain = explain_switch()
    with right:
        if not strokes and not above:
            st.caption("Draw something. The answer appears when the pen is lifted.")
        if not strokes:
            return
        ink = render(strokes)
        try:
            answers = [answer(one, ink) for one in chosen]
        except LabError as error:
            finding("bad", escape(str(error)))
            return
        if above:
            above.markdown(" · ".join(map(in_short, answers)))
        side_by_side(answers, "drawing", explain=explain)


def in_short(given: Answer) -> str:
    """Return an answer in a few words: the class with its probability, or the value."""
    found = given.prediction
    if not given.classes:
        return f"**{readable(found.answer, 4)}**"
    label = clip(found.label)
    label = label if len(label) <= LETTERS else label[: LETTERS - 1] + "…"
    return f"**{escape(label)}** ({percent(found.probability)})"


def answer(one: Chosen, ink: np.ndarray) -> Answer:
    """Return what a run answers for a drawing."""
    image = one.predictor.form.prepare_drawing(ink)
    predictions = one.predictor.predict(image.pixels[None], ["drawing"])
    return Answer(one, image.pixels, predictions[0], image.findings)
