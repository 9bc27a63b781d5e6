"""Axes: what a study varies. Each axis lists its values, changes an experiment to one of them, and
reads the value back from an experiment. Choices only; no torch.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from core.base.encoding import change
from core.base.numbers import short
from core.base.spec import Choice, FieldFacts, Value, fields, ranged
from core.descent.point import CurvePoint
from core.experiment import Experiment
from core.studies.values import expand_range

XAxis = Literal["width", "samples", "steps", "control"]  # what a study's chart is drawn over

Number = int | float
AnyValues = Annotated[
    tuple[Any, ...], BeforeValidator(expand_range), Field(min_length=1, max_length=500)
]
WholeNumbers = Annotated[
    tuple[Annotated[int, Field(ge=1, le=65_536)], ...],
    BeforeValidator(expand_range),
    Field(min_length=1, max_length=500),
]
Fractions = Annotated[
    tuple[Annotated[float, Field(gt=0, le=1)], ...],
    BeforeValidator(expand_range),
    Field(min_length=1, max_length=500),
]
SIZE_FIELDS = ("units", "maps")  # the fields of layers that hold their width
FLATTENING = ("global_pool", "flatten")  # layers that make feature maps one row of values


class Axis(Choice, family="axis"):
    """One thing that differs between the points of a study. Its values are a list; a range is
    accepted too: {"low": 1, "high": 1000, "count": 7, "log": true}.
    """

    page: ClassVar[str] = "Double descent"
    values: tuple[Any, ...]
    over: ClassVar[XAxis] = "control"

    @property
    def name(self) -> str:
        """The key of the axis in records: a path, or its kind."""
        return type(self).model_fields["kind"].default

    @property
    def title(self) -> str:
        """The label of the axis in charts."""
        return self.label

    def apply(self, experiment: Experiment, value: Any) -> Experiment:
        """Return the experiment at this value. Raises BadExperiment where it allows no such
        value.
        """
        raise NotImplementedError

    def read(self, experiment: Experiment) -> Any:
        """Return the value of this experiment."""
        raise NotImplementedError

    def place_point(self, point: CurvePoint, experiment: Experiment) -> CurvePoint:
        """Return a trained point with the value of its experiment: as its control, by its index in
        the list where it is not a number.
        """
        value = self.read(experiment)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return replace(point, control=float(value))
        return replace(point, control=float(self._index(value)))

    def _index(self, value: Any) -> int:
        """The index of a value in the list; an experiment holds a kind with all its fields."""
        kinds = [v.get("kind") if isinstance(v, dict) else v for v in self.values]
        kind = value.get("kind") if isinstance(value, dict) else value
        return kinds.index(kind) if kind in kinds else 0

    @property
    def value_names(self) -> dict[float, str]:
        """The names of the values that are not numbers, by their index in the list."""
        names = {k: v.get("kind") if isinstance(v, dict) else v for k, v in enumerate(self.values)}
        return {float(k): str(v).lower() for k, v in names.items() if isinstance(v, (str, bool))}

    @property
    def summary(self) -> str:
        shown = [short(v, 3) if isinstance(v, (int, float)) else str(v) for v in self.values]
        return f"{self.title} {shown[0]} … {shown[-1]}" if len(shown) > 1 else shown[0]


class FieldAxis(Axis):
    """Any one field of an experiment by its path: optimizer.learning_rate, label_noise.share,
    epochs, batch_size, regularizers.0.strength, network.1.units. A value may be a number, a text
    such as the kind of an optimizer, or a JSON object.
    """

    kind: Literal["field"] = "field"
    label: ClassVar[str] = "Any field"
    source: ClassVar[str] = "Bengio 2012 (practical recommendations)"
    technique: ClassVar[str] = "S3 S4"
    path: str = Field(max_length=100, description="The field after its parents, with dots.")
    values: AnyValues

    @property
    def name(self) -> str:
        return self.path

    @property
    def title(self) -> str:
        return field_label(self.path)

    def apply(self, experiment: Experiment, value: Any) -> Experiment:
        return change(experiment, self.path, value)

    def read(self, experiment: Experiment) -> Any:
        value: Any = experiment.model_dump(mode="json")
        for part in self.path.split("."):
            value = value[int(part) if isinstance(value, list) else part]
        return value


def field_label(path: str) -> str:
    """Return the label that most classes have for the last field of a path: the experiment may have
    another optimizer than the one whose β₂ is meant. Its name in words where they do not agree.

    >>> field_label("optimizer.beta1"), field_label("batch_size"), field_label("network.1.units")
    ('β₁ (momentum)', 'Batch size', 'Units')
    """
    classes: Sequence[type[Value]] = (Experiment,)
    facts: list[FieldFacts] = []
    for name in (part for part in path.split(".") if not part.isdecimal()):
        facts = [fact for cls in classes for fact in fields(cls) if fact.name == name]
        classes = tuple(chain.from_iterable(_classes_in(fact.type) for fact in facts))
    for label, count in Counter(fact.label for fact in facts).most_common(1):
        if 2 * count > len(facts) and path.count(".") < 2:  # a part of a list needs its owner
            return label
    return path.rpartition(".")[2].replace("_", " ").capitalize()


def _classes_in(annotation: Any) -> tuple[type[Value], ...]:
    """Return the classes that a field of this type can hold: all members of a family."""
    if isinstance(annotation, type) and issubclass(annotation, Choice):
        return tuple(annotation.members.values())
    if isinstance(annotation, type) and issubclass(annotation, Value):
        return (annotation,)
    return tuple(chain.from_iterable(map(_classes_in, get_args(annotation))))


class WidthAxis(Axis):
    """The width of the network: units or channels of its first hidden layer. All other hidden
    layers, also those inside blocks, scale in proportion and keep at least one.
    """

    kind: Literal["width"] = "width"
    label: ClassVar[str] = "Width"
    source: ClassVar[str] = "Belkin et al. 2019; Nakkiran et al. 2019"
    technique: ClassVar[str] = "S1"
    over: ClassVar[XAxis] = "width"
    values: WholeNumbers

    def apply(self, experiment: Experiment, value: int) -> Experiment:
        ratio = value / self.read(experiment)
        data = experiment.model_dump(mode="json")
        return change(experiment, "network", _scale(data["network"], ratio))

    def read(self, experiment: Experiment) -> int:
        sizes = _sizes(experiment.model_dump(mode="json")["network"])
        if not sizes:
            raise PydanticCustomError(
                "no_hidden_layer",
                "The network has no hidden layer, so its width cannot vary. Add a linear layer.",
            )
        return sizes[0]

    def place_point(self, point: CurvePoint, experiment: Experiment) -> CurvePoint:
        return replace(point, width=self.read(experiment))


class DepthAxis(Axis):
    """The number of hidden layers with weights, each together with the layers that follow it. A
    larger depth repeats the last one, a smaller depth removes the last ones, but not the layer that
    flattens feature maps.
    """

    kind: Literal["depth"] = "depth"
    label: ClassVar[str] = "Depth"
    source: ClassVar[str] = "Nichani, Radhakrishnan & Uhler 2020"
    technique: ClassVar[str] = "S1"
    values: WholeNumbers

    def apply(self, experiment: Experiment, value: int) -> Experiment:
        before, groups, after = _split_groups(experiment.model_dump(mode="json")["network"])
        if not groups:
            raise PydanticCustomError(
                "no_hidden_layer",
                "The network has no hidden layer, so its depth cannot vary. Add a linear layer.",
            )
        layers = groups[:value] + groups[-1:] * max(0, value - len(groups))
        removed = chain(*groups[value:])
        layers.append([layer for layer in removed if layer["kind"] in FLATTENING][:1])
        return change(experiment, "network", [*before, *chain(*layers), *after])

    def read(self, experiment: Experiment) -> int:
        return len(_split_groups(experiment.model_dump(mode="json")["network"])[1])


class SamplesAxis(Axis):
    """The size of the training set, as fractions of it. A smaller one is a subset of a larger one;
    the validation and test sets stay the same.
    """

    kind: Literal["samples"] = "samples"
    label: ClassVar[str] = "Training samples"
    source: ClassVar[str] = "Cortes et al. 1993"
    technique: ClassVar[str] = "V10"
    over: ClassVar[XAxis] = "samples"
    values: Fractions

    def apply(self, experiment: Experiment, value: float) -> Experiment:
        return change(experiment, "split.fraction", value)

    def read(self, experiment: Experiment) -> float:
        return experiment.split.fraction

    def place_point(self, point: CurvePoint, experiment: Experiment) -> CurvePoint:
        return point  # it already counts its samples


class Repeats(Value):
    """Repetition with other seeds: initial weights, order, dropout and augmentation change; the
    test set and the wrong labels stay the same.
    """

    count: int = ranged(1, 1, 1000, unit="seeds", help="How often every point is repeated.")

    def apply(self, experiment: Experiment, number: int) -> Experiment:
        seeds = {name: seed + number for name, seed in experiment.seeds.model_dump().items()}
        return change(experiment, "seeds", seeds)


def _sizes(layers: Any) -> list[int]:
    """The widths of JSON layers in order, also of those inside others."""
    if isinstance(layers, list):
        return [size for layer in layers for size in _sizes(layer)]
    if not isinstance(layers, dict):
        return []
    own = [layers[name] for name in SIZE_FIELDS if isinstance(layers.get(name), int)]
    return own + [size for inner in layers.values() for size in _sizes(inner)]


def _scale(layers: Any, ratio: float) -> Any:
    """JSON layers with every width multiplied by `ratio`, at least 1."""
    if isinstance(layers, list):
        return [_scale(layer, ratio) for layer in layers]
    if not isinstance(layers, dict):
        return layers
    return {
        name: max(1, round(inner * ratio))
        if name in SIZE_FIELDS and isinstance(inner, int)
        else _scale(inner, ratio)
        for name, inner in layers.items()
    }


def _split_groups(layers: list[dict]) -> tuple[list, list[list], list]:
    """Split JSON layers into those before the first hidden layer with weights, the hidden layers
    each with what follows it, and the rest from the last global pooling, flatten or output on.
    """
    hidden = [index for index, layer in enumerate(layers) if _sizes(layer)]
    if not hidden:
        return layers, [], []
    tail = next(
        index
        for index in range(hidden[-1] + 1, len(layers) + 1)
        if index == len(layers) or layers[index]["kind"] in (*FLATTENING, "output")
    )
    ends = [*hidden[1:], tail]
    groups = [layers[start:end] for start, end in zip(hidden, ends, strict=True)]
    return layers[: hidden[0]], groups, layers[tail:]
