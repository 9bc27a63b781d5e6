"""Steps that know more than one weight at a time: Muon sees whole matrices, L-BFGS the curvature.
Choices only; torch is named, not imported.
"""

from typing import ClassVar, Literal

from core.base.spec import Call, ranged
from core.optim.optimizer import Optimizer, beta, decay, rate


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
        5, 1, 20, help="Newton–Schulz iterations that make each step's direction orthogonal."
    )

    def call(self) -> Call:
        rest = {"momentum": self.momentum, "weight_decay": self.weight_decay}
        return Call(
            "core.optim.muon.MuonWithAdamW",
            {"lr": self.learning_rate, **rest, "iterations": self.iterations},
        )


class LBFGS(Optimizer):
    """A Newton step whose curvature is learned from the last few moves, several of them within one
    step, each with a search along its line. For the full batch: on minibatches it takes the
    noise for curvature.

    H: an estimate of the inverse Hessian from the last m moves. Every evaluation costs as much as
    a step of SGD. It takes its gradients itself: clipping and SAM do not reach them.
    """

    kind: Literal["lbfgs"] = "lbfgs"
    label: ClassVar[str] = "L-BFGS"
    formula: ClassVar[str] = r"\theta \leftarrow \theta - \eta\, H g"
    source: ClassVar[str] = "Liu & Nocedal 1989"
    technique: ClassVar[str] = "O4"
    fused: ClassVar[bool] = False
    closure: ClassVar[bool] = True
    learning_rate: float = rate(1.0)
    moves: int = ranged(10, 1, 100, unit="per step", help="Moves within one step, at the most.")
    memory: int = ranged(10, 1, 100, symbol="m", help="Past moves that the curvature is from.")
    search: bool = ranged(True, label="Line search", help="Strong Wolfe conditions; else η as is.")

    def call(self) -> Call:
        rest = {"max_iter": self.moves, "history_size": self.memory}
        search = {"line_search_fn": "strong_wolfe" if self.search else None}
        return Call("torch.optim.LBFGS", {"lr": self.learning_rate, **rest, **search})

    @property
    def usual(self) -> float:
        return 1.0
