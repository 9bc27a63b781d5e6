"""Where data comes from: sets that are here or one download away, and spreadsheets from a person's
disk. What goes wrong is said, and nothing that was there is lost.
"""

from collections.abc import Callable

import streamlit as st
from streamlit.runtime import get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core import runner
from core.data.library import About, Library
from core.data.load import load
from core.data.reading import Reading
from core.data.sets import DataSet, Spreadsheets
from core.data.shapes import written
from core.data.wording import counted
from core.encoding import build
from core.errors import BadExperiment, LabError, Unavailable
from pages.ui import form, state
from pages.ui.parts import card_title

CHOOSING = "choosing data"  # kept: "", "sets" or "files"
FAULT = "data fault"  # kept: the sentence that the last attempt ended with
TYPES = ["csv", "gz", "tsv", "txt"]
OWN = 4  # uploaded sets that are listed


def switch(wanted: str) -> None:
    """To the choosing of data or back."""
    state.keep(CHOOSING, wanted)
    state.keep(FAULT, "")


def fault() -> None:
    """Why the last attempt failed, until the next one."""
    if said := state.keep(FAULT):
        st.error(form.escape(said), icon=":material/error:")


def choose() -> None:
    """Sets on one side, the upload on the other."""
    fault()
    left, right = st.columns([5, 7], gap="small")
    with left:
        sets()
    with right.container(border=True):
        with card_title("My spreadsheets"):
            pass
        upload()


# --- sets


def sets() -> None:
    """One card for each set of the family, and for each that somebody uploaded."""
    for kind, cls in DataSet.members.items():
        if not any(field.is_required() for field in cls.model_fields.values()):
            offer(cls(), cls.doc().split("\n\n")[0], kind)
    for about in Library(runner.current().store.home).list()[:OWN]:
        data = Spreadsheets(digest=about.digest, title=about.name[:200])
        pictures = f"{counted(about.rows, 'picture')} of {written(about.shape)}"
        offer(data, f"{pictures}, {counted(len(about.classes), 'class')}.", about.digest)


def offer(data: DataSet, text: str, key: str) -> None:
    """A set with what can be chosen of it."""
    name = data.summary if isinstance(data, Spreadsheets) else data.label
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
            told = f"**{form.escape(name)}**  \n:small[{form.escape(text)}]"
            st.markdown(told, width="stretch")
            pressed = st.button("Use", key=f"use {key}", help=form.explain(type(data)))
        if not isinstance(data, Spreadsheets):
            data = form.edit(data, state.key("set"))
    if pressed:
        use(data)


def use(data: DataSet) -> None:
    """Loads the set, with progress where it must be fetched, and makes it the draft's. Any press
    on the page meanwhile, such as Stop, ends the fetching.
    """
    bar = st.progress(0.0, text=f"Loading {form.escape(data.summary)} …")
    if not data.here(runner.current().store.home):
        st.button("Stop", icon=":material/stop:", key="stop fetching")
    rerun: list[BaseException] = []

    def show(share: float, what: str) -> None:
        try:
            bar.progress(share, text=form.escape(what))
        except BaseException as asked:  # Streamlit's way to leave; others may wait for this set
            rerun.append(asked)
            raise Unavailable(f"Fetching {data.label} was stopped: start it again.") from None

    try:
        load(data, runner.current().store.home, show)
    except LabError as error:
        if rerun:
            raise rerun[0] from None
        refuse(error)
    take(data)


def take(data: DataSet) -> None:
    """This set is the draft's from now on."""
    state.keep(FAULT, "")
    state.keep(CHOOSING, "")
    if state.draft().data != data:
        state.edit("name", "")  # it told of the other set
    state.edit("data", data.model_dump(mode="json"), redraw=True)
    st.rerun()


def refuse(error: LabError) -> None:
    """Says why on the page as it was before."""
    state.keep(FAULT, str(error))
    st.rerun()


# --- spreadsheets


def upload() -> None:
    """One or two files, and a test pair for who has one."""
    limit = st.get_option("server.maxUploadSize")
    st.caption(
        f"CSV, also `.gz`: one row a picture, one column a pixel. At most {limit} MB a file."
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
        pressed = st.button(
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
    if pressed and reading:
        check(files, reading)


def options() -> Reading | None:
    """What a person knows better than the finder; None, and a sentence, when it cannot be."""
    st.caption("What is left as it is will be found out.")
    with st.grid(min_column_width=150, gap="small"):
        column = st.text_input(
            "Label column",
            "auto",
            max_chars=200,
            help="In one file with labels: auto, first, last, or the column's name.",
            key=state.key("label column"),
        )
        shape = st.text_input(
            "Picture shape",
            "",
            max_chars=24,
            placeholder="28 × 28",
            help="Height × width, or channels × height × width, when it is no square.",
            key=state.key("shape"),
        )
    try:
        plain = form.edit(Reading(), state.key("reading"), skip=("label_column",))
        found = {"label_column": column.strip() or "auto", "shape": parse_shape(shape)}
        return build(Reading, {**dict(plain), **found})
    except BadExperiment as error:
        st.markdown(f":red[:material/error: {form.escape(str(error))}]")
        return None


def parse_shape(text: str) -> tuple[int, ...] | None:
    """ "28 × 28", "3x32x32" or nothing. BadExperiment for anything else."""
    parts = text.lower().replace("×", "x").replace("*", "x").split("x")
    if not text.strip():
        return None
    if len(parts) not in (2, 3) or not all(p.strip().isdecimal() for p in parts):
        raise BadExperiment(f"The shape “{text}” is none: write one such as 28 × 28.")
    return (*([1] if len(parts) == 2 else []), *(int(p) for p in parts))


def sample(name: str) -> Callable[[], bytes]:
    """The shipped digits as a spreadsheet to try the upload with."""
    from core.data.builtin import DIGITS

    return (DIGITS / f"{name}.csv").read_bytes


def chooser(label: str, name: str) -> object:
    """A file chooser; another number in its key empties it."""
    return st.file_uploader(label, type=TYPES, key=f"upload {name} {state.keep('uploads')}")


def check(files: list, reading: Reading) -> None:
    """Reads the files into the library; what is wrong is said, and the files stay chosen."""
    images, labels, test_images, test_labels = (f.getvalue() if f else None for f in files)
    names = tuple(file.name for file in files if file)
    library = Library(runner.current().store.home)
    try:
        with st.spinner("Reading …"):
            digest, _ = library.add(
                images,
                labels,
                test_images=test_images,
                test_labels=test_labels,
                names=names,
                reading=reading,
            )
    except LabError as error:
        refuse(error)
    state.keep("uploads", str(int(state.keep("uploads") or 0) + 1))
    release(files)
    take(Spreadsheets(digest=digest, title=library.about(digest).name[:200]))


def release(files: list) -> None:
    """Gives the uploads' memory back; Streamlit would hold it as long as the browser tab is
    open.
    """
    context = get_script_run_ctx()
    for file in files:
        if file and context:
            try:
                get_instance()._uploaded_file_mgr.remove_file(context.session_id, file.file_id)
            except (AttributeError, KeyError, RuntimeError):  # private: another version may differ
                return


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
