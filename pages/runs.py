"""Runs: which one was better, and why? All runs in one table; open, clone, delete; two or more side
by side.
"""

import pandas as pd
import streamlit as st

from core import runner
from core.errors import LabError
from core.experiment import Experiment
from core.figures import overlay
from core.numbers import MISSING, duration, percent, short
from core.spec import decode, encode
from core.summary import Summary, summarize
from pages.ui import feed, state
from pages.ui.parts import BADGES, LIVE, bar, card_title, header, start

SIGN = {
    "done": "✓",
    "failed": "✕",
    "diverged": "✕",
    "running": "●",
    "interrupted": "!",
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
    rows = found(search)
    if not rows:
        empty(search)
    else:
        chosen = table(rows)
        actions(chosen)
        if chosen:
            compare(chosen)
    bar()


def found(search: str) -> list[Summary]:
    """The runs whose row holds every word of the search."""
    store = runner.current().store
    rows = []
    for run in store.ids():
        try:
            row = summarize(store, run)
        except LabError:  # deleted meanwhile, or written by another version
            continue
        text = f"{row.name} {row.data} {row.network} {row.optimizer} {row.run}".lower()
        if all(word in text for word in search.lower().split()):
            rows.append(row)
    return rows


def empty(search: str) -> None:
    with st.container(border=True):
        st.markdown("No run matches." if search else "No runs yet.")
        if not search and st.button(
            "Train on digits", icon=":material/play_arrow:", type="primary"
        ):
            start(encode(Experiment(name="Digits")))


def table(rows: list[Summary]) -> list[Summary]:
    """All rows; those that are ticked come back."""
    lab = runner.current()

    def cells(row: Summary) -> dict:
        word = lab.status(row.run)
        return {
            "Name": row.name,
            "State": f"{SIGN.get(word, '·')} {BADGES[word][0]}",
            "Curve": list(row.curve),
            "Data": row.data,
            "Network": row.network,
            "Optimizer": row.optimizer,
            "Rate": short(row.rate, 3),
            "Validation error": percent(row.validation_error),
            "Test error": percent(row.test_error),
            "Best epoch": str(row.best_epoch or MISSING),
            "Time": duration(row.seconds),
        }

    shown = pd.DataFrame([cells(row) for row in rows])
    picked = st.dataframe(
        shown,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=f"runs {len(rows)}",
        column_config={
            "Curve": st.column_config.LineChartColumn(width=110, help="Validation loss by epoch"),
            "Name": st.column_config.TextColumn(width=150),
        },
    )
    return [rows[i] for i in picked.selection.rows if i < len(rows)]


def actions(chosen: list[Summary]) -> None:
    """What may be done with the ticked runs."""
    lab, one = runner.current(), len(chosen) == 1
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        told = (
            "Tick a run to open it, two or more to compare them."
            if not chosen
            else f"**{len(chosen)} run{'s' * (not one)} ticked**"
        )
        st.markdown(told, width="stretch")
        if st.button("Open", icon=":material/monitoring:", disabled=not one):
            st.switch_page("watch.py", query_params={"run": chosen[0].run})
        if st.button(
            "Clone",
            icon=":material/content_copy:",
            disabled=not one,
            help="Its settings become the draft",
        ):
            state.set_draft(lab.store.experiment(chosen[0].run))
            state.notice(f"The settings of “{chosen[0].name}” are the draft now.")
            st.switch_page("train.py")
        live = any(lab.status(row.run) in LIVE for row in chosen)
        if st.button(
            "Delete",
            icon=":material/delete:",
            disabled=not chosen or live,
            help="A live run must be stopped first" if live else None,
        ):
            confirm([row.run for row in chosen])


@st.dialog("Delete runs?")
def confirm(runs: list[str]) -> None:
    """Deleting takes the weights too, so it is asked."""
    st.markdown(
        f"{len(runs)} run{'s' * (len(runs) > 1)} with curves and weights. This cannot be undone."
    )
    if st.button("Delete", type="primary", icon=":material/delete:", key="really delete"):
        for run in runs:
            try:
                runner.current().delete(run)
            except LabError as error:
                state.notice(str(error))
        st.rerun()


def compare(chosen: list[Summary]) -> None:
    """Validation loss over one another, and only the settings that differ."""
    left, right = st.columns([7, 5], gap="small")
    with left.container(border=True, height="stretch"):
        with card_title("Validation loss, overlaid"):
            pass
        histories = []
        for row in chosen[: overlay.MOST]:
            with feed.tail(row.run).read() as history:
                histories.append((row.name, list(history.epochs)))
        mode = "dark" if st.context.theme.type == "dark" else "light"
        figure = overlay.figure(overlay.rows(histories), mode)
        st.plotly_chart(
            figure,
            theme=None,
            config={"displayModeBar": False},
            alt="Validation loss by epoch of the ticked runs",
            key="overlay",
        )
        if len(chosen) > overlay.MOST:
            st.caption(f"The first {overlay.MOST} of them.")
    with right.container(border=True, height="stretch"):
        with card_title("Only what differs" if len(chosen) > 1 else "Result"):
            pass
        st.dataframe(differences(chosen), hide_index=True, height="content")


def differences(chosen: list[Summary]) -> pd.DataFrame:
    """A row for each setting that is not the same in all, then the results."""
    values = [
        flat(decode(Experiment, runner.current().store.experiment(row.run)).model_dump(mode="json"))
        for row in chosen
    ]
    names = [
        name
        for name in dict.fromkeys(key for value in values for key in value)
        if len({value.get(name) for value in values}) > 1
    ]
    table = [
        [name, *(value.get(name, MISSING) for value in values)]
        for name in names
        if name not in ("name", "about")
    ]
    table.append(["Best validation error", *(percent(row.validation_error) for row in chosen)])
    table.append(["Test error", *(percent(row.test_error) for row in chosen)])
    columns = ["Setting", *(f"{i + 1}  {row.name}" for i, row in enumerate(chosen))]
    return pd.DataFrame(table, columns=columns)


def flat(value: object, path: str = "") -> dict[str, str]:
    """Nested settings as one level: optimizer.learning_rate, network.0.units."""
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else None
    )
    if pairs is None:
        return {path: str(value)}
    return {
        key: text
        for name, inner in pairs
        for key, text in flat(inner, f"{path}.{name}".lstrip(".")).items()
    }


main()
