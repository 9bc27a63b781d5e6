"""Small archives of the form of the published datasets, and a server for them."""

import gzip
import hashlib
import http.server
import io
import pickle
import struct
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.data.datasets import CIFAR10, CIFAR100, KMNIST, MNIST, DataSet, FashionMNIST

SETS = (MNIST(), FashionMNIST(), KMNIST(), CIFAR10(), CIFAR100())
TRAIN, TEST = 500, 20  # pictures of each small archive
IDX = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


@dataclass
class Archive:
    """A small set of the same form as the published one: what a server has and what is in it."""

    folder: str  # under the root, where the archives belong
    packed: dict[str, bytes]
    unpacked: dict[str, bytes]  # by path under the root
    arrays: tuple[np.ndarray, ...]  # images (N, C, H, W), labels; then those of the test part


def idx(array: np.ndarray) -> bytes:
    """The IDX form: two zeros, the type (8: bytes), the number of dimensions, each size as big-
    endian int32.
    """
    sizes = struct.pack(f">{array.ndim}i", *array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def archive_of(choice: DataSet) -> Archive:
    """Random pictures with every class, packed as the authors of this set did."""
    draw = np.random.Generator(np.random.PCG64(5))
    facts, arrays = choice.facts(Path()), []
    for count in (TRAIN, TEST):
        arrays.append(draw.integers(0, 256, (count, *facts.shape), dtype=np.uint8))
        arrays.append(draw.integers(0, len(facts.classes), count, dtype=np.uint8))
    return (idx_archive if len(arrays[0][0]) == 1 else batch_archive)(choice, arrays)


def idx_archive(choice: DataSet, arrays: list[np.ndarray]) -> Archive:
    folder = f"{choice.torchvision}/raw"
    files = {name: idx(np.squeeze(array)) for name, array in zip(IDX, arrays, strict=True)}
    packed = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in files.items()}
    unpacked = {f"{folder}/{name}": content for name, content in files.items()}
    return Archive(folder, packed, unpacked, tuple(arrays))


def batch_archive(choice: DataSet, arrays: list[np.ndarray]) -> Archive:
    """Pickled dictionaries with rows of 3072 bytes, red first, in a tar.gz."""
    from core.base.torchvision_compat import datasets

    source = getattr(datasets, choice.torchvision)
    key = "labels" if choice.kind == "cifar10" else "fine_labels"
    files = {}
    for names, images, labels in (
        (source.train_list, *arrays[:2]),
        (source.test_list, *arrays[2:]),
    ):
        parts = [np.array_split(part, len(names)) for part in (images, labels)]
        for (name, _), rows, own in zip(names, *parts, strict=True):
            files[name] = {"data": rows.reshape(len(rows), -1), key: own.tolist()}
    files[source.meta["filename"]] = {source.meta["key"]: list(choice.classes)}
    unpacked = {f"{source.base_folder}/{name}": pickle.dumps(v, 2) for name, v in files.items()}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in unpacked.items():
            about = tarfile.TarInfo(name)
            about.size = len(content)
            tar.addfile(about, io.BytesIO(content))
    return Archive("", {source.filename: packed.getvalue()}, unpacked, tuple(arrays))


def publish(choice: DataSet, made: Archive, address: str, monkeypatch) -> None:
    """torchvision's addresses and md5 sums are those of the small archive."""
    from core.base.torchvision_compat import datasets

    source = getattr(datasets, choice.torchvision)
    sums = {Path(name).name: md5(content) for name, content in made.unpacked.items()}
    if "idx" in next(iter(made.packed)):
        monkeypatch.setattr(source, "mirrors", [address])
        monkeypatch.setattr(source, "resources", [(n, md5(c)) for n, c in made.packed.items()])
        return
    ((name, content),) = made.packed.items()
    monkeypatch.setattr(source, "url", address + name)
    monkeypatch.setattr(source, "tgz_md5", md5(content))
    for table in ("train_list", "test_list"):
        monkeypatch.setattr(source, table, [[n, sums[n]] for n, _ in getattr(source, table)])
    monkeypatch.setattr(source, "meta", source.meta | {"md5": sums[source.meta["filename"]]})


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass
