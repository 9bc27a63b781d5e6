"""Computed datasets of arithmetic: all examples of an operation; a network is trained on a part."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from core.base.numbers import whole
from core.base.spec import Call, ranged
from core.data.dataset import DataSet, Facts

if TYPE_CHECKING:
    import numpy as np


class ModularAddition(DataSet):
    """All sums of two numbers modulo p. A network memorizes the training examples first and learns
    the rule much later: grokking.

    The inputs are a and b in one-hot form, 2p columns; the class is the remainder. How many of the
    p² examples are for training is set by the split.
    """

    kind: Literal["modular_addition"] = "modular_addition"
    label: ClassVar[str] = "Modular addition"
    formula: ClassVar[str] = r"y = (a + b) \bmod p,\quad 0 \le a, b < p"
    source: ClassVar[str] = "Power et al. 2022"
    technique: ClassVar[str] = "D4"
    modulus: int = ranged(31, 5, 97, symbol="p", help="Number of classes; p² examples.")

    @property
    def classes(self) -> tuple[str, ...]:
        """The remainders."""
        return tuple(map(str, range(self.modulus)))

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the inputs: "a = 0" is 1 where a is 0."""
        return tuple(f"{name} = {k}" for name in "ab" for k in range(self.modulus))

    def samples(self) -> "tuple[np.ndarray, np.ndarray]":
        """Return inputs (p², 2p) and targets (p²,)."""
        import numpy as np

        first, second = np.divmod(np.arange(self.modulus**2), self.modulus)
        one_hot = np.eye(self.modulus, dtype=np.float32)
        inputs = np.concatenate([one_hot[first], one_hot[second]], axis=1)
        return inputs, (first + second) % self.modulus

    def facts(self, home: Path) -> Facts:
        return Facts((2 * self.modulus,), self.classes, self.modulus**2)

    def call(self) -> Call:
        return Call("core.data.ready.computed.modular_addition", {"modulus": self.modulus})

    @property
    def summary(self) -> str:
        return f"{self.label}, p = {whole(self.modulus)}"
