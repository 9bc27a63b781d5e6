"""Runs: which one was better, and why? All runs in one table; open, clone, delete; two or more side
by side.
"""

import zlib

import pandas as pd
import streamlit as st

from core import runner
from core.compare import differences
from core.data.wording import counted
from core.encoding import decode, encode
from core.errors import LabError, NotFound
from core.experiment import Experiment, shipped
from core.figures import overlay
from core.numbers import MISSING, duration, percent, short
from core.summary import Summary, summaries
from pages.ui import feed, state
from pages.ui.downloads import downloads
from pages.ui.form import escape
from pages.ui.parts import BADGES, LIVE, bar, card_title, finding, header, start, told, when

SIGN = {
    "done": "✓",
    "failed": "✕",
    "diverged": "✕",
    "running": "●",
    "interrupted": "!",
    "unbegun": "!",
    "queued": "○",
}


def main() -> None:
    """The whole page."""
    with header("Runs", "Which one was better, and why?"):
        search = st.text_input(
            "Search",
            placeholder="Search names, data, networks",
            label_visibility="collapsed",
            width=280,
            key="runs_search",
        )
    rows, unread = found(search)
    if not rows:
        empty(search)
    else:
        chosen = table(rows)
        try:
            actions(chosen)
            if chosen:
                compare(chosen)
        except LabError as error:  # deleted elsewhere since the table was drawn
            finding("bad", escape(told(error)))
    if unread:
        st.caption(f"{counted(unread, 'run')} of another version cannot be shown.")
    bar()


def found(search: str) -> tuple[list[Summary], int]:
    """The runs whose row holds every word of the search, and how many cannot be read."""
    rows, unread = summaries(runner.current().store)
    words = search.lower().split()
    return [row for row in rows if all(word in text(row) for word in words)], unread


def text(row: Summary) -> str:
    """What a search looks at."""
    return f"{row.name} {row.data} {row.network} {row.optimizer} {row.run}".lower()


def empty(search: str) -> None:
    with st.container(border=True):
        st.markdown("No run matches." if search else "No runs yet.")
        if not search and st.button(
            "Train on digits", icon=":material/play_arrow:", type="primary"
        ):
            start(encode(shipped()["digits"]))


def table(rows: list[Summary]) -> list[Summary]:
    """All rows; those that are ticked come back."""
    column = st.column_config
    help = "Share of wrong answers; for values, of the variance that is not explained."
    error = {"format": "%.1f %%", "help": help, "width": 110}
    picked = st.dataframe(
        pd.DataFrame([cells(row) for row in rows]),
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        placeholder=MISSING,
        key=f"runs {zlib.crc32(' '.join(row.run for row in rows).encode())}",  # ticks go with rows
        column_config={
            "Name": column.TextColumn(width=130),
            "Curve": column.LineChartColumn(width=90, help="Validation loss by epoch"),
            "Started": column.DatetimeColumn(format="D MMM, HH:mm:ss"),
            "Validation error": column.NumberColumn(**error),
            "Test error": column.NumberColumn(**error),
        },
    )
    return [rows[i] for i in picked.selection.rows if i < len(rows)]


def cells(row: Summary) -> dict[str, object]:
    """One run as a row of the table, what a phone has room for first; errors in percent."""
    word = runner.current().status(row.run)
    return {
        "Name": row.name,
        "Curve": list(row.curve),
        "Validation error": hundred(row.validation_error),
        "State": f"{SIGN.get(word, '·')} {BADGES[word][0]}",
        "Started": when(row.run),
        "Data": row.data,
        "Network": row.network,
        "Optimizer": row.optimizer,
        "Rate": short(row.rate, 3),
        "Test error": hundred(row.test_error),
        "Best epoch": row.best_epoch,
        "Time": duration(row.seconds),
    }


def hundred(share: float | None) -> float | None:
    """A share in percent."""
    return None if share is None else 100 * share


