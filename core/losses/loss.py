"""Loss: the family of what training minimizes, without its members. Choices only; torch is named,
not imported.
"""

from collections.abc import Sequence
from typing import ClassVar, Literal

from core.base.misfit import Misfit
from core.base.spec import Call, Choice


class Loss(Choice, family="loss"):
    """N: samples in the batch, C: classes, z: the scores (logits) of the network (N, C), c: the
    correct class.
    """

    page: ClassVar[str] = "Train"
    for_values: ClassVar[bool] = False  # whether it also fits targets that are values
    fitted_to: ClassVar[Literal["", "targets", "inputs"]] = ""  # of the training set: `fit`

    def call(self) -> Call:
        """Return a module that maps logits (N, C) and class numbers (N,) to a scalar; with
        `for_values` also outputs (N, 1) and values (N,).
        """
        raise NotImplementedError

    def each(self) -> Call:
        """Return the same with the losses of the samples, (N,), instead of their mean."""
        call = self.call()
        return Call(call.target, {**call.arguments, "reduction": "none"})

    def guess(self, classes: int) -> float | None:
        """Return the loss of uniform guessing among this many classes (0: a value, guessed by the
        mean): the loss of equal scores. None where it is not known.
        """
        return None

    def guess_formula(self, classes: int) -> str:
        """Return that loss as a formula, "ln 10"; empty where the number is enough."""
        return ""

    def misfit(self, classes: Sequence[str]) -> Misfit | None:
        """Return why it cannot be used with these classes (none: values) and how to fix it."""
        if classes or self.for_values:
            return None
        fitting = " or ".join(m.label for m in Loss.members.values() if m.for_values)
        text = (
            f"{self.label} requires classes, but this dataset has values to predict. Choose "
            f"{fitting}."
        )
        return Misfit("loss_needs_classes", text, {"kind": self.kind})
