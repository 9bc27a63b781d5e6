"""The scale of the inputs as the network receives them. Initial weights and usual learning rates
assume values near 1 (LeCun, Bottou, Orr & Müller 1998, Efficient BackProp). Pure.
"""

from core.base.finding import Action, Finding
from core.base.numbers import short
from core.data.normalization import Normalization, Standardize

SMALLEST, LARGEST = 0.01, 10.0  # usual root mean square; each normalization is well within them


def check_input_scale(rms: float, normalization: Normalization) -> Finding | None:
    """Return a finding if the root mean square of the normalized inputs is far from 1."""
    if rms == 0 or SMALLEST <= rms <= LARGEST:
        return None
    effect = "large" if rms > LARGEST else "small"
    cause = (
        "they are not normalized"
        if normalization.kind == "none"
        else f"normalization: {normalization.summary}"
    )
    text = (
        f"**The inputs have a root mean square of {short(rms, 3)} ({cause}).** Initial weights and "
        f"learning rates assume values near 1, so outputs and gradients are too {effect}. "
        "Standardize the inputs."
    )
    action = Action(
        "Standardize the inputs", {"normalization": Standardize().model_dump(mode="json")}
    )
    evidence = {"rms": rms, "normalization": normalization.kind}
    return Finding("input_scale", "warn", text, evidence, action)
