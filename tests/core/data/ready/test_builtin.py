"""The digits in assets/ are scikit-learn's, and a data set is loaded once for all who ask."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pytest
from PIL import Image

from core.base.encoding import decode, encode
from core.base.spec import Call
from core.data.datasets import DataSet, Digits
from core.data.load import load
from core.data.ready import builtin
from core.data.samples import Samples
from core.data.spreadsheet.table import read_table

# SHA-256 of sklearn.datasets.load_digits() (scikit-learn 1.9.1): data and target as uint8
DATA = "8f26b2bd9d135c256808f68f14fdabddde6d9c7f869ae419704b051f0f14b3b3"
TARGET = "8ba4f891220f5e4c9c819638d1602d74b83618f167043c6da52a2a247841ddf0"


def test_the_files_hold_the_values_of_scikit_learn():
    images = read_table(builtin.DIGITS / "images.csv", "images.csv").values
    labels = read_table(builtin.DIGITS / "labels.csv", "labels.csv").values[:, 0]
    assert images.shape == (1797, 64) and images.dtype == np.uint8 and images.max() == 16
    assert hashlib.sha256(images.tobytes()).hexdigest() == DATA
    assert hashlib.sha256(labels.astype(np.uint8).tobytes()).hexdigest() == TARGET


def test_digits_are_stretched_and_enlarged(tmp_path: Path):
    small, large = load(Digits(), tmp_path), load(Digits(size=28), tmp_path)
    raw = read_table(builtin.DIGITS / "images.csv", "images.csv").values
    assert np.array_equal(
        small.inputs.reshape(1797, 64), np.round(raw * (255 / 16)).astype(np.uint8)
    )
    assert (
        small.shape == (1, 8, 8) and large.shape == (1, 28, 28) and large.inputs.dtype == np.uint8
    )
    one = Image.fromarray(small.inputs[5, 0]).resize((28, 28), Image.Resampling.BILINEAR)
    assert np.array_equal(large.inputs[5, 0], np.asarray(one))
    assert np.array_equal(small.targets, large.targets) and small.classes == tuple("0123456789")
    assert not small.has_test and small.targets.dtype == np.int64


def test_choices_travel_as_text():
    for choice in (Digits(size=28), decode(DataSet, '{"kind": "mnist"}')):
        assert decode(DataSet, encode(choice)) == choice


@pytest.fixture
def slow():
    """A data set whose loading the test can hold, in a family that forgets it afterwards."""

    class Slow(DataSet):
        kind: Literal["slow"] = "slow"
        label: ClassVar[str] = "Slow"

        def call(self) -> Call:
            return Call(f"{__name__}.held")

    yield Slow()
    del DataSet.members["slow"]


def test_many_who_ask_at_once_wait_for_one_loading(slow, tmp_path, monkeypatch):
    inside, go, calls = threading.Event(), threading.Event(), []

    def held(home, progress):
        calls.append(home)
        inside.set()
        assert go.wait(20)
        return Samples("slow", np.zeros((1, 1, 2, 2), np.uint8), np.zeros(1, np.int64), ("0",))

    monkeypatch.setattr(Call, "make", lambda self, *given: held(*given))
    with ThreadPoolExecutor(4) as pool:
        found = [pool.submit(load, slow, tmp_path) for _ in range(4)]
        assert inside.wait(20)
        go.set()
        assert len({id(f.result(20)) for f in found}) == 1
    assert len(calls) == 1


def test_a_failed_loading_is_tried_again(slow, tmp_path, monkeypatch):
    answers = iter(
        [OSError("gone"), Samples("s", np.zeros((1, 1, 2, 2)), np.zeros(1, np.int64), ("0",))]
    )

    def make(self, *given):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(Call, "make", make)
    with pytest.raises(OSError, match="gone"):
        load(slow, tmp_path)
    assert load(slow, tmp_path).name == "s"
