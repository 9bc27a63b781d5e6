"""Well-known datasets: the doctor reports only what is true of them."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from core.data.inspection.inspect import Inspection, inspect, inspect_files
from core.data.reading import Reading
from core.data.ready.builtin import DIGITS
from core.data.spreadsheet.table import Table

SHARED = Path(__file__).parents[5] / "shared" / "data"
real = [
    pytest.mark.realdata,
    pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here"),
]


def table(values: np.ndarray, name: str) -> Table:
    return Table(name, values, None, tuple(range(values.shape[1])), range(1, len(values) + 1))


def alarms(found: Inspection) -> set[str]:
    return {f.code for f in found.findings if f.level != "ok"}


def pair(pictures: np.ndarray, ids: np.ndarray, **reading) -> Inspection:
    images = table(np.ascontiguousarray(pictures).reshape(len(pictures), -1), "images.csv")
    labels = table(ids.astype(np.uint8).reshape(-1, 1), "labels.csv")
    return inspect(images, labels, reading=Reading(**reading))


def mnist(part: str) -> tuple[np.ndarray, np.ndarray]:
    raw = SHARED / "MNIST" / "raw"
    images = gzip.decompress((raw / f"{part}-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((raw / f"{part}-labels-idx1-ubyte.gz").read_bytes())
    ids = np.frombuffer(labels, np.uint8, offset=8)
    return np.frombuffer(images, np.uint8, offset=16).reshape(-1, 784), ids


def test_the_shipped_digits():
    found = inspect_files(DIGITS / "images.csv", DIGITS / "labels.csv")
    assert alarms(found) == {"pixel_range"}  # values run from 0 to 16


@pytest.mark.parametrize(
    "part", [pytest.param("train", marks=real), pytest.param("t10k", marks=real)]
)
def test_mnist(part):
    pictures, ids = mnist(part)
    assert alarms(pair(pictures, ids)) == set()
    inverted = pair(255 - pictures, ids)
    assert alarms(inverted) == {"inverted"}
    assert alarms(pair(255 - pictures, ids, invert=True)) == set()


@pytest.mark.parametrize(
    "end", [pytest.param("first", marks=real), pytest.param("last", marks=real)]
)
def test_mnist_in_one_file(end):
    pictures, ids = mnist("t10k")
    parts = [ids[:, None], pictures] if end == "first" else [pictures, ids[:, None]]
    found = inspect(table(np.hstack(parts), "mnist.csv"))
    assert found.settled.label_column == end and alarms(found) == set()
    np.testing.assert_array_equal(found.samples.targets, ids)


@pytest.mark.parametrize("order", [pytest.param(o, marks=real) for o in ("planar", "interleaved")])
def test_cifar(order):
    kept = np.load(SHARED / "cifar10" / "cifar10_exact_subset.npz")
    pictures, ids = kept["x_train"], kept["y_train"].reshape(-1)
    stored = pictures.transpose(0, 3, 1, 2) if order == "planar" else pictures
    found = pair(stored, ids)
    assert found.settled.channels == order and alarms(found) == set()
    np.testing.assert_array_equal(found.samples.inputs, pictures.transpose(0, 3, 1, 2))
    grey = pictures.mean(axis=-1).astype(np.uint8)
    assert alarms(pair(grey, ids)) == set()
    for end, parts in (("first", (ids[:, None], grey.reshape(len(grey), -1))),
                       ("last", (stored.reshape(len(grey), -1), ids[:, None]))):  # fmt: skip
        one = inspect(table(np.hstack(parts).astype(np.uint8), "cifar.csv"))
        assert one.settled.label_column == end
        np.testing.assert_array_equal(one.samples.targets, ids)


@pytest.mark.parametrize("turned", [pytest.param(t, marks=real) for t in (False, True)])
def test_arabic_digits_are_transposed_and_one_image_repeats(turned):
    files = sorted((SHARED / "arabic_digits").glob("*.csv"))
    found = inspect_files(*files, reading=Reading(transpose=turned))
    assert alarms(found) == {"duplicates"} | (set() if turned else {"transposed"})
    said = next(f for f in found.findings if f.code == "duplicates")
    assert said.evidence["repeated"] == 1 and said.evidence["contradicting"] == 0
    first, again = said.rows
    np.testing.assert_array_equal(found.samples.inputs[first], found.samples.inputs[again])
