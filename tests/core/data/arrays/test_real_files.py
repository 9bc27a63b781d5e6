"""The true files: MNIST as IDX, CIFAR-10 as .npz and as a ZIP file of images."""

from pathlib import Path

import numpy as np
import pytest

from core.data.inspection.inspect import inspect, inspect_files
from core.data.library import Library
from core.data.spreadsheet.table import Table
from tests.core.data.arrays.files import image, zipped
from tests.core.data.inspection.test_inspect import SHARED

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here"),
]


def mnist(part: str, kind: str) -> Path:
    return SHARED / "MNIST" / "raw" / f"{part}-{kind}-ubyte.gz"


def test_the_four_mnist_files(tmp_path):
    digest, found = Library(tmp_path).add(
        mnist("train", "images-idx3"),
        mnist("train", "labels-idx1"),
        test_images=mnist("t10k", "images-idx3"),
        test_labels=mnist("t10k", "labels-idx1"),
    )
    samples = Library(tmp_path).open(digest)
    assert samples.inputs.shape == (60_000, 1, 28, 28) and len(samples.test_inputs) == 10_000
    assert found.classes == tuple("0123456789") and samples.targets[:8].tolist() == [
        5, 0, 4, 1, 9, 2, 1, 3,
    ]  # fmt: skip
    assert np.bincount(samples.test_targets)[:3].tolist() == [980, 1135, 1032]
    assert samples.inputs.mean() == pytest.approx(33.318, abs=0.001)


def test_cifar_as_npz_and_as_images():
    path = SHARED / "cifar10" / "cifar10_exact_subset.npz"
    found = inspect_files(path)
    with np.load(path) as arrays:
        pixels, ids, names = (arrays[key] for key in ("x_train", "y_train", "label_names"))
    np.testing.assert_array_equal(found.samples.inputs, pixels.transpose(0, 3, 1, 2))
    assert [found.classes[t] for t in found.samples.targets] == names[ids].tolist()
    files = {f"train/{names[ids[i]]}/{i:04}.png": image(pixels[i]) for i in range(300)}
    archived = inspect_files(zipped(files))
    np.testing.assert_array_equal(archived.samples.inputs, found.samples.inputs[:300])
    for order in ("planar", "interleaved"):
        rows = pixels.transpose(0, 3, 1, 2) if order == "planar" else pixels
        values = rows.reshape(len(rows), -1)
        table = Table("rows.csv", values, None, tuple(range(3072)), range(1, len(values) + 1))
        labels = Table(
            "labels.csv", ids.astype(np.uint8)[:, None], None, (0,), range(1, len(ids) + 1)
        )
        seen = inspect(table, labels)
        assert seen.shape == (3, 32, 32) and seen.settled.channels == order
        assert next(f for f in seen.findings if f.code == "shape").level == "ok"
