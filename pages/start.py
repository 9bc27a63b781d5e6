"""Start: what can I do here? Three doors, ready-made experiments, and the way back to one's
runs.
"""

from collections.abc import Callable, Iterable
from math import inf

import streamlit as st

from core.advice.estimate import about, estimate, guess
from core.advice.plan import network_name, plan
from core.base.encoding import encode
from core.base.errors import LabError
from core.base.events import Scores, error
from core.base.numbers import duration, percent, short
from core.experiment import comparisons, shipped
from core.figures.sketches import thumbnail
from core.jobs import runner
from core.runs.summary import ended
from pages.kit import state
from pages.kit.form import escape
from pages.kit.layout import LIVE, bar, header, run_name, start, state_badge, when
from pages.kit.ready_made import compare, open_ready

RECENT = 4
LIMITS = {"Any time": inf, "Under 30 s": 30, "Under 2 min": 120}
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
        text = "8 × 8 digits and a small network. Trains in under a minute on this computer, "
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
    """One card for each shipped experiment, and one for those that belong together."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.header("Ready-made experiments", anchor=False, width="stretch")
        limit = st.segmented_control(
            "Time",
            list(LIMITS),
            default="Any time",
            required=True,
            label_visibility="collapsed",
            key="start_time",
        )
    together = comparisons()
    members = {name for names in together.values() for name in names}
    cards = [(name, (name,)) for name in shipped() if name not in members]
    st.caption("Side by side: what goes wrong beside what helps, trained one after the other.")
    shelf(together.items(), LIMITS[limit], width=230)
    st.caption("One by one")
    shelf(cards, LIMITS[limit], width=160, last=descent_card)


def shelf(
    cards: Iterable[tuple[str, tuple[str, ...]]],
    most: float,
    *,
    width: int,
    last: Callable[[], None] | None = None,
) -> None:
    """Cards of at least `width` px for what takes at most so many seconds."""
    with st.grid(min_column_width=width, gap="small"):
        for name, names in cards:
            seconds, words = time(names)
            if seconds < most:
                with st.container(border=True, height="stretch", gap="xsmall"):
                    card(name, names, words)
        if last:
            with st.container(border=True, height="stretch", gap="xsmall"):
                last()


def time(names: tuple[str, ...]) -> tuple[float, str]:
    """Seconds that these take one after the other, and in words: as measured here, else
    roughly.
    """
    store, seconds, measured = runner.current().store, 0.0, True
    for name in names:
        planned = plan(shipped()[name], store.home)
        known = estimate(store, shipped()[name], planned.steps)
        seconds += known.seconds if known else guess(shipped()[name], planned)
        measured = measured and known is not None
    return seconds, duration(seconds) if measured else about(seconds)


def card(name: str, names: tuple[str, ...], words: str) -> None:
    """A picture, what it shows, what it is about, how long it takes, and a way in."""
    mode = "dark" if st.context.theme.type == "dark" else "light"
    first = shipped()[names[0]]
    st.image(thumbnail(name, mode), width="stretch", alt=first.about)
    st.markdown(f"**{escape(first.about)}**")
    with st.container(height="stretch", vertical_alignment="bottom", gap="xsmall"):
        subject = first.data.summary
        if len(names) == 1:
            facts = plan(first, runner.current().store.home).facts
            subject += f" · {network_name(first, facts)}"
        st.caption(f"{subject} · {words}")
        if len(names) == 1:
            if st.button("Open", key=f"open {name}", width="stretch"):
                open_ready(name)
            return
        with st.container(horizontal=True, gap="xsmall"):
            if st.button(
                f"Compare {len(names)} runs", key=f"compare {name}", icon=":material/play_arrow:"
            ):
                compare(names)
            with st.popover("Open one", type="tertiary"):
                for member in names:
                    label = escape(shipped()[member].name)
                    if st.button(label, key=f"open {member}", type="tertiary"):
                        open_ready(member)


def descent_card() -> None:
    """The way to the studies of size, beside the single runs."""
    mode = "dark" if st.context.theme.type == "dark" else "light"
    st.image(thumbnail("double-descent", mode), width="stretch", alt="Falls, rises, falls again")
    st.markdown("**More can be worse, then better: double descent, point by point.**")
    with st.container(height="stretch", vertical_alignment="bottom", gap="xsmall"):
        st.caption("Digits · random features, networks · from 10 s")
        if st.button("Open", key="open double descent", width="stretch"):
            st.switch_page("double_descent.py", query_params=state.address())


def recent() -> None:
    """Live runs first, then the newest."""
    st.header("Go on where you were", anchor=False)
    lab = runner.current()
    runs = list(dict.fromkeys([*lab.live(), *lab.store.ids()]))[:RECENT]
    if not runs:
        st.caption("Your runs will appear here. The first one takes under a minute.")
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
