"""The actions of the Runs page: open, clone, tag, download, delete and restore runs, and the menu
for all of them.
"""

import json
import zlib

import pandas as pd
import streamlit as st

from core.access import privacy
from core.base.cells import plain
from core.base.errors import LabError, NotFound
from core.base.text import counted
from core.jobs import runner
from core.runs.notes import LONGEST_NOTE, MOST_TAGS, Notes
from core.runs.score import is_regression
from core.runs.state import RunState
from core.runs.summary import Summary
from core.runs.trash import TRASH_DAYS
from pages.kit import address, person, session, state
from pages.kit.buttons import button, submit_button
from pages.kit.downloads import downloads
from pages.kit.fine_tuning import open_fine_tuning
from pages.kit.form import escape
from pages.kit.layout import describe_error, when
from pages.parts.runs.archives import offer_archive, opener
from pages.parts.runs.baseline import pin_button
from pages.parts.runs.table import OWNER, TEST, VALIDATION, Row, cells

DELETED = "deleted runs"  # session key of the ids as JSON, for Undo
TRASH_SHOWN = 12


def actions(selected: list[Row], shown: int, every: list[Summary]) -> None:
    """Draw the row of buttons below the table, which shows `shown` of all runs."""
    runs = [row.summary.run for row in selected]
    one = len(selected) == 1
    if not selected and undo():
        return
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key="runs_actions"
    ):
        label = f"**{counted(len(selected), 'run')} selected**"
        part = f"{shown} of " if shown < len(every) else ""
        st.markdown(label if selected else part + counted(len(every), "run"), width="stretch")
        if button("Open run", icon=":material/monitoring:", disabled=not one):
            st.switch_page("watch.py", query_params=address.parameters(run=runs[0]))
        predict(selected)
        train_again(selected[0] if one else None)
        pin_button(selected[0] if one else None)
        why = barred(selected)
        tag([row.summary for row in selected], every, why)
        with st.popover("Download", icon=":material/download:", disabled=not one):
            if one:
                downloads(runs[0])
                offer_archive(runs[0])
                if button("Export as code, ONNX, report …", icon=":material/deployed_code:"):
                    to_tab = address.parameters(run=runs[0], tab="Export")
                    st.switch_page("watch.py", query_params=to_tab)
        delete(selected, why)


def predict(selected: list[Row]) -> None:
    """Open the page Predict with the selected runs that have a result."""
    runs = [row.summary.run for row in selected if row.state.has_result]
    if button(
        "Predict",
        icon=":material/draw:",
        disabled=not 0 < len(runs) <= session.MOST_TOGETHER,
        help=f"Use up to {session.MOST_TOGETHER} finished runs on new inputs, side by side",
    ):
        session.choose_together(runs)
        st.switch_page("predict.py", query_params=address.parameters(run=runs[0]))


def train_again(row: Row | None) -> None:
    """The menu of what trains with the settings of a run; in the row, its buttons had no room."""
    label, icon = "Train again", ":material/model_training:"
    with st.popover(label, icon=icon, disabled=row is None, key="runs_train_again"):
        clone(row)
        tune(row)
        measure_effects(row)


def clone(row: Row | None) -> None:
    """Copy a run's settings into the draft."""
    if button(
        "Clone settings",
        icon=":material/content_copy:",
        type="tertiary",
        disabled=row is None,
        help="Copy the settings of this run into the draft",
    ):
        text = runner.current().store.experiment(row.summary.run)
        state.set_draft(text, f"Clone the settings of “{row.summary.name}”")
        notice = f"The draft now has the settings of “{row.summary.name}”."
        if changes := "; ".join(row.summary.changes):
            notice += f" They are those at its start, without what was changed later: {changes}."
        session.notice(notice)
        st.switch_page("train.py", query_params=address.parameters())


def tune(row: Row | None) -> None:
    """Make the settings of a run the draft, with its weights as the starting weights."""
    store = runner.current().store
    trained = row is not None and row.state.has_result and bool(store.checkpoints(row.summary.run))
    if button(
        "Fine-tune",
        icon=":material/play_for_work:",
        type="tertiary",
        disabled=not trained,
        help="Train further from the weights of this finished run, also on other data",
    ):
        open_fine_tuning(row.summary.run)


def measure_effects(row: Row | None) -> None:
    """Open the tab Effects of a run: train it again without a part, or with another one."""
    if button(
        "Measure effects",
        icon=":material/compare_arrows:",
        type="tertiary",
        disabled=row is None or row.state.is_live,
        help="Train again without a part of the settings or with another one, on several seeds",
    ):
        to_tab = address.parameters(run=row.summary.run, tab="Effects")
        st.switch_page("watch.py", query_params=to_tab)


def barred(selected: list[Row]) -> str:
    """Return why the visitor may not change all of these runs; empty if nothing prevents it."""
    reasons = (person.barred(row.summary.run) for row in selected)
    return next(filter(None, reasons), "")


