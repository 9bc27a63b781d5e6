"""Changes of a network whose layers may contain layers. Each function takes the layers and a path,
and returns new layers. Pure.

A path is a tuple of indices from 0: (2,) is the third layer, (2, 1, 0) the first layer of its
second chain. A path that ends with a chain, such as (2, 1), names the chain; () is the network
itself.
"""

from collections.abc import Callable

from core.network.chains import Layers
from core.network.layers import Activation, Layer, Residual

LayerPath = tuple[int, ...]
MAX_DEPTH = 4  # blocks within blocks; a page can show no more, and a link holds eight


def layer_at(layers: Layers, path: LayerPath) -> Layer:
    """Return the layer at a path. Raises IndexError if there is none."""
    return chain_at(layers, path[:-1])[path[-1]]


def chain_at(layers: Layers, path: LayerPath) -> Layers:
    """Return the layers of a chain. Raises IndexError if there is none."""
    for index, chain in zip(path[::2], path[1::2], strict=True):
        layers = layers[index].chains()[chain]
    return layers


def has_layer(layers: Layers, path: LayerPath) -> bool:
    """Return whether there is a layer at this path.

    >>> from core.network.layers import Flatten
    >>> has_layer((Flatten(),), (0,)), has_layer((Flatten(),), (0, 0, 0)), has_layer((), ())
    (True, False, False)
    """
    try:
        return len(path) % 2 == 1 and layer_at(layers, path) is not None
    except IndexError:
        return False


def replace_layer(layers: Layers, path: LayerPath, *new: Layer) -> Layers:
    """Replace the layer at a path by none, one or several others."""
    i = path[-1]
    chain = chain_at(layers, path[:-1])
    return replace_chain(layers, path[:-1], (*chain[:i], *new, *chain[i + 1 :]))


def insert_layer(layers: Layers, path: LayerPath, new: Layer) -> Layers:
    """Insert a layer before the one at a path, or behind the last one of a chain."""
    chain = chain_at(layers, path[:-1])
    return replace_chain(layers, path[:-1], (*chain[: path[-1]], new, *chain[path[-1] :]))


def swap_layers(layers: Layers, path: LayerPath, other: int) -> Layers:
    """Swap the layer at a path with the one at index `other` of the same chain."""
    chain = list(chain_at(layers, path[:-1]))
    chain[path[-1]], chain[other] = chain[other], chain[path[-1]]
    return replace_chain(layers, path[:-1], tuple(chain))


def replace_chain(layers: Layers, path: LayerPath, chain: Layers) -> Layers:
    """Replace the chain at a path by another one."""
    if not path:
        return chain
    *owner, number = path
    block = layer_at(layers, tuple(owner))
    chains = [*block.chains()[:number], chain, *block.chains()[number + 1 :]]
    return replace_layer(layers, tuple(owner), block.with_chains(tuple(chains)))


def wrap_layer(layers: Layers, path: LayerPath) -> Layers:
    """Replace a layer by a residual block that contains it."""
    return replace_layer(layers, path, Residual(layers=(layer_at(layers, path),)))


def unwrap_block(layers: Layers, path: LayerPath) -> Layers:
    """Replace a block by the layers inside it, one chain behind the other."""
    chains = layer_at(layers, path).chains()
    return replace_layer(layers, path, *(layer for chain in chains for layer in chain))


def add_branch(layers: Layers, path: LayerPath, number: int, branch: Layers = ()) -> Layers:
    """Insert a branch into the layer at a path, as its branch `number`; an empty branch passes its
    input on.
    """
    block = layer_at(layers, path)
    chains = block.chains()
    return replace_layer(
        layers, path, block.with_chains((*chains[:number], branch, *chains[number:]))
    )


def delete_branch(layers: Layers, path: LayerPath, number: int) -> Layers:
    """Delete one branch of the layer at a path."""
    block = layer_at(layers, path)
    chains = block.chains()
    return replace_layer(layers, path, block.with_chains((*chains[:number], *chains[number + 1 :])))


def can_delete(layers: Layers, path: LayerPath) -> bool:
    """Return whether the layer can be deleted: some blocks must keep their last layer."""
    if len(path) == 1:
        return True
    return layer_at(layers, path[:-2]).allows_empty_chains or len(chain_at(layers, path[:-1])) > 1


def depth(layer: Layer) -> int:
    """Return how deeply blocks are nested in this one, itself included; 0 for a plain layer."""
    inner = [layer for chain in layer.chains() for layer in chain]
    return bool(layer.chains()) + max(map(depth, inner), default=0)


def fits_depth(layers: Layers, path: LayerPath, layer: Layer) -> bool:
    """Return whether a layer can be placed at a path without nesting deeper than MAX_DEPTH."""
    return len(path) // 2 + depth(layer) <= MAX_DEPTH


def map_layers(layers: Layers, change: Callable[[Layer], Layer]) -> Layers:
    """Apply a change to every layer, the inner ones first."""
    changed = []
    for layer in layers:
        if chains := layer.chains():
            layer = layer.with_chains(tuple(map_layers(chain, change) for chain in chains))
        changed.append(change(layer))
    return tuple(changed)


def replace_activations(layers: Layers, activation: Activation) -> Layers:
    """Replace every activation by this one."""
    return map_layers(layers, lambda layer: activation if layer.is_activation else layer)
