"""Training from disk: the same samples as from memory, and memory bounded by the window."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from core.base.encoding import change
from core.base.events import Ended, Epoch
from core.data.augmentations import Crop, Flip
from core.data.batches import Streamed
from core.data.gaps import Fill
from core.data.samples import Samples
from core.data.spreadsheet import growing_array
from core.experiment import Experiment
from core.network.layers import Flatten, Output
from core.training.loop import train
from core.training.scale import is_streamed, will_stream
from core.training.setup import Setup

CHOSEN = Experiment(network=(Flatten(), Output()), epochs=4, batch_size=50)


@pytest.fixture
def stored(tmp_path, monkeypatch):
    draw = np.random.default_rng(5)
    targets = draw.integers(0, 3, 1500)
    inputs = draw.integers(0, 90, (1500, 1, 30, 30), dtype=np.uint8)
    inputs[np.arange(1500), 0, targets * 9] += 120
    np.save(tmp_path / "x.npy", inputs)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    monkeypatch.setenv("LAB_RESIDENT", "1")
    return Samples("stored", mapped, targets, ("a", "b", "c"))


def test_a_part_on_disk_gives_what_a_part_in_memory_gives(stored, monkeypatch):
    on_disk = Setup(CHOSEN, stored, None)
    monkeypatch.setenv("LAB_RESIDENT", "9")
    in_memory = Setup(CHOSEN, stored, None)
    assert isinstance(on_disk.train, Streamed) and not isinstance(in_memory.train, Streamed)
    rows = torch.randperm(len(on_disk.train))[:70]
    for name in ("train", "validation", "test"):
        part, other = getattr(on_disk, name), getattr(in_memory, name)
        some = rows[rows < len(part)]
        assert all(map(torch.equal, part.batch(some), other.batch(some)))
        pairs = zip(part.in_order(64), other.in_order(64), strict=True)
        assert all(torch.equal(a, b) for one, two in pairs for a, b in zip(one, two, strict=True))


def test_a_table_with_filled_gaps_is_streamed_where_it_is_predicted(tmp_path, monkeypatch):
    np.save(tmp_path / "x.npy", np.float32([[1, 2], [np.nan, 4], [5, 6]]))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    table = Samples("table", mapped, np.zeros(3), (), fills=(Fill(0, "mean"),))
    found = []
    for limit, resident in ((0, "0"), (24, "0"), (0, "1")):
        monkeypatch.setattr(growing_array, "LIMIT", limit)
        monkeypatch.setenv("LAB_RESIDENT", resident)
        found.append(is_streamed(table.filled(np.arange(3)).inputs))
        assert will_stream(table) == found[-1]
    assert found == [True, False, False]


@pytest.mark.parametrize("augmentations", [(), (Crop(padding=2), Flip())], ids=["plain", "moved"])
def test_it_learns_and_a_resume_in_mid_epoch_equals_the_straight_run(stored, augmentations):
    chosen = CHOSEN.model_copy(update={"augmentations": augmentations})
    straight = list(train(chosen, stored))
    assert isinstance(straight[-1], Ended) and straight[-1].test["accuracy"] > 0.9

    begun = train(chosen, stored)
    begun.single_steps = True
    while begun.step < 27:
        next(begun)
    while not begun.settled:
        next(begun)
    resumed = train(chosen, stored, state=begun.state())
    rest = [event for event in resumed if isinstance(event, Epoch)]
    assert rest == [event for event in straight if isinstance(event, Epoch)][-len(rest) :]


@pytest.mark.parametrize("kind", ["bootstrap", "balanced"])
def test_other_samplings_work_from_disk_too(stored, kind):
    end = list(train(change(CHOSEN, "sampling", {"kind": kind}), stored))[-1]
    assert end.reason == "epochs" and end.train["accuracy"] > 0.9


MEASURE = """
import os, sys
from pathlib import Path
import numpy as np
from core.data.samples import Samples
from core.data.spreadsheet import growing_array
from core.experiment import Experiment
from core.network.layers import Flatten, Output
from core.training.loop import train
from core.training.scale import is_streamed, will_stream

def anonymous():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024

inputs = np.load(sys.argv[1], mmap_mode="r")
data = Samples("large", inputs, np.arange(len(inputs)) % 2, ("a", "b"))
chosen = Experiment(network=(Flatten(), Output()), epochs=1, batch_size=32)
list(train(chosen, Samples("warm", np.array(inputs[:500]), data.targets[:500], data.classes)))
for limit in sys.argv[2:]:
    os.environ["LAB_RESIDENT"] = limit
    before, most = anonymous(), 0
    training = train(chosen, data)
    training.single_steps = True
    for event in training:
        most = max(most, anonymous())
    print(round(most - before))
"""


@pytest.mark.usefixtures("quick_processes")
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_is_bounded_by_the_window_not_by_the_set(tmp_path):
    path = tmp_path / "x.npy"
    inputs = np.lib.format.open_memmap(path, "w+", np.uint8, (2000, 1, 320, 320))  # 195 MB
    inputs[:, 0, 0] = np.arange(2000)[:, None] % 2 * 255
    inputs.flush()
    env = {"LAB_THREADS": "1", "PATH": "", "PYTHONPATH": "."}
    command = [sys.executable, "-c", MEASURE, str(path), "32", "1024"]  # MB in memory, at most
    done = subprocess.run(
        command, check=False, env=env, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr
    streamed, resident = map(int, done.stdout.split())
    assert streamed <= 70 and 120 <= resident <= 350, done.stdout
