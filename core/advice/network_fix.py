"""The misfit of a network as a finding, with the one change that fixes it where there is one.

Changes are found by trying, and each layer suggests changes of itself, so that a new layer needs no
rule here.
"""

from collections.abc import Iterator

from core.base.finding import Action, Finding
from core.network.build import LayerFacts, describe_misfit, first_misfit_facts, trace
from core.network.chains import Layers
from core.network.layers import Flatten, Output, Shape
from core.network.tree import (
    LayerPath,
    can_delete,
    insert_layer,
    layer_at,
    map_layers,
    replace_layer,
)  # fmt: skip

Candidate = tuple[str, Layers, LayerPath]  # button, changed layers, path up to which all must fit
FLATTEN, DELETE_BLOCK = "Insert Flatten before it", "Delete the whole block"
END = (float("inf"),)  # the misfit of a block itself is checked after those of its layers


def check_fit(layers: Layers, shape: Shape, outputs: int) -> Finding | None:
    """Return the first misfit of the network with the action that fixes it; None if all layers fit.
    The finding has no action if a single change is not enough.
    """
    facts = first_misfit_facts(trace(layers, shape, outputs))
    if facts is None:
        return None
    evidence = facts.misfit.evidence | {"layer": facts.number}
    action = suggest_fix(layers, shape, outputs)
    return Finding(facts.misfit.code, "bad", describe_misfit(facts), evidence, action)


def suggest_fix(layers: Layers, shape: Shape, outputs: int) -> Action | None:
    """Return the change that makes the network fit; None if nothing is wrong or one change is not
    enough. A change that fixes a whole block is preferred to one that fixes its inner layer only.
    """
    path = misfit_path(trace(layers, shape, outputs))
    if path is None:
        return None
    second: Action | None = None
    for label, changed, cleared in _candidates(layers, path, outputs):
        remaining = misfit_path(trace(changed, shape, outputs))
        if not changed or (remaining is not None and remaining + END <= cleared + END):
            continue
        if label == DELETE_BLOCK and second:
            return second
        action = Action(label, {"network": [layer.model_dump(mode="json") for layer in changed]})
        if remaining is None or remaining[0] > cleared[0]:
            return action
        if label != FLATTEN:  # inside a block it only moves the misfit to the block
            second = second or action
    return second


def misfit_path(facts: tuple[LayerFacts, ...]) -> LayerPath | None:
    """Return the path of the first innermost layer that does not fit; None if all do."""
    for fact in facts:
        for number, chain in enumerate(fact.chains):
            if (inner := misfit_path(chain)) is not None:
                return (fact.index, number, *inner)
        if fact.misfit:
            return (fact.index,)
    return None


def _candidates(layers: Layers, path: LayerPath, outputs: int) -> Iterator[Candidate]:
    layer, behind = layer_at(layers, path), (*path[:-1], path[-1] + 1)
    is_inner = len(path) > 1
    blocks = [path[:length] for length in range(len(path) - 2, 0, -2)]  # the innermost one first
    for label, changed in layer.fixes(outputs, is_inner=is_inner):
        yield label, replace_layer(layers, path, changed), path
    for before in layer.preparations():
        yield f"Insert {before.label} before it", insert_layer(layers, path, before), behind
    yield FLATTEN, insert_layer(layers, path, Flatten()), behind
    if not is_inner:
        yield "Add an Output layer at the end", (*layers, Output()), behind
        ended = (*layers, Flatten(), Output())
        yield "Add Flatten and an Output layer at the end", ended, (path[0] + 2,)
    kept = map_layers((layer,), lambda inner: inner.keeping_size())
    yield "Keep the image size", replace_layer(layers, path, *kept), path
    for block in blocks:
        moved = (*block[:-1], block[-1] + 1, *path[len(block) :])
        yield "Insert Flatten before the block", insert_layer(layers, block, Flatten()), moved
    if can_delete(layers, path):
        yield "Delete this layer", replace_layer(layers, path), path
    for label, changed in layer.last_fixes():
        yield label, replace_layer(layers, path, changed), path
    for block in blocks:
        yield DELETE_BLOCK, replace_layer(layers, block), block
