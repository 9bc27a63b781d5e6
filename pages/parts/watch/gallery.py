"""The samples of one cell of the confusion matrix, or all mistakes: images with their nearest
training images, or rows of a table with their most influential columns.
"""

from collections import Counter
from typing import Any

import numpy as np
import streamlit as st

from core.analysis.catalogue import Mistakes
from core.analysis.mistakes.most_confident import describe_columns
from core.base.errors import LabError
from core.base.numbers import MISSING, percent, short, whole
from core.base.text import clip
from core.data.load import load
from core.data.samples import Samples
from core.experiment import Experiment
from core.export.evaluation import mistakes_csv
from core.figures.neighbours import png
from core.jobs import runner
from pages.kit import analyses, session
from pages.kit.buttons import button
from pages.kit.downloads import csv_button
from pages.kit.form import escape
from pages.kit.layout import STACK, card_title, describe_error, finding
from pages.kit.tables import INFLUENCES, WRAPPED, show_table

ALL = "all"
PAGE, ROWS = 12, 20  # images, or table rows, of a page
MENU = 400  # cells in the menu, the fullest first
TURNS = (("Previous", -1, "chevron_left"), ("Next", 1, "chevron_right"))
HELP = (
    "Most confident first. Below each image are the three training images that are nearest in the "
    "last hidden layer, with their class and Euclidean distance: similar images of the predicted "
    "class explain a mistake, and may have a wrong label. For tables, the columns that favoured "
    "the predicted class over the true one most: gradient × input, measured from the training mean "
    "(Shrikumar et al. 2016), in units of the logit. Rows are "
    "counted from 1 in the dataset, or in its separate test set."
)


def choose(run: str, part: str, true: int, predicted: int) -> None:
    """Show the samples of this cell."""
    session.set(_key(run, part), f"{true}>{predicted}")


def card(run: str, experiment: Experiment, part: Any) -> None:
    """The menu of cells and a page of samples."""
    place = card_title("Mistakes", help=HELP)
    found = analyses.result(run, Mistakes(part=part))
    if not found:
        return
    with place:
        csv_button(run, "mistakes", lambda: mistakes_csv(found))
    cell = choose_cell(run, part, found)
    samples = samples_of(found, cell)
    if not samples:
        text = "No sample was predicted like this." if cell != ALL else "No mistakes in this set."
        st.markdown(text)
        return
    size = ROWS if found["columns"] else PAGE
    shown = page_of(f"{run} {part} {cell}", samples, size)
    if found["columns"]:
        table(found, shown)
    else:
        images(experiment, found, shown)
    if cell == ALL and found["wrong"] > len(found["rows"]):
        st.caption("Only the most confident mistakes are listed.")


def _key(run: str, part: str) -> str:
    return f"mistakes cell {run} {part}"


def choose_cell(run: str, part: str, found: dict[str, Any]) -> str:
    """Draw the menu of cells, and return the chosen one: ALL or "true>predicted"."""
    names, key = found["names"], _key(run, part)
    counts = Counter(zip(found["true"], found["predicted"], strict=True))
    wrong = sorted((c for c in counts if c[0] != c[1]), key=lambda c: (-counts[c], c))
    right = sorted(c for c in counts if c[0] == c[1])
    options = [ALL, *(f"{i}>{j}" for i, j in (*wrong[:MENU], *right[:MENU]))]
    chosen = session.widget_value(key)
    if chosen and chosen not in options:
        options.append(chosen)

    def title(option: str) -> str:
        if option == ALL:
            return f"All mistakes ({whole(found['wrong'])})"
        i, j = map(int, option.split(">"))
        count = counts[i, j]
        if i == j:
            return f"{clip(names[i])}: correct, the {whole(count)} least certain"
        return f"{clip(names[i])} → {clip(names[j])} ({whole(count)})"

    return st.selectbox(
        "Samples (true → predicted class)", options, format_func=title, key=key,
        help="A click on a cell of the confusion matrix chooses it here.",
    )  # fmt: skip


def samples_of(found: dict[str, Any], cell: str) -> list[int]:
    """Return the places in the result of the samples of a cell, in order."""
    pairs = zip(found["true"], found["predicted"], strict=True)
    if cell == ALL:
        return [k for k, (true, predicted) in enumerate(pairs) if true != predicted]
    wanted = tuple(map(int, cell.split(">")))
    return [k for k, pair in enumerate(pairs) if pair == wanted]


def page_of(name: str, samples: list[int], size: int) -> list[int]:
    """Draw the buttons that turn the pages, and return the samples of the present one."""
    pages = -(-len(samples) // size)
    number, key = int(session.get_ui(f"page {name}") or 0), f"turn {name}"
    with st.container(**STACK, gap="small"):
        place = st.empty()
        if pages > 1:
            for label, step, icon in TURNS:
                if button(label, icon=f":material/{icon}:", key=f"{key} {label}", type="tertiary"):
                    number = (number + step) % pages
                    session.set_ui(f"page {name}", str(number))
    number = min(number, pages - 1)
    first, last = number * size + 1, min((number + 1) * size, len(samples))
    place.caption(f"{whole(first)} to {whole(last)} of {whole(len(samples))}", width="stretch")
    return samples[first - 1 : last]


def images(experiment: Experiment, found: dict[str, Any], shown: list[int]) -> None:
    """Each sample with its nearest training images."""
    try:
        data = load(experiment.data, runner.current().store.home)
    except LabError as error:
        finding("warn", escape(describe_error(error)))
        return
    names = [clip(name) for name in found["names"]]
    with st.grid(min_column_width=112, gap="small"):
        for k in shown:
            truth, guess = names[found["true"][k]], names[found["predicted"][k]]
            near = found["neighbours"][k] if k < len(found["neighbours"]) else []
            classes = found["neighbour_classes"][k] if near else []
            distances = found["distances"][k] if near else []
            with st.container(gap="xxsmall"):
                neighbours = data.inputs[near] if near else data.inputs[:0]
                st.image(
                    png(input_of(data, found["part"], found["rows"][k]), neighbours),
                    alt=f"Sample of class {truth}, predicted as {guess}, and its nearest training "
                    "images",
                )  # fmt: skip
                st.markdown(
                    f"**{escape(truth)} → {escape(guess)}** · {percent(found['probability'][k])}"
                )
                lines = [f"row {whole(found['row_numbers'][k])}"]
                if near:
                    each = zip(classes, distances, strict=True)
                    lines.append(
                        "nearest: " + ", ".join(f"{names[c]} ({short(d)})" for c, d in each)
                    )
                st.caption(escape(" · ".join(lines)))


def input_of(data: Samples, part: str, row: int) -> np.ndarray:
    """Return the image (C, H, W) in this row of the dataset, or of the separate test set."""
    source = data.test_inputs if part == "test" and data.has_test else data.inputs
    return source[row]


def table(found: dict[str, Any], shown: list[int]) -> None:
    """Each row with its classes, its nearest training rows and its most influential columns."""
    names = [clip(name) for name in found["names"]]
    rows = []
    for k in shown:
        explained = k < len(found["columns"])
        near = [str(row) for row in found["neighbour_numbers"][k]] if explained else []
        rows.append(
            {
                "Row": found["row_numbers"][k],
                "True": names[found["true"][k]],
                "Predicted": names[found["predicted"][k]],
                "Probability": percent(found["probability"][k]),
                INFLUENCES: describe_columns(found, k) if explained else MISSING,
                "Nearest training rows": ", ".join(near) or MISSING,
            }
        )
    show_table(rows, alt="Samples with their most influential columns", **WRAPPED)
