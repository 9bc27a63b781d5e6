"""Normalizations: layers that centre and scale values, each over another set of them. Choices only.

For pictures (N, C, H, W): batch over N, H, W; layer over C, H, W; instance over H, W; group over
H, W and a part of the channels.
"""

from math import prod
from typing import ClassVar, Literal

from core.base.spec import Call, ranged
from core.base.text import format_shape
from core.network.layer import Layer, Shape, wants_pictures


def small_epsilon() -> float:
    """The field ε, which all of them have."""
    return ranged(1e-5, above=0, high=1, symbol="ε", log=True, help="Keeps the division finite.")


class Normalizing(Layer):
    """The base of these layers, no member by itself."""

    technique: ClassVar[str] = "N4"
    stem: ClassVar[str] = "norm"
    icon: ClassVar[str] = "align_vertical_center"

    @property
    def summary(self) -> str:
        return ""


class BatchNorm(Normalizing):
    """Centres and scales every map (or value) over the minibatch, then lets it learn a scale γ and
    a shift β.

    At inference the running mean and variance, gathered while training, stand in for those of the
    batch. The usual place is before the activation.
    """

    kind: Literal["batch_norm"] = "batch_norm"
    label: ClassVar[str] = "Batch normalization"
    formula: ClassVar[str] = r"z = \gamma\,\frac{x-\mu_B}{\sqrt{\sigma_B^2+\varepsilon}} + \beta"
    source: ClassVar[str] = "Ioffe & Szegedy 2015"
    momentum: float = ranged(
        0.1, above=0, high=1, help="The share of each new batch in the running mean and variance."
    )
    epsilon: float = small_epsilon()

    def call(self, shape: Shape, outputs: int) -> Call:
        name = "torch.nn.BatchNorm2d" if len(shape) == 3 else "torch.nn.BatchNorm1d"
        return Call(
            name, {"num_features": shape[0], "eps": self.epsilon, "momentum": self.momentum}
        )


class LayerNorm(Normalizing):
    """Centres and scales each example over all of its own values, so that the batch's size does not
    matter; each value has its own γ and β.
    """

    kind: Literal["layer_norm"] = "layer_norm"
    label: ClassVar[str] = "Layer normalization"
    formula: ClassVar[str] = r"z = \gamma\odot\frac{x-\mu_n}{\sqrt{\sigma_n^2+\varepsilon}} + \beta"
    source: ClassVar[str] = "Ba, Kiros & Hinton 2016"
    epsilon: float = small_epsilon()

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.LayerNorm", {"normalized_shape": shape, "eps": self.epsilon})


class GroupNorm(Normalizing):
    """Centres and scales each example over groups of its maps: between layer normalization (one
    group) and instance normalization (a group for each map).
    """

    kind: Literal["group_norm"] = "group_norm"
    label: ClassVar[str] = "Group normalization"
    formula: ClassVar[str] = (
        r"z = \gamma_c\,\frac{x-\mu_{n,g}}{\sqrt{\sigma_{n,g}^2+\varepsilon}} + \beta_c"
    )
    source: ClassVar[str] = "Wu & He 2018"
    groups: int = ranged(8, 1, 2048, symbol="G", help="Into how many groups the maps are dealt.")
    epsilon: float = small_epsilon()

    def call(self, shape: Shape, outputs: int) -> Call:
        sizes = {"num_groups": self.groups, "num_channels": shape[0]}
        return Call("torch.nn.GroupNorm", {**sizes, "eps": self.epsilon})

    def problem(self, shape: Shape) -> str | None:
        parts = [n for n in range(1, shape[0] + 1) if shape[0] % n == 0 and n < prod(shape)]
        if self.groups in parts:
            return None
        if not parts:
            return (
                "Group normalization needs more than one value, got "
                f"{format_shape(shape)}: leave it out."
            )
        fit = max((n for n in parts if n <= self.groups), default=1)
        if shape[0] % self.groups == 0:
            return (
                f"Group normalization with {self.groups} groups leaves one value in each: set the "
                f"groups to {fit}."
            )
        return (
            f"Group normalization cannot deal {shape[0]} channels into {self.groups} equal groups: "
            f"set the groups to {fit}, or change the layer before it."
        )

    @property
    def summary(self) -> str:
        return f"{self.groups} group{'s' * (self.groups != 1)}"


class InstanceNorm(Normalizing):
    """Centres and scales each map of each example over its own pixels: takes contrast and
    brightness away.
    """

    kind: Literal["instance_norm"] = "instance_norm"
    label: ClassVar[str] = "Instance normalization"
    formula: ClassVar[str] = (
        r"z = \gamma_c\,\frac{x-\mu_{n,c}}{\sqrt{\sigma_{n,c}^2+\varepsilon}} + \beta_c"
    )
    source: ClassVar[str] = "Ulyanov, Vedaldi & Lempitsky 2016"
    epsilon: float = small_epsilon()

    def call(self, shape: Shape, outputs: int) -> Call:
        sizes = {"num_features": shape[0], "eps": self.epsilon, "affine": True}
        return Call("torch.nn.InstanceNorm2d", sizes)

    def problem(self, shape: Shape) -> str | None:
        if wrong := wants_pictures(self.label, shape):
            return wrong
        if shape[1] * shape[2] > 1:
            return None
        return (
            f"Instance normalization needs maps of more than one pixel, got "
            f"{format_shape(shape)}: take "
            "layer normalization instead."
        )
