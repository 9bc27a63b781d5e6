"""Preset: the family of whole networks by name, without its members. `presets.py` brings all
together.
"""

from typing import ClassVar

from core.base.spec import Choice
from core.base.text import counted
from core.network.layers import Flatten, Layer, Shape


class Preset(Choice, family="preset"):
    """A list of layers to begin from."""

    technique: ClassVar[str] = "N2"
    page: ClassVar[str] = "Network"
    pictures: ClassVar[bool] = False  # whether it can only work on pictures

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        """The layers for pictures of this shape (C, H, W), or rows of (F,) numbers."""
        raise NotImplementedError

    def problem(self, shape: Shape) -> str | None:
        """Why it is no network for this kind of data, and the way out. Whether its layers fit is
        for `core.network.build.trace` to say.
        """
        if len(shape) == 3 or not self.pictures:
            return None
        *others, last = (m.label for m in Preset.members.values() if not m.pictures)
        return (
            f"{self.label} is made for pictures, but this data has rows of "
            f"{counted(shape[0], 'number')}: choose {'; '.join(others)} or {last}."
        )


def flat(shape: Shape) -> tuple[Layer, ...]:
    """What lays pictures out as rows; nothing for rows."""
    return (Flatten(),) if len(shape) == 3 else ()
