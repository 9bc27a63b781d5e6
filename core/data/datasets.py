"""Datasets: the family with all its members. Choices only; the functions that they name load them.

Uploads are defined here. Elsewhere: `dataset.py` the digits, `published.py` downloads, `points.py`
points in a plane, `curves.py` values of one input, `sums.py` modular addition,
`corrected.py` versions of other datasets.
"""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from core.base.spec import Call
from core.data.corrected import Corrected, correct
from core.data.dataset import DataSet, Digits, Facts
from core.data.ready.curves import Polynomial, Sine, Steps
from core.data.ready.points import Blobs, Circles, Moons, Spirals, Xor
from core.data.ready.published import CIFAR10, CIFAR100, KMNIST, MNIST, FashionMNIST
from core.data.ready.sums import ModularAddition

__all__ = [
    "CIFAR10", "CIFAR100", "KMNIST", "MNIST", "Blobs", "Circles", "Corrected", "DataSet", "Digits",
    "Facts", "FashionMNIST", "ModularAddition", "Moons", "Polynomial", "Sine", "Spirals",
    "Spreadsheets", "Steps", "Xor", "correct",
]  # fmt: skip


class Spreadsheets(DataSet):
    """Images or tables from uploaded spreadsheets, in checked form."""

    kind: Literal["spreadsheets"] = "spreadsheets"
    label: ClassVar[str] = "Spreadsheets"
    source: ClassVar[str] = "your files"
    technique: ClassVar[str] = "D1 D2"
    digest: str = Field(
        pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the files and their reading."
    )
    title: str = Field("Spreadsheets", max_length=200, description="The displayed name.")

    def facts(self, home: Path) -> Facts:
        return Call("core.data.library.facts").make(home, self.digest)

    def call(self) -> Call:
        return Call("core.data.library.spreadsheets", {"digest": self.digest, "title": self.title})

    @property
    def summary(self) -> str:
        return self.title
