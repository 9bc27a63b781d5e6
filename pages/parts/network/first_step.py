"""The card Before training: shapes and sizes, the activation, the initial weights, and what they
mean for the initial loss, and for the signal and the gradient of each layer.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.advice.chance_level import check_initial_loss, describe_chance
from core.advice.input_scale import check_input_scale
from core.advice.plan import Plan
from core.base.encoding import decode, encode
from core.base.errors import BadNetwork, LabError, Unavailable
from core.base.finding import Finding
from core.base.numbers import MISSING, short, size, whole
from core.base.text import format_shape
from core.experiment import Experiment
from core.jobs import runner
from core.network.build import LayerFacts, walk_facts
from core.network.tree import LayerPath
from core.training.inputs import load_inputs
from pages.kit import cost, session, state
from pages.kit.form import escape
from pages.kit.layout import card_title, draft_finding, finding
from pages.kit.screen import phone
from pages.kit.tables import show_table
from pages.parts.network.activation import activation_tab
from pages.parts.network.weights import histograms, initializer

if TYPE_CHECKING:
    from core.advice.first_step import FirstStep, LayerStart  # torch is loaded when it is needed

TABS = ["Shapes", "Activation", "Initialization"]
RELEVANT = (  # fields of the experiment that change the first step
    "data",
    "split",
    "normalization",
    "label_noise",
    "network",
    "initializer",
    "loss",
    "seeds",
    "start",
)
TRAINED = (
    "This fork begins with trained weights, so there is no initial loss to check and nothing to "
    "initialize."
)
STD_HELP = (
    "Standard deviation of the outputs of the first → last layer over samples and units, before "
    "the activation and before training. Initializers aim at 1; usual: 0.5 to 2."
)
FIRST_STEP_HELP = {
    "Output std": STD_HELP,
    "Gradient norm": "‖∇L‖ of the layer's weights, before training.",
}


def before_training(
    draft: Experiment, planned: Plan, traced: tuple[LayerFacts, ...], opened: LayerPath
) -> None:
    """Draw the card: one of three tabs, and below it what is wrong with the start."""
    classes = len(planned.facts.classes) if planned.facts else 0
    tabs = TABS[:2] if draft.first_epoch else TABS
    with st.container(border=True):
        with card_title("Layers" if draft.first_epoch else "Before training"):
            tab = st.segmented_control(
                "View", tabs, default=tabs[0], required=True, label_visibility="collapsed",
                key="network_layers" if draft.first_epoch else "network_before",
                persist_state="session",
            )  # fmt: skip
        if tab == "Activation":
            activation_tab(draft.network, opened)
        elif tab == "Initialization":
            draft = draft.model_copy(update={"initializer": initializer(draft)})
        if draft.first_epoch:
            st.caption(TRAINED)
        seen, problem = (None, "") if draft.first_epoch else measure(draft)
        if tab == "Shapes" and not draft.first_epoch:
            metrics(draft, planned, seen, describe_chance(draft.loss.kind, classes))
        if problem:
            finding("info", problem)
        if seen and (scale := check_input_scale(seen.input_rms, draft.normalization)):
            draft_finding(scale, "input_scale")
        elif seen:
            loss_finding = check_initial_loss(seen.loss, draft.loss.kind, classes)
            start_finding(draft, seen, seen.finding or loss_finding)
            if not (seen.finding or loss_finding) and (scale := seen.scale_finding):
                finding(scale.level, scale.text)
        if tab == "Shapes":
            table(traced, seen)
        elif tab == "Initialization" and seen:
            histograms(traced, seen)


def start_finding(draft: Experiment, seen: "FirstStep", found: Finding | None) -> None:
    """Draw at most one finding, with a button that searches for a better start. A lost signal is
    more important than a high initial loss.
    """
    if found is None:
        return
    label = "Find a better start" if found.level == "warn" else "Lower the initial loss"
    if finding(found.level, found.text, label, "improve_start"):
        improve_start(draft, seen)
        st.rerun()


def improve_start(draft: Experiment, seen: "FirstStep") -> None:
    """Apply the first change that gives the network a better start, and report which one and its
    effect.
    """
    from core.advice.remedy import find_remedy

    remedy = find_remedy(draft, load_inputs(draft, runner.current().store.home), seen)
    if remedy is None:
        session.notice(
            "No change of the initialization or normalization improves this start. Use fewer "
            "layers, or wrap the layers in residual blocks."
        )
        return
    state.rebuild(remedy.experiment, remedy.action.label)
    after = remedy.first_step
    session.notice(
        f"Applied: {remedy.action.label}. The initial loss is now {short(after.loss, 3)} (was "
        f"{short(seen.loss, 3)}), the standard deviation of the outputs {describe_std(after)} (was "
        f"{describe_std(seen)}). Press Undo to revert."
    )


def describe_std(seen: "FirstStep") -> str:
    """Return the standard deviation of the outputs of the first and the last layer."""
    return f"{short(seen.layers[0].std)} → {short(seen.layers[-1].std)}"


def measure(draft: Experiment) -> tuple["FirstStep | None", str]:
    """Return the first step of this network on its data. It is None if the network does not fit or
    the data is not available, with a text if nothing else on the page gives the reason.
    """
    home = runner.current().store.home
    if not draft.data.is_available(home):
        return None, "The data is not on this machine yet. Load it to measure the initial loss."
    relevant = Experiment(**{name: getattr(draft, name) for name in RELEVANT})
    try:
        return _measure(encode(relevant), str(home)), ""
    except Unavailable as error:
        return None, str(error)
    except BadNetwork as error:  # others are reported at their layer
        return None, escape(str(error)) if error.code == "initial_std" else ""
    except LabError:  # reported on the Data page
        return None, ""


@st.cache_data(max_entries=64, show_spinner=False)
def _measure(text: str, home: str) -> "FirstStep":
    from core.advice.first_step import first_step

    experiment = decode(Experiment, text)
    return first_step(experiment, load_inputs(experiment, Path(home)))


def metrics(draft: Experiment, planned: Plan, seen: "FirstStep | None", chance: str) -> None:
    """Draw three numbers, with a dash for what cannot be measured. `chance` describes the loss at
    chance level.
    """
    quiet: dict[str, Any] = {"delta_color": "off", "delta_arrow": "off"}
    need, free = cost.memory_need(draft, planned)
    with st.grid(min_column_width=140, gap="small"):
        st.metric(
            "Initial loss",
            short(seen.loss, 3) if seen else MISSING,
            chance or None,
            **quiet,
            help="Loss before the first step. If it is far above chance level, the network is "
            "confidently wrong.",
        )
        st.metric(
            "Output std by depth",
            describe_std(seen) if seen and seen.layers else MISSING,
            "usual: 0.5 to 2",
            **quiet,
            help=STD_HELP,
        )
        st.metric(
            f"Memory at batch size {whole(draft.batch_size)}",
            size(need) if need else MISSING,
            f"{size(free)} free" if free else None,
            **quiet,
            help="Estimate: data, weights, gradients, optimizer state, and the outputs of all "
            "layers for one mini-batch.",
        )


def table(traced: tuple[LayerFacts, ...], seen: "FirstStep | None") -> None:
    """Draw one row per layer with parameters, including those inside blocks. The columns of the
    first step appear where it was measured.
    """
    starts = {layer.name: layer for layer in seen.layers} if seen else {}
    rows = [
        {
            "Layer": f"{fact.number}  {fact.name}",
            "Output": format_shape(fact.output or ()),
            "Parameters": fact.parameters,
            "Multiply-adds": fact.multiply_adds,
            **(first_step(starts.get(fact.path)) if seen else {}),
        }
        for fact in walk_facts(traced)
        if fact.parameters and not fact.chains
    ]
    if not rows:
        return
    number = st.column_config.NumberColumn(width=84)
    first = ["Layer", *first_step(None)] if seen else ["Layer"]  # a phone has room for these only
    values = {name: [row[name] or 0 for row in rows] for name in first[1:]}
    show_table(
        rows,
        column_order=(*first, *(n for n in rows[0] if n not in first)) if phone() else None,
        height="content" if len(rows) <= 12 else 460,
        column_config={
            "Output": st.column_config.TextColumn(width=84),
            "Parameters": number,
            "Multiply-adds": number,
            **{name: bar_column(values[name], FIRST_STEP_HELP[name]) for name in values},
        },
    )


def first_step(start: "LayerStart | None") -> dict[str, float | None]:
    """Return the columns of the first step of a layer, which are empty without its values."""
    std, gradient = (start.std, start.gradient) if start else (None, None)
    return dict(zip(FIRST_STEP_HELP, (std, gradient), strict=True))


def bar_column(values: list[float], help: str) -> Any:
    """Return a column of bars, each with its number."""
    finite = [v for v in values if v < float("inf")]
    return st.column_config.ProgressColumn(
        format="%.2g", min_value=0, max_value=max(finite, default=0) or 1, help=help, width=112
    )
