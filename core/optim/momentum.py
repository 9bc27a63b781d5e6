"""Descent along the gradient and along its memory: SGD, momentum in both lecture forms, Nesterov.
Choices only; torch is named, not imported.
"""

from typing import ClassVar, Literal

from core.base.numbers import short
from core.base.spec import Call
from core.optim.optimizer import Optimizer, beta, rate


def _usual(momentum: float) -> float:
    """In a steady slope a sum of gradients takes steps 1/(1 − β) times as long."""
    return 0.5 * (1 - momentum) if momentum else 1.0


class SGD(Optimizer):
    """Stochastic gradient descent with momentum: the old direction keeps a share β of itself.

    With β = 0 it is the plain step θ ← θ − ηg. PyTorch's form does not average the gradient: in a
    steady slope the step grows to 1/(1−β) times η·g, ten times as long at β = 0.9.
    """

    kind: Literal["sgd"] = "sgd"
    label: ClassVar[str] = "SGD with momentum"
    formula: ClassVar[str] = r"v \leftarrow \beta v + g, \qquad \theta \leftarrow \theta - \eta\, v"
    source: ClassVar[str] = "Robbins & Monro 1951; Polyak 1964"
    technique: ClassVar[str] = "O1 O2"
    learning_rate: float = rate(0.05)
    momentum: float = beta(0.9, "β", "Momentum", "direction")

    def call(self) -> Call:
        return Call("torch.optim.SGD", {"lr": self.learning_rate, "momentum": self.momentum})

    def largest(self, curvature: float) -> float | None:
        return 2 * (1 + self.momentum) / curvature

    @property
    def usual(self) -> float:
        return _usual(self.momentum)

    @property
    def note(self) -> str:
        if not self.momentum:
            return ""
        return (
            f"In a steady slope one step is η·g/(1−β), {short(1 / (1 - self.momentum), 3)} times "
            "η·g. The other lecture form, averaged momentum, keeps it at η·g."
        )


class AveragedMomentum(Optimizer):
    """Momentum as a running mean of the gradients: in a steady slope the step stays η·g.

    It is the other form with a learning rate of (1−β)η, step by step: v here is (1−β) times v
    there. So the same η goes 1/(1−β) times as far in the other form, ten times at β = 0.9.
    """

    kind: Literal["averaged_momentum"] = "averaged_momentum"
    label: ClassVar[str] = "Averaged momentum"
    formula: ClassVar[str] = (
        r"v \leftarrow \beta v + (1-\beta)\,g, \qquad \theta \leftarrow \theta - \eta\, v"
    )
    source: ClassVar[str] = "decks A, C and D; Polyak 1964"
    technique: ClassVar[str] = "O2"
    learning_rate: float = rate(0.5)
    momentum: float = beta(0.9, "β", "Momentum", "direction")

    def call(self) -> Call:
        scaled = self.learning_rate * (1 - self.momentum)
        return Call("torch.optim.SGD", {"lr": scaled, "momentum": self.momentum})

    def largest(self, curvature: float) -> float | None:
        return 2 * (1 + self.momentum) / ((1 - self.momentum) * curvature)

    @property
    def usual(self) -> float:
        return 0.5 if self.momentum else 1.0

    @property
    def note(self) -> str:
        if not self.momentum:
            return ""
        return (
            "In a steady slope one step is η·g. The other lecture form, SGD with momentum, goes "
            f"1/(1−β) = {short(1 / (1 - self.momentum), 3)} times as far with the same η, so "
            "PyTorch gets (1−β)·η here."
        )


class Nesterov(Optimizer):
    """Momentum that looks ahead: the gradient counts where the momentum is about to lead.

    PyTorch keeps the weights at the place looked ahead to, which turns Nesterov's two formulas
    into these (Sutskever et al. 2013).
    """

    kind: Literal["nesterov"] = "nesterov"
    label: ClassVar[str] = "Nesterov momentum"
    formula: ClassVar[str] = (
        r"v \leftarrow \beta v + g, \qquad \theta \leftarrow \theta - \eta\,(g + \beta v)"
    )
    source: ClassVar[str] = "Nesterov 1983; Sutskever et al. 2013"
    technique: ClassVar[str] = "O2"
    learning_rate: float = rate(0.05)
    momentum: float = beta(0.9, "β", "Momentum", "direction", above=0)

    def call(self) -> Call:
        rest = {"momentum": self.momentum, "nesterov": True}
        return Call("torch.optim.SGD", {"lr": self.learning_rate, **rest})

    def largest(self, curvature: float) -> float | None:
        return 2 * (1 + self.momentum) / ((1 + 2 * self.momentum) * curvature)

    @property
    def usual(self) -> float:
        return _usual(self.momentum)
