"""Gradient descent with momentum: SGD, its form with averaged gradients, Nesterov.

Choices only: torch is named, not imported.
"""

from typing import ClassVar, Literal

from core.base.numbers import short
from core.base.spec import Call
from core.optim.optimizer import Optimizer, beta_field, learning_rate_field

AVERAGE = "sum of past gradients"


def _recommended(momentum: float) -> float:
    """Under a constant gradient, summed gradients take steps 1/(1 − β) times as long."""
    return 0.5 * (1 - momentum) if momentum else 1.0


class SGD(Optimizer):
    """Stochastic gradient descent with momentum: each step keeps the fraction β of the previous
    direction.

    β = 0 is the plain step θ ← θ − ηg. PyTorch's form sums gradients and does not average them:
    under a constant gradient the step grows to 1/(1−β) times η·g, ten times as long at β = 0.9.
    """

    kind: Literal["sgd"] = "sgd"
    label: ClassVar[str] = "SGD with momentum"
    formula: ClassVar[str] = r"v \leftarrow \beta v + g, \qquad \theta \leftarrow \theta - \eta\, v"
    source: ClassVar[str] = "Robbins & Monro 1951; Polyak 1964"
    technique: ClassVar[str] = "O1 O2"
    learning_rate: float = learning_rate_field(0.05)
    momentum: float = beta_field(0.9, label="Momentum", symbol="β", average=AVERAGE)

    def call(self) -> Call:
        return Call("torch.optim.SGD", {"lr": self.learning_rate, "momentum": self.momentum})

    @property
    def memory_slots(self) -> int:
        return 1 if self.momentum else 0

    @property
    def max_recommended_lr(self) -> float:
        return _recommended(self.momentum)

    def stability_limit(self, curvature: float) -> float | None:
        return 2 * (1 + self.momentum) / curvature

    @property
    def note(self) -> str:
        if not self.momentum:
            return ""
        return (
            f"Under a constant gradient one step is η·g/(1−β), {short(1 / (1 - self.momentum), 3)} "
            "times η·g. Averaged momentum keeps it at η·g."
        )


class AveragedMomentum(Optimizer):
    """Momentum as a running mean of the gradients: under a constant gradient the step stays η·g.

    The same as SGD with momentum at a learning rate of (1−β)η: v here is (1−β) times v there. The
    same η therefore goes 1/(1−β) times as far in SGD with momentum, ten times at β = 0.9.
    """

    kind: Literal["averaged_momentum"] = "averaged_momentum"
    label: ClassVar[str] = "Averaged momentum"
    formula: ClassVar[str] = (
        r"v \leftarrow \beta v + (1-\beta)\,g, \qquad \theta \leftarrow \theta - \eta\, v"
    )
    source: ClassVar[str] = "Polyak 1964"
    technique: ClassVar[str] = "O2"
    learning_rate: float = learning_rate_field(0.5)
    momentum: float = beta_field(
        0.9, label="Momentum", symbol="β", average="mean of past gradients"
    )

    def call(self) -> Call:
        scaled = self.learning_rate * (1 - self.momentum)
        return Call("torch.optim.SGD", {"lr": scaled, "momentum": self.momentum})

    @property
    def memory_slots(self) -> int:
        return 1 if self.momentum else 0

    @property
    def max_recommended_lr(self) -> float:
        return 0.5 if self.momentum else 1.0

    def stability_limit(self, curvature: float) -> float | None:
        return 2 * (1 + self.momentum) / ((1 - self.momentum) * curvature)

    @property
    def note(self) -> str:
        if not self.momentum:
            return ""
        return (
            "Under a constant gradient one step is η·g. SGD with momentum goes 1/(1−β) = "
            f"{short(1 / (1 - self.momentum), 3)} times as far with the same η, so PyTorch gets "
            "(1−β)·η here."
        )


class Nesterov(Optimizer):
    """Momentum with look-ahead: the gradient is evaluated where the momentum is about to go.

    PyTorch stores the looked-ahead weights, which turns Nesterov's two formulas into these
    (Sutskever et al. 2013).
    """

    kind: Literal["nesterov"] = "nesterov"
    label: ClassVar[str] = "Nesterov momentum"
    formula: ClassVar[str] = (
        r"v \leftarrow \beta v + g, \qquad \theta \leftarrow \theta - \eta\,(g + \beta v)"
    )
    source: ClassVar[str] = "Nesterov 1983; Sutskever et al. 2013"
    technique: ClassVar[str] = "O2"
    learning_rate: float = learning_rate_field(0.05)
    momentum: float = beta_field(0.9, label="Momentum", symbol="β", average=AVERAGE, above=0)

    def call(self) -> Call:
        arguments = {"lr": self.learning_rate, "momentum": self.momentum, "nesterov": True}
        return Call("torch.optim.SGD", arguments)

    @property
    def memory_slots(self) -> int:
        return 1

    @property
    def max_recommended_lr(self) -> float:
        return _recommended(self.momentum)

    def stability_limit(self, curvature: float) -> float | None:
        return 2 * (1 + self.momentum) / ((1 + 2 * self.momentum) * curvature)
