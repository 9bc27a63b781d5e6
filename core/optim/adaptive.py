"""Steps scaled for each weight by the usual size of its gradient: Adagrad, RMSprop, Adam, AdamW.
Choices only; torch is named, not imported.
"""

from typing import ClassVar, Literal

from core.base.spec import Call
from core.optim.optimizer import Optimizer, beta, decay, epsilon, rate


class Adagrad(Optimizer):
    """Divides by the root of all squared gradients so far: a weight that has moved much moves less
    from then on, and the steps shrink like 1/√k.
    """

    kind: Literal["adagrad"] = "adagrad"
    label: ClassVar[str] = "Adagrad"
    formula: ClassVar[str] = (
        r"s \leftarrow s + g^2, \qquad \theta \leftarrow \theta - \eta\, g/(\sqrt{s}+\varepsilon)"
    )
    source: ClassVar[str] = "Duchi, Hazan & Singer 2011"
    technique: ClassVar[str] = "O3"
    fused: ClassVar[bool] = False  # torch has that kernel for the CPU alone
    learning_rate: float = rate(0.05)
    epsilon: float = epsilon(1e-10)

    def call(self) -> Call:
        return Call("torch.optim.Adagrad", {"lr": self.learning_rate, "eps": self.epsilon})

    @property
    def usual(self) -> float:
        return 0.1


class RMSprop(Optimizer):
    """Divides by the root of a running mean of the squared gradients: as Adagrad, but it forgets,
    so the steps do not die out.
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
    alpha: float = beta(0.99, "α", "Scale", "squared gradient")
    epsilon: float = epsilon()

    def call(self) -> Call:
        rest = {"alpha": self.alpha, "eps": self.epsilon}
        return Call("torch.optim.RMSprop", {"lr": self.learning_rate, **rest})


class Adam(Optimizer):
    """Momentum, divided for each weight by the usual size of its gradient.

    m ← β₁m + (1 − β₁)g and v ← β₂v + (1 − β₂)g²; m̂ and v̂ are these, corrected for their start at 0.
    """

    kind: Literal["adam"] = "adam"
    label: ClassVar[str] = "Adam"
    formula: ClassVar[str] = r"\theta \leftarrow \theta - \eta\, \hat m/(\sqrt{\hat v}+\varepsilon)"
    source: ClassVar[str] = "Kingma & Ba 2014"
    technique: ClassVar[str] = "O3"
    beta1: float = beta(0.9, "β₁", "Direction", "direction")
    beta2: float = beta(0.999, "β₂", "Scale", "squared gradient")
    epsilon: float = epsilon()

    def call(self) -> Call:
        betas = (self.beta1, self.beta2)
        return Call(
            "torch.optim.Adam", {"lr": self.learning_rate, "betas": betas, "eps": self.epsilon}
        )


class AdamW(Optimizer):
    """Adam whose weight decay acts on the weights themselves, apart from the gradient and its
    scaling.

    m ← β₁m + (1 − β₁)g and v ← β₂v + (1 − β₂)g²; m̂ and v̂ are these, corrected for their start at 0.
    """

    kind: Literal["adamw"] = "adamw"
    label: ClassVar[str] = "AdamW"
    formula: ClassVar[str] = (
        r"\theta \leftarrow \theta-\eta\,\big(\hat m/(\sqrt{\hat v}+\varepsilon)+\lambda\theta\big)"
    )
    source: ClassVar[str] = "Loshchilov & Hutter 2017"
    technique: ClassVar[str] = "O3"
    beta1: float = beta(0.9, "β₁", "Direction", "direction")
    beta2: float = beta(0.999, "β₂", "Scale", "squared gradient")
    epsilon: float = epsilon()
    weight_decay: float = decay(0.01)

    def call(self) -> Call:
        betas = (self.beta1, self.beta2)
        rest = {"betas": betas, "eps": self.epsilon, "weight_decay": self.weight_decay}
        return Call("torch.optim.AdamW", {"lr": self.learning_rate, **rest})
