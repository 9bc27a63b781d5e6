"""Initializers that depend on the place of a weight tensor in the network: a formula of one's own,
and Fixup for residual networks. Choices only: torch is named, not imported.
"""

from collections.abc import Iterable
from math import sqrt
from typing import ClassVar, Literal

from pydantic import field_validator

from core.base.errors import BadInput
from core.base.expression import parse
from core.base.misfit import Misfit
from core.base.numbers import short
from core.base.spec import Call, ranged
from core.network.initializer import Initializer, Moments, initial_bias
from core.network.weight_places import WeightPlace

VARIABLES = ("fan_in", "fan_out", "layer", "depth")  # of a formula
LARGEST_STD = 1000.0


class Fixup(Initializer):
    """For residual networks without normalization: the weights inside the L residual branches start
    as with He, times L^(−1/(2m − 2)) where a branch has m weight layers; the last layer of each
    branch and the output layer start at 0. So one step changes the outputs equally much whatever
    the depth. Layers outside of branches, and shortcuts, start as with He.

    These are the first two rules of Fixup. The third one adds scalar multipliers and biases to each
    branch, which these residual blocks do not have; only their layers have biases.
    """

    kind: Literal["fixup"] = "fixup"
    label: ClassVar[str] = "Fixup"
    formula: ClassVar[str] = (
        r"\sigma^2 = \frac{2}{n_{in}}\,L^{-1/(m-1)}; \quad 0 \text{ at the end of a branch}"
    )
    source: ClassVar[str] = "Zhang, Dauphin & Ma 2019"
    technique: ClassVar[str] = "I3"
    starts_silent: ClassVar[bool] = True
    bias: float = initial_bias()

    def call(self, place: WeightPlace) -> Call:
        return Call("torch.nn.init.normal_", {"std": self._std(place)})

    def expected_moments(self, place: WeightPlace) -> Moments:
        return 0.0, self._std(place)

    def _std(self, place: WeightPlace) -> float:
        if place.is_output or place.ends_branch:
            return 0.0
        he = sqrt(2 / place.fan_in)
        if not place.branch_layers:
            return he
        return he * place.branches ** (-1 / (2 * place.branch_layers - 2))


class Formula(Initializer):
    """A standard deviation of your own for each layer, as a formula of `fan_in` and `fan_out` (the
    inputs and outputs of one unit), `layer` (its number from the input, from 1) and `depth` (how
    many layers with weights the network has). `sqrt(2/fan_in)` is He initialization.
    """

    kind: Literal["formula"] = "formula"
    label: ClassVar[str] = "Formula"
    formula: ClassVar[str] = r"\sigma = f(n_{in}, n_{out}, l, L)"
    source: ClassVar[str] = "Goodfellow, Bengio & Courville 2016, section 8.4"
    technique: ClassVar[str] = "I3"
    std: str = ranged(
        "sqrt(2/fan_in)", label="Standard deviation", symbol="σ",
        help="A formula of fan_in, fan_out, layer and depth, with + − * / ^, parentheses and "
        "functions such as sqrt, exp and log.",
    )  # fmt: skip
    distribution: Literal["normal", "uniform"] = ranged("normal", help="Both have variance σ².")
    bias: float = initial_bias()

    @field_validator("std")
    @classmethod
    def _is_a_formula(cls, text: str) -> str:
        try:
            parse(text, VARIABLES)
        except BadInput as error:
            raise ValueError(str(error).rstrip(".")) from None
        return text.strip()

    def call(self, place: WeightPlace) -> Call:
        std = self._std(place)
        if self.distribution == "uniform":
            return Call("torch.nn.init.uniform_", {"a": -sqrt(3) * std, "b": sqrt(3) * std})
        return Call("torch.nn.init.normal_", {"std": std})

    def expected_moments(self, place: WeightPlace) -> Moments:
        return 0.0, self._std(place)

    def misfit(self, places: Iterable[WeightPlace]) -> Misfit | None:
        for place in places:
            value = parse(self.std, VARIABLES).value(_values(place))
            if value is not None and 0 < value <= LARGEST_STD:
                continue
            result = "no finite value" if value is None else f"the value {short(value)}"
            sizes = ", ".join(f"{name} = {number:.0f}" for name, number in _values(place).items())
            text = (
                f"The formula {self.std} for the initial standard deviation has {result} at the "
                f"layer {place.path} ({sizes}). It must be above 0 and at most {LARGEST_STD:g} "
                "for every layer. Change it under Initialization on the Network page."
            )
            evidence = {"layer": place.path, "std": value}
            return Misfit("initial_std", text, evidence)
        return None

    def _std(self, place: WeightPlace) -> float:
        return parse(self.std, VARIABLES).value(_values(place)) or 0.0

    @property
    def summary(self) -> str:
        return f"{self.label} {self.std}"


def _values(place: WeightPlace) -> dict[str, float]:
    """Return the variables of a formula at a place."""
    numbers = (place.fan_in, place.fan_out, place.number, place.depth)
    return dict(zip(VARIABLES, map(float, numbers), strict=True))
