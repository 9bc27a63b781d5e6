"""The cards of the tab Inside about one sample: its attributions, its feature maps layer by layer,
and the samples that excite a channel most.
"""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.analysis.catalogue import Exciting, OneSample
from core.base.cells import csv_text
from core.base.numbers import decimals, percent, short, whole
from core.base.text import clip
from core.figures import images, tiles
from pages.kit import session
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import card_title
from pages.kit.tables import as_stored, show_table
from pages.parts.watch.inspected import Inspected

COLUMNS = 12  # bars of a table, and columns of a list of its rows
SHORT = 4  # letters of a label that fit below an image of a phone
SIDE, BELOW = 64, 52  # px of an image in a row of images, and of the two lines below it
NO_GRAD_CAM = "Grad-CAM needs a convolutional layer, whose outputs are maps. This network has none."
PREDICTED = -1


def cards(shown: Inspected, count: int, mistakes: list[int]) -> None:
    """Draw all cards. `count` is the size of the part; `mistakes` are its wrong rows, most
    confident first.
    """
    with st.container(border=True):
        row = _choose_row(shown, count, mistakes)
        found = _explain(shown, row)
    if found:
        with st.container(border=True):
            _feature_maps(shown, found)
    with st.container(border=True):
        _exciting(shown)


# --- which sample


def choose(shown: Inspected, row: int) -> None:
    """Show this row of the part, counted from 0, when the card is drawn next."""
    session.set_ui(_name(shown), f"{row} {_chosen(shown)[1] + 1}")


def _chosen(shown: Inspected) -> tuple[int, int]:
    """Return the row that was chosen last by a button or a click, and the number of such choices,
    which is in the key of the field: a field owns its value once it is drawn.
    """
    row, generation = (session.get_ui(_name(shown)) or "0 0").split()
    return int(row), int(generation)


def _name(shown: Inspected) -> str:
    return f"inside row {shown.run} {shown.part}"


def _choose_row(shown: Inspected, count: int, mistakes: list[int]) -> int:
    """Draw the title of the card with the choice of a row; return it, counted from 0."""
    start, generation = _chosen(shown)
    key = f"{_name(shown)} {generation}"
    row = (session.widget_value(key) or start + 1) - 1
    help = (
        "The parts of the input that the score of a class, or the predicted value, depends on. "
        "Gradient: how fast the score changes with each pixel or column. Integrated gradients: how "
        "much each contributes to the difference from a black image, or from the mean of a table. "
        "Grad-CAM: where the maps of a convolutional layer raise the score."
    )
    with card_title("One sample", help=help):
        following = [wrong for wrong in mistakes if wrong < count]
        label, order = "Next mistake", "Wrong predictions, most confident first"
        if not shown.classes:
            label, order = "Next largest error", "Largest errors first"
        if following and button(
            label, icon=":material/skip_next:", key="inside_next", help=order
        ):  # fmt: skip
            place = following.index(row) + 1 if row in following else 0
            choose(shown, following[place % len(following)])
            st.rerun()
        chosen = st.number_input(
            f"Sample, 1 to {whole(count)}", 1, count, min(start + 1, count), width=150, key=key,
            persist_state="session",
        )  # fmt: skip
    return chosen - 1


def _explain(shown: Inspected, row: int) -> dict[str, Any] | None:
    """Draw the attributions of a row; return the result."""
    classes = shown.classes
    choices = st.container(horizontal=True, gap="small")
    target = PREDICTED
    if classes:
        target = choices.selectbox(
            "Explain the score of", [PREDICTED, *range(len(classes))], width=240,
            key=f"inside_target {shown.run}",
            format_func=lambda c: f"class {classes[c]}" if c >= 0 else "the predicted class",
        )  # fmt: skip
    found = shown.result(OneSample(part=shown.part, sample=row + 1, target=target), 0.0)
    if not found:
        return None
    cams = {cam["layer"]: np.array(cam["map"]) for cam in found["grad_cam"]}
    layer = ""
    if cams:
        layer = choices.selectbox(
            "Layer of Grad-CAM", list(cams), index=_last_wide(list(cams.values())), width=240,
            key=f"inside_cam {shown.run}",
        )  # fmt: skip
    where = f"Row {whole(found['row_number'])} of the dataset"
    if shown.part == "test" and shown.samples is not None and shown.samples.has_test:
        where = f"Row {whole(found['row_number'])} of the test data"
    st.markdown(f"{_describe(found, classes)} :gray[{where}]")
    is_image = len(found["shape"]) == 3
    if is_image:
        _attribution_maps(shown, found, cams.get(layer))
    else:
        _attribution_bars(shown, found)
    baseline = "a black image" if is_image else "the mean of the training set"
    score = "the score" if classes else "the predicted value"
    st.caption(
        f"Integrated gradients add up to {short(found['total'], 3)}; {score} differs from that of "
        f"{baseline} by {short(found['difference'], 3)}. Gap {percent(found['gap'])} with "
        f"{whole(found['steps'])} steps."
    )
    return found


