"""The card of suspicious rows in the tab Mistakes: training samples whose label the network
contradicted, to relabel or drop in a new version of the dataset, and the proof that it helps.
"""

import json
from functools import cached_property
from typing import Any

import numpy as np
import streamlit as st

from core.analysis.catalogue import CorrectionProof, Suspicious
from core.base.encoding import change, decode, encode
from core.base.errors import LabError
from core.base.numbers import duration, exact, percent, short, whole
from core.base.text import clip, counted
from core.data.datasets import Corrected, DataSet, correct
from core.data.load import load
from core.data.samples import Samples
from core.experiment import Experiment
from core.export.evaluation import suspicious_csv
from core.figures.images import picture
from core.jobs import runner
from pages.kit import analyses, session, state
from pages.kit.buttons import button
from pages.kit.downloads import csv_button
from pages.kit.form import escape
from pages.kit.layout import card_title, finding

SHOWN = 14  # rows on one page
SIDE, WIDTH, WIDE = 88, 132, 240  # px of an image, its cell, and the cell of a table's row
COLUMNS = 4  # values of a table's row that are shown
SUGGESTED = "Suggested label"
HELP = (
    "**Margin** (area under the margin): the mean over all epochs of the output of the given label "
    "minus the largest other output (Pleiss et al. 2020). Samples with a wrong label are pulled to "
    "the right class by all samples like them, so it is below 0.  \n**Forgotten:** how often "
    "the network was right about the sample in one epoch and wrong in the next (Toneva et al. "
    "2019).  \n**Suggested label:** the class that most often had the largest output besides the "
    "given label."
)


def card(run: str) -> None:
    """Draw the card; for values it is left out."""
    experiment = decode(Experiment, runner.current().store.experiment(run))
    try:
        reason = Suspicious().unsuitable(experiment.data.facts(runner.current().store.home))
    except LabError as error:
        reason = str(error)
    with st.container(border=True):
        place = card_title("Suspicious rows of your data", help=HELP)
        if reason:
            finding("info", escape(reason))
        elif found := analyses.result(run, Suspicious()):
            if found["rows"]:
                with place:
                    csv_button(run, "rows", lambda: suspicious_csv(found))
            Rows(run, experiment, found).show()


