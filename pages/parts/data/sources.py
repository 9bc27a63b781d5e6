"""Where data comes from: sets that are here or one download away, and what was uploaded before.

What goes wrong is said, and nothing that was there is lost.
"""

import json
from datetime import datetime

import streamlit as st

from core.access import ownership
from core.advice.adapt import adapt
from core.base.encoding import change
from core.base.errors import LabError, Unavailable
from core.base.text import counted
from core.data.datasets import DataSet, Digits, Spreadsheets
from core.data.inspection.shapes import format_image_shape
from core.data.library import About, Library
from core.data.load import load
from core.data.reading import Reading
from core.jobs import runner
from pages.kit import form, state
from pages.kit.buttons import button, deferred_button
from pages.kit.layout import card_title

CHOOSING = "choosing data"  # kept: "", "sets" or "files"
FAULT = "data fault"  # kept: the sentence that the last attempt ended with
WAYS = "ways out"  # kept: changes of the reading that may help, as JSON
OWN = 6  # uploaded sets that are listed before the rest is asked for


def switch(wanted: str) -> None:
    """To the choosing of data or back."""
    state.set_ui(CHOOSING, wanted)
    state.set_ui(FAULT, "")


def fault() -> None:
    """Why the last attempt failed, until the next one."""
    if said := state.get_ui(FAULT):
        st.error(form.escape(said), icon=":material/error:")


def sets() -> None:
    """One card for each ready set of the family, pictures and points apart."""
    home = runner.current().store.home
    ready = [
        cls()
        for cls in DataSet.members.values()
        if not any(field.is_required() for field in cls.model_fields.values())
    ]
    kinds = {True: "Pictures", False: "Points and curves"}
    wanted = st.segmented_control(
        "Ready sets",
        list(kinds.values()),
        default=kinds[True],
        required=True,
        label_visibility="collapsed",
        key="ready sets",
    )
    for data in ready:
        if kinds[data.facts(home).pictures] == wanted:
            offer(data)


def offer(data: DataSet) -> None:
    """A set with what can be chosen of it."""
    text = " ".join(data.doc().split("\n\n")[0].split())
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
            st.markdown(
                f"**{form.escape(data.label)}**  \n:small[{form.escape(text)}]", width="stretch"
            )
            pressed = deferred_button("Use", key=f"use {data.kind}", help=form.explain(type(data)))
        data = form.edit(data, state.key("set", "data"), width=110)
    if pressed():
        use(data)


def uploaded() -> None:
    """What was uploaded before, newest first."""
    library = Library(runner.current().store.home)
    known = library.list()
    if not known:
        return
    with st.container(border=True, gap="small"):
        with card_title("Uploaded before"):
            pass
        for about in known if state.get_ui("all uploads") else known[:OWN]:
            own(library, about)
        if len(known) > OWN and not state.get_ui("all uploads"):
            st.button(
                f"Show all {len(known)}",
                type="tertiary",
                on_click=state.set_ui,
                args=("all uploads", "yes"),
            )


def own(library: Library, about: About) -> None:
    """One uploaded set: its name, what it holds, when it came, Use and Delete."""
    pictures = len(about.shape) == 3
    size = format_image_shape(about.shape) if pictures else counted(about.shape[0], "column")
    held = f"{counted(about.rows, 'picture' if pictures else 'row')} of {size}"
    target = counted(len(about.classes), "class") if about.classes else "values to predict"
    read = "".join(f", {k.replace('_', ' ')}: {_said(v)}" for k, v in chosen(about).items())
    when = datetime.fromtimestamp(about.added).strftime("%d %b, %H:%M")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
        st.markdown(
            f"**{form.escape(about.name)}**  \n:small[{held}, {target}{read} · {when}]",
            width="stretch",
        )
        if button("Use", key=f"use {about.digest}"):
            use(Spreadsheets(digest=about.digest, title=about.name[:200]))
        with st.popover("", icon=":material/delete:", help="Delete", type="tertiary"):
            st.markdown(
                "The checked copy and the files as they came are deleted. Runs that were trained "
                "on them keep their curves and weights, but cannot be resumed."
            )
            st.button(
                "Delete this set",
                key=f"delete {about.digest}",
                icon=":material/delete:",
                on_click=forget,
                args=(about.digest,),
            )


def _said(value: object) -> str:
    return "yes" if value is True else "no" if value is False else form.escape(str(value))


def chosen(about: About) -> dict[str, object]:
    """What a person set of the reading; the rest was found out."""
    default = Reading().model_dump()
    return {k: v for k, v in about.reading.model_dump().items() if v != default[k]}


def forget(digest: str) -> None:
    """Deletes an uploaded set; a draft that stood on it goes back to the digits."""
    try:
        ownership.require_teacher()
        Library(runner.current().store.home).delete(digest)
    except LabError as error:
        state.set_ui(FAULT, str(error))
        return
    if getattr(state.draft().data, "digest", "") == digest:
        follow(Digits())


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
    state.set_ui(FAULT, "")
    state.set_ui(CHOOSING, "")
    follow(data)
    st.rerun()


def follow(data: DataSet) -> None:
    """The draft on this data: what cannot work on it is replaced, and that is said."""
    old = state.draft()
    if old.data == data:
        return
    home = runner.current().store.home
    try:
        before = old.data.facts(home)
    except LabError:  # it is no longer here
        before = None
    moved = change(change(old, "name", ""), "data", data.model_dump(mode="json"))
    new, findings = adapt(moved, data.facts(home), before=before)
    for name in type(new).model_fields:
        if getattr(new, name) != getattr(old, name):
            state.edit(name, new.model_dump(mode="json")[name], redraw=True)
    if findings:
        state.notice(" ".join(finding.text for finding in findings))


def refuse(error: LabError) -> None:
    """Says why on the page as it was before."""
    state.set_ui(FAULT, str(error))
    state.set_ui(WAYS, json.dumps(getattr(error, "fixes", ())))
    st.rerun()
