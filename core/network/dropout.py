"""Dropout: the layer that forgets by chance while training. Choices only."""

from typing import ClassVar, Literal

from core.base.spec import Call, ranged
from core.network.layer import Layer, Shape


class Dropout(Layer):
    """While training, sets each value to 0 with probability p and scales the others by 1/(1 − p);
    off at inference. As the first layer it drops parts of the input itself.
    """

    kind: Literal["dropout"] = "dropout"
    label: ClassVar[str] = "Dropout"
    formula: ClassVar[str] = r"z = \frac{m \odot x}{1-p},\; m \sim \mathrm{Bernoulli}(1-p)"
    source: ClassVar[str] = "Srivastava et al. 2014"
    technique: ClassVar[str] = "N5"
    stem: ClassVar[str] = "dropout"
    icon: ClassVar[str] = "grain"
    p: float = ranged(
        0.5, 0, below=1, symbol="p", label="Probability", help="The share of values set to 0."
    )
    drawn: Literal["example", "batch"] = ranged(
        "example",
        label="Drawn per",
        help="A mask m of its own for every example, or one for all examples of the minibatch.",
    )

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("core.network.modules.DropoutModule", {"p": self.p, "drawn": self.drawn})

    @property
    def summary(self) -> str:
        return f"p = {self.p:g}" + ", one mask per batch" * (self.drawn == "batch")
