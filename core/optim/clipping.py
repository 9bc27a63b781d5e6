"""What shortens gradients: clipping by norm and by value. Choices only; the arithmetic is in
`transforms.py`.
"""

from typing import Any, ClassVar, Literal

from core.base.spec import Call, ranged
from core.optim.regularizer import Regularizer


def _limit(default: float, what: str) -> Any:
    return ranged(default, above=0, high=1e6, symbol="c", log=True, help=f"The {what} let through.")


class ClipNorm(Regularizer):
    """Shortens the gradient of all weights together to length c when it is longer; its direction
    stays.
    """

    kind: Literal["clip_norm"] = "clip_norm"
    label: ClassVar[str] = "Gradient clipping"
    formula: ClassVar[str] = r"g' = \min(1,\; c/\lVert g\rVert)\, g"
    source: ClassVar[str] = "Pascanu, Mikolov & Bengio 2013"
    technique: ClassVar[str] = "R2"
    limit: float = _limit(1.0, "longest gradient that is")

    def call(self) -> Call:
        return Call("core.optim.transforms.ClipNormTransform", {"limit": self.limit})

    @property
    def summary(self) -> str:
        return f"clip {self.limit:g}"


class ClipValue(Regularizer):
    """Cuts every single derivative off at ±c: the direction of the gradient changes."""

    kind: Literal["clip_value"] = "clip_value"
    label: ClassVar[str] = "Clipping by value"
    formula: ClassVar[str] = r"g'_i = \max(-c,\; \min(c,\; g_i))"
    source: ClassVar[str] = "Mikolov 2012 (thesis, section 3.2.2)"
    technique: ClassVar[str] = "R2"
    limit: float = _limit(0.1, "largest derivative that is")

    def call(self) -> Call:
        return Call("core.optim.transforms.ClipValueTransform", {"limit": self.limit})

    @property
    def summary(self) -> str:
        return f"clip values at {self.limit:g}"
