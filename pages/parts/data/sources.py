"""Data sources: included datasets, downloads and previous uploads.

An error is shown on the page, and the current dataset stays selected.
"""

import json
from datetime import datetime

import streamlit as st

from core.access import ownership
from core.advice.adapt import adapt
from core.base.encoding import change
from core.base.errors import LabError, NotAllowed, Unavailable
from core.base.text import counted
from core.data.datasets import DataSet, Digits, Spreadsheets
from core.data.inspection.shapes import format_image_shape
from core.data.library import About, Library
from core.data.load import load
from core.data.reading import Reading
from core.jobs import runner
from pages.kit import form, person, session, state
from pages.kit.buttons import button, deferred_button
from pages.kit.layout import card_title
from pages.kit.screen import theme_mode
from pages.parts.data import columns, selected

# names in the session
CHOOSING = "choosing data"  # "", "sets" or "files"
ERROR = "data error"  # message of the last attempt
FIXES = "data fixes"  # changes of the reading that may help, as JSON
ALL_UPLOADS = "all uploads"

OPTION_NAMES = {"columns": "choices for"}  # of the reading, unlike their field
THUMBNAIL = 64  # px
LISTED = 6  # uploads that are listed at first


def show_chooser(wanted: str) -> None:
    """Open the choice of datasets ("sets" or "files") or close it ("")."""
    session.set_ui(CHOOSING, wanted)
    session.set_ui(ERROR, "")


def show_error() -> None:
    """Draw the error of the last attempt, until the next one."""
    if message := session.get_ui(ERROR):
        st.error(form.escape(message), icon=":material/error:")


def show_datasets() -> None:
    """Draw one card for each included dataset, images and points separately."""
    home = runner.current().store.home
    datasets = [cls() for cls in DataSet.members.values() if cls.is_ready_made()]
    kinds = {True: "Images", False: "Points and curves"}
    wanted = st.segmented_control(
        "Included datasets",
        list(kinds.values()),
        default=kinds[True],
        required=True,
        label_visibility="collapsed",
        key="ready sets",
    )
    for data in datasets:
        if kinds[data.facts(home).has_images] == wanted:
            offer(data)


def offer(data: DataSet) -> None:
    """Draw a dataset with its fields."""
    text = " ".join(data.doc().split("\n\n")[0].split())
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
            if not data.megabytes:
                drawn = selected.thumbnail(data.model_dump_json(), theme_mode())
                st.image(drawn, width=THUMBNAIL, alt=f"Samples of {data.label}")
            else:  # its samples are not drawn before it is loaded
                with st.container(
                    border=True, width=THUMBNAIL, height=THUMBNAIL,
                    horizontal_alignment="center", vertical_alignment="center",
                ):  # fmt: skip
                    here = data.is_available(runner.current().store.home)
                    icon = "download_done" if here else "download"
                    st.markdown(f":gray[:material/{icon}:]", width="content")
            st.markdown(
                f"**{form.escape(data.label)}** {availability(data)}  \n"
                f":small[{form.escape(text)}]",
                width="stretch",
            )
            pressed = deferred_button(
                "Use dataset", key=f"use {data.kind}", help=form.explain(type(data))
            )
        data = form.edit(data, state.key("set", "data"), width=110)
    if pressed():
        use(data)


def availability(data: DataSet) -> str:
    """Return a badge in Markdown: whether the dataset is included, downloaded, or how large its
    download is.
    """
    if not data.megabytes:
        return ":gray-badge[Included]"
    if data.is_available(runner.current().store.home):
        return ":green-badge[Downloaded]"
    return f":gray-badge[{data.megabytes} MB to download]"


def show_uploads() -> None:
    """Draw the previous uploads, newest first."""
    library = Library(runner.current().store.home)
    uploads = library.list()
    if not uploads:
        return
    with st.container(border=True, gap="small"):
        card_title("Previous uploads")
        for about in uploads if session.get_ui(ALL_UPLOADS) else uploads[:LISTED]:
            show_upload(about)
        if len(uploads) > LISTED and not session.get_ui(ALL_UPLOADS):
            st.button(
                f"Show all {len(uploads)} uploads",
                type="tertiary",
                on_click=session.set_ui,
                args=(ALL_UPLOADS, "yes"),
            )


