"""A dimension of a search as an axis from 0 to 1: its label, its ticks, and its values as text. The
parallel coordinates, the slices and the ranges that a person brushes share it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import TYPE_CHECKING, Any

from core.base.encoding import read
from core.base.numbers import short
from core.base.spec import Choice
from core.network.layers import Layer
from core.studies.search.dimensions import labels

if TYPE_CHECKING:
    from core.experiment import Experiment
    from core.studies.search.search import Search
    from core.studies.search.space import Dimension

Tick = tuple[float, str]  # where on the axis, and its label
Brush = tuple[Any, ...]  # the ends of a range, or the selected options
STEPS = 32  # positions of a range that a person can select
DIGITS = 3  # of a value in a chart


@dataclass(frozen=True)
class DimensionScale:
    """The axis of one dimension, its title, and the labels of its options."""

    dimension: "Dimension"
    title: str
    option_labels: Mapping[Any, str]

    @property
    def path(self) -> str:
        return self.dimension.path

    @property
    def options(self) -> tuple[Any, ...]:
        """The options of a choice; empty for a range of numbers."""
        return getattr(self.dimension, "values", ())

    def position(self, value: Any) -> float | None:
        """Return where a value is, from 0 to 1; None for a trial without this setting, and for a
        value outside the range.
        """
        if value is None or not self.dimension.accepts(value):
            return None
        return self.dimension.fraction(value)

    def write(self, value: Any) -> str:
        """Return a value as text."""
        if value is None:
            return "not used"
        if value in self.options:
            return self.option_labels.get(value, str(value))
        digits = max(DIGITS, -floor(log10(1 - value))) if 0.9 < value < 1 else DIGITS
        return short(value, digits)

    @property
    def ticks(self) -> list[Tick]:
        """Return the options, or a few numbers with the ends of the range."""
        if self.options:
            return [(self.dimension.fraction(value), self.write(value)) for value in self.options]
        values = dict.fromkeys(self.dimension.at(k / 4) for k in range(5))
        return [(self.dimension.fraction(value), self.write(value)) for value in values]

    @property
    def stops(self) -> list[Any]:
        """Return the values at which a brushed range can begin or end, ascending."""
        values = (self.dimension.at(k / STEPS) for k in range(STEPS + 1))
        return list(self.options or dict.fromkeys(values))

    def brush(self, low: float, high: float) -> Brush:
        """Return the stops just outside a range of positions, or the options inside; empty for a
        range that contains all or nothing.
        """
        if low > 1 or high < 0:
            return ()
        stops, fraction = self.stops, self.dimension.fraction
        if self.options:
            inside = tuple(stop for stop in stops if low <= fraction(stop) <= high)
            return () if len(inside) == len(stops) else inside
        below = [stop for stop in stops if fraction(stop) <= low]
        above = [stop for stop in stops if fraction(stop) >= high]
        ends = (below[-1] if below else stops[0], above[0] if above else stops[-1])
        return () if ends == (stops[0], stops[-1]) else ends


def scales(search: "Search") -> list[DimensionScale]:
    """Return the axis of each dimension of a search; options have the labels of their choices."""
    titles = labels(search.base, search.space)
    return [DimensionScale(d, titles[d.path], _option_labels(d, search.base)) for d in search.space]


def _option_labels(dimension: "Dimension", base: "Experiment") -> dict[Any, str]:
    """Return the labels of options: of a choice, of on and off, or the options themselves."""
    options = getattr(dimension, "values", ())
    present = read(base, dimension.path)
    members = type(present).members if isinstance(present, Choice) else Layer.members
    return {option: _option_label(option, members) for option in options}


def _option_label(option: Any, members: Mapping[str, type[Choice]]) -> str:
    if isinstance(option, bool):
        return "on" if option else "off"
    return members[option].label if option in members else str(option).replace("_", " ")


def is_lit(
    values: Mapping[str, Any], scales: Sequence[DimensionScale], brushes: Mapping[str, Brush]
) -> bool:
    """Whether a trial with these values is within all brushed ranges."""
    return all(
        _is_within(values.get(scale.path), scale, brushes[scale.path])
        for scale in scales
        if scale.path in brushes
    )


def _is_within(value: Any, scale: DimensionScale, brush: Brush) -> bool:
    if scale.options:
        return value in brush
    return value is not None and brush[0] <= value <= brush[-1]
