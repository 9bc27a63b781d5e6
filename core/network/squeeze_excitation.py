"""Squeeze-and-excitation: the layer that weighs the channels of an image. Choices only."""

from typing import ClassVar, Literal

from core.base.spec import Call, ranged
from core.network.layer import Layer, Misfit, Shape, image_misfit


class SqueezeExcitation(Layer):
    """Multiplies each channel by a factor between 0 and 1. Two small linear layers, with ReLU
    between them and a sigmoid behind, compute the factors from the means of all channels, so that
    a network can favour the channels that matter for this image.

    It keeps the shape, so it fits everywhere in a convolutional network: usually at the end of the
    layers of a residual block.
    """

    kind: Literal["squeeze_excitation"] = "squeeze_excitation"
    label: ClassVar[str] = "Squeeze-and-excitation"
    formula: ClassVar[str] = (
        r"z_c = x_c\, s_c,\; s = \sigma\bigl(W_2\,\mathrm{relu}(W_1 \bar{x} + b_1) + b_2\bigr)"
    )
    source: ClassVar[str] = "Hu, Shen & Sun 2018"
    technique: ClassVar[str] = "N1"
    name_prefix: ClassVar[str] = "squeeze"
    icon: ClassVar[str] = "equalizer"
    group: ClassVar[str] = "Blocks"
    reduction: int = ranged(
        4, 1, 64, symbol="r",
        help="W₁ has C/r outputs, rounded down, at least one. The paper uses 16 for networks with "
        "hundreds of channels.",
    )  # fmt: skip

    def call(self, shape: Shape, outputs: int) -> Call:
        channels, hidden = shape[0], self.hidden(shape)
        layers = {
            "linear1": _linear(channels, hidden),
            "relu1": Call("torch.nn.ReLU"),
            "linear2": _linear(hidden, channels),
            "sigmoid1": Call("torch.nn.Sigmoid"),
        }
        return Call("core.network.modules.SqueezeExcitationModule", {"layers": layers})

    def hidden(self, shape: Shape) -> int:
        """Return the number of hidden units."""
        return max(1, shape[0] // self.reduction)

    def misfit(self, shape: Shape) -> Misfit | None:
        return image_misfit(self.label, shape)

    @property
    def summary(self) -> str:
        return f"reduction {self.reduction}"


def _linear(inputs: int, outputs: int) -> Call:
    return Call("torch.nn.Linear", {"in_features": inputs, "out_features": outputs})
