"""Study: one frozen value that says what is varied, how each point is computed and how often it is
repeated; and `propose`, which gives the next experiment. Pure: knows no torch and no file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import product
from math import prod
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from core.base.encoding import decode, encode
from core.base.errors import BadExperiment
from core.base.numbers import whole
from core.base.spec import Choice, Value, ranged
from core.experiment import Experiment
from core.studies.axes import Axis, Repeats, TrainingSamples, Width
from core.studies.method import Method, Over
from core.studies.methods import RandomFeatures

SHIPPED = Path(__file__).parents[2] / "assets" / "studies"
MOST = 5000  # experiments in a study


@dataclass(frozen=True)
class Tried:
    """An experiment that was proposed; `value` is what it reached, None while it is under way."""

    experiment: Experiment
    value: float | None = None

    @cached_property
    def text(self) -> str:
        """The experiment as JSON: of a long history each is written once."""
        return encode(self.experiment)


class Strategy(Choice, family="strategy"):
    """In which order, and how far, the values of the axes are tried."""

    def size(self, study: "Study") -> int:
        """How many experiments it proposes at the most."""
        raise NotImplementedError

    def propose(self, study: "Study", history: Sequence[Tried]) -> Experiment | None:
        """The next experiment; None when it has enough. A pure function."""
        raise NotImplementedError


class Grid(Strategy):
    """Every combination of all values once, the first axis slowest; then all of them again with the
    next seeds, so that a whole curve stands early.
    """

    kind: Literal["grid"] = "grid"
    label: ClassVar[str] = "Grid"

    def size(self, study: "Study") -> int:
        return prod(len(axis.values) for axis in study.axes) * study.trainings

    def propose(self, study: "Study", history: Sequence[Tried]) -> Experiment | None:
        tried = {one.text for one in history}
        grid = _grid(encode(study))
        return next((one for text, one in grid if text not in tried), None)


class Study(Value):
    """`base` is the experiment that all points share, `axes` what differs between them, `method`
    how a point is computed, `repeats` with how many seeds.

    With a method that computes a whole curve by itself, such as random features, the axes may stay
    empty; further ones give further curves.
    """

    name: str = Field("", max_length=60, description="What the study is called in lists.")
    about: str = Field("", max_length=300, description="What it shows, in a sentence or two.")
    base: Experiment = Experiment()
    axes: tuple[Axis, ...] = Field((), max_length=4)
    method: Method = RandomFeatures()
    strategy: Strategy = Grid()
    repeats: int = ranged(3, 1, 100, unit="seeds", help="How often every point is repeated.")

    @property
    def trainings(self) -> int:
        """How many experiments stand behind one point: all seeds are one where they are computed
        together.
        """
        return 1 if self.method.together else self.repeats

    @property
    def size(self) -> int:
        """How many experiments it has at the most."""
        return self.strategy.size(self)

    @property
    def over(self) -> Over:
        """What its curve is drawn over: width, samples, steps, or any other axis (control)."""
        if self.method.together or not self.axes:
            return self.method.over
        main = self.axes[0]
        return "width" if isinstance(main, Width) else (
            "samples" if isinstance(main, TrainingSamples) else "control"
        )  # fmt: skip

    @property
    def varied(self) -> Axis | None:
        """The setting that tells its columns apart: the first axis but width and samples."""
        return next((a for a in self.axes if not isinstance(a, (Width, TrainingSamples))), None)

    def at(self, experiment: Experiment) -> dict[str, Any]:
        """Where one of its experiments stands: the value of each axis by name, and which seed."""
        values = {axis.name: axis.read(experiment) for axis in self.axes}
        return values | {"seed": experiment.seeds.initialization - self.base.seeds.initialization}

    @model_validator(mode="after")
    def _fits(self) -> Self:
        names = [axis.name for axis in self.axes]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"axes has {', '.join(sorted(twice))} twice: leave one out.")
        for axis in self.axes:
            for value in axis.values:
                try:
                    axis.apply(self.base, value)
                except BadExperiment as error:
                    raise ValueError(f"axis {axis.name} at {value}: {error}") from None
        if self.size > MOST:
            raise ValueError(
                f"the study has {whole(self.size)} experiments, at most {whole(MOST)} are taken: "
                "give fewer values."
            )
        return self


def propose(study: Study, history: Sequence[Tried]) -> Experiment | None:
    """The next experiment of the study after these; None when it is complete."""
    return study.strategy.propose(study, history)


@lru_cache(maxsize=8)
def _grid(text: str) -> tuple[tuple[str, Experiment], ...]:
    study = decode(Study, text)
    repeats, found = Repeats(count=study.repeats), []
    for number in range(study.trainings):
        for values in product(*(axis.values for axis in study.axes)):
            experiment = repeats.apply(study.base, number) if number else study.base
            for axis, value in zip(study.axes, values, strict=True):
                experiment = axis.apply(experiment, value)
            found.append((encode(experiment), experiment))
    return tuple(found)


@cache
def shipped() -> dict[str, Study]:
    """The ready-made studies by name, the file names in assets/studies."""
    paths = sorted(SHIPPED.glob("*.json"), key=lambda path: path.stem)
    return {path.stem: decode(Study, path.read_text()) for path in paths}


def load(source: str) -> Study:
    """The study of a JSON file or of a shipped name. BadExperiment names both ways when it is
    neither.
    """
    if source in shipped():
        return shipped()[source]
    try:
        text = Path(source).read_text()
    except (OSError, UnicodeDecodeError, ValueError):
        raise BadExperiment(
            f"{source[:80]} is no file and no shipped study: choose one of {', '.join(shipped())}, "
            "or a JSON file."
        ) from None
    return decode(Study, text)
