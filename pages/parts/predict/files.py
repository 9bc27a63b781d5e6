"""Images and Spreadsheet: files that are read as each run needs them, and answered."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from core.base.errors import BadData, LabError
from core.base.text import clip, counted, few, format_shape
from core.predict.inputs import Inputs, read_inputs
from core.predict.prediction import Predictions
from pages.kit import session
from pages.kit.form import escape
from pages.kit.layout import finding
from pages.parts.predict.answer import explain_switch, side_by_side
from pages.parts.predict.batch import Batch, table
from pages.parts.predict.chosen import Chosen
from pages.parts.predict.columns import (
    ColumnAnswers,
    ask_for_columns,
    choose_columns,
    offer_reading,
    offer_readings,
)

HELD = 6  # answered uploads that stay in memory, of all sessions
HELD_BYTES = 256 * 2**20  # of their inputs; the last one stays in memory in any case
READ = 0.3  # fraction of the time for reading a file
FORMATS = (
    "PNG, JPEG, WebP, BMP, GIF or TIFF, or a ZIP archive of images. They are made like the "
    "training images, and every change is shown."
)
OTHER_ROWS = (
    "{one} uses other rows of this file than {first}, so their answers cannot be compared row by "
    "row. Choose {one} alone to see its answers."
)
Answered = tuple[Inputs, Predictions]


def images(chosen: list[Chosen]) -> None:
    """Uploaded images and archives of images."""
    files = st.file_uploader(
        "Images", accept_multiple_files=True, key=_uploader("images"), help=FORMATS
    )
    if not files:
        st.caption(FORMATS)
        return
    answer_files(chosen, files, "images")


def spreadsheet(chosen: list[Chosen]) -> None:
    """A table or arrays with the columns of the training data, without labels."""
    file = st.file_uploader("Spreadsheet or arrays", key=_uploader("spreadsheet"))
    if not file:
        st.caption(
            f"A table (CSV, TSV, XLSX, ODS, Parquet) or arrays (NumPy, MATLAB, IDX) with one "
            f"input per row: {describe_columns(chosen[0])}. A label column is left out."
        )
        return
    answer_files(chosen, [file], "spreadsheet")


def describe_columns(one: Chosen) -> str:
    """Return the columns that a run expects."""
    shape, columns = one.predictor.shape, one.predictor.file_columns or one.predictor.columns
    if len(shape) == 3:
        return f"{format_shape(shape)} pixels, from 0 to 255"
    if not columns:
        return counted(shape[0], "column")
    return f"{counted(len(columns), 'column')}: {escape(few([clip(name) for name in columns]))}"


def answer_files(chosen: list[Chosen], files: Sequence[Any], place: str) -> None:
    """Read the files for each run and show the answers; an error is one sentence, and the other
    runs answer.
    """
    columns = choose_columns(files[0].file_id)
    batches, problems, ways = [], [], []
    for one in chosen:
        try:
            inputs, predictions = _answered(one, files, place, columns)
        except LabError as error:
            if isinstance(error, BadData):
                ask_for_columns(files[0].file_id, error)
                ways += error.fixes
            problems.append(str(error))
            continue
        if batches and inputs.names != batches[0].inputs.names:
            problems.append(OTHER_ROWS.format(one=one.name, first=batches[0].chosen.name))
            continue
        batches.append(Batch(one, inputs, predictions))
    for problem in dict.fromkeys(problems):
        finding("bad", escape(problem))
    offer_readings(files[0].file_id, ways)
    if not batches:
        return
    single = len(batches[0]) == 1 and batches[0].chosen.predictor.is_image
    if not single:
        notes(batches, files[0].file_id)
        table(batches, place)
        return
    explain = explain_switch()
    side_by_side([batch.answer(0) for batch in batches], place, explain=explain)


def notes(batches: list[Batch], file_id: str) -> None:
    """The findings on the files, each once; a button reads a file another way."""
    every = {note.text: note for batch in batches for note in batch.inputs.findings}
    others = [note for note in every.values() if not offer_reading(file_id, note)]
    for note in others:
        if note.level != "info":
            finding(note.level, escape(note.text))
    if changes := [escape(note.text) for note in others if note.level == "info"]:
        st.caption("  \n".join(changes))


def _answered(one: Chosen, files: Sequence[Any], place: str, columns: ColumnAnswers) -> Answered:
    """Return the answers for these uploads, from memory if they have been computed."""
    known = one.predictor.known_titles
    renamed = tuple((own, title) for own, title in columns.renamed if title in known)
    columns = replace(columns, renamed=renamed)
    ids = (file.file_id for file in files)
    held, key = _held(), (one.run, one.predictor.is_compared, *ids, columns)
    if key not in held:
        held[key] = _with_progress(one, files, place, columns)
        while len(held) > HELD or (len(held) > 1 and _bytes_of(held.values()) > HELD_BYTES):
            held.popitem(last=False)
    held.move_to_end(key)
    return held[key]


def _bytes_of(answers: Iterable[Answered]) -> int:
    return sum(inputs.values.nbytes for inputs, _ in answers)


@st.cache_resource
def _held() -> OrderedDict[tuple, Answered]:
    """The answers of the last uploads: the page runs again for many reasons."""
    return OrderedDict()


def _with_progress(
    one: Chosen, files: Sequence[Any], place: str, columns: ColumnAnswers
) -> Answered:
    """Read the files and answer, with a bar and a Stop button, which ends this run of the page at
    the next report of progress.
    """
    shown = st.empty()
    with shown.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, text="Reading the files …")
        st.button("Stop", icon=":material/stop:", key=f"predict_stop {place}",
                  on_click=_remove, args=(place,))  # fmt: skip

    try:
        inputs = read_inputs(
            one.predictor, [file.getvalue() for file in files], [file.name for file in files],
            reading=columns.reading, renamed=dict(columns.renamed),
            progress=lambda done: bar.progress(READ * done, text="Reading the files …"),
        )  # fmt: skip
        predictions = one.predictor.predict(
            inputs.values, inputs.names,
            progress=lambda done: bar.progress(READ + (1 - READ) * done, text="Predicting …"),
        )  # fmt: skip
    except LabError:
        shown.empty()
        raise
    shown.empty()
    return inputs, predictions


def _uploader(place: str) -> str:
    """Return the key of a file uploader, which changes when its files are removed."""
    return f"predict {place} {session.get_ui(f'predict {place}') or 0}"


def _remove(place: str) -> None:
    """Remove the files of an uploader."""
    session.set_ui(f"predict {place}", str(int(session.get_ui(f"predict {place}") or 0) + 1))
