"""Steps that consider more than one weight at a time: Muon uses whole matrices, L-BFGS curvature.

Choices only: torch is named, not imported.
"""

from typing import ClassVar, Literal

from core.base.spec import Call, ranged
from core.optim.optimizer import Optimizer, beta_field, learning_rate_field, weight_decay_field


class Muon(Optimizer):
    """Orthogonalized momentum: every direction of a weight matrix moves about equally far.

    UΣVᵀ is the singular value decomposition of the averaged Nesterov momentum; a few Newton–Schulz
    iterations bring its singular values close to 1. Only m × n matrices: biases, normalization
    scales and convolution kernels use AdamW with the same η and λ. The factor 0.2·√max(m, n) makes
    the steps of both equally long (Liu et al. 2025).
    """

    kind: Literal["muon"] = "muon"
    label: ClassVar[str] = "Muon"
    formula: ClassVar[str] = (
        r"\theta \leftarrow (1-\eta\lambda)\,\theta - 0.2\,\eta\,\sqrt{\max(m,n)}\;U V^{\top}"
    )
    source: ClassVar[str] = "Jordan et al. 2024; Liu et al. 2025"
    technique: ClassVar[str] = "O4"
    fused: ClassVar[bool] = False
    learning_rate: float = learning_rate_field(2e-3)
    momentum: float = beta_field(0.95, label="Momentum", symbol="β", average="mean of gradients")
    weight_decay: float = weight_decay_field(0.01)
    iterations: int = ranged(
        5, 1, 20, help="Newton–Schulz iterations that orthogonalize the direction of each step."
    )

    def call(self) -> Call:
        return Call(
            "core.optim.muon.MuonWithAdamW",
            {
                "lr": self.learning_rate,
                "momentum": self.momentum,
                "weight_decay": self.weight_decay,
                "iterations": self.iterations,
            },
        )


class LBFGS(Optimizer):
    """A quasi-Newton method: it estimates curvature from its last few moves and makes several moves
    per step, each with a line search. Use it with the full batch; on mini-batches it mistakes noise
    for curvature.

    H: an estimate of the inverse Hessian from the last m moves. Every evaluation costs as much as a
    step of SGD. L-BFGS computes its own gradients, so gradient clipping and SAM have no effect.
    """

    kind: Literal["lbfgs"] = "lbfgs"
    label: ClassVar[str] = "L-BFGS"
    formula: ClassVar[str] = r"\theta \leftarrow \theta - \eta\, H g"
    source: ClassVar[str] = "Liu & Nocedal 1989"
    technique: ClassVar[str] = "O4"
    fused: ClassVar[bool] = False
    closure: ClassVar[bool] = True
    has_groups: ClassVar[bool] = False
    learning_rate: float = learning_rate_field(1.0)
    moves: int = ranged(10, 1, 100, unit="per step", help="Maximum number of moves in one step.")
    memory: int = ranged(
        10, 1, 100, label="History size", symbol="m",
        help="How many past moves the curvature is estimated from.",
    )  # fmt: skip
    search: bool = ranged(
        True, label="Line search", help="Strong Wolfe conditions; without it every move uses η."
    )

    def call(self) -> Call:
        return Call(
            "torch.optim.LBFGS",
            {
                "lr": self.learning_rate,
                "max_iter": self.moves,
                "history_size": self.memory,
                "line_search_fn": "strong_wolfe" if self.search else None,
            },
        )

    @property
    def memory_slots(self) -> int:
        """The moves and gradient changes of the history, the last gradient and the direction."""
        return 2 * self.memory + 2

    @property
    def gradient_evaluations(self) -> float:
        """torch's `max_eval`: a quarter more than the moves."""
        return self.moves * 5 // 4

    @property
    def max_recommended_lr(self) -> float:
        return 1.0
