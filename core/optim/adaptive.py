"""Steps scaled for each weight by the typical size of its gradient: Adagrad, RMSprop, Adam, AdamW.

Choices only: torch is named, not imported.
"""

from typing import ClassVar, Literal

from core.base.spec import Call
from core.optim.optimizer import (
    Optimizer,
    beta_field,
    epsilon_field,
    learning_rate_field,
    weight_decay_field,
)


class Adagrad(Optimizer):
    """Divides each step by the root of the sum of all squared gradients: a weight with large past
    gradients takes smaller steps, and all steps shrink like 1/√k.
    """

    kind: Literal["adagrad"] = "adagrad"
    label: ClassVar[str] = "Adagrad"
    formula: ClassVar[str] = (
        r"s \leftarrow s + g^2, \qquad \theta \leftarrow \theta - \eta\, g/(\sqrt{s}+\varepsilon)"
    )
    source: ClassVar[str] = "Duchi, Hazan & Singer 2011"
    technique: ClassVar[str] = "O3"
    fused: ClassVar[bool] = False  # torch has this kernel for the CPU only
    rescales_gradient: ClassVar[bool] = True
    learning_rate: float = learning_rate_field(0.05)
    epsilon: float = epsilon_field(1e-10)

    def call(self) -> Call:
        return Call("torch.optim.Adagrad", {"lr": self.learning_rate, "eps": self.epsilon})

    @property
    def memory_slots(self) -> int:
        return 1

    @property
    def max_recommended_lr(self) -> float:
        return 0.1


class RMSprop(Optimizer):
    """Divides each step by the root of a running mean of the squared gradients. Unlike Adagrad it
    forgets old gradients, so the steps do not shrink to zero.
    """

    kind: Literal["rmsprop"] = "rmsprop"
    label: ClassVar[str] = "RMSprop"
    formula: ClassVar[str] = (
        r"s \leftarrow \alpha s + (1-\alpha)g^2, \qquad "
        r"\theta \leftarrow \theta - \eta\, g/(\sqrt{s}+\varepsilon)"
    )
    source: ClassVar[str] = "Tieleman & Hinton 2012 (lecture 6e)"
    technique: ClassVar[str] = "O3"
    fused: ClassVar[bool] = False
    rescales_gradient: ClassVar[bool] = True
    alpha: float = beta_field(0.99, label="α (second moment)", average="mean of squared gradients")
    epsilon: float = epsilon_field()

    def call(self) -> Call:
        return Call(
            "torch.optim.RMSprop",
            {"lr": self.learning_rate, "alpha": self.alpha, "eps": self.epsilon},
        )

    @property
    def memory_slots(self) -> int:
        return 1


class Adam(Optimizer):
    """Momentum, divided for each weight by the typical size of its gradient.

    m ← β₁m + (1 − β₁)g and v ← β₂v + (1 − β₂)g²; m̂ and v̂ are m and v corrected for their start at
    0.
    """

    kind: Literal["adam"] = "adam"
    label: ClassVar[str] = "Adam"
    formula: ClassVar[str] = r"\theta \leftarrow \theta - \eta\, \hat m/(\sqrt{\hat v}+\varepsilon)"
    source: ClassVar[str] = "Kingma & Ba 2014"
    technique: ClassVar[str] = "O3"
    rescales_gradient: ClassVar[bool] = True
    beta1: float = beta_field(0.9, label="β₁ (momentum)", average="mean of gradients")
    beta2: float = beta_field(
        0.999, label="β₂ (second moment)", average="mean of squared gradients"
    )
    epsilon: float = epsilon_field()

    def call(self) -> Call:
        betas = (self.beta1, self.beta2)
        return Call(
            "torch.optim.Adam", {"lr": self.learning_rate, "betas": betas, "eps": self.epsilon}
        )


class AdamW(Optimizer):
    """Adam with decoupled weight decay: the decay acts on the weights directly and is not rescaled
    with the gradient.

    m ← β₁m + (1 − β₁)g and v ← β₂v + (1 − β₂)g²; m̂ and v̂ are m and v corrected for their start at
    0.
    """

    kind: Literal["adamw"] = "adamw"
    label: ClassVar[str] = "AdamW"
    formula: ClassVar[str] = (
        r"\theta \leftarrow \theta-\eta\,\big(\hat m/(\sqrt{\hat v}+\varepsilon)+\lambda\theta\big)"
    )
    source: ClassVar[str] = "Loshchilov & Hutter 2017"
    technique: ClassVar[str] = "O3"
    rescales_gradient: ClassVar[bool] = True
    beta1: float = beta_field(0.9, label="β₁ (momentum)", average="mean of gradients")
    beta2: float = beta_field(
        0.999, label="β₂ (second moment)", average="mean of squared gradients"
    )
    epsilon: float = epsilon_field()
    weight_decay: float = weight_decay_field(0.01)

    def call(self) -> Call:
        return Call(
            "torch.optim.AdamW",
            {
                "lr": self.learning_rate,
                "betas": (self.beta1, self.beta2),
                "eps": self.epsilon,
                "weight_decay": self.weight_decay,
            },
        )
