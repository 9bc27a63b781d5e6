"""The cost of a run on the page Train: time from trial steps or from a comparable run, memory
against what is free, steps and parameters.
"""

from typing import Any

import streamlit as st

from core.advice.estimate import (
    describe_duration,
    estimate,
    gradients_per_step,
    guess_seconds,
    memory_bytes,
    operations,
)
from core.advice.plan import Plan
from core.base import memory
from core.base.encoding import encode
from core.base.numbers import MISSING, duration_range, short, size, whole
from core.base.text import counted
from core.experiment import Experiment
from core.jobs import runner
from core.jobs.tasks import TaskState
from core.network.build import trace
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import card_title, finding
from pages.kit.measurements import begin, current, wait

TASK = "trial"  # the key of the task's id in the page state
QUIET: dict[str, Any] = {"delta_color": "off", "delta_arrow": "off"}


def card(draft: Experiment, planned: Plan, *, several: bool = False) -> None:
    """Draw four numbers before anything runs, and the button that measures the time. They are those
    of one run also where `several` are planned.
    """
    task = measurement(draft)
    with st.container(border=True):
        with card_title("Cost of one run" if several else "Cost of the run"):
            pressed = button(
                "Measure time",
                icon=":material/timer:",
                key="measure",
                disabled=bool(planned.problem) or bool(task and not task["over"]),
                help="Runs 10 steps on a copy of the model and extrapolates. Includes everything "
                "that makes steps slow: the second gradient of SAM, the line search of L-BFGS, the "
                "augmentation.",
            )
        if several:
            st.caption("Of each run of the batch, computed with the values of the draft.")
        if pressed:
            begin("trial", draft, name=TASK)
            st.rerun()
        if task and not task["over"]:
            st.fragment(wait, run_every=0.4)(task["id"], "Running trial steps")
        elif task and task["problem"]:
            finding("bad", escape(task["problem"]))
        with st.grid(min_column_width=150, gap="small"):
            numbers(draft, planned, task)


def measurement(draft: Experiment) -> dict[str, Any] | None:
    """Return the trial of exactly this draft, or None."""
    task = current(TASK)
    return task if task and task["experiment"] == encode(draft) else None


def numbers(draft: Experiment, planned: Plan, task: dict[str, Any] | None) -> None:
    """Draw time, memory, steps and parameters."""
    gradients = gradients_per_step(draft)
    factor = f" × {short(gradients)} gradients per step" if gradients != 1 else ""
    value, source = time(draft, planned, task)
    st.metric(
        "Time",
        value,
        source,
        **QUIET,
        help=f"About {with_prefix(operations(draft, planned))} floating-point operations: 6 × "
        f"multiply-adds × samples × epochs{factor}. Without a measurement the time is "
        "extrapolated from the last runs with the same data, network, batch size and optimizer. "
        "The range is that of the measured steps or runs: other work on this machine slows them.",
    )
    need, free = memory_need(draft, planned)
    st.metric(
        "Memory",
        size(need) if need else MISSING,
        f"of {size(free)} free" if free else None,
        **QUIET,
        help="Estimate: the dataset, the weights with their gradients and optimizer state, and the "
        "outputs of all layers for one batch.",
    )
    epochs = draft.epochs - draft.first_epoch
    steps = f"{whole(epochs)} × {whole(planned.epoch_steps)}"
    st.metric("Steps", whole(planned.steps), steps, **QUIET, help="Epochs × steps per epoch.")
    samples = counted(planned.train, "training sample")
    st.metric("Parameters", whole(planned.parameters), samples, **QUIET)


def time(draft: Experiment, planned: Plan, task: dict[str, Any] | None) -> tuple[str, str]:
    """Return the duration and what it is based on."""
    if task and task["state"] == TaskState.DONE:
        trial = task["found"]
        steps = counted(trial["steps"], "trial step")
        return duration_range(trial["low_seconds"], trial["high_seconds"]), f"from {steps} here"
    if past := estimate(runner.current().store, draft, planned.steps):
        source = f"as in run {escape(past.name)}"
        source = f"from {past.runs} similar runs here" if past.runs > 1 else source
        return duration_range(past.low, past.high), source
    if planned.problem or not planned.steps:
        return MISSING, "not known yet"
    return describe_duration(guess_seconds(draft, planned)), "rough guess"


def memory_need(draft: Experiment, planned: Plan) -> tuple[int, int]:
    """Return the bytes that the run needs and the bytes that are free; 0 where unknown."""
    facts = planned.facts
    if not facts or planned.problem:
        return 0, 0
    layers = trace(draft.network, facts.shape, facts.outputs)
    need = memory_bytes(draft, layers, planned.train + planned.validation + planned.test)
    device = draft.device if draft.device.startswith("cuda") else "cpu"
    return need, memory.free(device) or 0


def with_prefix(value: float) -> str:
    """Return a large count with its SI prefix, such as 2.3 T."""
    for unit, prefix in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M")):
        if value >= unit:
            return f"{value / unit:.3g} {prefix}"
    return whole(value)
