"""Estimates: the duration from the last comparable run, memory against what torch allocates, disk
space, and all of them for an optimizer that is defined here.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

import pytest
import torch

from core.advice import estimate as estimates
from core.advice.estimate import (
    checkpoint_bytes,
    disk_problem,
    estimate,
    gradients_per_step,
    guess_seconds,
    memory_bytes,
    operations,
    weight_bytes,
)
from core.advice.plan import plan
from core.advice.suggestions import advice, apply_action
from core.base.encoding import encode
from core.base.events import Ended
from core.base.spec import Call
from core.data.datasets import Digits, correct
from core.experiment import Experiment
from core.network.build import trace
from core.network.layers import Flatten, Linear, Output
from core.network.presets import LeNet
from core.optim.optimizer import Optimizer, learning_rate_field
from core.optim.optimizers import LBFGS, SGD, AdamW
from core.optim.regularizers import EMA, SAM, SWA, GradientVariance, Regularizer
from core.runs import checkpoint
from core.runs.store import Store
from core.training.loop import train
from core.training.setup import Setup
from tests.conftest import script, write
from tests.core.bars import EVERYTHING, bars, experiment

PAST = Experiment(name="Past")


@pytest.fixture
def store(tmp_path):
    """One run of 200 steps in 20 s, and one that failed before its first step."""
    here = Store(tmp_path)
    write(here, here.create(encode(PAST)), [Ended("epochs", "Done.", 200, 10, seconds=20.0)])
    write(here, here.create(encode(PAST)), [Ended("failed", "No memory.", 0, 0)])
    return here


@pytest.mark.parametrize(
    "alike",
    [
        PAST,
        Experiment(epochs=3, name="x"),
        Experiment(optimizer=AdamW(learning_rate=0.5)),
        Experiment(data=correct(PAST.data, drop=[3])),
    ],
)
def test_a_comparable_run_takes_as_long_per_step(store, alike):
    found = estimate(store, alike, 1000)
    assert (found.seconds, found.name) == (pytest.approx(100.0), "Past")


def test_several_comparable_runs_give_a_range(store):
    write(store, store.create(encode(PAST)), [Ended("epochs", "Done.", 200, 10, seconds=60.0)])
    found = estimate(store, PAST, 1000)
    assert (found.low, found.high, found.runs) == (pytest.approx(100.0), pytest.approx(300.0), 2)
    assert found.low <= found.seconds <= found.high


@pytest.mark.parametrize(
    "other",
    [
        Experiment(batch_size=PAST.batch_size * 2),
        Experiment(data=Digits(size=28)),
        Experiment(network=(Flatten(), Output())),
        Experiment(optimizer=SGD()),
        Experiment(device="cpu"),
        Experiment(augmentations=("crop",)),
        Experiment(regularizers=("sam",)),
    ],
)
def test_a_different_run_gives_no_estimate(store, other):
    assert estimate(store, other, 1000) is None


def test_an_unfinished_run_gives_no_estimate(tmp_path):
    here = Store(tmp_path)
    write(here, here.create(encode(PAST)), script()[:20])
    assert estimate(here, PAST, 10) is None


def test_a_damaged_folder_is_skipped(store):
    run = store.create('{"of": "another version"}')
    write(store, run, [Ended("epochs", "Done.", 10, 1, seconds=1.0)])
    assert estimate(store, PAST, 200).seconds == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("regularizers", "gradients"),
    [((), 1), ((SAM(),), 2), ((GradientVariance(parts=4), SAM()), 8)],
)
def test_the_guess_grows_with_the_gradients_of_a_step(tmp_path, regularizers, gradients) -> None:
    plain, costly = Experiment(), Experiment(regularizers=regularizers)
    planned = plan(plain, tmp_path)
    assert gradients_per_step(costly) == gradients
    expected = gradients * guess_seconds(plain, planned)
    assert guess_seconds(costly, planned) == pytest.approx(expected)
    by_hand = 6 * planned.multiply_adds * planned.train * plain.epochs
    assert operations(plain, planned) == by_hand


def bytes_kept(setup: Setup) -> int:
    """Bytes of the tensors that autograd holds between forward and backward, each storage once."""
    seen: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        seen[storage.data_ptr()] = storage.nbytes()
        return tensor

    x, y, _ = setup.batch(torch.arange(setup.batch_size))
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        setup.criterion(setup.model(x), y)
    return sum(seen.values())


def test_the_outputs_of_a_mini_batch_are_counted_as_autograd_keeps_them() -> None:
    data = bars()
    sizes = (16, 64)
    measured, estimated = [], []
    for size in sizes:
        e = experiment(batch_size=size)
        measured.append(bytes_kept(Setup(e, data, None)))
        estimated.append(memory_bytes(e, trace(EVERYTHING, (1, 8, 8), 3), 0))
    ratio = (estimated[1] - estimated[0]) / (measured[1] - measured[0])
    assert 0.8 < ratio < 2.5


def test_every_copy_of_the_weights_is_counted() -> None:
    layers = trace(LeNet().layers((1, 28, 28)), (1, 28, 28), 10)
    parameters = sum(fact.parameters for fact in layers)
    e = Experiment(batch_size=1)
    plain = memory_bytes(e, layers, 0)
    averaged = memory_bytes(e.model_copy(update={"regularizers": (EMA(),)}), layers, 0)
    assert averaged - plain == 4 * parameters
    history = LBFGS(memory=50)
    many = memory_bytes(e.model_copy(update={"optimizer": history}), layers, 0)
    assert many - plain == 4 * 100 * parameters
    assert memory_bytes(e, layers, 1000) - plain == 1000 * 28 * 28


ROUND = 2**16  # bytes of a checkpoint that are not copies of weights: generators, history, names


def saved_size(home: Path, optimizer: Optimizer, regularizers: tuple = ()) -> tuple[int, int, int]:
    """Train two epochs; return the size of the checkpoint, the estimate and the parameters."""
    network = (Flatten(), Linear(units=400), Output())
    e = experiment(network=network, optimizer=optimizer, regularizers=regularizers, epochs=2)
    store = Store(home)
    run, training = store.create(encode(e)), train(e, bars())
    started, *_ = training
    checkpoint.save(store, run, training.state())
    size = store.checkpoints(run)[0].stat().st_size
    return size, checkpoint_bytes(e, started.parameters), started.parameters


@pytest.mark.parametrize("kind", Optimizer.members)
@pytest.mark.parametrize("averages", [(), (EMA(),), (SWA(),)], ids=["plain", "ema", "swa"])
def test_a_checkpoint_is_no_larger_than_estimated(
    tmp_path: Path, kind: str, averages: tuple
) -> None:
    rate = min(0.01, Optimizer.members[kind]().learning_rate)
    optimizer = Optimizer.members[kind](learning_rate=rate)
    size, estimated, parameters = saved_size(tmp_path, optimizer, averages)
    assert 4 * parameters * 2 < size < estimated + ROUND
    assert kind == "lbfgs" or estimated < 4 * size


@pytest.mark.parametrize("kind", Regularizer.members)
def test_a_regularizer_stores_no_more_than_estimated(tmp_path: Path, kind: str) -> None:
    size, estimated, _ = saved_size(tmp_path, AdamW(), (Regularizer.members[kind](),))
    assert size < estimated + ROUND


def test_a_disk_without_room_for_three_checkpoints_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    e, parameters = Experiment(), 1_000_000
    needed = 3 * checkpoint_bytes(e, parameters)
    assert needed == 3 * 4 * 4 * parameters  # weights, the best ones, two moments; float32
    for free, existing, problem in ((needed, 0, ""), (needed - 1, 0, "46 MB"), (needed - 1, 1, "")):
        monkeypatch.setattr(estimates, "free_disk", lambda home, free=free: free)
        message = disk_problem(e, parameters, tmp_path, existing)
        assert (problem in message) and bool(message) == bool(problem)
        assert str(tmp_path) not in message  # it is shown on a page
    monkeypatch.setattr(estimates, "free_disk", lambda home: 0)
    assert plan(e, tmp_path).code == "disk_full"


@pytest.fixture
def costly() -> Iterator[type[Optimizer]]:
    """An optimizer that nothing else in the lab mentions."""

    class Costly(Optimizer):
        """AMSGrad: Adam with the running maximum of the second moment."""

        kind: Literal["test_costly"] = "test_costly"
        label: ClassVar[str] = "AMSGrad"
        source: ClassVar[str] = "Reddi, Kale & Kumar 2018"
        rescales_gradient: ClassVar[bool] = True
        learning_rate: float = learning_rate_field(1e-3)

        def call(self) -> Call:
            return Call("torch.optim.Adam", {"lr": self.learning_rate, "amsgrad": True})

        @property
        def memory_slots(self) -> int:
            return 3

        @property
        def gradient_evaluations(self) -> float:
            return 4.0

        @property
        def max_recommended_lr(self) -> float:
            return 0.02

        def stability_limit(self, curvature: float) -> float | None:
            return 1 / curvature

    yield Costly
    del Optimizer.members["test_costly"]


def test_a_new_optimizer_gets_its_memory_time_and_advice_from_its_own_facts(
    tmp_path: Path, costly: type[Optimizer]
) -> None:
    plain, new = Experiment(), Experiment(optimizer=costly(learning_rate=0.5))
    assert weight_bytes(new, 1000) - weight_bytes(plain, 1000) == 4 * 1000
    planned = plan(plain, tmp_path)
    assert guess_seconds(new, planned) == pytest.approx(4 * guess_seconds(plain, planned))
    size, estimated, parameters = saved_size(tmp_path, costly())
    assert estimated == 4 * parameters * (2 + 3) and estimated - 4 * parameters < size
    assert size < estimated + ROUND
    findings = {f.code: f for f in advice(new, curvature=10.0)}
    assert {"learning_rate_high", "stability_limit_exceeded"} <= findings.keys()
    mended = apply_action(new, findings["learning_rate_high"].action)
    assert mended.optimizer == costly(learning_rate=0.02)
    assert findings["stability_limit_exceeded"].evidence["limit"] == 0.1
    penalized = new.model_copy(update={"regularizers": (Regularizer.pick("l2"),)})
    assert "l2_penalty_rescaled" in {f.code for f in advice(penalized)}
