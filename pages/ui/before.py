"""Before the first step: where the weights begin, and what that makes of the first loss, the signal
and the gradient of each layer.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from core import runner
from core.analysis.guessing import cost, too_sure
from core.data.load import load
from core.encoding import decode, encode
from core.errors import LabError
from core.experiment import Experiment
from core.network.build import LayerFacts
from core.network.initializers import Initializer
from core.network.layers import times
from core.numbers import MISSING, short
from pages.ui import form, state
from pages.ui.parts import card_title, finding

if TYPE_CHECKING:
    from core.first_step import FirstStep  # torch is loaded when it is needed


def before(draft: Experiment, traced: tuple[LayerFacts, ...], classes: int) -> None:
    """What can be said before the first step: where the weights begin and what that makes of the
    first loss, the signal and the gradient.
    """
    with st.container(border=True):
        with card_title("Before the first step"):
            pass
        left, right = st.columns([9, 5], gap="small")
        with left:
            value = form.choose(
                Initializer, draft.initializer, state.key("initializer"), label="Initialization"
            )
        with right:
            value = form.edit(value, state.key("initializer"))
        if value != draft.initializer:
            state.edit("initializer", value.model_dump(mode="json"))
        seen = measured(draft.model_copy(update={"initializer": value}))
        numbers(seen, cost(draft.loss.kind, classes))
        if seen:
            doubt(seen, *too_sure(seen.loss, draft.loss.kind, classes))
        table(traced, seen)


def doubt(seen: "FirstStep", level: str, text: str) -> None:
    """At most one sentence: a signal that is lost says more than a first loss that is high."""
    if seen.warning:
        finding("warn", seen.warning)
    elif text:
        finding(level, text)


def measured(draft: Experiment) -> "FirstStep | None":
    """The first step of this network on its data; None where it does not fit or is not here."""
    home = runner.current().store.home
    if not draft.data.here(home):
        return None
    seen = Experiment(  # what does not matter stays out of the key
        data=draft.data,
        split=draft.split,
        normalization=draft.normalization,
        network=draft.network,
        initializer=draft.initializer,
        loss=draft.loss,
        seeds=draft.seeds,
    )
    try:
        return _measured(encode(seen), str(home))
    except LabError:  # said at its layer, or on the page Data
        return None


@st.cache_data(max_entries=64, show_spinner=False)
def _measured(text: str, home: str) -> "FirstStep":
    from core.first_step import first_step

    experiment = decode(Experiment, text)
    return first_step(experiment, load(experiment.data, Path(home)))


def numbers(seen: "FirstStep | None", guess: str) -> None:
    """Two numbers, a dash where there is nothing to measure. `guess` says what a guess costs."""
    quiet: dict[str, Any] = {"delta_color": "off", "delta_arrow": "off"}
    with st.grid(min_column_width=140, gap="small"):
        st.metric(
            "First loss",
            short(seen.loss, 3) if seen else MISSING,
            guess or None,
            **quiet,
            help="Of the untrained network. Far above the loss of a guess, it begins by being sure "
            "and wrong.",
        )
        ends = (seen.layers[0], seen.layers[-1]) if seen and seen.layers else None
        st.metric(
            "Signal, first to last layer",
            f"{short(ends[0].spread)} → {short(ends[1].spread)}" if ends else MISSING,
            "good: 0.5 to 2",
            **quiet,
            help="How far the answers to different pictures lie apart before the first step "
            "(standard deviation).",
        )


def table(traced: tuple[LayerFacts, ...], seen: "FirstStep | None") -> None:
    """One row a layer that has weights."""
    layers = {layer.name: layer for layer in seen.layers} if seen else {}
    rows = [
        {
            "Layer": f"{fact.index + 1}  {fact.name}",
            "Output": times(fact.output or ()),
            "Parameters": fact.parameters,
            "Multiply-adds": fact.multiply_adds,
            "Spread": short(layers[fact.name].spread) if fact.name in layers else MISSING,
            "Gradient": short(layers[fact.name].gradient) if fact.name in layers else MISSING,
        }
        for fact in traced
        if fact.parameters
    ]
    if not rows:
        return
    number = st.column_config.NumberColumn(format="localized")
    text = st.column_config.TextColumn
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        column_config={
            "Parameters": number,
            "Multiply-adds": number,
            "Spread": text(
                alignment="right",
                help="How far the answers to different pictures lie apart; good: 0.5 to 2",
            ),
            "Gradient": text(alignment="right", help="‖∇L‖ of the layer before the first step"),
        },
    )
