"""Optimizer: the family of what one step does with the gradient, without its members, and the
fields that many of them share. Choices only; torch is named, not imported.

`optimizers.py` brings all members together.
"""

from typing import Any, ClassVar

from core.base.numbers import short
from core.base.spec import Call, Choice, ranged


def rate(default: float) -> Any:
    """The learning rate η."""
    return ranged(
        default,
        above=0,
        high=10,
        symbol="η",
        log=True,
        help="How far one step goes; the schedule multiplies it.",
    )


def beta(default: float, symbol: str, label: str, what: str, *, above: float | None = None) -> Any:
    """The share of a running mean or sum that stays."""
    return ranged(
        default,
        None if above is not None else 0,
        above=above,
        below=1,
        label=label,
        symbol=symbol,
        help=f"The share of the old {what} that stays from step to step.",
    )


def epsilon(default: float = 1e-8) -> Any:
    """What is added to a divisor."""
    return ranged(
        default,
        above=0,
        high=1,
        label="Floor",
        symbol="ε",
        log=True,
        help="Keeps the division finite where the gradient is tiny.",
    )


def decay(default: float) -> Any:
    """Weight decay apart from the gradient."""
    return ranged(
        default, 0, 1, symbol="λ", log=True, help="Each step shrinks every weight by η·λ."
    )


class Optimizer(Choice, family="optimizer"):
    """θ: the weights. g = ∇L: the gradient of the minibatch. η: the learning rate of this step."""

    page: ClassVar[str] = "Train"
    fused: ClassVar[bool] = True  # torch has one kernel for the whole step
    closure: ClassVar[bool] = False  # a step asks for the loss and gradient at several places
    learning_rate: float = rate(1e-3)

    def call(self) -> Call:
        """The constructor in torch.optim; the loop adds the parameters and `fused`.

        Its `lr` belongs to the rate η: while a schedule changes η, every group of parameters keeps
        the proportion of its own rate to it.
        """
        raise NotImplementedError

    def largest(self, curvature: float) -> float | None:
        """The rate beyond which its steps climb in a valley of this curvature λ > 0, along the
        steepest side; None where there is no such limit.
        """
        return None

    @property
    def note(self) -> str:
        """What a person should know of the step at these values; mostly nothing."""
        return ""

    @property
    def usual(self) -> float:
        """The largest learning rate that is in use with normalized data; beyond it is doubtful."""
        return 1e-2

    @property
    def summary(self) -> str:
        return f"{self.label} {short(self.learning_rate)}"
