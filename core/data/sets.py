"""Data sets: where the pictures come from.

Choices only; the functions that they name do the loading.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from core.spec import Call, Choice, ranged

_TEN = tuple("0123456789")


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
    """A labelled picture set. `core.data.load.load` gives its Samples."""

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
    """1 797 handwritten digits of 43 people, 8×8 pixels: real, small, and here without a network.

    UCI optical recognition of handwritten digits (the test part), CC BY 4.0,
    doi.org/10.24432/C50P49. The counts 0 to 16 are stretched to 0 to 255.
    """

    kind: Literal["digits"] = "digits"
    label: ClassVar[str] = "Digits"
    source: ClassVar[str] = "Alpaydin & Kaynak 1998"
    technique: ClassVar[str] = "D4"
    size: Literal[8, 28] = ranged(
        8, unit="pixels", help="Side of a picture: 8 as recorded, 28 enlarged to MNIST's size."
    )

    def facts(self, home: Path) -> Facts:
        return Facts((1, self.size, self.size), _TEN, 1797)

    def call(self) -> Call:
        return Call("core.data.builtin.digits", {"size": self.size})

    @property
    def summary(self) -> str:
        return f"Digits {self.size}×{self.size}"


class MNIST(DataSet):
    """70 000 handwritten digits, 28×28 pixels, 10 000 of them the official test set.

    About 12 MB, downloaded once.
    """

    kind: Literal["mnist"] = "mnist"
    label: ClassVar[str] = "MNIST"
    source: ClassVar[str] = "LeCun, Bottou, Bengio & Haffner 1998"
    technique: ClassVar[str] = "D3"

    def facts(self, home: Path) -> Facts:
        return Facts((1, 28, 28), _TEN, 60_000, 10_000)

    def here(self, home: Path) -> bool:
        roots = [home / "data" / "torchvision", Path(os.environ.get("LAB_TORCHVISION") or home)]
        names = ["train-images-idx3-ubyte", "train-images-idx3-ubyte.gz"]
        return any((root / "MNIST" / "raw" / name).is_file() for root in roots for name in names)

    def call(self) -> Call:
        return Call("core.data.builtin.mnist")


class Spreadsheets(DataSet):
    """Pictures and labels from spreadsheets that somebody uploaded, in checked form."""

    kind: Literal["spreadsheets"] = "spreadsheets"
    label: ClassVar[str] = "Spreadsheets"
    source: ClassVar[str] = "your files"
    technique: ClassVar[str] = "D1 D2"
    digest: str = Field(
        pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the files and of how they are read."
    )
    title: str = Field("Spreadsheets", max_length=200, description="The name that is shown.")

    def facts(self, home: Path) -> Facts:
        return Call("core.data.library.facts").make(home, self.digest)

    def call(self) -> Call:
        return Call("core.data.library.spreadsheets", {"digest": self.digest, "title": self.title})

    @property
    def summary(self) -> str:
        return self.title
