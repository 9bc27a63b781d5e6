"""Layers of flat values: Linear and Output, and Flatten, which makes values flat. Choices only."""

from math import prod
from typing import ClassVar, Literal

from core.base.spec import Call, ranged
from core.network.layer import Layer, Misfit, Shape, flat_misfit, layer_bias


class Linear(Layer):
    """A fully connected layer: each output is a weighted sum of all inputs plus a bias."""

    kind: Literal["linear"] = "linear"
    label: ClassVar[str] = "Linear"
    formula: ClassVar[str] = r"z = W x + b"
    source: ClassVar[str] = "Rosenblatt 1958"
    technique: ClassVar[str] = "N1"
    name_prefix: ClassVar[str] = "linear"
    has_weights: ClassVar[bool] = True
    is_dense: ClassVar[bool] = True
    icon: ClassVar[str] = "hub"
    units: int = ranged(100, 1, 65_536, help="Number of outputs (hidden units).")
    bias: bool = ranged(True, help="Adds b, one learned number per unit.")
    initial_bias: float = layer_bias()

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call(
            "torch.nn.Linear",
            {"in_features": shape[0], "out_features": self.units, "bias": self.bias},
        )

    def output(self, shape: Shape, outputs: int) -> Shape:
        return (self.units,)

    def misfit(self, shape: Shape) -> Misfit | None:
        return flat_misfit(self.label, shape)

    @property
    def summary(self) -> str:
        parts = [f"{self.units} units"]
        parts += [f"extra initial bias {self.initial_bias:g}"] * (
            self.bias and self.initial_bias != 0
        )
        return ", ".join(parts)


class Output(Layer):
    """The linear layer at the end of the network: one score (logit) per class, or a single output
    for regression.
    """

    kind: Literal["output"] = "output"
    label: ClassVar[str] = "Output"
    formula: ClassVar[str] = r"z = W x + b,\; z \in \mathbb{R}^C"
    source: ClassVar[str] = "Bridle 1990"
    technique: ClassVar[str] = "N1"
    name_prefix: ClassVar[str] = "output"
    icon: ClassVar[str] = "output"
    has_weights: ClassVar[bool] = True
    is_dense: ClassVar[bool] = True
    is_output: ClassVar[bool] = True
    bias: bool = ranged(True, help="Adds b, one learned number per class.")
    bias_from_data: bool = ranged(
        False, label="Bias from data",
        help="b starts at the logarithm of the share of each class in the training set, or at the "
        "mean of the values, so that the first epochs need not learn it (Karpathy 2019).",
    )  # fmt: skip

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call(
            "torch.nn.Linear", {"in_features": shape[0], "out_features": outputs, "bias": self.bias}
        )

    def output(self, shape: Shape, outputs: int) -> Shape:
        return (outputs,)

    def misfit(self, shape: Shape) -> Misfit | None:
        return flat_misfit(self.label, shape)

    def fit_bias(self) -> Call | None:
        fits = self.bias and self.bias_from_data
        return Call("core.network.modules.bias_from_data_") if fits else None

    def fixes(self, outputs: int, *, is_inner: bool) -> tuple[tuple[str, Layer], ...]:
        return (("Replace with Linear", Linear(units=outputs)),) if is_inner else ()

    @property
    def summary(self) -> str:
        return "one unit per class" + ", initial bias from the data" * (self.fit_bias() is not None)


class Flatten(Layer):
    """Reshapes feature maps into one row of values, as linear layers require."""

    kind: Literal["flatten"] = "flatten"
    label: ClassVar[str] = "Flatten"
    formula: ClassVar[str] = r"(C, H, W) \to (C\,H\,W)"
    technique: ClassVar[str] = "N1"
    source: ClassVar[str] = "pytorch.org (torch.flatten)"
    name_prefix: ClassVar[str] = "flatten"
    icon: ClassVar[str] = "horizontal_rule"
    group: ClassVar[str] = "Pooling and shape"
    changes_values: ClassVar[bool] = False

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.Flatten")

    def output(self, shape: Shape, outputs: int) -> Shape:
        return (prod(shape),)

    @property
    def summary(self) -> str:
        return ""
