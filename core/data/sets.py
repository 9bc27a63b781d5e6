"""Data sets: where the pictures come from.

Choices only; the functions that they name do the loading.
"""

from typing import ClassVar, Literal

from pydantic import Field

from core.spec import Call, Choice, ranged


class DataSet(Choice, family="data set"):
    """A labelled picture set. `core.data.load.load` gives its ImageSet."""

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

    def call(self) -> Call:
        return Call("core.data.library.spreadsheets", {"digest": self.digest, "title": self.title})

    @property
    def summary(self) -> str:
        return self.title
