"""The upload of spreadsheets: the files, how they are read, and another reading of what is here."""

import json
from collections.abc import Callable

import streamlit as st

from core.base.encoding import build
from core.base.errors import BadInput, LabError
from core.data.datasets import Spreadsheets
from core.data.inspection.shapes import format_image_shape, parse_shape
from core.data.library import About, Library
from core.data.reading import Reading
from core.jobs import runner
from pages.kit import form, state
from pages.kit.buttons import button, deferred_button
from pages.kit.uploads import release
from pages.parts.data.sources import FAULT, WAYS, refuse, take

TYPES = ["csv", "tsv", "txt", "xlsx", "ods", "gz", "zip"]


def upload() -> None:
    """One or two files, and a test pair for who has one."""
    limit = st.get_option("server.maxUploadSize")
    st.caption(
        "CSV, TSV, XLSX or ODS, also as `.gz` or `.zip`: one row a picture, one column a pixel; "
        f"or any table of numbers with a column to predict. At most {limit} MB a file."
    )
    files = [
        chooser("Pictures", "images"),
        chooser("Labels (leave empty when the pictures have a label column)", "labels"),
    ]
    with st.expander("Separate test pictures"):
        files += [chooser("Test pictures", "test images"), chooser("Test labels", "test labels")]
    with st.expander("How they are read"):
        reading = options()
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = deferred_button(
            "Check these files",
            icon=":material/fact_check:",
            type="primary",
            disabled=files[0] is None or reading is None,
            help="Choose the pictures first" if files[0] is None else None,
        )
        for name in ("images", "labels"):
            st.download_button(
                f"Sample {name}",
                sample(name),
                f"digits_{name}.csv",
                type="tertiary",
                on_click="ignore",
            )
    if files[0]:
        labels = f"labels from {files[1].name}" if files[1] else "labels in one of its columns"
        st.caption(form.escape(f"Pictures from {files[0].name}, {labels}."))
    if pressed() and reading:
        check(files, reading)
    if files[0] and reading:
        ways_out(files, reading)


def ways_out(files: list, reading: Reading) -> None:
    """What may help after a refusal, one button each, with the files that are still chosen."""
    ways = json.loads(state.get_ui(WAYS) or "[]") if state.get_ui(FAULT) else []
    with st.container(horizontal=True, gap="small"):
        for way in ways:
            if button(words(way), key=f"way {words(way)}", icon=":material/auto_fix_high:"):
                check(files, build(Reading, {**reading.model_dump(), **way}))


def words(way: dict) -> str:
    """A change of the reading as a button says it."""
    said = {
        "table": "Read as a table of numbers",
        "images": "Read as images",
        "classes": "Read the labels as classes",
        "values": "Read the labels as values",
    }
    name, value = next(iter(way.items()))
    if name == "shape":
        return f"Read as {format_image_shape(value)}"
    return said.get(str(value), f"Read with {name.replace('_', ' ')} {value}")


def options() -> Reading | None:
    """What a person knows better than the finder; None, and a sentence, when it cannot be."""
    st.caption("What is left as it is will be found out.")
    with st.grid(min_column_width=150, gap="small"):
        column = st.text_input(
            "Label column",
            "auto",
            max_chars=200,
            help="In one file with labels: auto, first, last, or the column's name.",
            key=state.key("label column", "data"),
        )
        shape = st.text_input(
            "Picture shape",
            "",
            max_chars=24,
            placeholder="28 × 28",
            help="Height × width, or channels × height × width, when it is no square.",
            key=state.key("shape", "data"),
        )
    try:
        plain = form.edit(Reading(), state.key("reading", "data"), skip=("label_column",))
        found = {
            "label_column": column.strip() or "auto",
            "shape": parse_shape(shape) if shape.strip() else None,
        }
        return build(Reading, {**dict(plain), **found})
    except BadInput as error:
        st.markdown(f":red[:material/error: {form.escape(str(error))}]")
        return None


def sample(name: str) -> Callable[[], bytes]:
    """The shipped digits as a spreadsheet to try the upload with."""
    from core.data.ready.builtin import DIGITS

    return (DIGITS / f"{name}.csv").read_bytes


def chooser(label: str, name: str) -> object:
    """A file chooser; another number in its key empties it."""
    return st.file_uploader(label, type=TYPES, key=f"upload {name} {state.get_ui('uploads')}")


def check(files: list, reading: Reading) -> None:
    """Reads the files into the library; what is wrong is said, and the files stay chosen."""
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
        refuse(error)
    state.set_ui("uploads", str(int(state.get_ui("uploads") or 0) + 1))
    release(files)
    take(Spreadsheets(digest=digest, title=library.about(digest).name[:200]))


def progress() -> Callable[[float, str], None]:
    """A bar that fills while files are read."""
    bar = st.progress(0.0, text="Reading …")
    return lambda share, what: bar.progress(min(max(share, 0.0), 1.0), text=form.escape(what))


def read_again(about: About, change: dict) -> None:
    """The same files under another reading."""
    library = Library(runner.current().store.home)
    try:
        with st.spinner("Reading …"):
            reading = build(Reading, {**about.reading.model_dump(), **change})
            digest = library.read_again(about.digest, reading)
    except LabError as error:
        refuse(error)
    take(Spreadsheets(digest=digest, title=about.name[:200]))
