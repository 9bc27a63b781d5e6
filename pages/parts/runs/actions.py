"""What may be done with runs on the Runs page: open, clone, tag, download, delete and take back;
and what concerns all of them.
"""

import json
import zlib

import pandas as pd
import streamlit as st

from core.access import privacy
from core.base.errors import LabError, NotFound
from core.base.text import counted
from core.export.cells import plain
from core.jobs import runner
from core.runs import notes
from core.runs.notes import LONGEST_NOTE, MOST_TAGS, Notes
from core.runs.store import TRASH_DAYS
from core.runs.summary import Summary
from pages.kit import state
from pages.kit.buttons import button, submit_button
from pages.kit.downloads import downloads
from pages.kit.form import escape
from pages.kit.layout import told, when
from pages.parts.runs.archives import offer_archive, opener
from pages.parts.runs.table import WHOSE, Row, cells

DELETED = "deleted runs"  # kept in the session as JSON, for Undo
TRASH_SHOWN = 12


def actions(chosen: list[Row], shown: int, every: list[Summary]) -> None:
    """The row below the table, which shows so many of all runs."""
    runs = [row.summary.run for row in chosen]
    one = len(chosen) == 1
    if not chosen and undo():
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        ticked = f"**{counted(len(chosen), 'run')} ticked**"
        part = f"{shown} of " if shown < len(every) else ""
        st.markdown(ticked if chosen else part + counted(len(every), "run"), width="stretch")
        if button("Open", icon=":material/monitoring:", disabled=not one):
            st.switch_page("watch.py", query_params=state.address(run=runs[0]))
        clone(chosen[0] if one else None)
        why = barred(chosen)
        tag([row.summary for row in chosen], every, why)
        with st.popover("Download", icon=":material/download:", disabled=not one):
            if one:
                downloads(runs[0])
                offer_archive(runs[0])
        delete(chosen, why)


def clone(row: Row | None) -> None:
    """A run's settings become the draft."""
    if button(
        "Clone",
        icon=":material/content_copy:",
        disabled=row is None,
        help="Its settings become the draft",
    ):
        state.set_draft(runner.current().store.experiment(row.summary.run))
        state.notice(f"The settings of “{row.summary.name}” are the draft now.")
        st.switch_page("train.py", query_params=state.address())


def barred(chosen: list[Row]) -> str:
    """Why they may not all be changed by whoever looks; empty where they may."""
    said = (runner.current().barred(row.summary.run) for row in chosen)
    return next(filter(None, said), "")


def tag(chosen: list[Summary], every: list[Summary], why: str) -> None:
    """Tags that all ticked runs get or lose, and the note of a single one; `why` not, if so."""
    store = runner.current().store
    common = set.intersection(*(set(row.tags) for row in chosen)) if chosen else set()
    known = sorted({each for row in every for each in row.tags})
    note = chosen[0].note if len(chosen) == 1 else None
    shown = json.dumps([[row.run for row in chosen], sorted(common), note])
    key = zlib.crc32(shown.encode())
    rests = not chosen or bool(why)
    icon = ":material/label:"
    with st.popover("Tag", icon=icon, disabled=rests, help=why or None, key="runs_tag"):
        if rests:
            return
        with st.form(f"tags {key}", border=False):
            wanted = st.multiselect(
                "Tags" if len(chosen) == 1 else "Tags of all that are ticked",
                known,
                default=sorted(common),
                accept_new_options=True,
                max_selections=MOST_TAGS,
                placeholder="Choose, or write a new one",
                key=f"tags chosen {key}",
            )
            if note is not None:
                note = st.text_area(
                    "Note", note, max_chars=LONGEST_NOTE, height=96, key=f"note {key}"
                )
            if not submit_button("Save", type="primary"):
                return

        def changed(found: Notes) -> Notes:
            add, drop = set(wanted) - set(found.tags), common - set(wanted)
            new = found.retagged(add=add, drop=drop)
            return new if note is None else notes.written(note, new.tags)

        for row in chosen:
            try:
                privacy.annotate(store, row.run, changed)
            except LabError as error:
                state.notice(told(error))
        st.rerun()


def delete(chosen: list[Row], why: str) -> None:
    """Moves them to the trash at once; Undo takes them back. `why` not, if so."""
    if not why and any(row.word.is_live for row in chosen):
        why = "A live run must be stopped first"
    if not button(
        "Delete",
        icon=":material/delete:",
        disabled=not chosen or bool(why),
        help=why or None,
    ):
        return
    gone = []
    for row in chosen:
        try:
            runner.current().delete(row.summary.run)
            gone.append(row.summary.run)
        except NotFound:  # deleted elsewhere: that was wanted
            continue
        except LabError as error:
            state.notice(str(error))
    state.set_ui(DELETED, json.dumps(gone))
    st.rerun()


def undo() -> bool:
    """What was deleted last, with the way back; whether there is anything to take back."""
    store = runner.current().store
    there = set(store.trash.ids())
    gone = [run for run in json.loads(state.get_ui(DELETED) or "[]") if run in there]
    if not gone:
        return False
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        words = f"**{counted(len(gone), 'run')} deleted**, in the trash for {TRASH_DAYS} days."
        st.markdown(words, width="stretch")
        if button("Undo", icon=":material/undo:", key="undo_delete"):
            restore(gone)
        if button("Dismiss", type="tertiary", key="dismiss_delete"):
            state.set_ui(DELETED, "[]")
            st.rerun()
    return True


def restore(runs: list[str]) -> None:
    """Takes runs out of the trash, and draws the page anew."""
    for run in runs:
        try:
            runner.current().restore(run)
        except LabError as error:
            state.notice(told(error))
    state.set_ui(DELETED, "[]")
    st.rerun()


def more(rows: list[Summary]) -> None:
    """What concerns no single run: the table as a file, an archive of another lab, the trash."""
    with st.popover("More", icon=":material/more_horiz:", key="runs_more"):
        st.download_button(
            "Table, CSV",
            lambda: as_csv(rows),
            "runs.csv",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
            disabled=not rows,
        )
        opener()
        trash()


def as_csv(rows: list[Summary]) -> str:
    """The rows that are shown, without their curves."""
    named = [cells(Row(row, "done")) | {"Run": row.run, "State": row.reason} for row in rows]
    frame = pd.DataFrame(named).drop(columns=["Curve", WHOSE])
    frame["Tags"] = frame["Tags"].map(", ".join)
    frame = frame.map(lambda cell: plain(cell) if isinstance(cell, str) else cell)
    return frame.rename(columns={"Time": "Seconds"}).to_csv(index=False)


def trash() -> None:
    """Deleted runs, the last one first, each with its way back."""
    store = runner.current().store
    rows = privacy.deleted(store)
    st.markdown(f"**Trash** · {counted(len(rows), 'run')}" if rows else "**Trash** · empty")
    st.caption(
        f"Deleted runs stay {TRASH_DAYS} days, then they go for good when the lab starts or the "
        "next run is deleted."
    )
    for row in rows[:TRASH_SHOWN]:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            words = f":small[{escape(row.name)} · {when(row.run):%d %b %H:%M}]"
            st.markdown(words, width="stretch")
            if button("Restore", type="tertiary", key=f"restore {row.run}"):
                restore([row.run])
    if len(rows) > TRASH_SHOWN:
        st.caption(f"And {len(rows) - TRASH_SHOWN} older ones.")
    if rows and button("Empty the trash", icon=":material/delete_forever:"):
        privacy.empty_trash(store)
        st.rerun()