def _describe(found: dict[str, Any], classes: tuple[str, ...]) -> str:
    """Return the true and the predicted class or value as Markdown."""
    if not classes:
        return (
            f"True value **{short(found['true'], 4)}**, predicted {short(found['predicted'], 4)}."
        )
    true, predicted = (escape(classes[found[what]]) for what in ("true", "predicted"))
    sure = percent(found["probabilities"][found["predicted"]])
    target, of_target = escape(classes[found["target"]]), ""
    if found["target"] != found["predicted"]:
        of_target = f" Class {target}: {percent(found['probabilities'][found['target']])}."
    verdict = "correct" if true == predicted else "**wrong**"
    return f"True class **{true}**, predicted **{predicted}** ({sure}): {verdict}.{of_target}"


def _attribution_maps(shown: Inspected, found: dict[str, Any], cam: np.ndarray | None) -> None:
    """The input image and three maps over it."""
    pixels = np.array(found["input"])
    panels = {
        "Gradient": np.array(found["gradient"]),
        "Integrated gradients": np.array(found["integrated"]),
        "Grad-CAM": cam,
    }
    with st.grid(min_column_width=220, gap="small"):
        with st.container(gap="xxsmall"):
            st.markdown("**Input**")
            shown.draw(
                lambda mode: tiles.one_image(pixels, mode), "input", tiles.SIDE, "Input image",
                tiles.csv([(f"channel {c}", plane) for c, plane in enumerate(pixels)]),
            )  # fmt: skip
        for title, values in panels.items():
            with st.container(gap="xxsmall"):
                st.markdown(f"**{title}**")
                _one_map(shown, values, title)


def _last_wide(maps: list[np.ndarray]) -> int:
    """Return the last map with several positions."""
    return max((i for i, cam in enumerate(maps) if cam.size > 1), default=len(maps) - 1)


def _one_map(shown: Inspected, values: np.ndarray | None, title: str) -> None:
    if values is None:
        st.caption(NO_GRAD_CAM)
        return
    if not values.any():
        st.caption("All values are 0: the score does not depend on this input here.")
        return
    shown.draw(
        lambda mode: tiles.one_map(values, mode), title, tiles.SIDE, title,
        tiles.csv([(title, values)]),
    )  # fmt: skip


def _attribution_bars(shown: Inspected, found: dict[str, Any]) -> None:
    """Bars over the columns with the largest integrated gradients."""
    values = np.array(found["integrated"])
    order = np.argsort(-np.abs(values), kind="stable")[:COLUMNS]
    every = found["columns"] or [f"x{i + 1}" for i in range(len(values))]
    names = [f"{every[i]} = {short(found['input'][i], 3)}" for i in order]
    panels = [("Integrated gradients", "integrated"), ("Gradient", "gradient")]
    for column, (title, what) in zip(st.columns(2, gap="small"), panels, strict=True):
        numbers = np.array(found[what])
        with column, st.container(gap="xxsmall"):
            st.markdown(f"**{title}**")
            shown.draw(
                lambda mode, title=title, numbers=numbers: tiles.columns(
                    names, [(title, numbers[order].tolist())], mode
                ),
                what, tiles.columns_height(len(names)), f"{title} of each column",
                tiles.csv([(name, numbers[i : i + 1]) for i, name in enumerate(every)]),
            )  # fmt: skip
    if len(order) < len(values):
        st.caption(
            f"The {len(order)} of {whole(len(values))} columns with the largest integrated "
            "gradients. The CSV file has all."
        )


