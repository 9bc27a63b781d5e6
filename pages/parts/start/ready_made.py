"""The ready-made experiments: a card for each comparison and for each single experiment."""

from base64 import b64encode
from collections.abc import Callable, Iterable
from math import inf

import streamlit as st

from core.advice.estimate import describe_duration, estimate, guess_seconds
from core.advice.plan import network_name, plan
from core.base.numbers import duration_range
from core.experiment import comparisons, shipped
from core.figures import thumbnails
from core.jobs import runner
from pages.kit import address
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.ready_made import compare, open_ready
from pages.kit.screen import theme_mode

TIME_LIMITS = {"Any duration": inf, "Under 30 s": 30, "Under 2 min": 120}


def ready_made() -> None:
    """Draw the cards of all ready-made experiments that fit the selected duration."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.header("Ready-made experiments", anchor=False, width="stretch")
        limit = st.segmented_control(
            "Training time",
            list(TIME_LIMITS),
            default="Any duration",
            required=True,
            label_visibility="collapsed",
            key="start_time",
        )
    members = {name for names in comparisons().values() for name in names}
    single = [(name, (name,)) for name in shipped() if name not in members]
    st.caption(
        "Comparisons: a common problem and its remedies, trained one after another. The lines are "
        "their measured validation losses by epoch; a cross marks a run that diverged."
    )
    cards(comparisons().items(), TIME_LIMITS[limit], width=280)
    st.caption(
        "Single experiments, with the measured training loss (solid) and validation loss (dashed)."
    )
    cards(single, TIME_LIMITS[limit], width=160, last=double_descent_card)


def cards(
    experiments: Iterable[tuple[str, tuple[str, ...]]],
    max_seconds: float,
    *,
    width: int,
    last: Callable[[], None] | None = None,
) -> None:
    """Draw cards of at least `width` px for experiments that take less than `max_seconds`."""
    with st.grid(min_column_width=width, gap="small"):
        for name, names in experiments:
            seconds, description = training_time(names)
            if seconds < max_seconds:
                with st.container(border=True, height="stretch", gap="xsmall"):
                    card(name, names, description)
        if last:
            with st.container(border=True, height="stretch", gap="xsmall"):
                last()


def training_time(names: tuple[str, ...]) -> tuple[float, str]:
    """Return the seconds that these take one after another, and a description of them: the range
    measured on this machine, else a rough estimate.
    """
    store, seconds, measured = runner.current().store, 0.0, []
    for name in names:
        planned = plan(shipped()[name], store.home)
        if known := estimate(store, shipped()[name], planned.steps):
            measured.append(known)
        seconds += known.seconds if known else guess_seconds(shipped()[name], planned)
    if len(measured) < len(names):
        return seconds, describe_duration(seconds)
    low, high = sum(known.low for known in measured), sum(known.high for known in measured)
    return seconds, f"{duration_range(low, high)} here"


def card(name: str, names: tuple[str, ...], description: str) -> None:
    """Draw the measured curves, the claim, the subject with its training time, and the buttons."""
    first = shipped()[names[0]]
    curves(names)
    st.markdown(f"**{escape(first.about)}**")
    with st.container(height="stretch", vertical_alignment="bottom", gap="xsmall"):
        subject = first.data.summary
        if len(names) == 1:
            facts = plan(first, runner.current().store.home).facts
            subject += f" · {network_name(first, facts)}"
        st.caption(f"{subject} · {description}")
        if len(names) == 1:
            if button("Open experiment", key=f"open {name}", width="stretch"):
                open_ready(name)
            return
        with st.container(horizontal=True, gap="xsmall"):
            if button(
                f"Compare {len(names)} runs", key=f"compare {name}", icon=":material/play_arrow:"
            ):
                compare(names)
            with st.popover("Open one run"):
                for member in names:
                    label = escape(shipped()[member].name)
                    if button(label, key=f"open {member}", type="tertiary"):
                        open_ready(member)


def curves(names: tuple[str, ...]) -> None:
    """Draw the measured curves. Those of data that is not included are not recorded: a text of the
    same size says so, and how much is downloaded.
    """
    mode, alt = theme_mode(), thumbnails.describe(names)
    drawing = thumbnails.thumbnail(names, mode, alt)
    if not drawing:
        data = shipped()[names[0]].data
        here = data.is_available(runner.current().store.home)
        size = "Data is downloaded" if here else f"{data.megabytes} MB to download"
        lines = ("No recorded curve", size)
        drawing, alt = thumbnails.placeholder(lines, mode), ". ".join(lines)
    encoded = b64encode(drawing.encode()).decode()
    st.markdown(f"![{escape(alt)}](data:image/svg+xml;base64,{encoded})")


def double_descent_card() -> None:
    """Draw the card that leads to the studies of model size."""
    curves((thumbnails.STUDY,))
    st.markdown("**Double descent: a larger model can be worse, then better.**")
    with st.container(height="stretch", vertical_alignment="bottom", gap="xsmall"):
        st.caption("Digits · random features and networks · from under a minute")
        if button("Open study", key="open double descent", width="stretch"):
            st.switch_page("double_descent.py", query_params=address.parameters())
