"""Regularizers that prefer flat minima: sharpness-aware minimization, averages of the weights, a
penalty on the variance of gradients. Choices only; the arithmetic is in `sharpness.py` and
`averages.py`.
"""

from typing import ClassVar, Literal

from core.base.numbers import percent, short
from core.base.spec import Call, ranged
from core.optim.regularizer import Regularizer


class SAM(Regularizer):
    """Sharpness-aware minimization: computes the gradient at distance ρ uphill from the current
    weights and applies it at the current weights. Steep minima are left in favour of flat ones.

    Every step computes two gradients. Dropout draws a new mask for the second one; the running
    statistics of batch normalization use only the first one.
    """

    kind: Literal["sam"] = "sam"
    label: ClassVar[str] = "Sharpness-aware (SAM)"
    formula: ClassVar[str] = r"g' = \nabla L\big(\theta + \rho\, g/\lVert g\rVert\big)"
    source: ClassVar[str] = "Foret et al. 2020"
    technique: ClassVar[str] = "O4 R4"
    changes_gradient: ClassVar[bool] = True
    weight_copies: ClassVar[int] = 1  # the current weights, during the second gradient
    radius: float = ranged(
        0.05, above=0, high=10, symbol="ρ", log=True,
        help="How far uphill the gradient is computed.",
    )  # fmt: skip

    def call(self) -> Call:
        return Call("core.optim.sharpness.SharpnessAware", {"radius": self.radius})

    @property
    def extra_gradients(self) -> float:
        return 1.0

    @property
    def summary(self) -> str:
        return f"SAM {short(self.radius, 6)}"


class EMA(Regularizer):
    """Keeps an exponential moving average of the weights and evaluates the network with it.
    Training continues from the weights themselves.

    d = min(β, (1 + k)/(10 + k)) at step k, so that a young average forgets its start. The running
    statistics of batch normalization are averaged in the same way.
    """

    kind: Literal["ema"] = "ema"
    label: ClassVar[str] = "Moving average of weights (EMA)"
    formula: ClassVar[str] = r"\bar\theta \leftarrow d\,\bar\theta + (1-d)\,\theta"
    source: ClassVar[str] = "Polyak & Juditsky 1992; Tarvainen & Valpola 2017"
    technique: ClassVar[str] = "R5"
    weight_copies: ClassVar[int] = 1
    averages_weights: ClassVar[bool] = True
    beta: float = ranged(
        0.999, 0, below=1, label="Decay", symbol="β",
        help="The fraction of the average that is kept from step to step.",
    )  # fmt: skip

    def call(self) -> Call:
        return Call("core.optim.averages.ExponentialAverage", {"beta": self.beta})

    @property
    def summary(self) -> str:
        return f"EMA {short(self.beta, 6)}"


class SWA(Regularizer):
    """Stochastic weight averaging: averages the weights after each of the last epochs and evaluates
    the network with the mean. A constant or high learning rate keeps the averaged weights apart.

    The statistics of batch normalization are recomputed for the averaged weights in one pass over
    the training set.
    """

    kind: Literal["swa"] = "swa"
    label: ClassVar[str] = "Weight averaging (SWA)"
    formula: ClassVar[str] = (
        r"\bar\theta = \tfrac1n \sum_{j>sE} \theta_j \quad\text{(epochs } j \text{ of } E\text{)}"
    )
    source: ClassVar[str] = "Izmailov et al. 2018"
    technique: ClassVar[str] = "R5"
    weight_copies: ClassVar[int] = 1
    averages_weights: ClassVar[bool] = True
    prefers_constant_lr: ClassVar[bool] = True
    start: float = ranged(
        0.75, 0, below=1, symbol="s",
        help="The fraction of the planned epochs after which averaging begins.",
    )  # fmt: skip

    def call(self) -> Call:
        return Call("core.optim.averages.EpochAverage", {"start": self.start})

    @property
    def summary(self) -> str:
        return f"SWA from {percent(self.start)}"


class GradientVariance(Regularizer):
    """Adds a penalty on how much the gradients of m parts of the mini-batch differ, so that minima
    on which the data agree are preferred. The curves show the loss without the penalty.

    A step costs about m + 3 gradients: one for each part, and the gradient of their variance.
    """

    kind: Literal["gradient_variance"] = "gradient_variance"
    label: ClassVar[str] = "Gradient variance penalty"
    formula: ClassVar[str] = r"L + \lambda \sum \tfrac1{m-1} \sum_{i=1}^{m} (g_i - \bar g)^2"
    source: ClassVar[str] = "after Smith et al. 2021 (the implicit penalty of SGD)"
    technique: ClassVar[str] = "R4"
    strength: float = ranged(
        0.01, 0, 10, symbol="λ", log=True, help="Multiplies the variance of the gradients."
    )
    parts: int = ranged(
        4, 2, 32, symbol="m", help="Number of parts that each mini-batch is split into."
    )

    def call(self) -> Call:
        return Call(
            "core.optim.sharpness.GradientVarianceTransform",
            {"strength": self.strength, "parts": self.parts},
        )

    @property
    def extra_gradients(self) -> float:
        return self.parts + 2.0

    @property
    def summary(self) -> str:
        return f"gradient variance {short(self.strength, 6)}"
