"""Activations that pass positive values: ReLU and its variants. Choices only."""

from math import exp, expm1, log1p, pi, sqrt
from typing import ClassVar, Literal

from core.base.numbers import short
from core.base.spec import Call, ranged
from core.network.activation import Activation, normal_cdf, sigma
from core.network.layer import Shape


class ReLU(Activation):
    """Passes positive values and sets negative ones to 0."""

    kind: Literal["relu"] = "relu"
    label: ClassVar[str] = "ReLU"
    formula: ClassVar[str] = r"z = \max(0, a)"
    source: ClassVar[str] = "Nair & Hinton 2010"
    name_prefix: ClassVar[str] = "relu"
    initializer: ClassVar[str] = "he"

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
    """A ReLU that passes a small fraction of negative values, so no unit can die for good."""

    kind: Literal["leaky_relu"] = "leaky_relu"
    label: ClassVar[str] = "Leaky ReLU"
    formula: ClassVar[str] = r"z = \max(0, a) + \alpha \min(0, a)"
    source: ClassVar[str] = "Maas, Hannun & Ng 2013"
    name_prefix: ClassVar[str] = "leaky"
    alpha: float = ranged(
        0.01, 0, 1, symbol="α", label="Negative slope", log=True, help="Slope for negative inputs."
    )

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.LeakyReLU", {"negative_slope": self.alpha})

    def value(self, a: float) -> float:
        return a if a > 0 else self.alpha * a

    def slope(self, a: float) -> float:
        return 1.0 if a > 0 else self.alpha

    @property
    def summary(self) -> str:
        return f"α = {short(self.alpha, 6)}"


class ELU(Activation):
    """A ReLU whose negative values saturate at −α, which keeps the mean closer to 0."""

    kind: Literal["elu"] = "elu"
    label: ClassVar[str] = "ELU"
    formula: ClassVar[str] = r"z = a \text{ if } a > 0 \text{ else } \alpha\,(e^a - 1)"
    source: ClassVar[str] = "Clevert, Unterthiner & Hochreiter 2016"
    name_prefix: ClassVar[str] = "elu"
    alpha: float = ranged(
        1.0, above=0, high=10, symbol="α", label="Saturation", help="Large negative inputs give −α."
    )

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.ELU", {"alpha": self.alpha})

    def value(self, a: float) -> float:
        return a if a > 0 else self.alpha * expm1(a)

    def slope(self, a: float) -> float:
        return 1.0 if a > 0 else self.alpha * exp(a)

    @property
    def summary(self) -> str:
        return f"α = {short(self.alpha, 6)}"


class Softplus(Activation):
    """A smooth ReLU; its slope is the sigmoid."""

    kind: Literal["softplus"] = "softplus"
    label: ClassVar[str] = "Softplus"
    formula: ClassVar[str] = r"z = \log(1 + e^a)"
    source: ClassVar[str] = "Dugas et al. 2001"
    name_prefix: ClassVar[str] = "softplus"

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.Softplus")

    def value(self, a: float) -> float:
        return max(a, 0.0) + log1p(exp(-abs(a)))

    def slope(self, a: float) -> float:
        return sigma(a)

    @property
    def summary(self) -> str:
        return "log(1 + eᵃ)"


class Swish(Activation):
    """The input times its sigmoid, also called SiLU: smooth, and slightly negative below 0."""

    kind: Literal["swish"] = "swish"
    label: ClassVar[str] = "Swish (SiLU)"
    formula: ClassVar[str] = r"z = a\,\sigma(a)"
    source: ClassVar[str] = "Ramachandran, Zoph & Le 2017; Hendrycks & Gimpel 2016"
    name_prefix: ClassVar[str] = "swish"

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.SiLU")

    def value(self, a: float) -> float:
        return a * sigma(a)

    def slope(self, a: float) -> float:
        return sigma(a) * (1 + a * (1 - sigma(a)))

    @property
    def summary(self) -> str:
        return "a σ(a)"


class GELU(Activation):
    """The input times the fraction of the standard normal distribution below it."""

    kind: Literal["gelu"] = "gelu"
    label: ClassVar[str] = "GELU"
    formula: ClassVar[str] = (
        r"z = a\,\Phi(a) = \tfrac a2\left(1 + \mathrm{erf}\tfrac{a}{\sqrt2}\right)"
    )
    source: ClassVar[str] = "Hendrycks & Gimpel 2016"
    name_prefix: ClassVar[str] = "gelu"

    def call(self, shape: Shape, outputs: int) -> Call:
        return Call("torch.nn.GELU")

    def value(self, a: float) -> float:
        return a * normal_cdf(a)

    def slope(self, a: float) -> float:
        return normal_cdf(a) + a * exp(-a * a / 2) / sqrt(2 * pi)

    @property
    def summary(self) -> str:
        return "a Φ(a)"
