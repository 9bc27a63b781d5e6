"""The answers for many inputs as a table: the least certain ones first, with filters and files to
download; the selected row in full below it.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.base.numbers import percent, readable, whole
from core.base.text import clip, counted, file_name
from core.export.predictions import answers_csv, answers_xlsx
from core.figures.images import picture
from core.predict.inputs import Inputs
from core.predict.prediction import Predictions
from pages.kit.buttons import unique_keys
from pages.kit.form import escape
from pages.kit.layout import card_title
from pages.kit.tables import show_table, styled
from pages.parts.predict.answer import Answer, explain_switch, side_by_side
from pages.parts.predict.chosen import Chosen

LISTED = 200  # rows of the table
UNSURE = 0.8  # probability of the answer, below which a row is listed as unsure
ALL, UNCERTAIN, UNFAMILIAR, DISAGREE = "All", "Unsure", "Unlike training", "Runs disagree"


@dataclass(frozen=True)
class Batch:
    """What one run answers for N inputs."""

    chosen: Chosen
    inputs: Inputs
    predictions: Predictions

    def __len__(self) -> int:
        return len(self.inputs)

    def answer(self, row: int) -> Answer:
        """Return the answer for one input."""
        steps = self.inputs.steps[row] if self.inputs.steps else ()
        return Answer(self.chosen, self.inputs.values[row], self.predictions[row], steps)

    @property
    def has_classes(self) -> bool:
        return bool(self.predictions.classes)

    def labels(self, rows: np.ndarray) -> list[str]:
        """Return the answers for these rows as text."""
        scores = self.predictions.scores[rows]
        if not self.has_classes:
            return [readable(float(value), 4) for value in scores[:, 0]]
        return [self.predictions.classes[number] for number in scores.argmax(1)]

    @property
    def numbers(self) -> np.ndarray:
        """The class number of each answer (N,)."""
        return self.predictions.scores.argmax(1)

    @property
    def probability(self) -> np.ndarray:
        """The probability of each answer (N,); 1 for values."""
        found = self.predictions.probabilities
        return found.max(1) if self.has_classes else np.ones(len(self))

    @property
    def is_unfamiliar(self) -> np.ndarray:
        """Whether each input is unlike the training set (N,); False where that is unknown."""
        distances = self.predictions.distances
        if distances is None:
            return np.zeros(len(self), bool)
        return distances.mean(1) > self.predictions.threshold


def table(batches: list[Batch], place: str) -> None:
    """Draw the table; it runs alone when a filter or a row is chosen."""
    st.fragment(_table)(batches, place)


def _table(batches: list[Batch], place: str) -> None:
    with card_title(counted(len(batches[0]), "answer")):
        downloads(batches, place)
    rows, chosen = listed(batches, place)
    if not len(rows):
        st.caption("No row passes this filter.")
        return
    selected = show_table(
        frame(batches, rows), on_select="rerun", selection_mode="single-row",
        key=f"predict_table {place} {chosen}", alt="Answers, least certain first",
        column_config={"Image": st.column_config.ImageColumn("Image", width="small")},
    )  # fmt: skip
    picked = selected.selection.rows if selected else []
    if len(rows) < len(batches[0]) and chosen == ALL:
        first = "least certain" if batches[0].has_classes else "least familiar"
        st.caption(
            f"The {whole(len(rows))} {first} of {whole(len(batches[0]))} rows. The files have all "
            "of them."
        )
    if not picked:
        parts = "its input, its probabilities" if batches[0].has_classes else "its input, its value"
        st.caption(f"Select a row to see {parts} and similar training samples.")
        return
    explain = explain_switch()
    row = int(rows[min(picked[0], len(rows) - 1)])
    st.markdown(f"**{escape(clip(batches[0].inputs.title(row)))}**")
    side_by_side([batch.answer(row) for batch in batches], place, explain=explain)


def downloads(batches: list[Batch], place: str) -> None:
    """Draw one button per run and format. A file has all rows in the order of the upload."""
    formats = {"CSV": answers_csv, "XLSX": answers_xlsx}
    for number, (batch, prefix) in enumerate(zip(batches, prefixes(batches), strict=True)):
        for label, write in formats.items():
            st.download_button(
                f"{escape(prefix)}{label}", partial(write, batch.inputs, batch.predictions),
                f"{file_name(batch.chosen.name)} answers.{label.lower()}", on_click="ignore",
                icon=":material/download:", type="tertiary",
                key=f"answers {place} {number} {label}",
            )  # fmt: skip


def listed(batches: list[Batch], place: str) -> tuple[np.ndarray, str]:
    """Draw the filter; return the rows that pass it, least certain first, and its name."""
    certainty = np.min([batch.probability for batch in batches], 0)
    unfamiliar = np.any([batch.is_unfamiliar for batch in batches], 0)
    passing = {ALL: np.ones(len(certainty), bool)}
    if batches[0].has_classes:
        passing[UNCERTAIN] = certainty < UNSURE
    if batches[0].predictions.distances is not None:
        passing[UNFAMILIAR] = unfamiliar
    if len(batches) > 1 and all(batch.has_classes for batch in batches):
        passing[DISAGREE] = disagree(batches)
    chosen = st.segmented_control(
        "Show", list(passing), default=ALL, required=True, key=f"predict_filter {place}",
        format_func=lambda name: f"{name} · {whole(passing[name].sum())}",
        help=f"Unsure: the answer has a probability below {percent(UNSURE)}. Unlike training: "
        "farther from the training samples in the last hidden layer than 98 % of known samples.",
    )  # fmt: skip
    rows = np.flatnonzero(passing[chosen])
    order = np.lexsort((certainty[rows], ~unfamiliar[rows]))
    if batches[0].has_classes:
        order = np.argsort(certainty[rows], kind="stable")
    return rows[order][:LISTED], chosen


def disagree(batches: list[Batch]) -> np.ndarray:
    """Return for which inputs (N,) the runs answer with different classes, which each of them may
    number in its own way.
    """
    names = list(dict.fromkeys(name for batch in batches for name in batch.predictions.classes))
    answers = []
    for batch in batches:
        own = np.array([names.index(name) for name in batch.predictions.classes])
        answers.append(own[batch.numbers])
    return np.any([each != answers[0] for each in answers], 0)


def frame(batches: list[Batch], rows: np.ndarray) -> Any:
    """Return these rows of the table."""
    first = batches[0]
    columns: dict[str, list] = {"Name": [clip(first.inputs.title(row)) for row in rows]}
    if first.chosen.predictor.is_image:
        columns["Image"] = [picture(first.inputs.values[row]) for row in rows]
    for title, cells in first.inputs.identifiers.items():
        columns[clip(title)] = [str(cell) for cell in cells[rows]]
    for batch, prefix in zip(batches, prefixes(batches), strict=True):
        labels, probability = batch.labels(rows), batch.probability[rows]
        title = "Answer" if batch.has_classes else "Value"
        columns[f"{prefix}{title}"] = [clip(label) for label in labels]
        if batch.has_classes:
            columns[f"{prefix}Probability"] = list(probability)
        if batch.predictions.distances is not None:
            marks = batch.is_unfamiliar[rows]
            columns[f"{prefix}Unlike training"] = ["yes" if mark else "" for mark in marks]
    table = pd.DataFrame(columns)
    return styled(table, number=percent)


def prefixes(batches: list[Batch]) -> list[str]:
    """Return what the titles of each run's columns begin with; nothing for one run."""
    if len(batches) == 1:
        return [""]
    return [f"{name}: " for name in unique_keys(clip(batch.chosen.name) for batch in batches)]
