"""Activation: the base of all layers that apply one nonlinear function to each value.

Each member defines its curve z(a) and its slope dz/da in plain Python, for plots that are drawn
before torch is loaded.
"""

from math import erf, exp, sqrt
from typing import ClassVar

from core.network.layer import Layer

Point = tuple[float, float, float]  # a, z, dz/da


class Activation(Layer):
    """A layer z(a) without weights; the base of the activations, not a member itself."""

    technique: ClassVar[str] = "N3"
    icon: ClassVar[str] = "show_chart"
    group: ClassVar[str] = "Activations"
    is_activation: ClassVar[bool] = True
    initializer: ClassVar[str] = ""  # kind of the initializer that was derived for it, if any

    def value(self, a: float) -> float:
        """Return z(a)."""
        raise NotImplementedError

    def slope(self, a: float) -> float:
        """Return dz/da; at a kink, the value that torch uses there."""
        raise NotImplementedError

    def curve(self, low: float = -5.0, high: float = 5.0, count: int = 201) -> tuple[Point, ...]:
        """Return (a, z, dz/da) at `count` evenly spaced inputs from `low` to `high`."""
        inputs = [low + (high - low) * i / (count - 1) for i in range(count)]
        return tuple((a, self.value(a), self.slope(a)) for a in inputs)

    def max_slope(self) -> float:
        """Return the largest slope on its curve: the most that it passes on of a gradient."""
        return max(slope for *_, slope in self.curve())


def sigma(a: float) -> float:
    """Return 1/(1 + e⁻ᵃ), without overflow for large −a."""
    return 1 / (1 + exp(-a)) if a >= 0 else exp(a) / (1 + exp(a))


def normal_cdf(a: float) -> float:
    """Return Φ(a), the fraction of the standard normal distribution below a."""
    return (1 + erf(a / sqrt(2))) / 2
