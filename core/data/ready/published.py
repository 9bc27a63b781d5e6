"""Published image datasets, downloaded once through torchvision. Choices only.

Each class holds its facts and the names of its files, so showing it loads nothing. The loader is in
`fetched.py`.
"""

from pathlib import Path
from typing import ClassVar, Literal

from core.base.settings import settings
from core.base.spec import Call
from core.data.dataset import DataSet, Facts

_TEN = tuple("0123456789")
_IDX = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
_FINE = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly
camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile
cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp
lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom oak_tree
orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine possum
rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider
squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor train
trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""  # of CIFAR-100, in the order of their indices


def data_folders(home: Path) -> list[Path]:
    """Return the folders to search: the home's, then LAB_TORCHVISION, which may be read-only."""
    second = settings().torchvision
    return [home / "data" / "torchvision", *([second] if second else [])]


class Published(DataSet):
    """A dataset with an official test set.

    `pieces` are its files under a root, each with its unpacked and its packed name.
    """

    shape: ClassVar[tuple[int, ...]] = ()
    classes: ClassVar[tuple[str, ...]] = ()
    rows: ClassVar[tuple[int, int]] = (0, 0)  # training samples, test samples
    torchvision: ClassVar[str] = ""  # the class in torchvision.datasets
    pieces: ClassVar[tuple[tuple[str, ...], ...]] = ()

    @classmethod
    def doc(cls) -> str:
        return f"{super().doc()}\n\nAbout {cls.megabytes} MB, downloaded once."

    def facts(self, home: Path) -> Facts:
        return Facts(self.shape, self.classes, *self.rows)

    def is_available(self, home: Path) -> bool:
        folders = data_folders(home)
        return all(
            any((root / form).is_file() for root in folders for form in piece)
            for piece in self.pieces
        )

    def call(self) -> Call:
        return Call("core.data.ready.fetched.fetched", {"kind": self.kind})


def _idx(folder: str) -> tuple[tuple[str, ...], ...]:
    return tuple((f"{folder}/raw/{name}", f"{folder}/raw/{name}.gz") for name in _IDX)


def _batches(folder: str, archive: str, *names: str) -> tuple[tuple[str, ...], ...]:
    return tuple((f"{folder}/{name}", archive) for name in names)


class MNIST(Published):
    """70 000 handwritten digits, 28 × 28 pixels, 10 000 of them the official test set."""

    kind: Literal["mnist"] = "mnist"
    label: ClassVar[str] = "MNIST"
    megabytes: ClassVar[int] = 12
    is_handwriting: ClassVar[bool] = True
    source: ClassVar[str] = "LeCun, Bottou, Bengio & Haffner 1998"
    technique: ClassVar[str] = "D3"
    shape: ClassVar[tuple[int, ...]] = (1, 28, 28)
    classes: ClassVar[tuple[str, ...]] = _TEN
    rows: ClassVar[tuple[int, int]] = (60_000, 10_000)
    torchvision: ClassVar[str] = "MNIST"
    pieces: ClassVar[tuple[tuple[str, ...], ...]] = _idx("MNIST")


class FashionMNIST(Published):
    """70 000 grey images of clothes, shoes and bags, 28 × 28 pixels, 10 000 of them the official
    test set. The size of MNIST, but harder.

    MIT licence.
    """

    kind: Literal["fashion_mnist"] = "fashion_mnist"
    label: ClassVar[str] = "Fashion-MNIST"
    megabytes: ClassVar[int] = 31
    source: ClassVar[str] = "Xiao, Rasul & Vollgraf 2017"
    technique: ClassVar[str] = "D3"
    shape: ClassVar[tuple[int, ...]] = (1, 28, 28)
    classes: ClassVar[tuple[str, ...]] = (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    )  # fmt: skip
    rows: ClassVar[tuple[int, int]] = (60_000, 10_000)
    torchvision: ClassVar[str] = "FashionMNIST"
    pieces: ClassVar[tuple[tuple[str, ...], ...]] = _idx("FashionMNIST")


class KMNIST(Published):
    """70 000 cursive Japanese characters of ten kinds, 28 × 28 pixels, 10 000 of them the official
    test set. Classes are named by their pronunciation.

    CC BY-SA 4.0, doi.org/10.20676/00000341.
    """

    kind: Literal["kmnist"] = "kmnist"
    label: ClassVar[str] = "KMNIST"
    megabytes: ClassVar[int] = 21
    is_handwriting: ClassVar[bool] = True
    source: ClassVar[str] = "Clanuwat et al. 2018"
    technique: ClassVar[str] = "D3"
    shape: ClassVar[tuple[int, ...]] = (1, 28, 28)
    classes: ClassVar[tuple[str, ...]] = (
        "o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo",
    )  # fmt: skip
    rows: ClassVar[tuple[int, int]] = (60_000, 10_000)
    torchvision: ClassVar[str] = "KMNIST"
    pieces: ClassVar[tuple[tuple[str, ...], ...]] = _idx("KMNIST")


class CIFAR10(Published):
    """60 000 small colour photographs of ten kinds of animals and vehicles, 32 × 32 pixels,
    10 000 of them the official test set.
    """

    kind: Literal["cifar10"] = "cifar10"
    label: ClassVar[str] = "CIFAR-10"
    megabytes: ClassVar[int] = 170
    source: ClassVar[str] = "Krizhevsky 2009"
    technique: ClassVar[str] = "D3"
    shape: ClassVar[tuple[int, ...]] = (3, 32, 32)
    classes: ClassVar[tuple[str, ...]] = (
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    )  # fmt: skip
    rows: ClassVar[tuple[int, int]] = (50_000, 10_000)
    torchvision: ClassVar[str] = "CIFAR10"
    pieces: ClassVar[tuple[tuple[str, ...], ...]] = _batches(
        "cifar-10-batches-py",
        "cifar-10-python.tar.gz",
        *(f"data_batch_{k}" for k in range(1, 6)),
        "test_batch",
        "batches.meta",
    )


class CIFAR100(Published):
    """60 000 small colour photographs of a hundred kinds of objects, 32 × 32 pixels, 10 000 of them
    the official test set. 500 training images per class.
    """

    kind: Literal["cifar100"] = "cifar100"
    label: ClassVar[str] = "CIFAR-100"
    megabytes: ClassVar[int] = 169
    source: ClassVar[str] = "Krizhevsky 2009"
    technique: ClassVar[str] = "D3"
    shape: ClassVar[tuple[int, ...]] = (3, 32, 32)
    classes: ClassVar[tuple[str, ...]] = tuple(_FINE.split())
    rows: ClassVar[tuple[int, int]] = (50_000, 10_000)
    torchvision: ClassVar[str] = "CIFAR100"
    pieces: ClassVar[tuple[tuple[str, ...], ...]] = _batches(
        "cifar-100-python", "cifar-100-python.tar.gz", "train", "test", "meta"
    )
