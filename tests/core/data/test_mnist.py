"""MNIST by torchvision's own download code, from a small server on this machine that has files of
the same form.
"""

import gzip
import hashlib
import http.server
import struct
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from core.data.load import load
from core.data.sets import MNIST
from core.errors import Unavailable
from core.tv import datasets

SHARED = Path(__file__).parents[4] / "shared" / "data"
NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
DRAW = np.random.Generator(np.random.PCG64(5))
ARRAYS = (
    DRAW.integers(0, 256, (500, 28, 28), dtype=np.uint8),
    DRAW.integers(0, 10, 500, dtype=np.uint8),
    DRAW.integers(0, 256, (20, 28, 28), dtype=np.uint8),
    DRAW.integers(0, 10, 20, dtype=np.uint8),
)


def idx(array: np.ndarray) -> bytes:
    """The IDX form: two zeros, the type (8: bytes), the number of dimensions, each size as big-
    endian int32.
    """
    return (
        bytes([0, 0, 8, array.ndim])
        + struct.pack(f">{array.ndim}i", *array.shape)
        + array.tobytes()
    )


PACKED = {
    f"{name}.gz": gzip.compress(idx(array), mtime=0)
    for name, array in zip(NAMES, ARRAYS, strict=True)
}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch):
    """torchvision downloads from here; a closed port stands for being offline."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    for name, data in PACKED.items():
        (folder / name).write_bytes(data)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("LAB_TORCHVISION", raising=False)
    monkeypatch.setattr(datasets.MNIST, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
    monkeypatch.setattr(
        datasets.MNIST, "resources", [(n, hashlib.md5(d).hexdigest()) for n, d in PACKED.items()]
    )
    yield folder
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def offline(mirror: Path, monkeypatch):
    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://127.0.0.1:1/"])


def same(found) -> None:
    for array, expected in zip(
        (found.inputs[:, 0], found.targets, found.test_inputs[:, 0], found.test_targets),
        ARRAYS,
        strict=True,
    ):
        assert np.array_equal(array, expected)
    assert (
        found.shape == (1, 28, 28)
        and found.inputs.dtype == np.uint8
        and found.targets.dtype == np.int64
    )
    assert found.classes == tuple("0123456789") and found.has_test


def test_download_with_progress(mirror, tmp_path):
    heard: list[tuple[float, str]] = []
    same(load(MNIST(), tmp_path / "home", lambda share, what: heard.append((share, what))))
    shares = [share for share, _ in heard]
    assert shares == sorted(shares) and 0 < shares[0] < 0.25 and shares[-1] == 1.0
    assert [
        what.partition(":")[0] for what in dict.fromkeys(w.partition(":")[0] for _, w in heard)
    ] == list(PACKED)
    assert (
        len([w for _, w in heard if w.startswith("train-images")]) >= 2
    )  # while it goes, not only at the end
    assert not list((tmp_path / "home").rglob("*.part"))


def test_what_is_on_disk_is_used(mirror, tmp_path, monkeypatch):
    load(MNIST(), tmp_path / "home")
    for file in mirror.iterdir():
        file.unlink()
    (tmp_path / "home").rename(tmp_path / "moved")  # another home, so that memory does not answer
    same(load(MNIST(), tmp_path / "moved"))


def test_archives_put_there_by_hand_are_unpacked(offline, tmp_path):
    raw = tmp_path / "home" / "data" / "torchvision" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, data in PACKED.items():
        (raw / name).write_bytes(data)
    same(load(MNIST(), tmp_path / "home"))


@pytest.mark.parametrize("packed", [True, False])
def test_a_folder_that_the_environment_names(offline, tmp_path, monkeypatch, packed):
    raw = tmp_path / "given" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, data in PACKED.items():
        (raw / (name if packed else name.removesuffix(".gz"))).write_bytes(
            data if packed else gzip.decompress(data)
        )
    before = sorted(raw.iterdir())
    monkeypatch.setenv("LAB_TORCHVISION", str(tmp_path / "given"))
    same(load(MNIST(), tmp_path / "home"))
    assert sorted(raw.iterdir()) == before


def test_offline_says_what_to_do(offline, tmp_path):
    with pytest.raises(Unavailable) as caught:
        load(MNIST(), tmp_path / "home")
    said = str(caught.value)
    assert all(name in said for name in PACKED) and "digits" in said and "\n" not in said
    assert str(tmp_path / "home" / "data" / "torchvision" / "MNIST" / "raw") in said


def test_a_damaged_download_is_refused_by_its_md5(mirror, tmp_path):
    (mirror / "train-labels-idx1-ubyte.gz").write_bytes(b"something else")
    with pytest.raises(Unavailable, match="corrupted"):
        load(MNIST(), tmp_path / "home")


def test_unpacking_that_was_cut_short_is_done_again(mirror, tmp_path):
    raw = tmp_path / "home" / "data" / "torchvision" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in NAMES:
        (raw / name).write_bytes(gzip.decompress(PACKED[f"{name}.gz"])[:600])
    same(load(MNIST(), tmp_path / "home"))


@pytest.mark.realdata
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
def test_the_real_files(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_TORCHVISION", str(SHARED))
    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://127.0.0.1:1/"])
    found = load(MNIST(), tmp_path)
    assert found.inputs.shape == (60000, 1, 28, 28) and found.test_inputs.shape == (
        10000,
        1,
        28,
        28,
    )
    assert np.bincount(found.targets).tolist() == [
        5923,
        6742,
        5958,
        6131,
        5842,
        5421,
        5918,
        6265,
        5851,
        5949,
    ]
    assert found.inputs.mean() == pytest.approx(255 * 0.1306604762738429, rel=1e-12)
