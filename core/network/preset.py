"""Preset: the base class of ready-made networks. `presets.py` brings all members together."""

from typing import ClassVar

from core.base.spec import Choice
from core.base.text import counted
from core.network.layers import Flatten, Layer, Misfit, Shape


class Preset(Choice, family="preset"):
    """A list of layers to start from."""

    technique: ClassVar[str] = "N2"
    page: ClassVar[str] = "Network"
    needs_images: ClassVar[bool] = False

    def layers(self, shape: Shape) -> tuple[Layer, ...]:
        """Return the layers for images of this shape (C, H, W), or for rows of (F,) numbers."""
        raise NotImplementedError

    def misfit(self, shape: Shape) -> Misfit | None:
        """Return why it is not made for this kind of data; None if it is. Whether its layers fit is
        decided by `core.network.build.trace`.
        """
        if len(shape) == 3 or not self.needs_images:
            return None
        others = [m.label for m in Preset.members.values() if not m.needs_images]
        text = (
            f"{self.label} needs images, but this data has rows of {counted(shape[0], 'number')}. "
            f"Choose {'; '.join(others[:-1])} or {others[-1]}."
        )
        return Misfit("preset_needs_images", text, {"shape": list(shape)})


def flatten_images(shape: Shape) -> tuple[Layer, ...]:
    """Return Flatten for images, and no layer for rows of numbers."""
    return (Flatten(),) if len(shape) == 3 else ()