def _feature_maps(shown: Inspected, found: dict[str, Any]) -> None:
    """The outputs of each layer for the chosen sample."""
    help = (
        "What each layer computes for this sample, input at the top: the first maps of a "
        "convolutional layer, or all units of a dense one. Each layer has its own colour scale; "
        "0 is neutral."
    )
    card_title("Layer by layer", help=help)
    layers = found["layers"]
    named = [
        (f"{layer['layer']}, channel {k}" if len(layer["shape"]) == 3 else layer["layer"], values)
        for layer in layers
        for k, values in enumerate(_channels(layer))
    ]
    shown.draw(
        lambda mode: tiles.layers(layers, mode), "layers", tiles.layers_height(layers),
        f"Outputs of each layer for sample {found['sample']}", tiles.csv(named),
    )  # fmt: skip


def _channels(layer: dict[str, Any]) -> np.ndarray:
    maps = np.array(layer["maps"])
    return maps if len(layer["shape"]) == 3 else maps[None]


# --- what excites a channel


def _exciting(shown: Inspected) -> None:
    """The ten samples with the largest output of a channel."""
    help = (
        "The samples of the chosen set with the largest output of one channel, at any position of "
        "its map. Every sample of the set is computed."
    )
    card_title("Most exciting samples", help=help)
    found = shown.result(Exciting(part=shown.part))
    if not found:
        return
    with st.container(horizontal=True, gap="small"):
        layer = st.selectbox(
            "Layer", list(found["layers"]), index=list(found["layers"]).index(found["layer"]),
            format_func=found["layers"].get, width=220, key=f"inside_layer {shown.run}",
        )  # fmt: skip
        if layer != found["layer"]:
            found = shown.result(Exciting(part=shown.part, layer=layer))
            if not found:
                return
        last = len(found["rows"]) - 1
        channel = st.number_input(
            f"Channel, 0 to {whole(last)}" if found["size"] else f"Unit, 0 to {whole(last)}",
            0, last, 0, width=150, key=f"inside_channel {shown.run} {layer}",
        )  # fmt: skip
    values, rows = found["values"][channel], found["rows"][channel]
    if max(values) == min(values):
        st.caption(f"The output is {short(values[0])} for every one of these samples.")
    numbers = ", ".join(whole(row + 1) for row in rows)
    data = shown.rows(found["dataset_rows"][channel])
    if data is None:
        st.caption(f"Samples {numbers}. The dataset is not on this disk.")
        return
    inputs, targets = data
    classes = shown.samples.classes
    labels = [classes[t] if classes else short(float(t), 3) for t in targets]
    if inputs.ndim == 4:
        kind, digits = ("class" if classes else "value"), decimals(values)
        texts = [f"{v:.{digits}f}".replace("-", "−") for v in values]
        is_short = max(map(len, labels)) <= SHORT
        pairs = zip(texts, labels, strict=True)
        captions = [" · ".join(pair) for pair in pairs] if is_short else texts
        shown.draw(
            lambda mode: images.side_by_side([("", inputs)], captions, mode=mode, side=SIDE),
            "exciting", SIDE + BELOW, f"The samples with the largest output of channel {channel}",
            _table(values, rows, labels),
        )  # fmt: skip
        if is_short:
            text = f"Below each image: output value and true {kind}. Samples {numbers}."
        else:
            each = zip(rows, labels, strict=True)
            listed = ", ".join(f"{whole(row + 1)} ({clip(label)})" for row, label in each)
            text = f"Below each image: output value. Samples and true {kind}: {listed}."
        st.caption(escape(text))
        return
    names = shown.samples.columns or [f"x{i + 1}" for i in range(inputs.shape[1])]
    table = pd.DataFrame(inputs[:, :COLUMNS], columns=list(names)[:COLUMNS])
    table.insert(0, "Target", labels)
    table.insert(0, "Output", [float(f"{v:.4g}") for v in values])
    table.insert(0, "Sample", [row + 1 for row in rows])
    show_table(as_stored(table))


def _table(values: list[float], rows: list[int], labels: list[str]) -> str:
    samples = [row + 1 for row in rows]
    return csv_text(["sample", "output", "target"], zip(samples, values, labels, strict=True))
