"""Layers that centre and scale the values on their way. Choices only."""

from typing import ClassVar, Literal

from core.network.layer import Layer, Shape
from core.spec import Call, ranged


class BatchNorm(Layer):
    """Centres and scales every map (or value) over the minibatch, then lets it learn a scale γ and
    a shift β.

    At inference the running mean and variance, gathered while training, stand in for those of the
    batch.
    """

    kind: Literal["batch_norm"] = "batch_norm"
    label: ClassVar[str] = "Batch normalization"
    formula: ClassVar[str] = r"z = \gamma\,\frac{x-\mu_B}{\sqrt{\sigma_B^2+\varepsilon}} + \beta"
    source: ClassVar[str] = "Ioffe & Szegedy 2015"
    technique: ClassVar[str] = "N4"
    stem: ClassVar[str] = "norm"
    icon: ClassVar[str] = "align_vertical_center"
    momentum: float = ranged(
        0.1, above=0, high=1, help="The share of each new batch in the running mean and variance."
    )
    epsilon: float = ranged(
        1e-5, above=0, high=1, symbol="ε", log=True, help="Keeps the division finite."
    )

    def call(self, shape: Shape, outputs: int) -> Call:
        name = "torch.nn.BatchNorm2d" if len(shape) == 3 else "torch.nn.BatchNorm1d"
        return Call(
            name, {"num_features": shape[0], "eps": self.epsilon, "momentum": self.momentum}
        )

    @property
    def summary(self) -> str:
        return ""
