"""Chance level: the loss of a network that ignores its input, and how far an initial loss may lie
above it. Pure functions.
"""

from core.base.finding import Finding
from core.base.numbers import short
from core.losses import Loss

# Multiples of the loss at chance level. Xavier and PyTorch initialization start at 1.0 to 1.1 times
# chance level, He initialization at 1.1 to 2.6 times and still learns well (the ready-made
# experiments, two seeds each).
NOTED, CONFIDENT = 1.5, 3.0


def chance_loss(loss: str, classes: int) -> float | None:
    """Return the loss of uniform guessing among `classes` (0: the target is a value); None if it
    is not known.

    >>> chance_loss("cross_entropy", 10)
    2.302585092994046
    """
    cls = Loss.members.get(loss)
    return cls().guess(classes) if cls else None


def describe_chance(loss: str, classes: int) -> str:
    """Return the loss at chance level in words; empty if it is not known.

    >>> describe_chance("cross_entropy", 10), describe_chance("mse", 0)
    ('chance: ln 10 = 2.30', 'chance: 1.00')
    """
    chance = chance_loss(loss, classes)
    if chance is None:
        return ""
    formula = Loss.pick(loss).guess_formula(classes)
    return f"chance: {formula} = {chance:.2f}" if formula else f"chance: {chance:.2f}"


def check_initial_loss(initial: float, loss: str, classes: int) -> Finding | None:
    """Return a finding if the loss of the untrained network is above NOTED (info) or CONFIDENT
    (warn) times chance level.
    """
    chance = chance_loss(loss, classes)
    if chance is None or not initial > NOTED * chance:
        return None
    level = "warn" if initial > CONFIDENT * chance else "info"
    formula = Loss.pick(loss).guess_formula(classes)
    baseline = "uniform guessing" if classes else "predicting the mean"
    guessing = f"{baseline} ({f'{formula} = ' if formula else ''}{chance:.2f})"
    amount = "higher" if level == "info" else "far higher"
    advice = (
        "It usually recovers within a few steps."
        if level == "info"
        else "Use smaller initial weights."
    )
    text = (
        f"**Initial loss {short(initial, 3)} is {amount} than {guessing}:** the untrained network "
        f"is confidently wrong. {advice}"
    )
    return Finding("initial_loss_high", level, text, {"initial": initial, "chance": chance})
