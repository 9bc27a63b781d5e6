"""Gradient clipping, by norm and by value. Choices only; the arithmetic is in `transforms.py`."""

from typing import ClassVar, Literal

from core.base.numbers import short
from core.base.spec import Call, ranged
from core.optim.regularizer import Regularizer


class ClipNorm(Regularizer):
    """Scales the gradient of all weights down to length c when it is longer. Its direction does not
    change.
    """

    kind: Literal["clip_norm"] = "clip_norm"
    label: ClassVar[str] = "Gradient clipping"
    formula: ClassVar[str] = r"g' = \min(1,\; c/\lVert g\rVert)\, g"
    source: ClassVar[str] = "Pascanu, Mikolov & Bengio 2013"
    technique: ClassVar[str] = "R2"
    changes_gradient: ClassVar[bool] = True
    limit: float = ranged(
        1.0, above=0, high=1e6, label="Max norm", symbol="c", log=True,
        help="Longer gradients are scaled down to this length.",
    )  # fmt: skip

    def call(self) -> Call:
        return Call("core.optim.transforms.ClipNormTransform", {"limit": self.limit})

    @property
    def summary(self) -> str:
        return f"clip norm {short(self.limit, 6)}"


class ClipValue(Regularizer):
    """Limits every single derivative to ±c. The direction of the gradient changes."""

    kind: Literal["clip_value"] = "clip_value"
    label: ClassVar[str] = "Clipping by value"
    formula: ClassVar[str] = r"g'_i = \max(-c,\; \min(c,\; g_i))"
    source: ClassVar[str] = "Mikolov 2012 (thesis, section 3.2.2)"
    technique: ClassVar[str] = "R2"
    changes_gradient: ClassVar[bool] = True
    limit: float = ranged(
        0.1, above=0, high=1e6, label="Max value", symbol="c", log=True,
        help="Larger derivatives are limited to this absolute value.",
    )  # fmt: skip

    def call(self) -> Call:
        return Call("core.optim.transforms.ClipValueTransform", {"limit": self.limit})

    @property
    def summary(self) -> str:
        return f"clip value {short(self.limit, 6)}"
