"""The one change that lets a network begin well, where there is one: found by measuring the first
step with each, so that what is proposed does help.
"""

from collections.abc import Iterator

from core.advice.chance_level import too_sure
from core.advice.first_step import FirstStep, first_step
from core.base.errors import LabError
from core.data.samples import Samples
from core.experiment import Experiment
from core.network.chains import Layers, every
from core.network.initializers import LSUV, He, Initializer, PyTorchDefault, Xavier
from core.network.layers import Activation, BatchNorm, Layer, ReLU, Sigmoid, StepFunction, Tanh
from core.network.normalizations import Normalizing
from core.network.tree import everywhere

BENT = (Sigmoid, Tanh, StepFunction)  # activations that Xavier was made for
Remedy = tuple[str, Experiment, FirstStep]  # what to do, the experiment then, its first step


def remedy(experiment: Experiment, data: Samples, seen: FirstStep) -> Remedy | None:
    """The first of the tries that begins better than `seen`, the experiment's own first step; None
    where that is well already or none does. Measures each try, so ask only when something is wrong.
    """
    classes = len(data.classes)
    before = grade(seen, experiment, classes)
    if before == FINE:
        return None
    for words, changed in _tries(experiment):
        try:
            then = first_step(changed, data)
        except LabError:  # more layers than an experiment may have
            continue
        if grade(then, changed, classes) < before:
            return words, changed, then
    return None


FINE, NOTED, WRONG = range(3)


def grade(seen: FirstStep, experiment: Experiment, classes: int) -> int:
    """FINE, NOTED (a first loss above that of a guess) or WRONG."""
    level, _ = too_sure(seen.loss, experiment.loss.kind, classes)
    return WRONG if seen.warning else {"": FINE, "info": NOTED, "warn": WRONG}[level]


def _tries(experiment: Experiment) -> Iterator[tuple[str, Experiment]]:
    layers = experiment.network
    kinds = [one for one in every(layers) if isinstance(one, Activation)]
    if any(isinstance(one, StepFunction) for one in kinds):
        smooth = everywhere(layers, lambda one: Sigmoid() if isinstance(one, StepFunction) else one)
        ending = smooth[:-1] if isinstance(layers[-1], StepFunction) else smooth
        words = "Leave the step out" if isinstance(layers[-1], StepFunction) else "Use Sigmoid"
        yield words, experiment.model_copy(update={"network": ending})
        bent = everywhere(layers, lambda one: ReLU() if isinstance(one, StepFunction) else one)
        for start in (He(), LSUV()):
            both = {"network": bent, "initializer": start}
            yield f"Use ReLU and {start.label}", experiment.model_copy(update=both)
    made_for: Initializer = Xavier() if any(isinstance(one, BENT) for one in kinds) else He()
    for start in (made_for, PyTorchDefault(), LSUV()):
        if start.kind != experiment.initializer.kind:
            yield f"Use {start.label}", experiment.model_copy(update={"initializer": start})
    normal = normalized(layers)
    if normal != layers:
        yield "Normalize before each activation", experiment.model_copy(update={"network": normal})
        for start in (made_for, LSUV()):
            both = {"network": normal, "initializer": start}
            yield f"Normalize, and use {start.label}", experiment.model_copy(update=both)


def normalized(layers: Layers) -> Layers:
    """Batch normalization in front of each activation that has none there."""

    def chain(layers: Layers) -> Layers:
        new: list[Layer] = []
        for layer in layers:
            bare = isinstance(layer, Activation) and not (new and isinstance(new[-1], Normalizing))
            new += [BatchNorm()] * bare + [_within(layer)]
        return tuple(new)

    def _within(layer: Layer) -> Layer:
        inside = layer.inside()
        return layer.holding(tuple(map(chain, inside))) if inside else layer

    return chain(layers)
