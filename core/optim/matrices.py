"""Steps that know more than one weight at a time: Muon sees whole matrices. Choices only; torch is
named, not imported.
"""

from typing import ClassVar, Literal

from core.optim.optimizer import Optimizer, beta, decay, rate
from core.spec import Call, ranged


class Muon(Optimizer):
    """Momentum made orthogonal: every direction of a weight matrix moves about equally far.

    UΣVᵀ is the singular value decomposition of the averaged, looked-ahead momentum; a few
    Newton–Schulz steps bring its singular values near 1. Matrices of m × n alone: biases,
    normalization scales and convolution kernels are left to AdamW with the same η and λ, for which
    the factor 0.2·√max(m, n) makes the two equally long (Liu et al. 2025).
    """

    kind: Literal["muon"] = "muon"
    label: ClassVar[str] = "Muon"
    formula: ClassVar[str] = (
        r"\theta \leftarrow (1-\eta\lambda)\,\theta - 0.2\,\eta\,\sqrt{\max(m,n)}\;U V^{\top}"
    )
    source: ClassVar[str] = "Jordan et al. 2024; Liu et al. 2025"
    technique: ClassVar[str] = "O4"
    fused: ClassVar[bool] = False
    learning_rate: float = rate(2e-3)
    momentum: float = beta(0.95, "β", "Momentum", "direction")
    weight_decay: float = decay(0.01)
    iterations: int = ranged(
        5, 1, 20, unit="per step", help="Newton–Schulz steps that make the direction orthogonal."
    )

    def call(self) -> Call:
        rest = {"momentum": self.momentum, "weight_decay": self.weight_decay}
        return Call(
            "core.optim.muon.MuonWithAdamW",
            {"lr": self.learning_rate, **rest, "iterations": self.iterations},
        )
