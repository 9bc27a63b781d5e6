"""Checks of a network and its initial weights. Each rule returns its findings.

Layers inside blocks count like all others. Pure: a rule sees the experiment and the sizes of its
data and network, and asks the layer classes for their facts, so that a new layer needs no rule
here.
"""

from collections import Counter
from math import prod

from core.advice.training_checks import Rule, plain
from core.base.finding import Action, Finding
from core.base.numbers import short
from core.base.text import counted
from core.experiment import Experiment
from core.network.chains import Layers, describe_depth, walk_layers
from core.network.initializers import Initializer
from core.network.layers import Layer, ReLU, Sigmoid
from core.network.tree import map_layers

LOST = 1 / 256  # a gradient that all activations together reduce to this fraction does not train
MAX_BATCH = 65_536


def check_symmetry(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """All units of a layer start alike and stay alike."""
    if not e.initializer.is_symmetric:
        return []
    text = (
        f"**{e.initializer.label} as initial weights:** all units of a layer stay equal, so the "
        "layer learns like a single unit. Use random initial weights."
    )
    action = Action("Use He initialization", {"initializer": "he"})
    return [Finding("symmetric_weights", "warn", text, {"initializer": e.initializer.kind}, action)]


def check_gradient(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """A layer has a derivative of 0 and blocks the gradient."""
    blocking = [layer for layer in walk_layers(e.network) if not layer.passes_gradient]
    if not blocking:
        return []
    text = (
        f"**{blocking[0].label} blocks the gradient:** its derivative is 0 wherever it exists, so "
        "no weight before it can learn. Use a smooth activation."
    )
    *before, last = e.network
    if last.passes_gradient:
        smooth = with_smooth_activations(e.network, Sigmoid())
        action = Action("Use Sigmoid", {"network": plain(smooth)})
    else:
        smooth = with_smooth_activations(tuple(before), Sigmoid())
        action = Action(f"Delete {last.label}", {"network": plain(smooth)})
    evidence = {"kinds": [layer.kind for layer in blocking]}
    return [Finding("gradient_blocked", "warn", text, evidence, action)]


def with_smooth_activations(layers: Layers, activation: Layer) -> Layers:
    """Replace every layer that blocks the gradient by this activation, also inside blocks."""
    return map_layers(layers, lambda layer: layer if layer.passes_gradient else activation)


def check_scores(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """An activation at the end of the network limits the scores."""
    last = e.network[-1] if e.network else None
    if last is None or not last.is_activation or not last.passes_gradient:
        return []
    text = (
        f"**{last.label} follows the output layer:** it limits the scores, but the loss is defined "
        "for scores of any size. Delete it."
    )
    action = Action(f"Delete {last.label}", {"network": plain(e.network[:-1])})
    return [Finding("activation_after_output", "warn", text, {"kind": last.kind}, action)]


def check_batch_statistics(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """A layer compares the samples of a batch, but some batch has a single one."""
    comparing = [layer for layer in walk_layers(e.network) if layer.uses_batch_statistics]
    is_single = samples and samples % e.batch_size == 1
    if not comparing or (e.batch_size > 1 and not is_single):
        return []
    which = "every batch" if e.batch_size == 1 else "the last batch of each epoch"
    sizes = range(max(2, e.batch_size), MAX_BATCH + 1)
    better = next(size for size in sizes if samples % size != 1) if samples else 32
    text = (
        f"**{comparing[0].label} compares the samples of a batch,** but {which} has one sample. "
        "Change the batch size."
    )
    evidence = {"batch_size": e.batch_size, "samples": samples}
    action = Action(f"Use a batch size of {better}", {"batch_size": better})
    return [Finding("batch_statistics_of_one", "warn", text, evidence, action)]


def check_initializer(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """The initializer is derived for other activations."""
    suited = suited_initializer(e.network)
    if not e.initializer.assumes_activation or suited in ("", e.initializer.kind):
        return []
    label = Initializer.members[suited].label
    activation = next(
        layer
        for layer in walk_layers(e.network)
        if layer.is_activation and layer.initializer == suited
    )
    text = (
        f"**{e.initializer.label} initialization is not derived for {activation.label}:** the "
        f"signal changes its scale from layer to layer. {label} initialization keeps it."
    )
    evidence = {"initializer": e.initializer.kind, "activation": activation.kind}
    action = Action(f"Use {label} initialization", {"initializer": suited})
    return [Finding("initializer_for_other_activation", "info", text, evidence, action)]


def suited_initializer(layers: Layers) -> str:
    """Return the kind of the initializer that was derived for most of the activations; "" if there
    is none.
    """
    activations = [layer for layer in walk_layers(layers) if layer.is_activation]
    kinds = Counter(layer.initializer for layer in activations if layer.initializer)
    return kinds.most_common(1)[0][0] if kinds else ""


def check_slopes(e: Experiment, samples: int, parameters: int) -> list[Finding]:
    """The slopes of all activations together leave hardly any gradient."""
    flat = [layer for layer in walk_layers(e.network) if is_flat(layer)]
    fraction = prod(layer.max_slope() for layer in flat)
    if fraction > LOST:
        return []
    labels = ", ".join(dict.fromkeys(layer.label for layer in flat))
    action = use_relu(e.network)
    text = (
        f"**{counted(len(flat), 'activation')} ({labels}) between the "
        f"{describe_depth(e.network)} have a small slope:** together they pass on at most "
        f"{short(fraction)} of the gradient, so the first layers hardly learn. {action.label}."
    )
    evidence = {"activations": len(flat), "fraction": fraction}
    return [Finding("slopes_too_small", "warn", text, evidence, action)]


def is_flat(layer: Layer) -> bool:
    """Whether it is an activation that makes every gradient smaller."""
    return layer.is_activation and layer.passes_gradient and layer.max_slope() < 1


def use_relu(layers: Layers) -> Action:
    """Replace the flat activations, also those inside blocks."""
    network = map_layers(layers, lambda layer: ReLU() if is_flat(layer) else layer)
    changes = {"network": plain(network), "initializer": "he"}
    return Action("Use ReLU and He initialization", changes)


RULES: tuple[Rule, ...] = (
    check_symmetry,
    check_gradient,
    check_scores,
    check_batch_statistics,
    check_slopes,
    check_initializer,
)
