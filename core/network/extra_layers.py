"""Layers that a network can have or lack without changing the shape of any value: normalizations
and dropout. Inserts and removes them, also inside blocks. Pure.
"""

from collections.abc import Callable

from core.network.chains import Layers, walk_layers
from core.network.layer import Layer


def is_extra(layer: Layer) -> bool:
    """Return whether the layer can be left out: it normalizes, or it acts in training only."""
    return layer.is_normalization or layer.acts_in_training_only


def extra_layers(layers: Layers) -> tuple[type[Layer], ...]:
    """Return the kinds of these layers in a network, in order."""
    return tuple(dict.fromkeys(type(layer) for layer in walk_layers(layers) if is_extra(layer)))


def without_layers(layers: Layers, is_removed: Callable[[Layer], bool]) -> Layers:
    """Return the network without some of its layers."""
    kept = (layer for layer in layers if not is_removed(layer))
    return tuple(_within(layer, lambda chain: without_layers(chain, is_removed)) for layer in kept)


def with_extra_layer(layers: Layers, extra: Layer) -> Layers:
    """Return the network with this layer: in place of its normalizations or dropouts, else inserted
    where it is usual.
    """
    if extra.is_normalization:
        bare = without_layers(layers, lambda layer: layer.is_normalization)
        return with_normalization(bare, extra)
    bare = without_layers(layers, lambda layer: type(layer) is type(extra))
    return _before_each_linear(bare, extra)


def with_normalization(layers: Layers, normalization: Layer) -> Layers:
    """Insert a normalization before each activation that does not follow one."""
    new: list[Layer] = []
    for layer in layers:
        follows_normalization = bool(new) and new[-1].is_normalization
        if layer.is_activation and not follows_normalization:
            new.append(normalization)
        new.append(_within(layer, lambda chain: with_normalization(chain, normalization)))
    return tuple(new)


def _before_each_linear(layers: Layers, dropout: Layer) -> Layers:
    """Insert dropout before each linear layer whose input is hidden (Srivastava et al. 2014)."""
    new: list[Layer] = []
    for k, layer in enumerate(layers):
        is_hidden = any(before.has_weights for before in walk_layers(layers[:k]))
        if layer.is_dense and is_hidden:
            new.append(dropout)
        new.append(layer)
    return tuple(new)


def _within(layer: Layer, change: Callable[[Layers], Layers]) -> Layer:
    """Return the layer with each chain inside it changed."""
    chains = layer.chains()
    return layer.with_chains(tuple(map(change, chains))) if chains else layer
