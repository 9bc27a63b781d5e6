"""Optimizer: the family of update rules without its members, and the fields that many share.

Choices only: torch is named, not imported. `optimizers.py` brings all members together.
"""

from typing import Any, ClassVar

from core.base.numbers import short
from core.base.spec import Call, Choice, ranged


def learning_rate_field(default: float) -> Any:
    """The learning rate η."""
    return ranged(
        default,
        above=0,
        high=10,
        symbol="η",
        log=True,
        help="The size of one step. The schedule multiplies it.",
    )


def beta_field(
    default: float, *, label: str, symbol: str = "", average: str, above: float | None = None
) -> Any:
    """The decay factor of a running mean or sum; `average` names what is averaged."""
    return ranged(
        default,
        None if above is not None else 0,
        above=above,
        below=1,
        label=label,
        symbol=symbol,
        help=f"Decay factor of the {average}: the fraction that is kept from step to step.",
    )


def epsilon_field(default: float = 1e-8) -> Any:
    """The constant that is added to a divisor."""
    return ranged(
        default,
        above=0,
        high=1,
        label="ε",
        log=True,
        help="Added to the divisor, so that the division stays finite where gradients are tiny.",
    )


def weight_decay_field(default: float) -> Any:
    """Weight decay, decoupled from the gradient."""
    return ranged(
        default,
        0,
        1,
        symbol="λ",
        log=True,
        help="Each step multiplies every weight by 1 − η·λ, separately from the gradient.",
    )


class Optimizer(Choice, family="optimizer"):
    """θ: the weights. g = ∇L: the gradient of the mini-batch. η: the learning rate of this step."""

    page: ClassVar[str] = "Train"
    fused: ClassVar[bool] = True  # torch has one kernel for the whole step
    closure: ClassVar[bool] = False  # a step evaluates the loss and gradient at several points
    has_groups: ClassVar[bool] = True  # layers can have different learning rates
    rescales_gradient: ClassVar[bool] = False  # a separate step size for each weight
    averages_weights: ClassVar[bool] = False  # the network is evaluated with averaged weights
    prefers_constant_lr: ClassVar[bool] = False  # averages weights that should stay apart
    learning_rate: float = learning_rate_field(1e-3)

    def call(self) -> Call:
        """Return the constructor in torch.optim; the loop adds the parameters and `fused`.

        Its `lr` corresponds to the learning rate η: when a schedule changes η, every parameter
        group keeps its ratio to η.
        """
        raise NotImplementedError

    @property
    def memory_slots(self) -> int:
        """How many numbers the optimizer stores for each weight, at most."""
        return 2

    @property
    def gradient_evaluations(self) -> float:
        """How many gradients one step computes, at most."""
        return 1.0

    @property
    def max_recommended_lr(self) -> float:
        """The largest learning rate in common use with normalized data."""
        return 1e-2

    def keeps_state_of(self, other: "Optimizer") -> bool:
        """Return whether this optimizer can go on with what the other one remembers: both are of
        one kind and differ in numbers that do not decide what is remembered.
        """
        if self.kind != other.kind:
            return False
        ours, theirs = self.call().arguments, other.call().arguments
        changed = [name for name in ours if ours[name] != theirs.get(name)]
        others = [name for name in changed if name not in ("lr", "weight_decay")]
        return all(_is_nonzero(values[name]) for name in others for values in (ours, theirs))

    def stability_limit(self, curvature: float) -> float | None:
        """Return the learning rate above which steps diverge along a direction of curvature λ > 0
        (the largest eigenvalue of the Hessian); None where there is no such limit.
        """
        return None

    @property
    def note(self) -> str:
        """A remark about the step size at these values; usually empty."""
        return ""

    @property
    def summary(self) -> str:
        return f"{self.label} {short(self.learning_rate)}"


def _is_nonzero(value: Any) -> bool:
    """Return whether it is a number, or numbers, other than 0; counts and names are none."""
    if isinstance(value, tuple):
        return all(map(_is_nonzero, value))
    return isinstance(value, float) and value != 0
