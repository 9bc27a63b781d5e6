"""The upload of spreadsheets: files, reading options, and another reading of stored files."""

import json
from collections.abc import Callable

import streamlit as st

from core.base.encoding import build
from core.base.errors import BadInput, LabError
from core.base.text import counted
from core.data.datasets import Spreadsheets
from core.data.inspection.column_table import ColumnFacts
from core.data.inspection.shapes import parse_shape
from core.data.library import About, Library
from core.data.reading import Reading
from core.jobs import runner
from pages.kit import form, session, state
from pages.kit.buttons import button, deferred_button, unique_keys
from pages.kit.layout import card_title
from pages.kit.reading_labels import reading_label
from pages.kit.uploads import release
from pages.parts.data import columns
from pages.parts.data.sources import ERROR, FIXES, refuse, show_error, take

AGAIN = "check columns"  # the key of the button below the table of columns


def upload() -> bool:
    """Draw the choice of one or two files, and optionally of a test set. Return whether files wait
    to be checked.
    """
    limit = st.get_option("server.maxUploadSize")
    st.caption(
        "A table (CSV, TSV, XLSX, ODS, Parquet), arrays (NumPy, MATLAB, IDX) or a ZIP or tar "
        "archive of images. Each row of a table is an image with one column per pixel, or a sample "
        f"with a column to predict. At most {limit} MB per file."
    )
    files = [
        chooser("Images or table", "images"),
        chooser("Labels (leave empty if the first file has a label column)", "labels"),
    ]
    with st.expander("Separate test set"):
        files += [
            chooser("Test images or table", "test images"),
            chooser("Test labels", "test labels"),
        ]
    with st.expander("Reading options"):
        reading = options()
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = deferred_button(
            "Check files",
            icon=":material/fact_check:",
            type="primary",
            disabled=files[0] is None or reading is None,
            help="Choose a file with images or a table first" if files[0] is None else None,
        )
        for name in ("images", "labels"):
            st.download_button(
                f"Download sample {name}",
                sample(name),
                f"digits_{name}.csv",
                type="tertiary",
                on_click="ignore",
            )
    if files[0]:
        labels = f"labels from {files[1].name}" if files[1] else "labels from one of its columns"
        st.caption(form.escape(f"Inputs from {files[0].name}, {labels}."))
    if files[0]:
        show_error()
    if not files[0] or not reading:
        return files[0] is not None
    ways_out = st.container(horizontal=True, gap="small")
    owner = owner_of(files)
    reading = reading.with_changes({"columns": columns.chosen_columns(owner)})
    if table := columns.stored_table(owner):
        reading = show_columns(table, reading, owner)
    if pressed() or session.take_press(AGAIN):
        check(files, reading)
    with ways_out:
        show_fixes(files, reading)
    return True


def owner_of(files: list) -> str:
    """Return a name for these files: the choices for their columns belong to it, also after the
    same files are chosen again.
    """
    return " ".join(f"{file.name} {file.size}" if file else "–" for file in files)


def show_columns(table: list[ColumnFacts], reading: Reading, owner: str) -> Reading:
    """Draw the columns of a refused file, and the button that checks it again. Return the reading
    with the edits.
    """
    problems = sum(bool(facts.problem) for facts in table)
    marked = f"{counted(problems, 'column')} to decide on" if problems else ""
    with card_title("Columns of this file"):
        if marked:
            st.badge(marked, color="yellow", icon=":material/warning:")
    reading = columns.edit_columns(table, reading, owner)
    deferred_button("Check again", key=AGAIN, icon=":material/fact_check:")
    return reading


def show_fixes(files: list, reading: Reading) -> None:
    """Draw a button for each other reading that may help after an error; the files stay chosen."""
    fixes = json.loads(session.get_ui(FIXES) or "[]") if session.get_ui(ERROR) else []
    keys = unique_keys(f"way {fix_label(fix)}" for fix in fixes)
    for key, fix in zip(keys, fixes, strict=True):
        if button(fix_label(fix), key=key, icon=":material/auto_fix_high:"):
            check(files, reading.with_changes(fix))


def fix_label(fix: dict) -> str:
    """Return the label of the button that applies this change of the reading."""
    if "columns" in fix:
        return columns.describe_choices(fix["columns"])
    return reading_label(fix)


def options() -> Reading | None:
    """Draw the reading options. Return None, after showing the error, if they are invalid."""
    st.caption("Fields left on auto are detected from the file.")
    with st.grid(min_column_width=150, gap="small"):
        column = st.text_input(
            "Label column",
            "auto",
            max_chars=200,
            help="For a single file: auto, first, last, or the name of the label column.",
            key=state.key("label column", "data"),
        )
        shape = st.text_input(
            "Image shape",
            "",
            max_chars=24,
            placeholder="28 × 28",
            help="Height × width, or channels × height × width. Needed only for images that are "
            "not square.",
            key=state.key("shape", "data"),
        )
    try:
        plain = form.edit(
            Reading(), state.key("reading", "data"), width=240, skip=("label_column",)
        )
        found = {
            "label_column": column.strip() or "auto",
            "shape": parse_shape(shape) if shape.strip() else None,
        }
        return build(Reading, {**dict(plain), **found})
    except BadInput as error:
        st.markdown(f":red[:material/error: {form.escape(str(error))}]")
        return None


def sample(name: str) -> Callable[[], bytes]:
    """Return the included digits as a spreadsheet to try the upload with."""
    from core.data.ready.builtin import DIGITS

    return (DIGITS / f"{name}.csv").read_bytes


def chooser(label: str, name: str) -> object:
    """Draw a file chooser for any type: the reader recognizes a file by its content.

    A new number in its key empties it.
    """
    return st.file_uploader(label, key=f"upload {name} {session.get_ui('uploads')}")


def check(files: list, reading: Reading) -> None:
    """Read the files into the library; after an error the files stay chosen."""
    images, labels, test_images, test_labels = (f.getvalue() if f else None for f in files)
    names = tuple(file.name for file in files if file)
    library = Library(runner.current().store.home)
    try:
        digest, _ = library.add(
            images,
            labels,
            test_images=test_images,
            test_labels=test_labels,
            names=names,
            reading=reading,
            progress=progress(),
        )
    except LabError as error:
        refuse(error, owner=owner_of(files), reading=reading)
    session.set_ui("uploads", str(int(session.get_ui("uploads") or 0) + 1))
    release(files)
    take(Spreadsheets(digest=digest, title=library.about(digest).name[:200]))


def progress() -> Callable[[float, str], None]:
    """Draw a progress bar and return the function that moves it."""
    bar = st.progress(0.0, text="Reading …")
    return lambda fraction, message: bar.progress(
        min(max(fraction, 0.0), 1.0), text=form.escape(message)
    )


def read_again(about: About, change: dict) -> None:
    """Read the same files with changes of the reading, and select the result. Edits of the column
    table wait for Check again.
    """
    read_as(about, about.reading.with_changes(change), with_edits=False)


def read_as(about: About, reading: Reading, *, with_edits: bool = True) -> None:
    """Read the same files with this reading, and select the result. `with_edits` tells whether the
    reading contains the edits of the column table.
    """
    library = Library(runner.current().store.home)
    try:
        with st.spinner("Reading …"):
            digest = library.read_again(about.digest, reading)
    except LabError as error:
        refuse(error, owner=about.digest, reading=reading)
    if with_edits:
        columns.drop_edits()
    else:
        columns.carry_edits(about.digest, digest)
    take(Spreadsheets(digest=digest, title=about.name[:200]))
