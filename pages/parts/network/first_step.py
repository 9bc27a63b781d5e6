"""Before the first step: shapes and sizes, the activation, where the weights begin, and what that
makes of the first loss, the signal and the gradient of each layer.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from core.advice.chance_level import cost as cost_of_guess
from core.advice.chance_level import too_sure
from core.advice.plan import Plan
from core.base.encoding import decode, encode
from core.base.errors import LabError, Unavailable
from core.base.numbers import MISSING, short, size, whole
from core.base.text import format_shape
from core.data.load import load
from core.experiment import Experiment
from core.jobs import runner
from core.network.build import LayerFacts, flat
from core.network.tree import Place
from pages.kit import cost, state
from pages.kit.layout import card_title, finding
from pages.kit.screen import phone
from pages.parts.network.activation import activation_tab
from pages.parts.network.weights import histograms, initializer

if TYPE_CHECKING:
    from core.advice.first_step import FirstStep  # torch is loaded when it is needed

TABS = ["Shapes", "Activation", "Initialization"]
MATTERS = (
    "data",
    "split",
    "normalization",
    "label_noise",
    "network",
    "initializer",
    "loss",
    "seeds",
)


def before(draft: Experiment, planned: Plan, traced: tuple[LayerFacts, ...], opened: Place) -> None:
    """The card: one of three tabs, and below it what is doubtful about the start."""
    classes = len(planned.facts.classes) if planned.facts else 0
    with st.container(border=True):
        with card_title("Before the first step"):
            tab = st.segmented_control(
                "Shown", TABS, default=TABS[0], required=True, label_visibility="collapsed",
                key="network_before", persist_state="session",
            )  # fmt: skip
        if tab == "Activation":
            activation_tab(draft.network, opened)
        elif tab == "Initialization":
            draft = draft.model_copy(update={"initializer": initializer(draft)})
        seen, problem = measured(draft)
        if tab == "Shapes":
            numbers(draft, planned, seen, cost_of_guess(draft.loss.kind, classes))
        if problem:
            finding("info", problem)
        if seen:
            doubt(draft, seen, *too_sure(seen.loss, draft.loss.kind, classes))
        if tab == "Shapes":
            table(traced, seen)
        elif tab == "Initialization" and seen:
            histograms(traced, seen)


def doubt(draft: Experiment, seen: "FirstStep", level: str, text: str) -> None:
    """At most one sentence: a signal that is lost says more than a first loss that is high. One
    press looks for what helps.
    """
    text = seen.warning or text
    if not text:
        return
    level = "warn" if seen.warning else level
    if finding(level, text, "Mend it" if level == "warn" else "Lower it", "mend_start"):
        mend_start(draft, seen)
        st.rerun()


def mend_start(draft: Experiment, seen: "FirstStep") -> None:
    """The first change that lets the network begin better becomes the draft's; one sentence says
    which, and what came of it.
    """
    from core.advice.remedy import remedy

    found = remedy(draft, load(draft.data, runner.current().store.home), seen)
    if found is None:
        state.notice(
            "Neither other first weights nor normalization help here: make the network shallower, "
            "or wrap its layers into residual blocks."
        )
        return
    words, changed, then = found
    made = {name: getattr(changed, name) for name in state.BUILT}
    state.rebuild(encode(draft.model_copy(update=made)))
    state.notice(f"{words}: the first loss is now {short(then.loss, 3)}. Undo takes it back.")


def measured(draft: Experiment) -> tuple["FirstStep | None", str]:
    """The first step of this network on its data; None where it does not fit or is not here, with a
    sentence where nothing else on the page says why.
    """
    home = runner.current().store.home
    if not draft.data.here(home):
        return None, "The data is not on this machine yet: the first step is measured when it is."
    seen = Experiment(**{name: getattr(draft, name) for name in MATTERS})  # the rest is no key
    try:
        return _measured(encode(seen), str(home)), ""
    except Unavailable as error:
        return None, str(error)
    except LabError:  # said at its layer, or on the page Data
        return None, ""


@st.cache_data(max_entries=64, show_spinner=False)
def _measured(text: str, home: str) -> "FirstStep":
    from core.advice.first_step import first_step

    experiment = decode(Experiment, text)
    return first_step(experiment, load(experiment.data, Path(home)))


def numbers(draft: Experiment, planned: Plan, seen: "FirstStep | None", guess: str) -> None:
    """Three numbers, a dash where there is nothing to measure. `guess` says what a guess costs."""
    quiet: dict[str, Any] = {"delta_color": "off", "delta_arrow": "off"}
    need, free = cost.memory_need(draft, planned)
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
        st.metric(
            f"Memory at batch {whole(draft.batch_size)}",
            size(need) if need else MISSING,
            f"{size(free)} free" if free else None,
            **quiet,
            help="About: data, weights, gradients, what the optimizer keeps, and the outputs of "
            "all layers for one minibatch.",
        )


def table(traced: tuple[LayerFacts, ...], seen: "FirstStep | None") -> None:
    """One row a layer that has weights, those within blocks too."""
    layers = {layer.name: layer for layer in seen.layers} if seen else {}
    rows = [
        {
            "Layer": f"{fact.number}  {fact.name}",
            "Output": format_shape(fact.output or ()),
            "Parameters": fact.parameters,
            "Multiply-adds": fact.multiply_adds,
            "Spread": layers[fact.path].spread if fact.path in layers else None,
            "Gradient": layers[fact.path].gradient if fact.path in layers else None,
        }
        for fact in flat(traced)
        if fact.parameters and not fact.inside
    ]
    if not rows:
        return
    number = st.column_config.NumberColumn(format="localized", width=84)
    spreads = [row["Spread"] or 0 for row in rows]
    gradients = [row["Gradient"] or 0 for row in rows]
    few = ("Layer", "Spread", "Gradient")  # what a phone has room for stands first
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_order=(*few, *(name for name in rows[0] if name not in few)) if phone() else None,
        height="content" if len(rows) <= 12 else 460,
        column_config={
            "Output": st.column_config.TextColumn(width=84),
            "Parameters": number,
            "Multiply-adds": number,
            "Spread": bars(
                spreads,
                "How far the answers to different pictures lie apart before the first step "
                "(standard deviation); good: 0.5 to 2",
            ),
            "Gradient": bars(gradients, "‖∇L‖ of the layer before the first step"),
        },
    )


def bars(values: list[float], help: str) -> Any:
    """A column of bars, each with its number."""
    finite = [v for v in values if v < float("inf")]
    return st.column_config.ProgressColumn(
        format="%.2g", min_value=0, max_value=max(finite, default=0) or 1, help=help, width=112
    )
