"""Demonstration: the training loop as code, with lines to leave out, and what then happens."""

from math import log

import numpy as np
import streamlit as st

from core.base.numbers import THIN, short
from core.concepts import training_loop
from core.concepts.training_loop import EVAL, SCALE, STEP, VALIDATION, ZERO_GRAD, MeasuredLoop
from core.figures import training_loop as figures
from pages.kit.layout import card_title, finding
from pages.kit.live_chart import drawn
from pages.kit.ready_made import lead

LABELS = {SCALE: "/ 255", ZERO_GRAD: "zero_grad()", STEP: "step()", EVAL: "eval()"}
REASONS = {
    SCALE: "Without / 255, the inputs are up to 255 instead of 1, and so are the gradients: the "
    "first steps are far too large. The units of the hidden layer die, and the network returns "
    f"the same scores for every image. A loss of ln 10 = {log(10):.2f} is that of guessing.",
    ZERO_GRAD: "Without zero_grad(), PyTorch adds each gradient to all earlier ones. Each step "
    "follows their sum, as with a momentum of 1, and passes the minimum.",
    STEP: "Without step(), gradients are computed, but no weight ever changes.",
    EVAL: "Without eval(), dropout also drops hidden units during validation. The weights are "
    "trained as before, but the measured loss and error are too high.",
}


@st.cache_data(show_spinner="Training the small network")
def _measure(missing: tuple[str, ...]) -> MeasuredLoop:
    """Train without these lines, once for all sessions."""
    return training_loop.measure(frozenset(missing))


@st.fragment
def show() -> None:
    """Draw the menu of lines, the code, and the losses with and without the missing lines."""
    missing = st.pills(
        "Leave out", list(LABELS), selection_mode="multi", default=(ZERO_GRAD,),
        format_func=LABELS.__getitem__, key="loop missing",
    )  # fmt: skip
    complete = _measure(())
    changed = _measure(tuple(sorted(missing))) if missing else None
    left, right = st.columns([6, 6], gap="small")
    with left.container(border=True, height="stretch"):
        st.code(training_loop.code(frozenset(missing)), language="python", wrap_lines=True)
    with right.container(border=True, height="stretch"):
        card_title(describe_errors(complete, changed))
        drawn(
            lambda mode: figures.losses(complete, changed, mode),
            key="loop losses", height=figures.HEIGHT, name="training-loop",
            alt="Validation loss of three seeds after each epoch, with and without these lines.",
        )  # fmt: skip
        if len(missing) == 1:
            finding("info", REASONS[missing[0]])
        elif missing:
            finding("info", "Several lines are missing. Leave out one at a time to see its effect.")
        else:
            finding("ok", "The loop is complete. Leave out a line to see what happens.")
    lead("Open an experiment with the same images", "digits")


def describe_errors(complete: MeasuredLoop, changed: MeasuredLoop | None) -> str:
    """Return the validation errors at the end, as means over the seeds."""
    text = f"Validation error {percent(complete)} with the complete loop"
    if changed:
        text = f"Validation error {percent(changed)} instead of {percent(complete)}"
    return f"{text} ({len(complete.errors)} seeds, {VALIDATION} images)"


def percent(measured: MeasuredLoop) -> str:
    """Return the mean error with its standard deviation over the seeds."""
    mean, std = 100 * measured.errors.mean(), 100 * np.std(measured.errors, ddof=1)
    return f"{short(mean, 3)} ± {short(std)}{THIN}%"
