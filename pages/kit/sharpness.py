"""How sharp the minimum is that a run has found: a card of the page Watch, measured on demand."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.advice.suggestions import beyond
from core.advice.training_checks import Advice
from core.base.encoding import decode, encode
from core.base.numbers import short
from core.experiment import Experiment
from pages.kit import state
from pages.kit.form import escape
from pages.kit.layout import card_title, finding
from pages.kit.range_test import wait, work

KEPT = "sharpness"  # the id of the task
FIRST = (  # what the loss at the first weights hangs on
    "data", "split", "label_noise", "normalization", "network", "initializer", "loss", "seeds"
)  # fmt: skip
HELP = (
    "The largest eigenvalue λ of the Hessian of the training loss, on at most 512 samples, dropout "
    "off. The larger it is, the sharper the minimum; plain gradient descent with a step longer "
    "than 2/λ climbs out of it. Flat minima tend to generalize better, but λ also grows when the "
    "weights are only scaled (Keskar et al. 2017; Dinh et al. 2017)."
)


def card(run: str, experiment: Experiment, reopen: Callable[[Advice], None]) -> None:
    """One sentence, or the button that measures it. `reopen` does what advice proposes."""
    task = measured(run)
    with card_title("Flat or sharp?", help=HELP):
        pressed = st.button(
            "Measure", icon=":material/landscape:", key="measure_flatness",
            disabled=bool(task and not task["over"]),
        )  # fmt: skip
    if pressed:
        before = state.keep(KEPT)
        state.keep(KEPT, work().begin("sharpness", encode(experiment), run, instead=before))
        st.rerun()
    if not task:
        st.caption(
            "How strongly the loss curves, before the first step and at the weights that were kept."
        )
    elif not task["over"]:
        st.fragment(wait, run_every=0.5)(task["id"], "Looks for λ")
    elif task["problem"]:
        finding("bad", escape(task["problem"]))
    elif "after" in task["found"]:
        tell(task["found"], experiment, reopen)


def measured(run: str) -> dict[str, Any] | None:
    """The task that looked at this run; None for none."""
    task = work().look(state.keep(KEPT)) if state.keep(KEPT) else None
    return task if task and task["run"] == run else None


def known(draft: Experiment) -> float:
    """The curvature at the first weights, where it was measured for such an experiment; else 0."""
    task = work().look(state.keep(KEPT)) if state.keep(KEPT) else None
    if not task:
        return 0.0
    seen = decode(Experiment, task["experiment"])
    alike = all(getattr(seen, name) == getattr(draft, name) for name in FIRST)
    return task["found"].get("before", 0.0) if alike else 0.0


def tell(found: dict[str, float], experiment: Experiment, reopen: Callable[[Advice], None]) -> None:
    """Where it ended, against where it began, and whether its first steps were too long."""
    before, after = found["before"], found["after"]
    finding("info", sentence(before, after))
    for one in beyond(experiment, before):
        if finding(one.level, one.text, one.action, "flatness_rate"):
            reopen(one)


def sentence(before: float, after: float) -> str:
    """λ at both places in words."""
    there = f"λ is **{short(after)}** at the weights kept, {short(before)} before the first step"
    if after <= 0 or before <= 0:
        return f"{there}: no side of the loss goes up where λ is not above 0."
    ratio = max(after / before, before / after)
    word = "sharper" if after > before else "flatter"
    grown = f"{short(ratio)} times {word}" if ratio >= 1.1 else "as sharp as it began"
    return (
        f"{there}: it ended {grown}. Plain gradient descent climbs there with steps beyond 2/λ = "
        f"{short(2 / after)}."
    )