def tag(selected: list[Summary], every: list[Summary], why: str) -> None:
    """Edit the tags of all selected runs, and the note of a single one; `why` disables it."""
    store = runner.current().store
    common = set.intersection(*(set(row.tags) for row in selected)) if selected else set()
    all_tags = sorted({each for row in every for each in row.tags})
    note = selected[0].note if len(selected) == 1 else None
    form_state = json.dumps([[row.run for row in selected], sorted(common), note])
    key = zlib.crc32(form_state.encode())
    disabled = not selected or bool(why)
    icon = ":material/label:"
    with st.popover("Edit tags", icon=icon, disabled=disabled, help=why or None, key="runs_tag"):
        if disabled:
            return
        with st.form(f"tags {key}", border=False):
            wanted = st.multiselect(
                "Tags" if len(selected) == 1 else "Tags of all selected runs",
                all_tags,
                default=sorted(common),
                accept_new_options=True,
                max_selections=MOST_TAGS,
                placeholder="Choose tags or type a new one",
                key=f"tags selected {key}",
            )
            if note is not None:
                note = st.text_area(
                    "Note", note, max_chars=LONGEST_NOTE, height=96, key=f"note {key}"
                )
            if not submit_button(
                "Save tags" if note is None else "Save tags and note", type="primary"
            ):
                return

        def edit(old: Notes) -> Notes:
            add, drop = set(wanted) - set(old.tags), common - set(wanted)
            new = old.retagged(add=add, drop=drop)
            return new if note is None else new.changed(note=note)

        for row in selected:
            try:
                privacy.annotate(store, row.run, edit, person.me())
            except LabError as error:
                session.notice(describe_error(error))
        st.rerun()


def delete(selected: list[Row], why: str) -> None:
    """Move the runs to the trash, without a question: Undo restores them. `why` disables it."""
    if not why and any(row.state.is_live for row in selected):
        why = "Stop the run before you delete it"
    if not button(
        "Delete",
        icon=":material/delete:",
        disabled=not selected or bool(why),
        help=why or None,
    ):
        return
    gone = []
    for row in selected:
        try:
            runner.current().delete(row.summary.run, by=person.me())
            gone.append(row.summary.run)
        except NotFound:  # deleted elsewhere, which was the intention
            continue
        except LabError as error:
            session.notice(str(error))
    session.set_ui(DELETED, json.dumps(gone))
    st.rerun()


def undo() -> bool:
    """Offer to restore the runs that were deleted last. Returns whether there are any."""
    store = runner.current().store
    in_trash = set(store.trash.ids())
    gone = [run for run in json.loads(session.get_ui(DELETED) or "[]") if run in in_trash]
    if not gone:
        return False
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        text = (
            f"**{counted(len(gone), 'run')} deleted.** The trash keeps runs for {TRASH_DAYS} days."
        )
        st.markdown(text, width="stretch")
        if button("Undo", icon=":material/undo:", key="undo_delete"):
            restore(gone)
        if button("Dismiss", type="tertiary", key="dismiss_delete"):
            session.set_ui(DELETED, "[]")
            st.rerun()
    return True


def restore(runs: list[str]) -> None:
    """Restore runs from the trash and rerun the page."""
    for run in runs:
        try:
            runner.current().restore(run, by=person.me())
        except LabError as error:
            session.notice(describe_error(error))
    session.set_ui(DELETED, "[]")
    st.rerun()


def more(rows: list[Summary]) -> None:
    """The menu for all runs: the table as a file, archives of other labs, the trash."""
    with st.popover("More", icon=":material/more_horiz:", key="runs_more"):
        st.download_button(
            "Download table (CSV)",
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
    """Return the visible rows as CSV, without their curves; scores are errors in percent, those of
    values R².
    """
    named = [
        cells(Row(row, RunState.DONE), "error") | {"Run": row.run, "State": row.reason}
        for row in rows
    ]
    frame = pd.DataFrame(named).drop(columns=["Curve", OWNER])
    frame["Tags"] = frame["Tags"].map(", ".join)
    frame = frame.map(lambda cell: plain(cell) if isinstance(cell, str) else cell)
    of_values = pd.Series([is_regression(row.validation) for row in rows], dtype=bool)
    for part in (VALIDATION, TEST):
        wrong = frame.pop(part).astype(float)
        frame[f"{part} error"] = (100 * wrong).mask(of_values)
        if of_values.any():
            frame[f"{part} R²"] = (1 - wrong).where(of_values)
    return frame.rename(columns={"Time": "Seconds"}).to_csv(index=False)


def trash() -> None:
    """Deleted runs, the latest first, each with a button that restores it."""
    store = runner.current().store
    rows = privacy.deleted_rows(store, person.me())
    st.markdown(f"**Trash** · {counted(len(rows), 'run')}" if rows else "**Trash** · empty")
    st.caption(
        f"The trash keeps deleted runs for {TRASH_DAYS} days. After that they are removed for good "
        "when the app starts or another run is deleted."
    )
    for row in rows[:TRASH_SHOWN]:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            text = f":small[{escape(row.name)} · {when(row.run):%d %b %H:%M}]"
            st.markdown(text, width="stretch")
            if button("Restore", type="tertiary", key=f"restore {row.run}"):
                restore([row.run])
    if len(rows) > TRASH_SHOWN:
        st.caption(f"{len(rows) - TRASH_SHOWN} older runs are not shown.")
    if rows and button("Empty trash", icon=":material/delete_forever:"):
        privacy.empty_trash(store, person.me())
        st.rerun()
