"""Changes of a network whose layers may hold layers: each takes the layers and a place, and gives
new layers. Pure.

A place is a tuple of numbers from 0: (2,) is the third layer, (2, 1, 0) the first layer of its
second chain. One that ends in a chain, such as (2, 1), names the chain; () is the network itself.
"""

from collections.abc import Callable

from core.network.chains import Layers
from core.network.layers import Activation, Layer, Residual

Place = tuple[int, ...]
DEEPEST = 4  # blocks within blocks; a page can show no more, and a link holds eight


def at(layers: Layers, place: Place) -> Layer:
    """The layer at a place. IndexError where there is none."""
    return chain_at(layers, place[:-1])[place[-1]]


def chain_at(layers: Layers, place: Place) -> Layers:
    """The layers of a chain. IndexError where there is none."""
    for index, chain in zip(place[::2], place[1::2], strict=True):
        layers = layers[index].inside()[chain]
    return layers


def exists(layers: Layers, place: Place) -> bool:
    """Whether a layer stands there.

    >>> from core.network.layers import Flatten
    >>> exists((Flatten(),), (0,)), exists((Flatten(),), (0, 0, 0)), exists((), ())
    (True, False, False)
    """
    try:
        return len(place) % 2 == 1 and at(layers, place) is not None
    except IndexError:
        return False


def put(layers: Layers, place: Place, *new: Layer) -> Layers:
    """The layer at a place gives way to others: none, one or several."""
    i = place[-1]
    chain = chain_at(layers, place[:-1])
    return with_chain(layers, place[:-1], (*chain[:i], *new, *chain[i + 1 :]))


def add(layers: Layers, place: Place, new: Layer) -> Layers:
    """Another layer in front of what stands at a place, or behind a chain's last one."""
    chain = chain_at(layers, place[:-1])
    return with_chain(layers, place[:-1], (*chain[: place[-1]], new, *chain[place[-1] :]))


def swap(layers: Layers, place: Place, other: int) -> Layers:
    """The layer at a place and the one with index `other` of the same chain change places."""
    chain = list(chain_at(layers, place[:-1]))
    chain[place[-1]], chain[other] = chain[other], chain[place[-1]]
    return with_chain(layers, place[:-1], tuple(chain))


def with_chain(layers: Layers, place: Place, chain: Layers) -> Layers:
    """Another chain in the place of one."""
    if not place:
        return chain
    *owner, number = place
    holder = at(layers, tuple(owner))
    chains = [*holder.inside()[:number], chain, *holder.inside()[number + 1 :]]
    return put(layers, tuple(owner), holder.holding(tuple(chains)))


def wrap(layers: Layers, place: Place) -> Layers:
    """The layer becomes the one layer of a residual block, in its place."""
    return put(layers, place, Residual(layers=(at(layers, place),)))


def unwrap(layers: Layers, place: Place) -> Layers:
    """The layers of a block stand in its place, one chain behind the other."""
    return put(layers, place, *(one for chain in at(layers, place).inside() for one in chain))


def add_branch(layers: Layers, place: Place, number: int, branch: Layers = ()) -> Layers:
    """One more branch of the layer at a place, as its branch `number`; an empty one passes its
    input on.
    """
    holder = at(layers, place)
    chains = holder.inside()
    return put(layers, place, holder.holding((*chains[:number], branch, *chains[number:])))


def drop_branch(layers: Layers, place: Place, number: int) -> Layers:
    """One branch less of the layer at a place."""
    holder = at(layers, place)
    chains = holder.inside()
    return put(layers, place, holder.holding((*chains[:number], *chains[number + 1 :])))


def may_go(layers: Layers, place: Place) -> bool:
    """Whether the layer can be deleted: a residual block keeps its last one."""
    holder = at(layers, place[:-2]) if len(place) > 1 else None
    return not isinstance(holder, Residual) or len(holder.layers) > 1


def depth(layer: Layer) -> int:
    """How many blocks stand within one another, the outermost included; 0 for a plain layer."""
    inside = [one for chain in layer.inside() for one in chain]
    return bool(layer.inside()) + max(map(depth, inside), default=0)


def fits_in(layers: Layers, place: Place, layer: Layer) -> bool:
    """Whether a layer may stand at a place without going deeper than DEEPEST."""
    return len(place) // 2 + depth(layer) <= DEEPEST


def everywhere(layers: Layers, change: Callable[[Layer], Layer]) -> Layers:
    """Every layer changed, the inner ones first."""
    changed = []
    for layer in layers:
        if inside := layer.inside():
            layer = layer.holding(tuple(everywhere(chain, change) for chain in inside))
        changed.append(change(layer))
    return tuple(changed)


def activated(layers: Layers, activation: Activation) -> Layers:
    """This activation in the place of every other."""
    return everywhere(layers, lambda one: activation if isinstance(one, Activation) else one)
