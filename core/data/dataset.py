"""DataSet: the family of everything one can train on, the Facts of a set that is not loaded, and
the digits, which are always here.

`sets.py` brings all members together.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from core.base.spec import Call, Choice, ranged


@dataclass(frozen=True)
class Facts:
    """Known of a set before it is loaded: shape (C, H, W) of a picture or (F,) of a row of
    numbers, classes (none where values are predicted), and how many samples.
    """

    shape: tuple[int, ...]
    classes: tuple[str, ...]
    rows: int
    test_rows: int = 0

    @property
    def outputs(self) -> int:
        """Values that a network must give for one sample: one for each class, else one."""
        return len(self.classes) or 1

    @property
    def pictures(self) -> bool:
        """Whether the samples are pictures and no rows of numbers."""
        return len(self.shape) == 3


class DataSet(Choice, family="data set"):
    """Samples with their targets. `core.data.load.load` gives its Samples."""

    page: ClassVar[str] = "Data"
    written: ClassVar[bool] = False  # whether it shows writing, which a mirror spoils

    def facts(self, home: Path) -> Facts:
        """Its facts, without loading it. Raises NotFound for spreadsheets that are not here."""
        raise NotImplementedError

    def here(self, home: Path) -> bool:
        """Whether it can be loaded without a network."""
        return True

    def call(self) -> Call:
        """The function that loads it; `load` adds `home` and `progress`."""
        raise NotImplementedError


class Digits(DataSet):
    """1 797 handwritten digits by 13 writers, 8 × 8 pixels: real, small and included.

    UCI optical recognition of handwritten digits (the test part), CC BY 4.0,
    doi.org/10.24432/C50P49. The counts 0 to 16 are stretched to 0 to 255.
    """

    kind: Literal["digits"] = "digits"
    label: ClassVar[str] = "Digits"
    written: ClassVar[bool] = True
    source: ClassVar[str] = "Alpaydin & Kaynak 1998"
    technique: ClassVar[str] = "D4"
    size: Literal[8, 28] = ranged(
        8, unit="pixels", help="Side of a picture: 8 as recorded, 28 enlarged to MNIST's size."
    )

    def facts(self, home: Path) -> Facts:
        return Facts((1, self.size, self.size), tuple("0123456789"), 1797)

    def call(self) -> Call:
        return Call("core.data.ready.builtin.digits", {"size": self.size})

    @property
    def summary(self) -> str:
        return f"Digits {self.size}×{self.size}"
