"""What looks for flat minima: sharpness-aware steps, averages of the weights, a penalty on how much
gradients differ. Choices only; the arithmetic is in `sharpness.py` and `averages.py`.
"""

from typing import ClassVar, Literal

from core.base.spec import Call, ranged
from core.optim.regularizer import Regularizer


class SAM(Regularizer):
    """Sharpness-aware: takes the gradient uphill, at distance ρ, and goes down with it from where
    the weights are, with any optimizer. A minimum that rises at once is left for a flat one.

    Every step costs two gradients. Dropout draws anew for the second one; the running statistics
    of batch normalization see the first one alone.
    """

    kind: Literal["sam"] = "sam"
    label: ClassVar[str] = "Sharpness-aware (SAM)"
    formula: ClassVar[str] = r"g' = \nabla L\big(\theta + \rho\, g/\lVert g\rVert\big)"
    source: ClassVar[str] = "Foret et al. 2020"
    technique: ClassVar[str] = "O4 R4"
    radius: float = ranged(
        0.05, above=0, high=10, symbol="ρ", log=True, help="How far uphill the gradient is taken."
    )

    def call(self) -> Call:
        return Call("core.optim.sharpness.SharpnessAware", {"radius": self.radius})

    @property
    def summary(self) -> str:
        return f"SAM {self.radius:g}"


class EMA(Regularizer):
    """Keeps a running mean of the weights and measures the network with it; the steps go on from
    the weights themselves.

    d = min(β, (1 + k)/(10 + k)) at step k, so that a young mean forgets its start. The running
    statistics of batch normalization are averaged alike.
    """

    kind: Literal["ema"] = "ema"
    label: ClassVar[str] = "Running mean of weights (EMA)"
    formula: ClassVar[str] = r"\bar\theta \leftarrow d\,\bar\theta + (1-d)\,\theta"
    source: ClassVar[str] = "Polyak & Juditsky 1992; Tarvainen & Valpola 2017"
    technique: ClassVar[str] = "R5"
    beta: float = ranged(
        0.999,
        0,
        below=1,
        symbol="β",
        help="The share of the old mean that stays from step to step.",
    )

    def call(self) -> Call:
        return Call("core.optim.averages.RunningMean", {"beta": self.beta})

    @property
    def summary(self) -> str:
        return f"EMA {self.beta:g}"


class SWA(Regularizer):
    """Averages the weights of the last epochs, one sample an epoch, and measures the network with
    the mean; a constant or high learning rate keeps the samples apart.

    The statistics of batch normalization are measured anew with the averaged weights, by one pass
    over the training part.
    """

    kind: Literal["swa"] = "swa"
    label: ClassVar[str] = "Mean of the last epochs (SWA)"
    formula: ClassVar[str] = (
        r"\bar\theta = \tfrac1n \sum_{j>sE} \theta_j \quad\text{(epochs } j \text{ of } E\text{)}"
    )
    source: ClassVar[str] = "Izmailov et al. 2018"
    technique: ClassVar[str] = "R5"
    start: float = ranged(
        0.75, 0, below=1, symbol="s", help="The share of the planned epochs after which it begins."
    )

    def call(self) -> Call:
        return Call("core.optim.averages.LastEpochs", {"start": self.start})

    @property
    def summary(self) -> str:
        return f"SWA from {100 * self.start:g} %"


class GradientVariance(Regularizer):
    """Adds to the loss how much the gradients of m parts of the minibatch differ: a minimum on
    which the data agree is preferred. The curves show the loss without it.

    A step costs about m + 3 gradients: one for each part, and the gradient of their variance.
    """

    kind: Literal["gradient_variance"] = "gradient_variance"
    label: ClassVar[str] = "Variance of gradients"
    formula: ClassVar[str] = r"L + \lambda \sum \tfrac1{m-1} \sum_{i=1}^{m} (g_i - \bar g)^2"
    source: ClassVar[str] = "deck A; after Smith et al. 2021 (what SGD penalizes by itself)"
    technique: ClassVar[str] = "R4"
    strength: float = ranged(
        0.01, 0, 10, symbol="λ", log=True, help="What one unit of the variance costs."
    )
    parts: int = ranged(4, 2, 32, symbol="m", help="Parts that a minibatch is cut into.")

    def call(self) -> Call:
        kept = {"strength": self.strength, "parts": self.parts}
        return Call("core.optim.sharpness.GradientVarianceTransform", kept)

    @property
    def summary(self) -> str:
        return f"gradient variance {self.strength:g}"
