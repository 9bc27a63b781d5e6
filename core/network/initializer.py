"""Initializer: the family of the distributions of initial weights, without its members. Choices
only; each names the function of torch.nn.init that it stands for.
"""

from collections.abc import Iterable
from typing import ClassVar

from core.base.misfit import Misfit
from core.base.spec import Call, Choice, ranged
from core.network.weight_places import WeightPlace

Moments = tuple[float, float]  # expected mean and standard deviation


class Initializer(Choice, family="initializer"):
    """n_in, n_out: inputs and outputs of one unit of the layer. Normalization layers start with
    scale 1 and shift 0.
    """

    page: ClassVar[str] = "Network"
    is_symmetric: ClassVar[bool] = False  # whether all units of a layer start alike
    starts_silent: ClassVar[bool] = False  # whether the outputs are 0 before the first step
    assumes_activation: ClassVar[bool] = False  # whether its variance is derived for activations

    def call(self, place: WeightPlace) -> Call:
        """Return a function of the weight tensor at this place and a `generator`."""
        raise NotImplementedError

    def fit(self) -> Call | None:
        """Return a function of the model and training inputs (N, …) that adapts the drawn weights
        to them; None for most.
        """
        return None

    def biases(self, fan_in: int) -> tuple[float, float]:
        """Return the limits between which biases are drawn uniformly; equal limits fix them."""
        fixed = getattr(self, "bias", 0.0)
        return fixed, fixed

    def expected_moments(self, place: WeightPlace) -> Moments | None:
        """Return the expected mean and standard deviation of the weight tensor at this place; None
        if they depend on the data.
        """
        return None

    def misfit(self, places: Iterable[WeightPlace]) -> Misfit | None:
        """Return why it cannot draw the weights at these places and how to fix it."""
        return None


def initial_bias() -> float:
    """The field of initializers that set every bias to a fixed value."""
    return ranged(
        0.0, -10, 10, symbol="b", label="Initial bias", help="The initial value of every bias."
    )
