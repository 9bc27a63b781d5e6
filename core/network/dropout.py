"""Dropout: the layer that sets random values to 0 during training. Choices only."""

from typing import ClassVar, Literal

from core.base.numbers import short
from core.base.spec import Call, ranged
from core.network.layer import Layer, Shape


class Dropout(Layer):
    """During training, sets each value to 0 with probability p and scales the others by 1/(1 − p);
    inactive at inference. As the first layer it drops parts of the input.
    """

    kind: Literal["dropout"] = "dropout"
    label: ClassVar[str] = "Dropout"
    formula: ClassVar[str] = r"z = \frac{m \odot x}{1-p},\; m \sim \mathrm{Bernoulli}(1-p)"
    source: ClassVar[str] = "Srivastava et al. 2014"
    technique: ClassVar[str] = "N5"
    name_prefix: ClassVar[str] = "dropout"
    icon: ClassVar[str] = "grain"
    group: ClassVar[str] = "Regularization"
    draws_random_numbers: ClassVar[bool] = True
    is_dropout: ClassVar[bool] = True
    changes_values: ClassVar[bool] = False
    p: float = ranged(
        0.5, 0, below=1, symbol="p", label="Probability", help="Fraction of values set to 0."
    )
    drawn: Literal["example", "batch"] = ranged(
        "example",
        label="Mask per",
        help="A separate mask m for each sample, or one mask for the whole mini-batch.",
    )

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("core.network.modules.DropoutModule", {"p": self.p, "drawn": self.drawn})

    @property
    def summary(self) -> str:
        return f"p = {short(self.p, 6)}" + ", one mask per batch" * (self.drawn == "batch")
