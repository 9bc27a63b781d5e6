"""Regularizer: the family of what changes a step beyond its optimizer, without its members. Choices
only; the arithmetic is in `transforms.py`, `sharpness.py` and `averages.py`.

`regularizers.py` brings all members together.
"""

from typing import ClassVar

from core.base.spec import Call, Choice


class Regularizer(Choice, family="regularizer"):
    """A change of the step. Several may be on; each kind stands at most once."""

    page: ClassVar[str] = "Train"

    def call(self) -> Call:
        """Its transform: an object of `core.optim.transforms`, `sharpness` or `averages`."""
        raise NotImplementedError
