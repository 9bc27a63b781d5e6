"""Axes: what a study varies. Each says which values it has, how an experiment is changed by one of
them, and reads it back from an experiment. Choices only; knows no torch.
"""

from itertools import chain
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from core.base.encoding import change
from core.base.numbers import short
from core.base.spec import Choice, Value, ranged
from core.experiment import Experiment
from core.studies.values import spread

Number = int | float
Values = Annotated[tuple[Number, ...], BeforeValidator(spread), Field(min_length=1, max_length=500)]
Wholes = Annotated[
    tuple[Annotated[int, Field(ge=1, le=65_536)], ...],
    BeforeValidator(spread),
    Field(min_length=1, max_length=500),
]
Shares = Annotated[
    tuple[Annotated[float, Field(gt=0, le=1)], ...],
    BeforeValidator(spread),
    Field(min_length=1, max_length=500),
]
SIZES = ("units", "maps")  # the fields of layers that say how wide they are


class Axis(Choice, family="axis"):
    """One thing that differs between the points of a study. Its values stand in a list; a range is
    read too: {"low": 1, "high": 1000, "count": 7, "log": true}.
    """

    values: tuple[Any, ...]

    @property
    def name(self) -> str:
        """What the axis is called in records: a path, or its kind."""
        return type(self).model_fields["kind"].default

    @property
    def title(self) -> str:
        """What stands beside the axis of a picture."""
        return self.label

    def apply(self, experiment: Experiment, value: Any) -> Experiment:
        """The experiment at this value. BadExperiment says why there is none."""
        raise NotImplementedError

    def read(self, experiment: Experiment) -> Any:
        """The value at which this experiment stands."""
        raise NotImplementedError

    @property
    def words(self) -> dict[float, str]:
        """Its values that are no numbers, by their place in the list."""
        said = {k: v.get("kind") if isinstance(v, dict) else v for k, v in enumerate(self.values)}
        return {float(k): str(v).lower() for k, v in said.items() if isinstance(v, (str, bool))}

    @property
    def summary(self) -> str:
        shown = [short(v, 3) if isinstance(v, (int, float)) else str(v) for v in self.values]
        return f"{self.title} {shown[0]} … {shown[-1]}" if len(shown) > 1 else shown[0]


class Path(Axis):
    """Any one field of an experiment by its path: optimizer.learning_rate, label_noise.share,
    epochs, batch_size, regularizers.0.strength, network.1.units. A value may be a number, a text
    such as the kind of an optimizer, or a JSON object.
    """

    kind: Literal["field"] = "field"
    label: ClassVar[str] = "Any field"
    path: str = Field(max_length=100, description="The field, its parents before it, with dots.")
    values: Annotated[tuple[Any, ...], BeforeValidator(spread), Field(min_length=1, max_length=500)]

    @property
    def name(self) -> str:
        return self.path

    @property
    def title(self) -> str:
        return self.path.rpartition(".")[2].replace("_", " ").capitalize()

    def apply(self, experiment: Experiment, value: Any) -> Experiment:
        return change(experiment, self.path, value)

    def read(self, experiment: Experiment) -> Any:
        place: Any = experiment.model_dump(mode="json")
        for part in self.path.split("."):
            place = place[int(part) if isinstance(place, list) else part]
        return place


class Width(Axis):
    """How wide the network is: units or maps of its first hidden layer; all others grow in
    proportion, also those within blocks, and keep at least one.
    """

    kind: Literal["width"] = "width"
    label: ClassVar[str] = "Width"
    technique: ClassVar[str] = "S1"
    values: Wholes

    def apply(self, experiment: Experiment, value: int) -> Experiment:
        ratio = value / self.read(experiment)
        data = experiment.model_dump(mode="json")
        return change(experiment, "network", _scaled(data["network"], ratio))

    def read(self, experiment: Experiment) -> int:
        sizes = _sizes(experiment.model_dump(mode="json")["network"])
        if not sizes:
            raise ValueError("the network has no hidden layer to widen: add a linear layer.")
        return sizes[0]


class Depth(Axis):
    """How many hidden layers with weights stand one behind the other, each with what follows it up
    to the next: more repeat the last one, fewer leave out the last ones.
    """

    kind: Literal["depth"] = "depth"
    label: ClassVar[str] = "Depth"
    values: Wholes

    def apply(self, experiment: Experiment, value: int) -> Experiment:
        before, groups, after = _groups(experiment.model_dump(mode="json")["network"])
        if not groups:
            raise ValueError("the network has no hidden layer to repeat: add a linear layer.")
        kept = groups[:value] + groups[-1:] * max(0, value - len(groups))
        return change(experiment, "network", [*before, *chain(*kept), *after])

    def read(self, experiment: Experiment) -> int:
        return len(_groups(experiment.model_dump(mode="json")["network"])[1])


class TrainingSamples(Axis):
    """How much it learns from: shares of the training part. A smaller one is a part of a larger
    one, and validation and test stay what they are.
    """

    kind: Literal["samples"] = "samples"
    label: ClassVar[str] = "Training samples"
    technique: ClassVar[str] = "V10"
    values: Shares

    def apply(self, experiment: Experiment, value: float) -> Experiment:
        return change(experiment, "split.fraction", value)

    def read(self, experiment: Experiment) -> float:
        return experiment.split.fraction


class Repeats(Value):
    """Repeated with other seeds: first weights, order, dropout and augmentation; which samples are
    kept for the test, and which labels are wrong, stay the same.
    """

    count: int = ranged(1, 1, 1000, unit="seeds", help="How often everything is repeated.")

    def apply(self, experiment: Experiment, number: int) -> Experiment:
        seeds = {name: seed + number for name, seed in experiment.seeds.model_dump().items()}
        return change(experiment, "seeds", seeds)


def _sizes(layers: Any) -> list[int]:
    """Of JSON layers, in order, how wide each is, also those within others."""
    if isinstance(layers, list):
        return [size for layer in layers for size in _sizes(layer)]
    if not isinstance(layers, dict):
        return []
    own = [layers[name] for name in SIZES if isinstance(layers.get(name), int)]
    return own + [size for inner in layers.values() for size in _sizes(inner)]


def _scaled(layers: Any, ratio: float) -> Any:
    if isinstance(layers, list):
        return [_scaled(layer, ratio) for layer in layers]
    if not isinstance(layers, dict):
        return layers
    return {
        name: max(1, round(inner * ratio))
        if name in SIZES and isinstance(inner, int)
        else _scaled(inner, ratio)
        for name, inner in layers.items()
    }


def _groups(layers: list[dict]) -> tuple[list, list[list], list]:
    """What comes before the first hidden layer with weights, the hidden layers each with what
    follows it, and what comes from the last pooling to one value or the output on.
    """
    hidden = [place for place, layer in enumerate(layers) if _sizes(layer)]
    if not hidden:
        return layers, [], []
    tail = next(
        place
        for place in range(hidden[-1] + 1, len(layers) + 1)
        if place == len(layers) or layers[place]["kind"] in ("global_pool", "flatten", "output")
    )
    ends = [*hidden[1:], tail]
    groups = [layers[start:end] for start, end in zip(hidden, ends, strict=True)]
    return layers[: hidden[0]], groups, layers[tail:]
