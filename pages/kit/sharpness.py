"""Sharpness of the minimum that a run has found: a card of the page Watch, measured on demand."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.advice.suggestions import check_stability
from core.base.encoding import decode
from core.base.finding import Action
from core.base.numbers import THIN, short
from core.experiment import Experiment
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import card_title, finding
from pages.kit.measurements import begin, current, wait

TASK = "sharpness"  # session key of the task's id
FIRST = (  # the settings that the loss at the initial weights depends on
    "data", "split", "label_noise", "normalization", "network", "initializer", "loss", "seeds"
)  # fmt: skip
HELP = (
    "λ is the largest eigenvalue of the Hessian of the training loss, measured on at most 512 "
    "samples with dropout off. A larger λ means a sharper minimum: plain gradient descent is "
    "unstable there with a learning rate above 2/λ. Flat minima tend to generalize better, but "
    "rescaling the weights also changes λ (Keskar et al. 2017; Dinh et al. 2017)."
)


def card(run: str, experiment: Experiment, reopen: Callable[[Action], None]) -> None:
    """The measured sharpness, or a button that measures it. `reopen` opens the settings with the
    changes of a finding.
    """
    task = measured(run)
    with card_title("Sharpness of the minimum", help=HELP):
        pressed = button(
            "Measure sharpness", icon=":material/landscape:", key="measure_flatness",
            disabled=bool(task and not task["over"]),
        )  # fmt: skip
    if pressed:
        begin("sharpness", experiment, run, name=TASK)
        st.rerun()
    if not task:
        st.caption(
            "Measure the curvature of the loss at the initial weights and at the saved weights."
        )
    elif not task["over"]:
        st.fragment(wait, run_every=0.5)(task["id"], "Measuring λ …")
    elif task["problem"]:
        finding("bad", escape(task["problem"]))
    elif "after" in task["found"]:
        show_result(task["found"], experiment, reopen)


def measured(run: str) -> dict[str, Any] | None:
    """Return the task that measured this run; None if there is none."""
    task = current(TASK)
    return task if task and task["run"] == run else None


def measured_curvature(draft: Experiment) -> float:
    """Return the curvature at the initial weights if it was measured for these settings, else 0."""
    task = current(TASK)
    if not task:
        return 0.0
    seen = decode(Experiment, task["experiment"])
    alike = all(getattr(seen, name) == getattr(draft, name) for name in FIRST)
    return task["found"].get("before", 0.0) if alike else 0.0


def show_result(
    curvature: dict[str, float], experiment: Experiment, reopen: Callable[[Action], None]
) -> None:
    """Show λ at the end and at the start, and whether the learning rate was too large at first."""
    before, after = curvature["before"], curvature["after"]
    finding("info", describe_curvature(before, after))
    for warning in check_stability(experiment, before):
        if finding(warning.level, warning.text, warning.action.label, "flatness_rate"):
            reopen(warning.action)


def describe_curvature(before: float, after: float) -> str:
    """Describe λ before and after the training."""
    measured = (
        f"λ is **{short(after)}** at the saved weights and {short(before)} at the initial weights"
    )
    if after <= 0 or before <= 0:
        where = "saved" if after <= 0 else "initial"
        return f"{measured}. λ ≤ 0: the loss has no upward curvature at the {where} weights."
    ratio = max(after / before, before / after)
    direction = "sharper" if after > before else "flatter"
    change = f"{short(ratio)}{THIN}× {direction}" if ratio >= 1.1 else "about equally sharp"
    return (
        f"{measured}: the end is {change}. Plain gradient descent is unstable there with a "
        f"learning rate above 2/λ = {short(2 / after)}."
    )
