"""Chains of layers, without torch: their layers, their output shape, and what does not fit."""

from collections.abc import Iterator
from dataclasses import replace

from core.base.spec import Call
from core.base.text import counted
from core.network.layer import Layer, Misfit, Shape, layer_names

Layers = tuple[Layer, ...]


def walk_layers(layers: Layers) -> Iterator[Layer]:
    """Yield all layers, each followed by those inside it."""
    for layer in layers:
        yield layer
        for chain in layer.chains():
            yield from walk_layers(chain)


def output_shape(layers: Layers, shape: Shape, outputs: int = 0) -> Shape:
    """Return the output shape of a chain of layers that fit."""
    for layer in layers:
        shape = layer.output(shape, outputs)
    return shape


def inner_misfit(layer: Layer, shape: Shape) -> Misfit | None:
    """Return why a layer inside a block cannot take this input; None if it can."""
    if layer.is_output:
        text = (
            f"{layer.label} gives the scores of the whole network and cannot be part of a block. "
            "Use Linear instead."
        )
        return Misfit("output_inside_block", text)
    return layer.misfit(shape)


def first_misfit(layers: Layers, shape: Shape) -> Misfit | None:
    """Return the first misfit of a chain inside a block, with the layer's name; None if all fit."""
    for layer, name in zip(layers, layer_names(layers), strict=True):
        if misfit := inner_misfit(layer, shape):
            return replace(misfit, text=f"{name}: {misfit.text}")
        shape = layer.output(shape, 0)
    return None


def find_strides(before: Shape, after: Shape) -> tuple[int, ...] | None:
    """Return the strides with which a 1 × 1 convolution turns one image size into another; None if
    there are none.

    >>> find_strides((16, 32, 32), (32, 16, 16))
    (2, 2)
    """
    pairs = zip(before[1:], after[1:], strict=True)
    strides = [next((s for s in range(1, n + 1) if -(-n // s) == m), None) for n, m in pairs]
    return None if None in strides else tuple(strides)


def layer_calls(layers: Layers, shape: Shape, outputs: int) -> dict[str, Call]:
    """Return the module of each layer of a chain that fits, by name."""
    calls = {}
    for layer, name in zip(layers, layer_names(layers), strict=True):
        calls[name] = layer.call(shape, outputs)
        shape = layer.output(shape, outputs)
    return calls


def describe_depth(layers: Layers) -> str:
    """Return how many layers have weights, as papers count them: "30 weight layers". Activations,
    normalizations, pooling and reshaping do not count; layers inside blocks do.
    """
    return counted(sum(layer.has_weights for layer in walk_layers(layers)), "weight layer")


def summarize(layers: Layers) -> str:
    """Return the chain in a few words; activations and layers without a summary are left out."""
    parts = [layer.summary for layer in layers if not layer.is_activation]
    return " → ".join(filter(None, parts)) or describe_depth(layers)
