"""Activations: layers that bend each value by itself, without weights. Choices only.

Each knows its curve z(a) and its slope dz/da in plain Python, for a plot before torch is loaded.
"""

from math import erf, exp, expm1, log1p, pi, sqrt, tanh
from typing import ClassVar, Literal

from core.network.layer import Layer, Shape
from core.spec import Call, ranged

Point = tuple[float, float, float]  # a, z, dz/da


class Activation(Layer):
    """A layer z(a) that is no member by itself: the base of those that are."""

    technique: ClassVar[str] = "N3"
    icon: ClassVar[str] = "show_chart"
    trains: ClassVar[bool] = True  # whether a gradient passes through it at all

    def value(self, a: float) -> float:
        """z(a)."""
        raise NotImplementedError

    def slope(self, a: float) -> float:
        """dz/da; at a kink what torch takes there."""
        raise NotImplementedError

    def curve(self, low: float = -5.0, high: float = 5.0, count: int = 201) -> tuple[Point, ...]:
        """(a, z, dz/da) at `count` places from `low` to `high`, evenly apart."""
        places = [low + (high - low) * i / (count - 1) for i in range(count)]
        return tuple((a, self.value(a), self.slope(a)) for a in places)


class ReLU(Activation):
    """Passes what is positive and stops the rest."""

    kind: Literal["relu"] = "relu"
    label: ClassVar[str] = "ReLU"
    formula: ClassVar[str] = r"z = \max(0, a)"
    source: ClassVar[str] = "Nair & Hinton 2010"
    stem: ClassVar[str] = "relu"

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.ReLU")

    def value(self, a: float) -> float:
        return max(0.0, a)

    def slope(self, a: float) -> float:
        return float(a > 0)

    @property
    def summary(self) -> str:
        return "max(0, a)"


class LeakyReLU(Activation):
    """ReLU that lets a small part of what is negative through, so that no unit is dead for ever."""

    kind: Literal["leaky_relu"] = "leaky_relu"
    label: ClassVar[str] = "Leaky ReLU"
    formula: ClassVar[str] = r"z = \max(0, a) + \alpha \min(0, a)"
    source: ClassVar[str] = "Maas, Hannun & Ng 2013"
    stem: ClassVar[str] = "leaky"
    alpha: float = ranged(
        0.01, 0, 1, symbol="α", label="Negative slope", log=True, help="Slope for negative values."
    )

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.LeakyReLU", {"negative_slope": self.alpha})

    def value(self, a: float) -> float:
        return a if a > 0 else self.alpha * a

    def slope(self, a: float) -> float:
        return 1.0 if a > 0 else self.alpha

    @property
    def summary(self) -> str:
        return f"α = {self.alpha:g}"


class ELU(Activation):
    """ReLU with a soft bend: negative values fall towards −α, so that the mean lies nearer to 0."""

    kind: Literal["elu"] = "elu"
    label: ClassVar[str] = "ELU"
    formula: ClassVar[str] = r"z = a \text{ if } a > 0 \text{ else } \alpha\,(e^a - 1)"
    source: ClassVar[str] = "Clevert, Unterthiner & Hochreiter 2016"
    stem: ClassVar[str] = "elu"
    alpha: float = ranged(
        1.0, above=0, high=10, symbol="α", label="Depth", help="Where negative values end: at −α."
    )

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.ELU", {"alpha": self.alpha})

    def value(self, a: float) -> float:
        return a if a > 0 else self.alpha * expm1(a)

    def slope(self, a: float) -> float:
        return 1.0 if a > 0 else self.alpha * exp(a)

    @property
    def summary(self) -> str:
        return f"α = {self.alpha:g}"


class Softplus(Activation):
    """ReLU without a kink; its slope is the sigmoid."""

    kind: Literal["softplus"] = "softplus"
    label: ClassVar[str] = "Softplus"
    formula: ClassVar[str] = r"z = \log(1 + e^a)"
    source: ClassVar[str] = "Dugas et al. 2001"
    stem: ClassVar[str] = "softplus"

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.Softplus")

    def value(self, a: float) -> float:
        return max(a, 0.0) + log1p(exp(-abs(a)))

    def slope(self, a: float) -> float:
        return _sigma(a)

    @property
    def summary(self) -> str:
        return "log(1 + eᵃ)"


