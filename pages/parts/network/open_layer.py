"""Which layer of the draft's network is open, and how the draft's layers are replaced."""

from core.base.errors import BadExperiment
from core.network.chains import Layers
from core.network.tree import LayerPath, has_layer
from pages.kit import session, state

OPEN = "open layer"


def open_path(layers: Layers) -> LayerPath:
    """Return the path of the open layer; () for none. If an undo has removed it, return the block
    that contained it.
    """
    saved = session.get_ui(OPEN)
    path = tuple(int(part) for part in saved.split(".")) if saved else ()
    while path and not has_layer(layers, path):
        path = path[:-2]
    return path


def open_layer(path: LayerPath) -> None:
    """Open this layer; close all for ()."""
    session.set_ui(OPEN, ".".join(map(str, path)))


def set_layers(layers: Layers, path: LayerPath, name: str = "") -> None:
    """Replace the draft's network, and open the layer at `path`. `name` is what Undo calls the
    change.
    """
    try:
        state.edit("network", to_data(layers), redraw=True, name=name)
        open_layer(path)
    except BadExperiment as error:
        session.notice(str(error))


def to_data(layers: Layers) -> list[dict]:
    """Return the layers as JSON data."""
    return [layer.model_dump(mode="json") for layer in layers]