def show_upload(about: About) -> None:
    """Draw an upload: name, contents, time, and buttons to use and delete it."""
    is_images = about.has_images
    size = format_image_shape(about.shape) if is_images else counted(about.shape[0], "input")
    contents = f"{counted(about.rows, 'image' if is_images else 'row')} of {size}"
    target = counted(len(about.classes), "class") if about.classes else "values to predict"
    reading = "".join(
        f", {OPTION_NAMES.get(name, name.replace('_', ' '))}: {_format(value)}"
        for name, value in chosen_reading(about).items()
    )
    when = datetime.fromtimestamp(about.added).strftime("%d %b, %H:%M")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        st.markdown(
            f"**{form.escape(about.name)}**  \n:small[{contents}, {target}{reading} · {when}]",
            width="stretch",
        )
        if button("Use dataset", key=f"use {about.digest}"):
            use(Spreadsheets(digest=about.digest, title=about.name[:200]))
        with st.popover("", icon=":material/edit:", help="Rename dataset"):
            key = f"name {about.digest} {about.name}"
            st.text_input(
                "Name", about.name, max_chars=80, key=key,
                on_change=_rename_typed, args=(about.digest, key),
            )  # fmt: skip
        with st.popover("", icon=":material/delete:", help="Delete dataset"):
            st.markdown(
                "This deletes the dataset and the uploaded files. Runs that were trained on them "
                "keep their curves and weights, but cannot be resumed."
            )
            st.button(
                "Delete dataset",
                key=f"delete {about.digest}",
                icon=":material/delete:",
                on_click=delete,
                args=(about.digest,),
            )


def _format(value: object) -> str:
    if isinstance(value, dict):  # the choices for columns
        return form.escape(", ".join(value))
    return "yes" if value is True else "no" if value is False else form.escape(str(value))


def chosen_reading(about: About) -> dict[str, object]:
    """Return the fields of the reading that the user chose; the others were detected."""
    return about.reading.changes()


def delete(digest: str) -> None:
    """Delete an upload; a draft that uses it goes back to the digits."""
    try:
        ownership.require_teacher(person.me())
        Library(runner.current().store.home).delete(digest)
    except LabError as error:
        session.set_ui(ERROR, str(error))
        return
    if getattr(state.draft().data.uncorrected, "digest", "") == digest:
        follow(Digits())


def rename(digest: str, name: str) -> None:
    """Rename an upload in the draft, and in the list of uploads, which everybody sees."""
    data = state.draft().data
    if getattr(data, "digest", "") == digest:
        state.edit("data", data.model_dump(mode="json") | {"title": name})
    try:
        ownership.require_teacher(person.me())
        Library(runner.current().store.home).rename(digest, name)
    except LabError as error:
        if not isinstance(error, NotAllowed):  # the draft has the new name
            session.set_ui(ERROR, str(error))


def _rename_typed(digest: str, key: str) -> None:
    """Rename an upload as typed into the field with this key; called before the page is drawn."""
    if name := str(session.widget_value(key) or "").strip():
        rename(digest, name)


def use(data: DataSet) -> None:
    """Load the dataset, with progress for a download, and select it in the draft.

    Any interaction with the page, such as the Stop button, ends the download.
    """
    bar = st.progress(0.0, text=f"Loading {form.escape(data.summary)} …")
    if not data.is_available(runner.current().store.home):
        st.button("Stop download", icon=":material/stop:", key="stop fetching")
    rerun: list[BaseException] = []

    def show(fraction: float, message: str) -> None:
        try:
            bar.progress(fraction, text=form.escape(message))
        except BaseException as request:  # Streamlit leaves by it; others may wait for the dataset
            rerun.append(request)
            raise Unavailable(
                f"The download of {data.label} was stopped. Start it again.",
                code="download_stopped",
            ) from None

    try:
        load(data, runner.current().store.home, show)
    except LabError as error:
        if rerun:
            raise rerun[0] from None
        refuse(error)
    take(data)


def take(data: DataSet) -> None:
    """Select this dataset in the draft and close the choice."""
    session.set_ui(ERROR, "")
    session.set_ui(CHOOSING, "")
    follow(data)
    st.rerun()


def follow(data: DataSet) -> None:
    """Select this dataset in the draft; choices that do not fit it are replaced, with a notice."""
    old = state.draft()
    if old.data == data:
        return
    home = runner.current().store.home
    try:
        before = old.data.facts(home)
    except LabError:  # it is no longer stored
        before = None
    unnamed = change(change(old, "name", ""), "about", "")  # both describe the old data
    moved = change(unnamed, "data", data.model_dump(mode="json"))
    new, findings = adapt(moved, data.facts(home), before=before)
    state.rebuild(new, f"Dataset {new.data.summary}")
    if findings:
        session.notice(" ".join(finding.text for finding in findings))


def refuse(error: LabError, *, owner: str = "", reading: Reading | None = None) -> None:
    """Show the error on the unchanged page, with the table of the columns of a refused file. The
    choices of its reading stay.
    """
    session.set_ui(ERROR, str(error))
    if reading:
        columns.remember(owner, reading, getattr(error, "column_table", ()))
    session.set_ui(FIXES, json.dumps(getattr(error, "fixes", ())))
    st.rerun()