def actions(chosen: list[Summary]) -> None:
    """What may be done with the ticked runs."""
    lab, one = runner.current(), len(chosen) == 1
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        words = (
            "Tick a run to open it, two or more to compare them."
            if not chosen
            else f"**{len(chosen)} run{'s' * (not one)} ticked**"
        )
        st.markdown(words, width="stretch")
        if st.button("Open", icon=":material/monitoring:", disabled=not one):
            st.switch_page("watch.py", query_params=state.address(run=chosen[0].run))
        if st.button(
            "Clone",
            icon=":material/content_copy:",
            disabled=not one,
            help="Its settings become the draft",
        ):
            state.set_draft(lab.store.experiment(chosen[0].run))
            state.notice(f"The settings of “{chosen[0].name}” are the draft now.")
            st.switch_page("train.py", query_params=state.address())
        if one:
            with st.popover("Download", icon=":material/download:"):
                downloads(chosen[0].run)
        live = any(lab.status(row.run) in LIVE for row in chosen)
        if st.button(
            "Delete",
            icon=":material/delete:",
            disabled=not chosen or live,
            help="A live run must be stopped first" if live else None,
        ):
            confirm({row.run: f"{row.name}, of {when(row.run):%d %b %H:%M:%S}" for row in chosen})


@st.dialog("Delete runs?")
def confirm(runs: dict[str, str]) -> None:
    """Deleting takes the weights too, so it is asked. The runs by id, in words."""
    st.markdown("\n".join(f"- {escape(words)}" for words in runs.values()))
    st.markdown("With curves and weights. This cannot be undone.")
    if st.button("Delete", type="primary", icon=":material/delete:", key="really delete"):
        for run in runs:
            try:
                runner.current().delete(run)
            except NotFound:  # deleted elsewhere: that was wanted
                continue
            except LabError as error:
                state.notice(str(error))
        st.rerun()


def compare(chosen: list[Summary]) -> None:
    """Their curves over one another, and only the settings that differ."""
    store = runner.current().store
    experiments = [decode(Experiment, store.experiment(row.run)) for row in chosen]
    left, right = st.columns([7, 5], gap="small")
    with left.container(border=True, height="stretch"):
        curves(chosen, experiments)
    with right.container(border=True, height="stretch"):
        with card_title("Only what differs" if len(chosen) > 1 else "Result"):
            pass
        st.table(difference_table(chosen, experiments), border="horizontal", hide_index=True)


def curves(chosen: list[Summary], experiments: list[Experiment]) -> None:
    """Validation loss by epoch; the error where the losses are of different kinds."""
    entries = []
    for number, (row, experiment) in enumerate(zip(chosen, experiments, strict=True), 1):
        with feed.tail(row.run).read() as history:
            name = numbered(number, row) if len(chosen) > 1 else row.name
            entries.append(overlay.Entry(name, experiment.loss.kind, list(history.epochs)))
    measure, kept, left_out = overlay.comparable(entries[: overlay.MOST])
    with card_title(f"Validation {measure}, overlaid"):
        pass
    mode = "dark" if st.context.theme.type == "dark" else "light"
    st.plotly_chart(
        overlay.figure(overlay.rows(kept, measure), mode, measure),
        theme=None,
        config={"displayModeBar": False},
        alt=f"Validation {measure} by epoch of the ticked runs",
        key="overlay",
    )
    if measure == "error":
        st.caption("Their losses are of different kinds, so their errors are compared.")
    if left_out:
        names = escape(", ".join(left_out))
        st.caption(f"Left out, for values and classes share no scale: {names}.")
    if len(chosen) > overlay.MOST:
        st.caption(f"The first {overlay.MOST} of them.")


def numbered(number: int, row: Summary) -> str:
    """A run among others: two may have one name."""
    return f"{number}  {row.name}"


def difference_table(chosen: list[Summary], experiments: list[Experiment]) -> pd.DataFrame:
    """A row for each setting that is not the same in all, then the results; as Markdown, for a
    table that breaks long cells into lines.
    """
    rows = differences(experiments)
    rows.append(("Best validation error", tuple(percent(row.validation_error) for row in chosen)))
    rows.append(("Test error", tuple(percent(row.test_error) for row in chosen)))
    columns = ["Setting", *(numbered(i, row) for i, row in enumerate(chosen, 1))]
    cells = [[escape(cell) for cell in (name, *values)] for name, values in rows]
    return pd.DataFrame(cells, columns=[escape(name) for name in columns])


main()
