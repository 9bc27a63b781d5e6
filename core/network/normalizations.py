"""Normalizations: layers that centre and scale values, each over a different set of them. Choices
only.

For images (N, C, H, W): batch over N, H, W; layer over C, H, W; layer by position over C; instance
over H, W; group over H, W and a part of the channels.
"""

from math import prod
from typing import ClassVar, Literal

from core.base.spec import Call, ranged
from core.base.text import counted, format_shape
from core.network.layer import Layer, Misfit, Shape, image_misfit


def epsilon_field() -> float:
    """The field ε, which all normalizations share."""
    return ranged(1e-5, above=0, high=1, symbol="ε", log=True, help="Avoids a division by zero.")


class NormalizationLayer(Layer):
    """The base of these layers; not a member of the family."""

    technique: ClassVar[str] = "N4"
    name_prefix: ClassVar[str] = "norm"
    icon: ClassVar[str] = "align_vertical_center"
    group: ClassVar[str] = "Normalization"
    is_normalization: ClassVar[bool] = True

    @property
    def summary(self) -> str:
        return ""


class BatchNorm(NormalizationLayer):
    """Centres and scales each feature map (or value) over the mini-batch, then applies a learned
    scale γ and shift β.

    At inference it uses the running mean and variance collected during training instead of those of
    the batch. It is usually placed before the activation.
    """

    kind: Literal["batch_norm"] = "batch_norm"
    label: ClassVar[str] = "Batch normalization"
    formula: ClassVar[str] = r"z = \gamma\,\frac{x-\mu_B}{\sqrt{\sigma_B^2+\varepsilon}} + \beta"
    source: ClassVar[str] = "Ioffe & Szegedy 2015"
    uses_batch_statistics: ClassVar[bool] = True
    momentum: float = ranged(
        0.1,
        above=0,
        high=1,
        help="Weight of each new batch in the running mean and variance.",
    )
    epsilon: float = epsilon_field()

    def call(self, shape: Shape, outputs: int) -> Call:
        name = "torch.nn.BatchNorm2d" if len(shape) == 3 else "torch.nn.BatchNorm1d"
        return Call(
            name, {"num_features": shape[0], "eps": self.epsilon, "momentum": self.momentum}
        )


class LayerNorm(NormalizationLayer):
    """Centres and scales each sample over all of its values, so it does not depend on the
    batch size; each value has its own γ and β.
    """

    kind: Literal["layer_norm"] = "layer_norm"
    label: ClassVar[str] = "Layer normalization"
    formula: ClassVar[str] = r"z = \gamma\odot\frac{x-\mu_n}{\sqrt{\sigma_n^2+\varepsilon}} + \beta"
    source: ClassVar[str] = "Ba, Kiros & Hinton 2016"
    epsilon: float = epsilon_field()

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.LayerNorm", {"normalized_shape": shape, "eps": self.epsilon})


class ChannelNorm(NormalizationLayer):
    """Centres and scales the channels at each position of an image by themselves, with γ and β for
    each channel: layer normalization as ConvNeXt and vision transformers use it. It depends neither
    on the batch size nor on the image size.
    """

    kind: Literal["channel_norm"] = "channel_norm"
    label: ClassVar[str] = "Layer norm by position"
    formula: ClassVar[str] = (
        r"z_c = \gamma_c\,\frac{x_c-\mu_{n,i,j}}{\sqrt{\sigma_{n,i,j}^2+\varepsilon}} + \beta_c"
    )
    source: ClassVar[str] = "Ba, Kiros & Hinton 2016; Liu et al. 2022 (ConvNeXt)"
    epsilon: float = epsilon_field()

    def call(self, shape: Shape, outputs: int) -> Call:
        sizes = {"channels": shape[0], "eps": self.epsilon}
        return Call("core.network.modules.ChannelNormModule", sizes)

    def misfit(self, shape: Shape) -> Misfit | None:
        return image_misfit(self.label, shape)


class GroupNorm(NormalizationLayer):
    """Centres and scales each sample over groups of its feature maps. One group gives layer
    normalization, one group per map gives instance normalization.
    """

    kind: Literal["group_norm"] = "group_norm"
    label: ClassVar[str] = "Group normalization"
    formula: ClassVar[str] = (
        r"z = \gamma_c\,\frac{x-\mu_{n,g}}{\sqrt{\sigma_{n,g}^2+\varepsilon}} + \beta_c"
    )
    source: ClassVar[str] = "Wu & He 2018"
    groups: int = ranged(
        8, 1, 2048, symbol="G", help="Number of groups that the feature maps are divided into."
    )
    epsilon: float = epsilon_field()

    def call(self, shape: Shape, outputs: int) -> Call:
        sizes = {"num_groups": self.groups, "num_channels": shape[0]}
        return Call("torch.nn.GroupNorm", {**sizes, "eps": self.epsilon})

    def misfit(self, shape: Shape) -> Misfit | None:
        channels = shape[0]
        possible = [n for n in range(1, channels + 1) if channels % n == 0 and n < prod(shape)]
        if self.groups in possible:
            return None
        evidence = {"shape": list(shape), "groups": self.groups}
        if not possible:
            text = (
                f"Group normalization needs more than one value per sample, but its input is "
                f"{format_shape(shape)}. Delete this layer."
            )
            return Misfit("too_few_values", text, evidence)
        evidence["suggested"] = max((n for n in possible if n <= self.groups), default=1)
        if channels % self.groups == 0:
            text = (
                f"With {self.groups} groups, each group has a single value. Set the number of "
                f"groups to {evidence['suggested']}."
            )
            return Misfit("one_value_per_group", text, evidence)
        text = (
            f"{channels} channels cannot be divided into {self.groups} equal groups. Set the "
            f"number of groups to {evidence['suggested']} or change the previous layer."
        )
        return Misfit("unequal_groups", text, evidence)

    def fixes(self, outputs: int, *, is_inner: bool) -> tuple[tuple[str, Layer], ...]:
        return tuple(
            (f"Use {counted(groups, 'group')}", self.model_copy(update={"groups": groups}))
            for groups in range(self.groups, 0, -1)
        )

    @property
    def summary(self) -> str:
        return counted(self.groups, "group")


class InstanceNorm(NormalizationLayer):
    """Centres and scales each feature map of each sample over its own pixels, which removes
    contrast and brightness.
    """

    kind: Literal["instance_norm"] = "instance_norm"
    label: ClassVar[str] = "Instance normalization"
    formula: ClassVar[str] = (
        r"z = \gamma_c\,\frac{x-\mu_{n,c}}{\sqrt{\sigma_{n,c}^2+\varepsilon}} + \beta_c"
    )
    source: ClassVar[str] = "Ulyanov, Vedaldi & Lempitsky 2016"
    epsilon: float = epsilon_field()

    def call(self, shape: Shape, outputs: int) -> Call:
        sizes = {"num_features": shape[0], "eps": self.epsilon, "affine": True}
        return Call("torch.nn.InstanceNorm2d", sizes)

    def misfit(self, shape: Shape) -> Misfit | None:
        if misfit := image_misfit(self.label, shape):
            return misfit
        if shape[1] * shape[2] > 1:
            return None
        text = (
            "Instance normalization needs feature maps of more than one pixel, but its input is "
            f"{format_shape(shape)}. Use layer normalization instead."
        )
        return Misfit("too_few_values", text, {"shape": list(shape)})
