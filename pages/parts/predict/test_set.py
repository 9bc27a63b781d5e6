"""Test set: a sample that took no part in the training, with its true class or value."""

import numpy as np
import streamlit as st

from core.base.errors import LabError
from core.base.numbers import readable, whole
from core.base.text import clip
from core.runs.measured import NAMES
from pages.kit import session
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import finding
from pages.parts.predict.answer import Answer, explain_switch, side_by_side
from pages.parts.predict.chosen import Chosen

PARTS = ("test", "validation", "train")
ORDER = 7919  # a prime: the next sample is far away, and all are reached


def test_set(chosen: list[Chosen]) -> None:
    """The choice of a sample, and the answers beside each other."""
    st.fragment(_test_set)(chosen)


def _test_set(chosen: list[Chosen]) -> None:
    first = chosen[0].predictor
    sizes = {part: first.count(part) for part in PARTS if first.count(part)}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        part = st.segmented_control(
            "Set", list(sizes), default=next(iter(sizes)), required=True,
            format_func=lambda name: f"{NAMES[name].capitalize()} set",
            key=f"predict_part {chosen[0].run}", persist_state="session",
        )  # fmt: skip
        row = _choose_row(chosen[0].run, part, sizes[part])
        explain = explain_switch()
    values = first.samples(part, [row])[0]
    target = first.targets(part, [row])[0]
    truth = clip(first.classes[target]) if first.classes else readable(float(target), 4)
    st.markdown(f"True {'class' if first.classes else 'value'}: **{escape(truth)}**")
    answers = []
    for one in chosen:
        try:
            answers.append(answer(one, values))
        except LabError as error:
            finding("bad", f"**{escape(one.name)}**: {escape(str(error))}")
    if answers:
        side_by_side(answers, f"test {part}", explain=explain)


def answer(one: Chosen, values: np.ndarray) -> Answer:
    """Return what a run answers for a sample of the first run, which may have another size."""
    steps = ()
    if values.shape != one.predictor.shape:
        pixels = values[0] if len(values) == 1 else values.transpose(1, 2, 0)
        prepared = one.predictor.form.prepare(pixels, "The sample")
        values, steps = prepared.pixels, prepared.findings
    return Answer(one, values, one.predictor.predict(values[None])[0], steps)


def _choose_row(run: str, part: str, count: int) -> int:
    """Draw the number of the sample and a button for another one; return its row, from 0.

    The number of such presses is in the key of the field, which owns its value once it is drawn.
    """
    name = f"predict row {run} {part}"
    start, generation = map(int, (session.get_ui(name) or "0 0").split())
    key = f"{name} {generation}"
    place = st.container(width=160)
    if button("Show another sample", icon=":material/shuffle:", key="predict_another"):
        shown = (session.widget_value(key) or start + 1) - 1
        start, generation = (shown + ORDER) % count, generation + 1
        session.set_ui(name, f"{start} {generation}")
        key = f"{name} {generation}"
    return place.number_input(f"Sample, 1 to {whole(count)}", 1, count, start + 1, key=key) - 1
