"""Dimensions: what a search varies, each with its range and its scale. Choices only; no torch.

`at(fraction)` maps 0 … 1 to the values of a dimension on its scale and `fraction(value)` maps back,
so that random draws, grids and charts need no other knowledge of it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from core.base.encoding import read
from core.base.errors import BadExperiment
from core.base.spec import Choice
from core.experiment import Experiment
from core.studies.axes import Axis, DepthAxis, FieldAxis, WidthAxis
from core.studies.layer_axes import ActivationAxis, DropoutAxis, LayerNormalizationAxis

STARTUP = 10  # random trials before a Bayesian strategy begins
Values = dict[str, Any]  # the value of each dimension by its path
SHAPES: dict[str, type[Axis]] = {  # what is no single field of an experiment
    "depth": DepthAxis,
    "width": WidthAxis,
    "activation": ActivationAxis,
    "layer_normalization": LayerNormalizationAxis,
    "dropout": DropoutAxis,
}


class Dimension(Choice, family="dimension"):
    """One setting that a search varies. `path` is a field of the experiment, or the name of an axis
    that changes the whole network: width, depth, dropout, activation or layer_normalization.
    """

    page: ClassVar[str] = "Search"
    technique: ClassVar[str] = "S3"
    path: str = Field(max_length=100, description="The field after its parents, with dots.")

    @property
    def axis(self) -> Axis:
        """How the setting is changed and read: by the same axis as in a study."""
        shape = SHAPES.get(self.path)
        return shape(values=(1,)) if shape else FieldAxis(path=self.path, values=(0,))

    @property
    def title(self) -> str:
        """The label of the dimension in charts."""
        return self.axis.title

    def apply(self, experiment: Experiment, value: Any) -> Experiment:
        """Return the experiment at this value. Raises BadExperiment where it allows no such
        value.
        """
        try:
            return self.axis.apply(experiment, value)
        except ValueError as error:  # of an axis that this network does not have
            raise BadExperiment(str(error), code="not_in_this_network") from None

    def read(self, experiment: Experiment) -> Any:
        """Return the value of this experiment; of a choice, its kind. None without the field."""
        if self.path in SHAPES:
            try:
                value = self.axis.read(experiment)
                return None if self.path == "depth" and not value else value
            except ValueError:  # the network has no hidden layer
                return None
        value = read(experiment, self.path)
        return value.kind if isinstance(value, Choice) else value

    def is_in(self, experiment: Experiment) -> bool:
        """Whether the experiment has this setting: plain SGD has no β₂."""
        return self.read(experiment) is not None

    def at(self, fraction: float) -> Any:
        """Return the value at this fraction of the range, from 0 to 1, on its scale."""
        raise NotImplementedError

    def fraction(self, value: Any) -> float:
        """Return where the value is in the range, from 0 to 1, on its scale."""
        raise NotImplementedError

    def accepts(self, value: Any) -> bool:
        """Whether this is a value of the dimension."""
        raise NotImplementedError

    @property
    def ends(self) -> tuple[Any, ...]:
        """The values that an experiment must accept for the dimension to make sense."""
        return (self.at(0.0), self.at(1.0))


Picker = Callable[[Dimension], Any]  # returns the value of a dimension for one trial


def in_order(space: Sequence[Dimension]) -> list[Dimension]:
    """Return the dimensions in the order in which they are applied: a choice before the fields that
    it has, and the depth before the layers.
    """
    return sorted(space, key=lambda dimension: dimension.path.count("."))


def apply(space: Sequence[Dimension], experiment: Experiment, values: Mapping[str, Any]) -> (
    Experiment
):  # fmt: skip
    """Return the experiment with these values. Raises BadExperiment where it refuses them."""
    for dimension in in_order(space):
        if dimension.path in values:
            experiment = dimension.apply(experiment, values[dimension.path])
    return experiment
