"""Start: what can I do here? Three doors, ready-made experiments, and the way back to one's
runs.
"""

import streamlit as st

from core import runner
from core.encoding import encode
from core.errors import LabError
from core.estimate import estimate, roughly
from core.events import Scores, error
from core.experiment import Experiment, shipped
from core.figures.sketches import thumbnail
from core.numbers import duration, percent, short
from core.plan import network_name, plan
from core.summary import ended
from pages.ui import state
from pages.ui.form import escape
from pages.ui.parts import LIVE, bar, header, run_name, start, state_badge, when

RECENT = 4
GO_ON = {"failed": "See why", "diverged": "See why"}


def main() -> None:
    """The whole page."""
    with header("Descent Lab", "Train neural networks, watch every layer, compare what you tried."):
        pass
    doors()
    ready_made()
    recent()
    bar()


def doors() -> None:
    """The three ways in; the first one needs nothing at all."""
    first, second, third = st.columns(3, gap="small")
    with first.container(border=True, height="stretch"):
        text = "8 × 8 digits and a small network. Learns in about 10 seconds on this computer, "
        door("play_circle", "See it work first", f"{text}without the internet.")
        if st.button(
            "Train on digits", icon=":material/play_arrow:", type="primary", width="stretch"
        ):
            start(encode(shipped()["digits"]))
    with second.container(border=True, height="stretch"):
        door(
            "grid_view",
            "Pick a data set",
            "Digits, spirals and curves are here; MNIST, KMNIST, CIFAR and others come once.",
        )
        if st.button("Browse data sets", icon=":material/search:", width="stretch"):
            st.switch_page("data.py", query_params=state.address(**{"from": "sets"}))
    with third.container(border=True, height="stretch"):
        text = "Pictures in one sheet, labels in another, or a table with a label column. "
        door("table_view", "Use my spreadsheets", f"{text}The data doctor checks them.")
        if st.button("Choose files", icon=":material/upload_file:", width="stretch"):
            st.switch_page("data.py", query_params=state.address(**{"from": "files"}))


def door(icon: str, title: str, text: str) -> None:
    st.subheader(f":material/{icon}: {title}", anchor=False)
    st.markdown(f":small[{text}]")


def ready_made() -> None:
    """One card for each shipped experiment."""
    st.header("Ready-made experiments", anchor=False)
    with st.grid(min_column_width=160, gap="small"):
        for name, experiment in shipped().items():
            with st.container(border=True, height="stretch", gap="xsmall"):
                card(name, experiment)


def card(name: str, experiment: Experiment) -> None:
    """A picture, what it shows, what it is about, and how long it takes."""
    mode = "dark" if st.context.theme.type == "dark" else "light"
    store = runner.current().store
    planned = plan(experiment, store.home)
    known = estimate(store, experiment, planned.steps)
    time = duration(known.seconds) if known else roughly(experiment, planned)
    st.image(thumbnail(name, mode), width="stretch", alt=experiment.about)
    st.markdown(f"**{escape(experiment.about)}**")
    with st.container(height="stretch", vertical_alignment="bottom", gap="xsmall"):
        network = network_name(experiment, planned.facts)
        st.caption(f"{experiment.data.summary} · {network} · {time}")
        if st.button("Open", key=f"open {name}", width="stretch"):
            state.set_draft(encode(experiment))
            state.notice(f"“{experiment.name}” is the draft now. Start, below, trains it.")
            st.switch_page("train.py", query_params=state.address())


def recent() -> None:
    """Live runs first, then the newest."""
    st.header("Go on where you were", anchor=False)
    lab = runner.current()
    runs = list(dict.fromkeys([*lab.live(), *lab.store.ids()]))[:RECENT]
    if not runs:
        st.caption("Your runs will appear here. The first one takes about 10 seconds.")
    with st.container(gap="xxsmall"):
        for run in runs:
            try:
                word, name, told = lab.status(run), run_name(run), facts(run)
            except LabError:  # deleted meanwhile, or written by another version
                continue
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                state_badge(word, 110)
                st.markdown(f":small[**{escape(name)}**]", width=150)
                st.caption(escape(told), width="stretch", wrap=False)
                label = "Watch" if word in LIVE else GO_ON.get(word, "Open")
                if st.button(
                    label,
                    key=f"go {run}",
                    type="tertiary",
                    icon=":material/arrow_forward:",
                    icon_position="right",
                ):
                    st.switch_page("watch.py", query_params=state.address(run=run))


def facts(run: str) -> str:
    """When it began, and what came of it, in one line."""
    told = []
    if end := ended(runner.current().store, run):
        scores = end.test or end.validation
        told = [right(scores)] if scores else [end.message.split(". ")[0]]
        told += [f"best epoch {end.best_epoch} of {end.epochs}"] if scores else []
        told += [duration(end.seconds)]
    told += [f"{when(run):%d %b %H:%M}"]
    return " · ".join(told)


def right(scores: Scores) -> str:
    """What was reached: the share of right answers, or R² of values."""
    if "r2" in scores:
        return f"R² {short(scores['r2'], 3)}"
    wrong = error(scores)
    return f"{percent(None if wrong is None else 1 - wrong)} right"


main()
