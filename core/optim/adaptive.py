"""Steps scaled for each weight by the typical size of its gradient: Adagrad, RMSprop, Adam,
AMSGrad, NAdam, AdamW, Adafactor; and Lion, which keeps only the sign.

Choices only: torch is named, not imported.
"""

from typing import ClassVar, Literal

from core.base.spec import Call, ranged
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


class AMSGrad(Adam):
    """Adam that divides by the largest v so far, so that rare large gradients are not forgotten: it
    converges where Adam can circle around the minimum.

    v_max ← max(v_max, v); m̂ and v̂_max are m and v_max corrected for their start at 0.
    """

    kind: Literal["amsgrad"] = "amsgrad"
    label: ClassVar[str] = "AMSGrad"
    formula: ClassVar[str] = (
        r"\theta \leftarrow \theta - \eta\, \hat m/(\sqrt{\hat v_{\max}}+\varepsilon)"
    )
    source: ClassVar[str] = "Reddi, Kale & Kumar 2018"

    def call(self) -> Call:
        call = super().call()
        return Call(call.target, {**call.arguments, "amsgrad": True})

    @property
    def memory_slots(self) -> int:
        return 3


class NAdam(Adam):
    """Adam with Nesterov's look-ahead: the step uses the momentum as it will be after it.

    μ_k = β₁(1 − ½·0.96^(0.004 k)) grows to β₁ during training. m and v are Adam's; m̂ and v̂ are
    corrected for their start at 0, and m̂ looks one step ahead.
    """

    kind: Literal["nadam"] = "nadam"
    label: ClassVar[str] = "NAdam"
    formula: ClassVar[str] = (
        r"\hat m = \tfrac{(1-\mu_k)\,g}{1-\prod_{i\le k}\mu_i} + "
        r"\tfrac{\mu_{k+1}m}{1-\prod_{i\le k+1}\mu_i}, \qquad "
        r"\theta \leftarrow \theta - \eta\, \hat m/(\sqrt{\hat v}+\varepsilon)"
    )
    source: ClassVar[str] = "Dozat 2016"
    fused: ClassVar[bool] = False

    def call(self) -> Call:
        return Call("torch.optim.NAdam", super().call().arguments)


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


class Adafactor(Optimizer):
    """Adam's scaling with little memory: for a matrix it stores the mean squared gradient of each
    row and column only, and no momentum. Steps are relative to the size of the weights.

    β_k = 1 − k^−c. For a matrix v̂ = r cᵀ/mean(r), with the running means r of its rows and c of its
    columns; for a vector v̂ = v. u = g/√v̂ and ρ_k = min(η, 1/√k).
    """

    kind: Literal["adafactor"] = "adafactor"
    label: ClassVar[str] = "Adafactor"
    formula: ClassVar[str] = (
        r"v \leftarrow \beta_k v + (1-\beta_k)g^2, \qquad \theta \leftarrow \theta - "
        r"\rho_k \max(\varepsilon_2, \mathrm{RMS}(\theta))\, "
        r"u/\max(1, \mathrm{RMS}(u)/d)"
    )
    source: ClassVar[str] = "Shazeer & Stern 2018"
    technique: ClassVar[str] = "O4"
    fused: ClassVar[bool] = False
    rescales_gradient: ClassVar[bool] = True
    learning_rate: float = learning_rate_field(0.01)
    decay: float = ranged(
        0.8, above=0, high=1, symbol="c", label="Decay exponent",
        help="The running mean of squared gradients averages over more steps as training goes on: "
        "step k keeps the fraction 1 − k^−c of it.",
    )  # fmt: skip
    clip: float = ranged(
        1.0, 1, 100, symbol="d", label="Clipping threshold", log=True,
        help="A larger root mean square of the update is reduced to this one.",
    )  # fmt: skip
    smallest: float = ranged(
        1e-3, above=0, high=1, symbol="ε₂", label="Smallest scale", log=True,
        help="Weights that are smaller than this on average take steps as if they had this size.",
    )  # fmt: skip
    weight_decay: float = weight_decay_field(0.0)

    def call(self) -> Call:
        return Call(
            "torch.optim.Adafactor",
            {
                "lr": self.learning_rate,
                "beta2_decay": -self.decay,
                "eps": (None, self.smallest),
                "d": self.clip,
                "weight_decay": self.weight_decay,
            },
        )

    @property
    def memory_slots(self) -> int:
        return 1  # of a vector; a matrix stores its rows and columns


class Lion(Optimizer):
    """Moves every weight by exactly η, in the direction of the sign of an averaged gradient. It
    stores half as much as Adam; use a learning rate 3 to 10 times lower than Adam's, and a weight
    decay as many times higher.
    """

    kind: Literal["lion"] = "lion"
    label: ClassVar[str] = "Lion"
    formula: ClassVar[str] = (
        r"\theta \leftarrow \theta - \eta\,\big(\mathrm{sign}(\beta_1 m + (1-\beta_1)g) + "
        r"\lambda\theta\big), \qquad m \leftarrow \beta_2 m + (1-\beta_2)\,g"
    )
    source: ClassVar[str] = "Chen et al. 2023"
    technique: ClassVar[str] = "O4"
    fused: ClassVar[bool] = False
    rescales_gradient: ClassVar[bool] = True
    learning_rate: float = learning_rate_field(3e-4)
    beta1: float = beta_field(0.9, label="β₁ (direction)", average="mean of gradients in the step")
    beta2: float = beta_field(0.99, label="β₂ (momentum)", average="mean of gradients")
    weight_decay: float = weight_decay_field(0.0)

    def call(self) -> Call:
        return Call(
            "core.optim.lion.LionSteps",
            {
                "lr": self.learning_rate,
                "betas": (self.beta1, self.beta2),
                "weight_decay": self.weight_decay,
            },
        )

    @property
    def memory_slots(self) -> int:
        return 1

    @property
    def max_recommended_lr(self) -> float:
        return 1e-3
