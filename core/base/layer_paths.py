"""Names of layers, and numbers that belong to layers by their name or by their depth."""

from collections.abc import Iterable, Mapping


def covers(paths: Iterable[str], name: str) -> bool:
    """Return whether one of the paths is this layer or tensor, or a block around it.

    >>> covers(["conv1"], "conv1.weight"), covers(["conv1"], "conv10.weight")
    (True, False)
    """
    return any(name == path or name.startswith(f"{path}.") for path in paths)


def layer_factor(name: str, depth: int, factors: Mapping[str, float], depth_factor: float) -> float:
    """Return the factor of a layer or tensor: the one that was given for its layer, or else f^depth
    with the depth factor f. `depth` counts the layers with weights from the last one, 0.

    >>> layer_factor("conv1.weight", 2, {}, 0.5), layer_factor("conv1.weight", 2, {"conv1": 3}, 0.5)
    (0.25, 3)
    """
    own = [factor for path, factor in factors.items() if covers((path,), name)]
    return own[-1] if own else depth_factor**depth
