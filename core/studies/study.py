"""Study: one frozen value with what is varied, how each point is computed and how often it is
repeated; and `propose`, which returns the next experiment. Pure: no torch, no files.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import product
from math import prod
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from core.base.encoding import decode, encode
from core.base.errors import BadExperiment
from core.base.numbers import whole
from core.base.spec import Choice, Value, ranged
from core.base.yaml_text import read_as_json
from core.descent.point import CurvePoint
from core.experiment import Experiment
from core.studies.axes import Axis, Repeats, XAxis
from core.studies.changes_axis import ChangesAxis
from core.studies.curve_methods import RandomFeatures
from core.studies.method import Method
from core.studies.values import refuse

SHIPPED = Path(__file__).parents[2] / "assets" / "studies"
MAX_EXPERIMENTS = 5000  # in a study


@dataclass(frozen=True)
class StudyTrial:
    """A proposed experiment; `value` is its result, None while it is running."""

    experiment: Experiment
    value: float | None = None

    @cached_property
    def text(self) -> str:
        """The experiment as JSON, encoded only once: histories are long."""
        return encode(self.experiment)


class Strategy(Choice, family="strategy"):
    """The order and the number of axis values that are tried."""

    page: ClassVar[str] = "Double descent"

    def size(self, study: "Study") -> int:
        """The maximum number of experiments it proposes."""
        raise NotImplementedError

    def propose(self, study: "Study", history: Sequence[StudyTrial]) -> Experiment | None:
        """Return the next experiment, None when there is none. A pure function."""
        raise NotImplementedError


class Grid(Strategy):
    """Every combination of all values once, the first axis changing slowest; then all of them again
    with the next seed, so that a whole curve is available early.
    """

    kind: Literal["grid"] = "grid"
    label: ClassVar[str] = "Grid"
    source: ClassVar[str] = "Bergstra & Bengio 2012 (compared with random search)"
    technique: ClassVar[str] = "S3"

    def size(self, study: "Study") -> int:
        return prod(len(axis.values) for axis in study.axes) * study.trainings

    def propose(self, study: "Study", history: Sequence[StudyTrial]) -> Experiment | None:
        proposed = {trial.text for trial in history}
        grid = _grid(encode(study))
        return next((experiment for text, experiment in grid if text not in proposed), None)


class Study(Value):
    """`base` is the experiment that all points share, `axes` what differs between them, `method`
    how a point is computed, `repeats` the number of seeds.

    With a method that computes a whole curve, such as random features, the axes may be empty;
    axes then give further curves.
    """

    name: str = Field("", max_length=60, description="Name of the study in lists.")
    about: str = Field("", max_length=300, description="What it shows, in a sentence or two.")
    base: Experiment = Experiment()
    axes: tuple[Axis, ...] = Field((), max_length=4)
    method: Method = RandomFeatures()
    strategy: Strategy = Grid()
    repeats: int = ranged(3, 1, 100, unit="seeds", help="Number of seeds for every point.")

    @field_validator("base")
    @classmethod
    def _from_the_start(cls, base: Experiment) -> Experiment:
        """A study trains every experiment from its first step."""
        return base.unforked

    @property
    def trainings(self) -> int:
        """The number of experiments behind one point: one where all seeds are computed together."""
        return 1 if self.method.whole_curve else self.repeats

    @property
    def size(self) -> int:
        """The maximum number of experiments."""
        return self.strategy.size(self)

    @property
    def over(self) -> XAxis:
        """What its curve is drawn over: width, samples, steps, or any other axis (control)."""
        if self.method.whole_curve or not self.axes:
            return self.method.over
        return self.axes[0].over

    @property
    def varied(self) -> Axis | None:
        """The setting that distinguishes its columns: the first axis besides width and samples."""
        return next((axis for axis in self.axes if axis.over == "control"), None)

    @property
    def comparison(self) -> ChangesAxis | None:
        """The axis of changes that are compared in pairs; None in other studies."""
        return next((axis for axis in self.axes if isinstance(axis, ChangesAxis)), None)

    def coordinates(self, experiment: Experiment) -> dict[str, Any]:
        """Return the value of each axis by name, and the seed, of one of its experiments."""
        values = {axis.name: axis.read(experiment) for axis in self.axes}
        return values | {"seed": experiment.seeds.initialization - self.base.seeds.initialization}

    def place_point(self, point: CurvePoint, experiment: Experiment) -> CurvePoint:
        """Return a trained point with its width, and as control the value of the first axis besides
        width and samples.
        """
        for axis in self.axes:
            point = axis.place_point(point, experiment)
            if axis.over == "control":
                break
        return point

    @model_validator(mode="after")
    def _check(self) -> Self:
        names = [axis.name for axis in self.axes]
        if duplicates := {name for name in names if names.count(name) > 1}:
            raise refuse(
                "duplicate_axis",
                f"The study varies {', '.join(sorted(duplicates))} twice. Remove one of the axes.",
            )
        if self.comparison and (len(self.axes) > 1 or self.method.whole_curve):
            raise refuse(
                "comparison_alone",
                "Changes are compared in pairs of ordinary runs. Use the method “trained”, and no "
                "other axis.",
            )
        for axis in self.axes:
            for value in axis.values:
                try:
                    axis.apply(self.base, value)
                except BadExperiment as error:
                    raise refuse(
                        "axis_value", f"Axis {axis.name} at {value} is not possible: {error}"
                    ) from None
        if self.size > MAX_EXPERIMENTS:
            raise refuse(
                "too_many_experiments",
                f"The study has {whole(self.size)} experiments; the maximum is "
                f"{whole(MAX_EXPERIMENTS)}. Use fewer values or fewer seeds.",
            )
        return self


def propose(study: Study, history: Sequence[StudyTrial]) -> Experiment | None:
    """Return the next experiment of the study after these; None when it is complete."""
    return study.strategy.propose(study, history)


@lru_cache(maxsize=8)
def _grid(text: str) -> tuple[tuple[str, Experiment], ...]:
    study = decode(Study, text)
    repeats, grid = Repeats(count=study.repeats), []
    for number in range(study.trainings):
        for values in product(*(axis.values for axis in study.axes)):
            experiment = repeats.apply(study.base, number) if number else study.base
            for axis, value in zip(study.axes, values, strict=True):
                experiment = axis.apply(experiment, value)
            grid.append((encode(experiment), experiment))
    return tuple(grid)


@cache
def shipped() -> dict[str, Study]:
    """The ready-made studies by name, which is their file name in assets/studies."""
    paths = sorted(SHIPPED.glob("*.json"), key=lambda path: path.stem)
    return {path.stem: decode(Study, path.read_text()) for path in paths}


def load(source: str) -> Study:
    """Load the study of a JSON or YAML file or of a ready-made name. Raises BadExperiment
    (unknown_study) when it is neither.
    """
    if source in shipped():
        return shipped()[source]
    try:
        text = read_as_json(Path(source))
    except (OSError, UnicodeDecodeError, ValueError):
        raise BadExperiment(
            f"{source[:80]} is neither a readable file nor a ready-made study. Choose one of "
            f"{', '.join(shipped())}, or a JSON or YAML file.",
            code="unknown_study",
        ) from None
    return decode(Study, text)
