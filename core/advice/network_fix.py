"""The one change that makes a network fit, where there is one: found by trying, so that a new kind
of layer needs no rule here.
"""

from collections.abc import Iterator

from core.network.build import LayerFacts, trace
from core.network.chains import Layers
from core.network.layers import (
    Branches,
    Conv2d,
    Flatten,
    GroupNorm,
    Layer,
    Linear,
    Output,
    Residual,
    Shape,
)  # fmt: skip
from core.network.tree import Place, add, at, everywhere, may_go, put

Try = tuple[str, Layers, Place]  # what to do, the layers then, up to where all must fit
FLATTEN, WHOLE = "Put Flatten before it", "Leave the whole block out"
END = (float("inf"),)  # a block's own fault comes behind those of its layers


def mend(layers: Layers, shape: Shape, outputs: int) -> tuple[str, Layers] | None:
    """What to do in a few words, and the layers then; None when nothing is wrong or one step is not
    enough. Rather one that puts the whole block right than its inner layer alone.
    """
    place = wrong_place(trace(layers, shape, outputs))
    if place is None:
        return None
    second: tuple[str, Layers] | None = None
    for words, mended, cleared in _tries(layers, place, outputs):
        left = wrong_place(trace(mended, shape, outputs))
        if not mended or (left is not None and left + END <= cleared + END):
            continue
        if words == WHOLE and second:
            return second
        if left is None or left[0] > cleared[0]:
            return words, mended
        if words != FLATTEN:  # within a block it only moves the fault to the block
            second = second or (words, mended)
    return second


def wrong_place(facts: tuple[LayerFacts, ...]) -> Place | None:
    """Where the innermost layer stands that does not fit first; None when all do."""
    for fact in facts:
        for number, chain in enumerate(fact.inside):
            if (inner := wrong_place(chain)) is not None:
                return (fact.index, number, *inner)
        if fact.problem:
            return (fact.index,)
    return None


def _tries(layers: Layers, place: Place, outputs: int) -> Iterator[Try]:
    layer, behind = at(layers, place), (*place[:-1], place[-1] + 1)
    if isinstance(layer, GroupNorm):
        for groups in range(layer.groups, 0, -1):
            fewer = layer.model_copy(update={"groups": groups})
            yield f"Set its groups to {groups}", put(layers, place, fewer), place
    yield FLATTEN, add(layers, place, Flatten()), behind
    if len(place) == 1:
        yield "End with an Output layer", (*layers, Output()), behind
        yield "End with Flatten and Output", (*layers, Flatten(), Output()), (place[0] + 2,)
    elif isinstance(layer, Output):
        yield "Make it Linear", put(layers, place, Linear(units=outputs)), place
    yield "Keep the picture size", put(layers, place, *everywhere((layer,), _keeping)), place
    if isinstance(layer, Branches):
        row = layer.model_copy(update={"join": "concatenate"})
        yield "Put the branches in a row", put(layers, place, row), place
    for depth in range(len(place) - 2, 0, -2):
        around = place[:depth]
        moved = (*around[:-1], around[-1] + 1, *place[depth:])
        yield "Put Flatten before the block", add(layers, around, Flatten()), moved
    if may_go(layers, place):
        yield "Leave it out", put(layers, place), place
    if isinstance(layer, Residual):
        plain = layer.model_copy(update={"shortcut": False})
        yield "Take the shortcut off", put(layers, place, plain), place
    for depth in range(len(place) - 2, 0, -2):
        yield WHOLE, put(layers, place[:depth]), place[:depth]


def _keeping(layer: Layer) -> Layer:
    """A convolution with an odd kernel whose output is as large as its input; others as they
    are.
    """
    if not isinstance(layer, Conv2d) or layer.kernel % 2 == 0:
        return layer
    return layer.model_copy(update={"padding": layer.kernel // 2, "stride": 1})
