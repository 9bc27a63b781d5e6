"""The first change that gives a network a better start, found by measuring the first step with each
candidate, so that what is suggested does help.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from core.advice.chance_level import check_initial_loss
from core.advice.first_step import FirstStep, first_step
from core.advice.network_checks import (
    suited_initializer,
    with_smooth_activations,
)
from core.base.errors import LabError
from core.base.finding import Action
from core.data.samples import Samples
from core.experiment import Experiment
from core.network.extra_layers import with_normalization
from core.network.initializers import LSUV, He, Initializer, PyTorchDefault
from core.network.layers import BatchNorm, ReLU, Sigmoid

FINE, NOTED, WRONG = range(3)
GRADES = {"ok": FINE, "info": NOTED, "warn": WRONG, "bad": WRONG}


@dataclass(frozen=True)
class Remedy:
    """A change of network and initializer as an action, the experiment after it, and that
    experiment's first step.
    """

    action: Action
    experiment: Experiment
    first_step: FirstStep


def find_remedy(experiment: Experiment, data: Samples, seen: FirstStep) -> Remedy | None:
    """Return the first change whose first step is better than `seen`, that of the experiment
    itself; None if that one is fine or no change helps. Each candidate is measured, so call this
    only when something is wrong.
    """
    classes = len(data.classes)
    before = grade(seen, experiment, classes)
    if before == FINE:
        return None
    for label, changed in _candidates(experiment):
        try:
            after = first_step(changed, data)
        except LabError:  # more layers than an experiment may have
            continue
        if grade(after, changed, classes) < before:
            return Remedy(_action(label, changed), changed, after)
    return None


def grade(seen: FirstStep, experiment: Experiment, classes: int) -> int:
    """Return FINE, NOTED (an initial loss above chance level) or WRONG."""
    if seen.finding:
        return WRONG
    finding = check_initial_loss(seen.loss, experiment.loss.kind, classes)
    return GRADES[finding.level] if finding else FINE


def _action(label: str, changed: Experiment) -> Action:
    changes = {
        "network": [layer.model_dump(mode="json") for layer in changed.network],
        "initializer": changed.initializer.model_dump(mode="json"),
    }
    return Action(label, changes)


def _candidates(experiment: Experiment) -> Iterator[tuple[str, Experiment]]:
    """Yield changed experiments, the smallest change first, each with the label of its button."""

    def changed(**fields: object) -> Experiment:
        return experiment.model_copy(update=fields)

    layers = experiment.network
    smooth = with_smooth_activations(layers, Sigmoid())
    if smooth != layers:
        last = layers[-1]
        if last.passes_gradient:
            yield "Use Sigmoid", changed(network=smooth)
        else:
            yield f"Delete {last.label}", changed(network=smooth[:-1])
        rectified = with_smooth_activations(layers, ReLU())
        for start in (He(), LSUV()):
            label = f"Use ReLU and {start.label} initialization"
            yield label, changed(network=rectified, initializer=start)
    suited: Initializer = Initializer.pick(suited_initializer(layers) or "he")
    for start in (suited, PyTorchDefault(), LSUV()):
        if start.kind != experiment.initializer.kind:
            yield f"Use {start.label} initialization", changed(initializer=start)
    normalized = with_normalization(layers, BatchNorm())
    if normalized != layers:
        yield "Add batch normalization", changed(network=normalized)
        for start in (suited, LSUV()):
            label = f"Add batch normalization and use {start.label} initialization"
            yield label, changed(network=normalized, initializer=start)
