"""What a training needs in memory, against what torch keeps for it."""

from pathlib import Path

import pytest
import torch

from core.advice import estimate_memory
from core.base.encoding import encode
from core.experiment import Experiment
from core.network.build import trace
from core.network.layers import Flatten, Linear, Output
from core.network.presets import LeNet
from core.optim.optimizer import Optimizer
from core.optim.optimizers import LBFGS
from core.optim.regularizers import EMA, SWA
from core.runs import checkpoint
from core.runs.store import Store
from core.training.loop import train
from core.training.setup import Setup
from tests.core.bars import EVERYTHING, bars, experiment


def bytes_kept(setup: Setup) -> int:
    """Of the tensors that autograd holds between forward and backward, each storage once."""
    seen: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        seen[storage.data_ptr()] = storage.nbytes()
        return tensor

    x, y, _ = setup.batch(torch.arange(setup.batch_size))
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        setup.criterion(setup.model(x), y)
    return sum(seen.values())


def test_the_outputs_of_a_minibatch_are_counted_as_autograd_keeps_them() -> None:
    data = bars()
    sizes = (16, 64)
    kept, said = [], []
    for size in sizes:
        e = experiment(batch_size=size)
        kept.append(bytes_kept(Setup(e, data, None)))
        said.append(estimate_memory.needed(e, trace(EVERYTHING, (1, 8, 8), 3), 0))
    ratio = (said[1] - said[0]) / (kept[1] - kept[0])
    assert 0.8 < ratio < 2.5


def test_every_copy_of_the_weights_is_counted() -> None:
    layers = trace(LeNet().layers((1, 28, 28)), (1, 28, 28), 10)
    parameters = sum(fact.parameters for fact in layers)
    e = Experiment(batch_size=1)
    plain = estimate_memory.needed(e, layers, 0)
    averaged = estimate_memory.needed(e.model_copy(update={"regularizers": (EMA(),)}), layers, 0)
    assert averaged - plain == 4 * parameters
    history = LBFGS(memory=50)
    many = estimate_memory.needed(e.model_copy(update={"optimizer": history}), layers, 0)
    assert many - plain == 4 * 100 * parameters
    assert estimate_memory.needed(e, layers, 1000) - plain == 1000 * 28 * 28


ROUND = 2**16  # bytes of a checkpoint that are no copies of weights: generators, history, names


@pytest.mark.parametrize("kind", Optimizer.members)
@pytest.mark.parametrize("averages", [(), (EMA(),), (SWA(),)], ids=["plain", "ema", "swa"])
def test_a_checkpoint_is_no_larger_than_was_said(
    tmp_path: Path, kind: str, averages: tuple
) -> None:
    rate = min(0.01, Optimizer.members[kind]().learning_rate)
    optimizer = Optimizer.members[kind](learning_rate=rate)
    network = (Flatten(), Linear(units=400), Output())
    e = experiment(network=network, optimizer=optimizer, regularizers=averages, epochs=2)
    store = Store(tmp_path)
    run, training = store.create(encode(e)), train(e, bars())
    started, *_ = training
    checkpoint.save(store, run, training.state())
    size = store.checkpoints(run)[0].stat().st_size
    said = estimate_memory.checkpoint(e, started.parameters)
    assert 4 * started.parameters * 2 < size < said + ROUND
    assert kind == "lbfgs" or said < 4 * size


def test_a_disk_that_does_not_take_three_checkpoints_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    e, parameters = Experiment(), 1_000_000
    needed = 3 * estimate_memory.checkpoint(e, parameters)
    assert needed == 3 * 4 * 4 * parameters  # weights, the best ones, two moments; float32
    for free, there, lacks in ((needed, 0, ""), (needed - 1, 0, "46 MB"), (needed - 1, 1, "")):
        monkeypatch.setattr(estimate_memory, "free_disk", lambda home, free=free: free)
        said = estimate_memory.lacking_disk(e, parameters, tmp_path, there)
        assert (lacks in said) and bool(said) == bool(lacks)
        assert not said or (said.startswith("The disk is too full") and "free space" in said)
        assert str(tmp_path) not in said  # a page says it
