"""Activation: the base of all layers that bend each value by itself, without weights.

Each knows its curve z(a) and its slope dz/da in plain Python, for a plot before torch is loaded.
"""

from math import erf, exp, sqrt
from typing import ClassVar

from core.network.layer import Layer

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


def sigma(a: float) -> float:
    """1/(1 + e⁻ᵃ), without overflow for large −a."""
    return 1 / (1 + exp(-a)) if a >= 0 else exp(a) / (1 + exp(a))


def normal(a: float) -> float:
    """Φ(a): the share of the standard normal distribution below a."""
    return (1 + erf(a / sqrt(2))) / 2
