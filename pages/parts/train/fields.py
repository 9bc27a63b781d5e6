"""How the widgets of the page Train write their values into the draft."""

from pages.kit import state

WIDE_FIELD = 200  # least width in px, so that labels fit on one line


def put(path: str, value: object) -> None:
    """Write one field of the draft when its widget has a new value."""
    if getattr(state.draft(), path) != value:
        state.edit(path, value.model_dump(mode="json") if hasattr(value, "model_dump") else value)
