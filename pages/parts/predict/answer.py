"""The answer of a run for one input: its class with the probabilities, or its value; what the
network sees, the nearest training samples, and what the answer depends on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.base.finding import Finding
from core.base.numbers import percent, readable, short, whole
from core.base.text import clip, format_shape, join_words
from core.figures import probabilities, tiles
from core.figures.images import square
from core.predict.prediction import Prediction
from core.predict.predictor import Predictor
from pages.kit import live_chart
from pages.kit.form import escape
from pages.kit.layout import finding
from pages.parts.predict.chosen import Chosen

SEEN, NEAR = 150, 64  # px of what the network sees, and of a training image
COLUMNS = 12  # of a table, in the chart of their contributions
EXPLAIN = (
    "How much each pixel or column contributes to the score of the answer, measured from an empty "
    "image or from the mean of the training set: integrated gradients (Sundararajan et al. 2017)."
)


@dataclass(frozen=True)
class Answer:
    """What a run answers for one input (C, H, W) or (F,), and what was changed to make it."""

    chosen: Chosen
    values: np.ndarray
    prediction: Prediction
    steps: Sequence[Finding] = ()

    @property
    def predictor(self) -> Predictor:
        return self.chosen.predictor

    @property
    def classes(self) -> tuple[str, ...]:
        return self.predictor.classes


def explain_switch() -> bool:
    """Draw the switch of the contributions, which take longer than the answer."""
    return st.toggle(
        "Show what the answer depends on", key="predict_explain", persist_state="session",
        help=EXPLAIN,
    )  # fmt: skip


def side_by_side(answers: Sequence[Answer], place: str, *, explain: bool) -> None:
    """Draw the answers of several runs for the same input, one column each. `place` is unique on
    the page.
    """
    for number, (column, answer) in enumerate(zip(st.columns(len(answers)), answers, strict=True)):
        with column, st.container(border=True):
            show(answer, f"{place} {number}", alone=len(answers) == 1, explain=explain)


def show(answer: Answer, key: str, *, alone: bool, explain: bool) -> None:
    """Draw one answer: what is quick and matters most comes first."""
    if not alone:
        st.markdown(f"**{escape(answer.chosen.name)}**")
    headline(answer.prediction, answer.classes)
    beside = alone and (answer.classes or answer.predictor.is_image)
    left, right = st.columns([7, 5], gap="medium") if beside else (st.container(), st.container())
    with left:
        if answer.classes:
            bars(answer, key)
        if explain and alone:
            contributions(answer, key)
    with right:
        if answer.predictor.is_image:
            seen(answer)
            nearest_images(answer)
        else:
            nearest_rows(answer)
    if explain and not alone:
        contributions(answer, key)


def headline(prediction: Prediction, classes: tuple[str, ...]) -> None:
    """The answer in large letters, then how sure the network is."""
    label = prediction.label if classes else readable(prediction.answer, 4)
    st.markdown(f"## {escape(clip(label))}")
    if not classes:
        st.markdown("Predicted value, in the unit of the target.")
    else:
        others = [
            f"{escape(clip(classes[c]))} ({percent(prediction.probabilities[c])})"
            for c in prediction.top[1:]
        ]
        then = f", then {join_words(others)}" if others else ""
        st.markdown(f"Probability **{percent(prediction.probability)}**{then}.")
    if found := prediction.finding:
        finding(found.level, escape(found.text))


def bars(answer: Answer, key: str) -> None:
    """The probabilities of the classes."""
    found = answer.prediction.probabilities
    rows = probabilities.rows(answer.classes, found)
    name = answer.chosen.name
    live_chart.drawn(
        lambda mode: probabilities.figure(rows, mode), key=f"predict_bars {key}",
        height=probabilities.chart_height(len(answer.classes)), alt="Probability of each class",
        name=f"{name} probabilities", subject=name,
        csv=probabilities.csv(answer.classes, found),
    )  # fmt: skip
    if len(rows) < len(answer.classes):
        st.caption(f"The {len(rows)} most probable of {whole(len(answer.classes))} classes.")


def seen(answer: Answer) -> None:
    """The image as the network gets it, and what was changed."""
    shape = answer.values.shape
    st.markdown("**What the network sees**")
    st.image(square(answer.values, 255.0, SEEN), width=SEEN, alt="The image at its resolution")
    lines = [f"{format_shape(shape[1:])} pixels.", *(step.text for step in answer.steps)]
    st.caption("  \n".join(map(escape, lines)))


def nearest_images(answer: Answer) -> None:
    """The training images that are nearest in the last hidden layer."""
    prediction = answer.prediction
    if not prediction.nearest:
        return
    st.markdown("**Nearest training images**")
    images = answer.predictor.samples("train", prediction.nearest)
    names = _targets(answer)
    distances = map(short, prediction.distances)
    with st.container(horizontal=True, gap="small"):
        for image, name, distance in zip(images, names, distances, strict=True):
            with st.container(width=NEAR, gap="xxsmall"):
                st.image(square(image, 255.0, NEAR), width=NEAR, alt=f"Training image of {name}")
                st.caption(f"**{escape(name)}** · {distance}")


def nearest_rows(answer: Answer) -> None:
    """The training rows that are nearest in the last hidden layer."""
    prediction = answer.prediction
    if not prediction.nearest:
        return
    each = [
        f"{escape(name)} (distance {short(distance)})"
        for name, distance in zip(_targets(answer), prediction.distances, strict=True)
    ]
    st.markdown(f"**Nearest training samples:** {join_words(each)}.")


def _targets(answer: Answer) -> list[str]:
    """The classes or values of the nearest training samples."""
    targets = answer.predictor.targets("train", answer.prediction.nearest)
    if answer.classes:
        return [clip(answer.classes[target]) for target in targets]
    return [readable(float(target), 4) for target in targets]


def contributions(answer: Answer, key: str) -> None:
    """How much each pixel or column contributes to the answer."""
    target = int(answer.prediction.answer) if answer.classes else 0
    values = answer.predictor.saliency(answer.values[None], target)
    name, title = answer.chosen.name, "What the answer depends on"
    st.markdown(f"**{title}**", help=EXPLAIN)
    if not values.any():
        st.caption("All contributions are 0: the score does not depend on this input here.")
        return
    if answer.predictor.is_image:
        live_chart.drawn(
            lambda mode: tiles.one_map(values, mode), key=f"predict_map {key}", height=tiles.SIDE,
            alt=f"{title}: contribution of each pixel", name=f"{name} contributions", subject=name,
            csv=tiles.csv([("contribution", values)]),
        )  # fmt: skip
        st.caption("Amber pixels raise the score of the answer, violet ones lower it.")
        return
    order = np.argsort(-np.abs(values), kind="stable")[:COLUMNS]
    columns = answer.predictor.columns or [f"x{i + 1}" for i in range(len(values))]
    names = [f"{columns[i]} = {short(float(answer.values[i]), 3)}" for i in order]
    live_chart.drawn(
        lambda mode: tiles.columns(names, [("Contribution", values[order].tolist())], mode),
        key=f"predict_columns {key}", height=tiles.columns_height(len(names)),
        alt=f"{title}: contribution of each column", name=f"{name} contributions", subject=name,
        csv=tiles.csv([(columns[i], values[i : i + 1]) for i in range(len(values))]),
    )  # fmt: skip
    if len(order) < len(values):
        st.caption(
            f"The {len(order)} of {whole(len(values))} columns with the largest contributions. The "
            "CSV file has all."
        )
