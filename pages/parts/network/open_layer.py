"""Which layer of the draft's network is open, and replacing the draft's layers."""

from core.base.errors import BadExperiment
from core.network.chains import Layers
from core.network.tree import Place, exists
from pages.kit import state

OPEN = "open layer"


def opened(layers: Layers) -> Place:
    """Which layer is open; () for none. After an undo it may be gone: then the block it was in."""
    kept = state.get_ui(OPEN)
    place = tuple(int(part) for part in kept.split(".")) if kept else ()
    while place and not exists(layers, place):
        place = place[:-2]
    return place


def open_at(place: Place) -> None:
    """This layer is the open one; none for ()."""
    state.set_ui(OPEN, ".".join(map(str, place)))


def rebuild(layers: Layers, place: Place) -> None:
    """The draft's network is this one, and the layer at `place` is open."""
    try:
        state.edit("network", plain(layers), redraw=True)
        open_at(place)
    except BadExperiment as error:
        state.notice(str(error))


def plain(layers: Layers) -> list[dict]:
    """As JSON data."""
    return [layer.model_dump(mode="json") for layer in layers]
