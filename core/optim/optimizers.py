"""Optimizers: what one step does with the gradient. Choices only; torch is named, not imported.

To add one that torch has, write one class: its fields, and the call it stands for.
"""

from typing import Any, ClassVar, Literal

from core.numbers import short
from core.spec import Call, Choice, ranged


def _rate(default: float) -> Any:
    return ranged(
        default,
        above=0,
        high=10,
        symbol="η",
        log=True,
        help="How far one step goes; the schedule multiplies it.",
    )


def _beta(default: float, symbol: str, label: str, what: str) -> Any:
    return ranged(
        default,
        0,
        below=1,
        label=label,
        symbol=symbol,
        help=f"The share of the old {what} that stays from step to step.",
    )


def _epsilon() -> Any:
    return ranged(
        1e-8,
        above=0,
        high=1,
        label="Floor",
        symbol="ε",
        log=True,
        help="Keeps the division finite where the gradient is tiny.",
    )


class Optimizer(Choice, family="optimizer"):
    """θ: the weights. g = ∇L: the gradient of the minibatch. η: the learning rate of this step."""

    fused: ClassVar[bool] = True  # torch has one kernel for the whole step
    learning_rate: float = _rate(1e-3)

    def call(self) -> Call:
        """The constructor in torch.optim; the loop adds the parameters and `fused`."""
        raise NotImplementedError

    @property
    def summary(self) -> str:
        return f"{self.label} {short(self.learning_rate)}"


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
    learning_rate: float = _rate(0.05)
    momentum: float = _beta(0.9, "β", "Momentum", "direction")

    def call(self) -> Call:
        return Call("torch.optim.SGD", {"lr": self.learning_rate, "momentum": self.momentum})


class Adam(Optimizer):
    """Momentum, divided for each weight by the usual size of its gradient.

    m ← β₁m + (1 − β₁)g and v ← β₂v + (1 − β₂)g²; m̂ and v̂ are these, corrected for their start at 0.
    """

    kind: Literal["adam"] = "adam"
    label: ClassVar[str] = "Adam"
    formula: ClassVar[str] = r"\theta \leftarrow \theta - \eta\, \hat m/(\sqrt{\hat v}+\varepsilon)"
    source: ClassVar[str] = "Kingma & Ba 2014"
    technique: ClassVar[str] = "O3"
    beta1: float = _beta(0.9, "β₁", "Direction", "direction")
    beta2: float = _beta(0.999, "β₂", "Scale", "squared gradient")
    epsilon: float = _epsilon()

    def call(self) -> Call:
        betas = (self.beta1, self.beta2)
        return Call(
            "torch.optim.Adam", {"lr": self.learning_rate, "betas": betas, "eps": self.epsilon}
        )


class AdamW(Optimizer):
    """Adam whose weight decay acts on the weights themselves, apart from the gradient and its
    scaling.
    """

    kind: Literal["adamw"] = "adamw"
    label: ClassVar[str] = "AdamW"
    formula: ClassVar[str] = (
        r"\theta \leftarrow \theta-\eta\,\big(\hat m/(\sqrt{\hat v}+\varepsilon)+\lambda\theta\big)"
    )
    source: ClassVar[str] = "Loshchilov & Hutter 2017"
    technique: ClassVar[str] = "O3"
    beta1: float = _beta(0.9, "β₁", "Direction", "direction")
    beta2: float = _beta(0.999, "β₂", "Scale", "squared gradient")
    epsilon: float = _epsilon()
    weight_decay: float = ranged(
        0.01, 0, 1, symbol="λ", log=True, help="Each step shrinks every weight by η·λ."
    )

    def call(self) -> Call:
        betas = (self.beta1, self.beta2)
        rest = {"betas": betas, "eps": self.epsilon, "weight_decay": self.weight_decay}
        return Call("torch.optim.AdamW", {"lr": self.learning_rate, **rest})