class Rows:
    """The ranked rows of one run, those that are selected, and the corrections in the draft."""

    def __init__(self, run: str, experiment: Experiment, found: dict[str, Any]):
        self.run, self.experiment, self.found = run, experiment, found
        self.classes: list[str] = found.get("classes", [])
        self.rows: list[dict[str, Any]] = found["rows"]
        self.selection, self.position = f"suspicious {run}", f"suspicious page {run}"

    @cached_property
    def samples(self) -> Samples:
        return load(self.experiment.data, runner.current().store.home)

    @property
    def selected(self) -> list[int]:
        return json.loads(session.get_ui(self.selection) or "[]")

    def select(self, rows: list[int]) -> None:
        """Select exactly these rows of the dataset."""
        session.set_ui(self.selection, json.dumps(sorted(set(rows))))

    def show(self) -> None:
        """The findings, one page of rows, the buttons, and the proof."""
        for found in self.found["findings"]:
            finding(found["level"], escape(found["text"]))
        if not self.rows:
            return
        data = self.experiment.data
        if not data.is_available(runner.current().store.home):
            text = (
                f"{data.summary} is not on this disk. Download it on the Data page to see its rows."
            )
            finding("info", escape(text))
            return
        page = min(int(session.get_ui(self.position) or 0), (len(self.rows) - 1) // SHOWN)
        first = page * SHOWN
        shown = self.rows[first : first + SHOWN]
        corrected = corrections_of(self.draft_data())
        with st.container(horizontal=True, gap="small", key="suspicious_rows"):
            for row in shown:
                self.cell(row, corrected.get(row["row"]))
        self.turn_pages(page, first, len(shown))
        self.correct_rows(shown)
        self.show_corrections()

    def cell(self, row: dict[str, Any], correction: int | None) -> None:
        """One row: its image or first values, both labels, the evidence, and a checkbox."""
        is_image = len(self.samples.shape) == 3
        given, suggested = (escape(clip(self.classes[row[k]])) for k in ("given", "suggested"))
        number = whole(row["number"])
        with st.container(border=True, width=WIDTH if is_image else WIDE, gap="xxsmall"):
            values = np.asarray(self.samples.inputs[row["row"]])
            if is_image:
                alt = f"Row {number}, labeled {self.classes[row['given']]}"
                st.image(picture(values, self.brightest), width=SIDE, alt=alt)
            else:
                st.caption(escape(describe_values(values, self.samples.columns)))
            st.markdown(f"**{given} → {suggested}**")
            margin = short(row["area"]).replace("-", "−")
            st.caption(f"Margin {margin}  \nForgotten {whole(row['forgotten'])} ×")
            if correction is not None:
                done = f"Now {escape(self.classes[correction])}" if correction >= 0 else "Dropped"
                st.badge(done, color="green", icon=":material/check:")
            key = f"suspicious {self.run} {row['row']} {session.get_ui('suspicious turn')}"
            ticked = row["row"] in self.selected
            st.checkbox(
                f"Row {number}", ticked, key=key, on_change=self.toggle, args=(row["row"], key)
            )

    @cached_property
    def brightest(self) -> float:
        """The value of white: images of floats may exceed 255."""
        some = self.samples.inputs[[row["row"] for row in self.rows[:SHOWN]]]
        return max(float(np.max(some, initial=0)), 1.0) if some.dtype.kind == "f" else 255.0

    def toggle(self, row: int, key: str) -> None:
        """Select or deselect a row as its checkbox says; called before the page is drawn."""
        others = [other for other in self.selected if other != row]
        self.select([*others, row] if session.widget_value(key) else others)

    def turn_pages(self, page: int, first: int, count: int) -> None:
        """Buttons to the previous and the next page, and to select this one."""
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            for label, icon, to in (
                ("Previous rows", "chevron_left", page - 1),
                ("Next rows", "chevron_right", page + 1),
            ):
                st.button(
                    label, icon=f":material/{icon}:", key=f"suspicious {label}", type="tertiary",
                    disabled=not 0 <= to * SHOWN < len(self.rows),
                    on_click=session.set_ui, args=(self.position, str(to)),
                )  # fmt: skip
            order = "most suspicious" if self.found["negative"] else "least clear"
            span = f"{whole(first + 1)} to {whole(first + count)}"
            st.caption(f"{span} of the {whole(len(self.rows))} {order} rows")

    def correct_rows(self, shown: list[dict[str, Any]]) -> None:
        """The selection, and the buttons that correct the selected rows."""
        count = len(self.selected)
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            if button("Select this page", icon=":material/select_all:"):
                self.renew([*self.selected, *(row["row"] for row in shown)])
            if button("Clear selection", icon=":material/deselect:", disabled=not count):
                self.renew([])
            label = st.selectbox(
                "New label", [SUGGESTED, *self.classes], key=f"suspicious label {self.run}",
                width=180,
            )  # fmt: skip
            why = None if count else "Select rows first"
            if button(
                f"Relabel {counted(count, 'row')}" if count else "Relabel rows", type="primary",
                icon=":material/edit:", key="relabel rows", disabled=not count, help=why,
            ):  # fmt: skip
                self.apply(relabel=self.new_labels(label))
            if button(
                f"Drop {counted(count, 'row')}" if count else "Drop rows", key="drop rows",
                icon=":material/playlist_remove:", disabled=not count, help=why,
            ):  # fmt: skip
                self.apply(drop=self.selected)

    def renew(self, rows: list[int]) -> None:
        """Select these rows and draw new checkboxes with it."""
        self.select(rows)
        turn = int(session.get_ui("suspicious turn") or 0) + 1
        session.set_ui("suspicious turn", str(turn))
        st.rerun()

    def new_labels(self, label: str) -> dict[int, int]:
        suggested = {row["row"]: row["suggested"] for row in self.rows}
        if label == SUGGESTED:
            return {row: suggested[row] for row in self.selected if row in suggested}
        return dict.fromkeys(self.selected, self.classes.index(label))

    # --- the new version of the dataset

    def draft_data(self) -> DataSet:
        """Return the version of the run's dataset that the draft has, else that of the run."""
        draft = state.draft().data
        same = draft.uncorrected == self.experiment.data.uncorrected
        return draft if same and isinstance(draft, Corrected) else self.experiment.data

    def apply(
        self, *, relabel: dict[int, int] | None = None, drop: list[int] | None = None
    ) -> None:
        """Give the draft a version of the dataset with further corrections. A draft on another
        dataset is replaced by the run's experiment.
        """
        count = len(relabel or drop or ())
        what = f"{'Relabel' if relabel else 'Drop'} {counted(count, 'row')}"
        try:
            data = correct(self.draft_data(), relabel=relabel or {}, drop=drop or ())
            draft, base = state.draft(), self.experiment
            if draft.data.uncorrected == base.data.uncorrected:
                base = draft
            new = change(base, "data", data.model_dump(mode="json"))
        except LabError as error:
            session.notice(str(error))
            self.renew(self.selected)
            return
        if base is draft:
            state.rebuild(new, what)
        else:
            state.set_draft(encode(new), what)
        session.notice(
            f"The draft now uses {data.summary}. The original dataset is unchanged. Press Start to "
            "train on the corrected data, or Undo to go back."
        )
        self.renew([])

    def show_corrections(self) -> None:
        """The corrections in the draft, and the trainings that prove their effect."""
        data = self.draft_data()
        if not isinstance(data, Corrected) or data == self.experiment.data:
            return
        st.divider()
        card_title("Prove it")
        proof = CorrectionProof(relabeled=data.relabeled, dropped=data.dropped)
        end = runner.current().store.last(self.run, "reason") or {}
        seconds = 2 * proof.repeats * end.get("seconds", 0.0)
        st.caption(
            f"Trains {proof.repeats} pairs of networks with the settings of this run: on the data "
            f"as given, and with {data.changes}. Both networks of a pair have the same seeds. This "
            f"takes about {duration(seconds)}."
        )
        if not (found := analyses.result(self.run, proof, ask="Prove it")):
            return
        for each in found["findings"]:
            finding(each["level"], escape(each["text"]))
        pairs = zip(found["given"], found["corrected"], strict=True)
        errors = ", ".join(f"{percent(given)} → {percent(after)}" for given, after in pairs)
        st.caption(
            f"{found['part'].capitalize()} error of each pair, as given → corrected: {errors}"
        )


def corrections_of(data: DataSet) -> dict[int, int]:
    """Return the corrected class of each row, −1 for a dropped one."""
    if not isinstance(data, Corrected):
        return {}
    return dict(data.relabeled) | dict.fromkeys(data.dropped, -1)


def describe_values(values: np.ndarray, columns: tuple[str, ...]) -> str:
    """Return the first values of a table's row with the names of their columns.

    Of one-hot encoded text, the value.

    >>> describe_values(np.array([23456.0, 0.0, 1.0]), ("income", "job=clerk", "job=nurse"))
    'income 23456, job=nurse'
    """
    names = columns or [f"x{i + 1}" for i in range(len(values))]
    shown = [
        clip(name) if "=" in name and value == 1 else f"{clip(name)} {exact(value)}"
        for name, value in zip(names, values.tolist(), strict=True)
        if "=" not in name or value
    ]
    rest = ["…"] * (len(shown) > COLUMNS)
    return ", ".join(shown[:COLUMNS] + rest).replace(" -", " −")
