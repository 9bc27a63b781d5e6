"""What a guess costs: the loss of a network that knows nothing of its input, and what lies far
above it. Pure functions.
"""

from core.base.numbers import short
from core.losses import Loss

# Times the loss of a guess. Xavier's and PyTorch's weights begin at 1.0 to 1.1 times, He's at 1.1
# to 2.6 times and still learn well (the shipped experiments, two seeds each).
NOTED, SURE = 1.5, 3.0


def guess(loss: str, classes: int) -> float | None:
    """The loss of knowing nothing about one of `classes` (0: the target is a value); None where
    it is not known.

    >>> guess("cross_entropy", 10)
    2.302585092994046
    """
    known = Loss.members.get(loss)
    return known().guess(classes) if known else None


def cost(loss: str, classes: int) -> str:
    """That in words, to stand beside a measured loss; empty where it is not known.

    >>> cost("cross_entropy", 10), cost("mse", 0)
    ('guessing costs ln 10 = 2.30', 'guessing costs 1.00')
    """
    known = guess(loss, classes)
    if known is None:
        return ""
    formula = Loss.pick(loss).guess_formula(classes)
    return f"guessing costs {formula} = {known:.2f}" if formula else f"guessing costs {known:.2f}"


def too_sure(first: float, loss: str, classes: int) -> tuple[str, str]:
    """Level and sentence when the untrained network's loss lies above that of a guess: info above
    NOTED times, warn above SURE times. Two empty strings where there is nothing to say.
    """
    known = guess(loss, classes)
    if known is None or not first > NOTED * known:
        return "", ""
    told = f"({cost(loss, classes)}): the network begins by being sure and wrong"
    if first > SURE * known:
        return "warn", f"**The first loss, {short(first, 3)}, is far above a guess's** {told}."
    return "info", (
        f"**The first loss, {short(first, 3)}, is above a guess's** {told}. The first steps put "
        "that right; it costs little."
    )
