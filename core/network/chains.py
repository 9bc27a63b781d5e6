"""Chains of layers, without torch: what is in them, their shape at the end, what does not fit and
where.
"""

from collections.abc import Iterator

from core.base.spec import Call
from core.network.activation import Activation
from core.network.layer import Layer, Shape, names

Layers = tuple[Layer, ...]


def every(layers: Layers) -> Iterator[Layer]:
    """All layers with those inside them, the outer one first."""
    for layer in layers:
        yield layer
        for inner in layer.inside():
            yield from every(inner)


def chain(layers: Layers, shape: Shape, outputs: int = 0) -> Shape:
    """The shape behind these layers."""
    for layer in layers:
        shape = layer.output(shape, outputs)
    return shape


def inner_problem(layer: Layer, shape: Shape) -> str | None:
    """Why a layer within a block cannot take this input; None when it can."""
    if layer.stem == "output":
        return "Output is the network's end: take Linear inside of a block."
    return layer.problem(shape)


def misfit(layers: Layers, shape: Shape) -> str | None:
    """The first thing that is wrong in a chain, with its name; None when all fits."""
    for layer, name in zip(layers, names(layers), strict=True):
        if wrong := inner_problem(layer, shape):
            return f"{name}: {wrong}"
        shape = layer.output(shape, 0)
    return None


def strides(before: Shape, after: Shape) -> tuple[int, ...] | None:
    """The strides that bring a 1 × 1 convolution from one picture size to another; None when there
    are none.

    >>> strides((16, 32, 32), (32, 16, 16))
    (2, 2)
    """
    pairs = zip(before[1:], after[1:], strict=True)
    found = [next((s for s in range(1, n + 1) if -(-n // s) == m), None) for n, m in pairs]
    return None if None in found else tuple(found)


def calls(layers: Layers, shape: Shape, outputs: int) -> dict[str, Call]:
    made = {}
    for layer, name in zip(layers, names(layers), strict=True):
        made[name] = layer.call(shape, outputs)
        shape = layer.output(shape, outputs)
    return made


def told(layers: Layers) -> str:
    """The chain in a few words; what has nothing to tell and what only bends is left out."""
    words = [layer.summary for layer in layers if not isinstance(layer, Activation)]
    return " → ".join(filter(None, words)) or f"{len(layers)} layer{'s' * (len(layers) != 1)}"
