"""Data sets: the family with all its members. Choices only; the functions that they name do the
loading.

Here: what somebody uploaded. The rest by subject: `dataset.py` for the digits, `published.py` for
sets that are downloaded, `points.py` for points in a plane, `curves.py` for values over one column.
"""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from core.base.spec import Call
from core.data.dataset import DataSet, Digits, Facts
from core.data.ready.curves import Polynomial, Sine, Steps
from core.data.ready.points import Blobs, Circles, Moons, Spirals, Xor
from core.data.ready.published import CIFAR10, CIFAR100, KMNIST, MNIST, FashionMNIST

__all__ = [
    "CIFAR10", "CIFAR100", "KMNIST", "MNIST", "Blobs", "Circles", "DataSet", "Digits", "Facts",
    "FashionMNIST", "Moons", "Polynomial", "Sine", "Spirals", "Spreadsheets", "Steps", "Xor",
]  # fmt: skip


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
