"""Changes: one thing that differs from an experiment. Each has a title, and makes the changed
experiment. What can be left out is listed by `removals`, what can be added or replaced by
`FAMILIES`. Choices only; no torch.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import Field, SerializeAsAny, field_validator, model_validator
from pydantic_core import PydanticCustomError

from core.base.encoding import change
from core.base.errors import BadExperiment
from core.base.numbers import short
from core.base.spec import Choice, Value
from core.base.text import uncapitalize
from core.data.augmentations import Augmentation
from core.data.normalization import Normalization
from core.data.sampling import Sampling
from core.experiment import NAME_LENGTH, Experiment
from core.losses import Loss
from core.network.extra_layers import extra_layers, is_extra, with_extra_layer, without_layers
from core.network.initializers import Initializer
from core.network.layers import Layer
from core.optim.optimizers import Optimizer
from core.optim.regularizers import Regularizer
from core.optim.schedules import Constant, Schedule
from core.optim.stopping import StoppingRule
from core.weights.start import FromScratch


@dataclass(frozen=True)
class Family:
    """Choices that can be added to an experiment (`is_list`) or replace the one that it has.
    `title` is the title of a change, with {} for the choice.
    """

    choices: type[Choice]
    field: str
    is_list: bool = False
    title: str = "With {}"


FAMILIES: dict[str, Family] = {
    "augmentation": Family(Augmentation, "augmentations", is_list=True),
    "regularizer": Family(Regularizer, "regularizers", is_list=True),
    "stopping": Family(StoppingRule, "stopping", is_list=True, title="With the stopping rule “{}”"),
    "layer": Family(Layer, "network"),
    "initializer": Family(Initializer, "initializer", title="With the initialization {}"),
    "optimizer": Family(Optimizer, "optimizer", title="With the optimizer {}"),
    "schedule": Family(Schedule, "schedule", title="With the schedule {}"),
    "loss": Family(Loss, "loss", title="With the loss {}"),
    "sampling": Family(Sampling, "sampling", title="With the sampling {}"),
    "normalization": Family(Normalization, "normalization", title="With the input scaling {}"),
}
LISTS = {name: family for name, family in FAMILIES.items() if family.is_list}
GROUPS = {  # what can be left out besides single choices, with its title
    "augmentation": "Without augmentation",
    "regularizer": "Without regularizers",
    "stopping": "Without stopping rules",
    "normalization": "Without normalization layers",
    "weight_decay": "Without weight decay",
    "schedule": "Without a schedule (constant learning rate)",
    "label_noise": "Without label noise",
    "start": "Without trained starting weights",
}


class Change(Value):
    """One thing that differs from an experiment."""

    @property
    def title(self) -> str:
        """What differs, in a few words; it names the change within a study."""
        raise NotImplementedError

    def apply(self, experiment: Experiment) -> Experiment:
        """Return the changed experiment, named after the change. Raises BadExperiment where nothing
        would change, or where the result is invalid.
        """
        changed = self._changed(experiment)
        if changed == experiment:
            raise BadExperiment(
                f"{self.title}: the experiment has these settings already, so there is nothing to "
                "compare. Choose another change.",
                code="nothing_to_change",
            )
        return change(changed, "name", self.title[:NAME_LENGTH])

    def _changed(self, experiment: Experiment) -> Experiment:
        raise NotImplementedError


class Unchanged(Change):
    """The experiment as it is, with which all changes are compared."""

    @property
    def title(self) -> str:
        return "Unchanged"

    def apply(self, experiment: Experiment) -> Experiment:
        return change(experiment, "name", self.title)


class Without(Change):
    """Leaves out one part: a key of `removals`."""

    without: str = Field(max_length=40, description="dropout, flip, weight_decay, augmentation …")

    @property
    def title(self) -> str:
        return GROUPS.get(self.without) or f"Without {uncapitalize(_label(self.without))}"

    def _changed(self, experiment: Experiment) -> Experiment:
        parts = removals(experiment)
        if self.without not in parts:
            possible = ", ".join(parts) or "nothing of this kind"
            raise BadExperiment(
                f"This experiment has no {self.without!r} to leave out. It has {possible}.",
                code="nothing_to_remove",
            )
        return parts[self.without]()


class With(Change):
    """Adds a choice of a family, or replaces the one that the experiment has."""

    family: str
    choice: SerializeAsAny[Choice]

    @model_validator(mode="before")
    @classmethod
    def _pick(cls, data: Any) -> Any:
        """Make the choice from its JSON object or its kind."""
        if not isinstance(data, dict) or "family" not in data or "choice" not in data:
            return data
        family = FAMILIES.get(str(data["family"]))
        if not family:
            raise _error("unknown_family", f"Choose a family among {', '.join(FAMILIES)}.")
        choice = family.choices.pick(data["choice"])
        if isinstance(choice, Layer) and not is_extra(choice):
            raise _error(
                "layer_not_insertable",
                f"{choice.label} cannot be inserted by its name. Choose dropout or a "
                "normalization, or change the network on the Network page.",
            )
        return data | {"choice": choice}

    @property
    def title(self) -> str:
        family, label, summary = FAMILIES[self.family], self.choice.label, self.choice.summary
        if isinstance(self.choice, Layer):
            summary = f"{uncapitalize(label)} {summary}".strip()
        elif not family.is_list and label not in summary:
            summary = f"{label} ({summary})"
        return family.title.format(summary)

    def _changed(self, experiment: Experiment) -> Experiment:
        family, choice = FAMILIES[self.family], self.choice
        if isinstance(choice, Layer):
            return _with_network(experiment, with_extra_layer(experiment.network, choice))
        if not family.is_list:
            return change(experiment, family.field, choice.model_dump(mode="json"))
        others = [c for c in getattr(experiment, family.field) if c.kind != choice.kind]
        return _with_list(experiment, family.field, [*others, choice])


class SetTo(Change):
    """Gives any field another value: a path such as label_noise.share."""

    path: str = Field(max_length=100)
    value: Any

    @field_validator("path")
    @classmethod
    def _is_compared(cls, path: str) -> str:
        if path.partition(".")[0] in ("seeds", "split", "data", "name", "about", "device", "fork"):
            raise _error(
                "path_not_compared",
                f"{path} cannot be compared in pairs: both members of a pair have the same data, "
                "split, seeds and device. Choose another field.",
            )
        return path

    @property
    def title(self) -> str:
        words = self.path.replace(".", " ").replace("_", " ")
        value = short(self.value, 4) if isinstance(self.value, float) else json.dumps(self.value)
        return f"With {words} {value}"[:NAME_LENGTH]

    def _changed(self, experiment: Experiment) -> Experiment:
        return change(experiment, self.path, self.value)


AnyChange = Without | With | SetTo | Unchanged


def removals(experiment: Experiment) -> dict[str, Callable[[], Experiment]]:
    """Return what can be left out, by its name: the kind of a choice, or a group. Each value makes
    the experiment without it.
    """
    e = experiment
    parts: dict[str, Callable[[], Experiment]] = {}
    for cls in extra_layers(e.network):
        kind = cls.model_fields["kind"].default
        parts[kind] = lambda kind=kind: _without(e, lambda layer: layer.kind == kind)
    if any(layer.is_normalization for layer in extra_layers(e.network)):
        parts["normalization"] = lambda: _without(e, lambda layer: layer.is_normalization)
    for name, family in LISTS.items():
        chosen = getattr(e, family.field)
        for choice in chosen:
            others = [c for c in chosen if c is not choice]
            parts[choice.kind] = lambda f=family.field, o=others: _with_list(e, f, o)
        if chosen:
            parts[name] = lambda f=family.field: _with_list(e, f, [])
    if "weight_decay" in parts or getattr(e.optimizer, "weight_decay", 0):
        parts["weight_decay"] = lambda: _without_weight_decay(e)
    if not isinstance(e.schedule, Constant):
        parts["schedule"] = lambda: change(e, "schedule", "constant")
    if e.label_noise.share:
        parts["label_noise"] = lambda: change(e, "label_noise.share", 0.0)
    if not isinstance(e.start, FromScratch):
        parts["start"] = lambda: change(e, "start", "scratch")
    return parts


def _label(kind: str) -> str:
    families = (Layer, *(family.choices for family in LISTS.values()))
    return next((f.members[kind].label for f in families if kind in f.members), kind)


def _without(experiment: Experiment, is_removed: Callable[[Layer], bool]) -> Experiment:
    return _with_network(experiment, without_layers(experiment.network, is_removed))


def _with_network(experiment: Experiment, layers: tuple[Layer, ...]) -> Experiment:
    return change(experiment, "network", [layer.model_dump(mode="json") for layer in layers])


def _with_list(experiment: Experiment, field: str, chosen: list[Choice]) -> Experiment:
    return change(experiment, field, [choice.model_dump(mode="json") for choice in chosen])


def _without_weight_decay(experiment: Experiment) -> Experiment:
    """Return the experiment without weight decay as a regularizer and in the optimizer."""
    others = [c for c in experiment.regularizers if c.kind != "weight_decay"]
    experiment = _with_list(experiment, "regularizers", others)
    if getattr(experiment.optimizer, "weight_decay", 0):
        experiment = change(experiment, "optimizer.weight_decay", 0.0)
    return experiment


def _error(code: str, message: str) -> PydanticCustomError:
    return PydanticCustomError(code, "{message}", {"message": message})