class Swish(Activation):
    """The value times its own sigmoid, also called SiLU: smooth, and dips a little below 0."""

    kind: Literal["swish"] = "swish"
    label: ClassVar[str] = "Swish (SiLU)"
    formula: ClassVar[str] = r"z = a\,\sigma(a)"
    source: ClassVar[str] = "Ramachandran, Zoph & Le 2017; Hendrycks & Gimpel 2016"
    stem: ClassVar[str] = "swish"

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.SiLU")

    def value(self, a: float) -> float:
        return a * _sigma(a)

    def slope(self, a: float) -> float:
        return _sigma(a) * (1 + a * (1 - _sigma(a)))

    @property
    def summary(self) -> str:
        return "a σ(a)"


class GELU(Activation):
    """The value times the share of the normal distribution that lies below it."""

    kind: Literal["gelu"] = "gelu"
    label: ClassVar[str] = "GELU"
    formula: ClassVar[str] = (
        r"z = a\,\Phi(a) = \tfrac a2\left(1 + \mathrm{erf}\tfrac{a}{\sqrt2}\right)"
    )
    source: ClassVar[str] = "Hendrycks & Gimpel 2016"
    stem: ClassVar[str] = "gelu"

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.GELU")

    def value(self, a: float) -> float:
        return a * _normal(a)

    def slope(self, a: float) -> float:
        return _normal(a) + a * exp(-a * a / 2) / sqrt(2 * pi)

    @property
    def summary(self) -> str:
        return "a Φ(a)"


class Tanh(Activation):
    """A smooth step from −1 to 1. Far from 0 its slope, and so the gradient, is nearly 0."""

    kind: Literal["tanh"] = "tanh"
    label: ClassVar[str] = "Tanh"
    formula: ClassVar[str] = r"\tanh a = 2\,\sigma(2a) - 1"
    source: ClassVar[str] = "LeCun et al. 1998"
    stem: ClassVar[str] = "tanh"

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.Tanh")

    def value(self, a: float) -> float:
        return tanh(a)

    def slope(self, a: float) -> float:
        return 1 - tanh(a) ** 2

    @property
    def summary(self) -> str:
        return "−1 … 1"


class Sigmoid(Activation):
    """A smooth step from 0 to 1. Its slope is at most ¼: in a deep network the gradient dies."""

    kind: Literal["sigmoid"] = "sigmoid"
    label: ClassVar[str] = "Sigmoid"
    formula: ClassVar[str] = r"\sigma(a) = \frac{1}{1+e^{-a}}"
    source: ClassVar[str] = "Rumelhart, Hinton & Williams 1986"
    stem: ClassVar[str] = "sigmoid"

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.Sigmoid")

    def value(self, a: float) -> float:
        return _sigma(a)

    def slope(self, a: float) -> float:
        return _sigma(a) * _sigma(-a)

    @property
    def summary(self) -> str:
        return "0 … 1"


class Step(Activation):
    """The perceptron's step: 1 from 0 on, else 0.

    Gradients cannot train it: its derivative is 0 wherever it has one, so no weight before it
    learns from the loss. Rosenblatt's own rule needed no derivative, and worked for one layer.
    """

    kind: Literal["step"] = "step"
    label: ClassVar[str] = "Step (perceptron)"
    formula: ClassVar[str] = r"z = 1 \text{ if } a \ge 0 \text{ else } 0"
    source: ClassVar[str] = "McCulloch & Pitts 1943; Rosenblatt 1958"
    stem: ClassVar[str] = "step"
    trains: ClassVar[bool] = False

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("core.network.modules.Step")

    def value(self, a: float) -> float:
        return float(a >= 0)

    def slope(self, a: float) -> float:
        return 0.0

    @property
    def summary(self) -> str:
        return "0 or 1"


def _sigma(a: float) -> float:
    """1/(1 + e⁻ᵃ), without overflow for large −a."""
    return 1 / (1 + exp(-a)) if a >= 0 else exp(a) / (1 + exp(a))


def _normal(a: float) -> float:
    """Φ(a): the share of the standard normal distribution below a."""
    return (1 + erf(a / sqrt(2))) / 2
