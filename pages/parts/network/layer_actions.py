"""What the buttons of the open layer do: move, copy, delete and wrap it, add and delete branches.

A press changes the draft as it is when the press arrives. Another press may have changed it after
the page was drawn, and a network that was computed for the drawn page would undo that.
"""

from dataclasses import dataclass
from typing import Any

from core.network.chains import Layers
from core.network.layers import Layer, Shape
from core.network.nested import MAX_BRANCHES
from core.network.tree import (
    LayerPath,
    add_branch,
    can_delete,
    chain_at,
    delete_branch,
    fits_depth,
    has_layer,
    insert_layer,
    layer_at,
    replace_activations,
    replace_layer,
    swap_layers,
    unwrap_block,
    wrap_layer,
)
from pages.kit import state
from pages.parts.network.open_layer import open_path, set_layers


@dataclass(frozen=True)
class LayerAction:
    """One action on a layer. `result` is the layers after it and the open path; None if it cannot
    be done, and then `help` gives the reason.
    """

    icon: str
    help: str
    result: tuple[Layers, LayerPath] | None


def layer_actions(layers: Layers, path: LayerPath) -> list[LayerAction]:
    """Return the actions on the layer at `path`."""
    layer, chain, i = layer_at(layers, path), chain_at(layers, path[:-1]), path[-1]
    up, down = (*path[:-1], i - 1), (*path[:-1], i + 1)
    moved_up = (swap_layers(layers, path, i - 1), up) if i else None
    moved_down = (swap_layers(layers, path, i + 1), down) if i + 1 < len(chain) else None
    copied = (replace_layer(layers, path, layer, layer), down)
    deletable = can_delete(layers, path)
    deleted = (replace_layer(layers, path), path[:-2]) if deletable else None
    keep = "Delete (a residual block needs at least one layer)"
    actions = [
        LayerAction("arrow_upward", "Move up", moved_up),
        LayerAction("arrow_downward", "Move down", moved_down),
        LayerAction("content_copy", "Duplicate", copied),
        LayerAction("delete", "Delete" if deletable else keep, deleted),
    ]
    if layer.chains():
        freed = (unwrap_block(layers, path), path[:-2]) if any(layer.chains()) else None
        return [*actions, LayerAction("unfold_more", "Unwrap the layers of this block", freed)]
    wraps = fits_depth(layers, (*path, 0, 0), layer) and not layer.is_output
    wrapped = (wrap_layer(layers, path), path) if wraps else None
    return [*actions, LayerAction("alt_route", "Wrap in a residual block", wrapped)]


def apply_action(icon: str, kind: str, path: LayerPath) -> None:
    """Apply an action to the layer of this kind that was drawn open at `path`."""
    layers = state.draft().network
    path = find_open(layers, kind, path)
    actions = layer_actions(layers, path) if path else []
    action = next((action for action in actions if action.icon == icon), None)
    if action and action.result:
        name = f"{layer_at(layers, path).label}: {action.help.lower()}"
        set_layers(*action.result, name)


def find_open(layers: Layers, kind: str, path: LayerPath) -> LayerPath:
    """Return where the layer of this kind that was drawn open at `path` is now; () if it is gone.
    A press that moved it has opened it at its new place.
    """
    for place in (open_path(layers), path):
        if has_layer(layers, place) and layer_at(layers, place).kind == kind:
            return place
    return ()


def insert(kind: str, path: LayerPath, shape: Shape | None) -> None:
    """Insert a layer of this kind and open it. `shape` is that of its input; None if a layer before
    it does not fit.
    """
    layers, layer = state.draft().network, Layer.pick(kind)
    layer = layer.adapted(shape) if shape else layer
    try:
        inserted = insert_layer(layers, path, layer)
    except IndexError:  # the block that was drawn has been deleted
        return
    set_layers(inserted, path, f"Add {layer.label}")


def extend_branches(path: LayerPath) -> None:
    """Add a copy of the last branch to the block at `path`, so that the shapes agree."""
    layers = state.draft().network
    chains = branches(layers, path)
    if 0 < len(chains) < MAX_BRANCHES:
        added = add_branch(layers, path, len(chains), chains[-1])
        set_layers(added, path, "Add a branch")


def drop_branch(path: LayerPath, number: int) -> None:
    """Delete a branch of the block at `path`; the last one stays."""
    layers = state.draft().network
    if number < len(branches(layers, path)) > 1:
        set_layers(delete_branch(layers, path, number), path, "Delete a branch")


def branches(layers: Layers, path: LayerPath) -> tuple[Layers, ...]:
    """Return the branches of the block at `path`; () where there is no such block."""
    if not has_layer(layers, path) or not layer_at(layers, path).has_branches:
        return ()
    return layer_at(layers, path).chains()


def use_everywhere(data: dict[str, Any]) -> None:
    """Replace every other activation of the network by this one, given as JSON data."""
    layers, shown = state.draft().network, Layer.pick(data)
    replaced = replace_activations(layers, shown)
    set_layers(replaced, open_path(layers), f"Use {shown.label} in all layers")
