"""DataSet: the family of datasets, the Facts of a dataset that is not loaded, and the digits.

`datasets.py` brings all members together.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from core.base.spec import Call, Choice, ranged

if TYPE_CHECKING:  # it needs NumPy, which reading an experiment does not load
    from core.data.split_keys import SplitKeys


@dataclass(frozen=True)
class Facts:
    """The facts of a dataset before it is loaded.

    `shape` is (C, H, W) of an image or (F,) of a table row. `classes` is empty if values are
    predicted. `rows` and `test_rows` count the samples; `validation_rows` of the rows are the
    dataset's own validation set, and `dropped_rows` are left out of the training set. `keys` are
    the values by which the rows can be split.
    """

    shape: tuple[int, ...]
    classes: tuple[str, ...]
    rows: int
    test_rows: int = 0
    validation_rows: int = 0
    dropped_rows: int = 0
    keys: "SplitKeys | None" = field(default=None, compare=False, repr=False)

    @property
    def outputs(self) -> int:
        """Number of network outputs per sample: one per class, or one for a value."""
        return len(self.classes) or 1

    @property
    def has_images(self) -> bool:
        """Whether the samples are images, not table rows."""
        return len(self.shape) == 3


class DataSet(Choice, family="data set"):
    """Samples with their targets. `core.data.load.load` loads them."""

    page: ClassVar[str] = "Data"
    is_handwriting: ClassVar[bool] = False  # whether mirroring would spoil the images
    megabytes: ClassVar[int] = 0  # of the download; 0 where nothing is downloaded

    @classmethod
    def is_ready_made(cls) -> bool:
        """Whether it can be chosen from a list: every field has a default."""
        return not any(field.is_required() for field in cls.model_fields.values())

    @property
    def uncorrected(self) -> "DataSet":
        """The dataset without the corrections of a person."""
        return self

    def facts(self, home: Path) -> Facts:
        """Return its facts without loading it. Raises NotFound for a missing upload."""
        raise NotImplementedError

    def is_available(self, home: Path) -> bool:
        """Whether it can be loaded without a network."""
        return True

    def call(self) -> Call:
        """Return the function that loads it; `load` adds `home` and `progress`."""
        raise NotImplementedError


class Digits(DataSet):
    """1 797 handwritten digits, 8 × 8 pixels: small, real and included.

    The test part of the UCI set "Optical Recognition of Handwritten Digits", written by 13 people,
    CC BY 4.0, doi.org/10.24432/C50P49. Pixel counts from 0 to 16 are rescaled to 0 to 255.
    """

    kind: Literal["digits"] = "digits"
    label: ClassVar[str] = "Digits"
    is_handwriting: ClassVar[bool] = True
    source: ClassVar[str] = "Alpaydin & Kaynak 1998"
    technique: ClassVar[str] = "D4"
    size: Literal[8, 28] = ranged(
        8,
        unit="pixels",
        help="Image height and width: 8 as recorded, or 28, enlarged to the size of MNIST.",
    )

    def facts(self, home: Path) -> Facts:
        return Facts((1, self.size, self.size), tuple("0123456789"), 1797)

    def call(self) -> Call:
        return Call("core.data.ready.builtin.digits", {"size": self.size})

    @property
    def summary(self) -> str:
        return f"Digits {self.size}×{self.size}"
