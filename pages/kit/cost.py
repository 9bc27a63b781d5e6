"""What a run will cost, on the page Train: time from trial steps or from a run of its kind, memory
against what is free, steps.
"""

from typing import Any

import streamlit as st

from core.advice import estimate_memory
from core.advice.estimate import estimate, roughly
from core.advice.plan import Plan
from core.base import memory
from core.base.encoding import encode
from core.base.numbers import MISSING, duration, size, whole
from core.experiment import Experiment
from core.jobs import runner
from core.network.build import trace
from pages.kit import state
from pages.kit.form import escape
from pages.kit.layout import card_title, finding
from pages.kit.range_test import wait, work

KEPT = "trial"  # the id of the task
QUIET: dict[str, Any] = {"delta_color": "off", "delta_arrow": "off"}


def card(draft: Experiment, planned: Plan) -> None:
    """Four numbers before anything runs, and the button that measures the time."""
    task = measured(draft)
    with st.container(border=True):
        with card_title("What it will cost"):
            pressed = st.button(
                "Measure",
                icon=":material/timer:",
                key="measure",
                disabled=bool(planned.problem) or bool(task and not task["over"]),
                help="Takes 10 steps on a copy, with all that makes them dear: the second gradient "
                "of SAM, the many of L-BFGS, the augmentation.",
            )
        if pressed:
            state.keep(KEPT, work().begin("trial", encode(draft), instead=state.keep(KEPT)))
            st.rerun()
        if task and not task["over"]:
            st.fragment(wait, run_every=0.4)(task["id"], "Takes trial steps")
        elif task and task["problem"]:
            finding("bad", escape(task["problem"]))
        with st.grid(min_column_width=150, gap="small"):
            numbers(draft, planned, task)


def measured(draft: Experiment) -> dict[str, Any] | None:
    """The trial of this very draft; None for none."""
    task = work().look(state.keep(KEPT)) if state.keep(KEPT) else None
    return task if task and task["experiment"] == encode(draft) else None


def numbers(draft: Experiment, planned: Plan, task: dict[str, Any] | None) -> None:
    """Time, memory, steps, parameters."""
    operations = 6 * planned.multiply_adds * planned.train * draft.epochs
    st.metric(
        "Time",
        *time(draft, planned, task),
        **QUIET,
        help=f"{scaled(operations)} floating-point operations: 6 × multiply-adds × pictures × "
        "epochs, forward and backward. Without trial steps the time is that of the last run with "
        "the same data, network, batch size and optimizer.",
    )
    need, free = room(draft, planned)
    st.metric(
        "Memory",
        size(need) if need else MISSING,
        f"of {size(free)} free" if free else None,
        **QUIET,
        help="About: the pictures, weights with their gradients and what the optimizer keeps of "
        "them, and the outputs of all layers for one batch.",
    )
    steps = f"{whole(draft.epochs)} × {whole(planned.epoch_steps)}"
    st.metric("Steps", whole(planned.steps), steps, **QUIET)
    st.metric("Parameters", whole(planned.parameters), f"{whole(planned.train)} pictures", **QUIET)


def time(draft: Experiment, planned: Plan, task: dict[str, Any] | None) -> tuple[str, str]:
    """How long, and how that is known."""
    if task and task["state"] == "done":
        found = task["found"]
        return expected(found["run_seconds"]), f"from {found['steps']} trial steps"
    if known := estimate(runner.current().store, draft, planned.steps):
        return expected(known.seconds), f"as {escape(known.name)} took"
    if planned.problem or not planned.steps:
        return MISSING, "not known yet"
    return roughly(draft, planned), "a rough guess"


def room(draft: Experiment, planned: Plan) -> tuple[int, int]:
    """Bytes that it needs and bytes that are free, 0 where that is not known."""
    facts = planned.facts
    if not facts or planned.problem:
        return 0, 0
    layers = trace(draft.network, facts.shape, facts.outputs)
    need = estimate_memory.needed(draft, layers, planned.train + planned.validation + planned.test)
    device = draft.device if draft.device.startswith("cuda") else "cpu"
    return need, memory.free(device) or 0


def expected(seconds: float) -> str:
    """A time that is not over yet."""
    return f"≈ {duration(seconds)}" if seconds >= 1 else "under 1 s"


def scaled(value: float) -> str:
    """A large count with its prefix: 2.3 T."""
    for unit, prefix in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M")):
        if value >= unit:
            return f"{value / unit:.3g} {prefix}"
    return whole(value)
