"""A gradient computed in parts is that of the whole mini-batch."""

import numpy as np
import pytest

from core.advice.estimate import memory_bytes
from core.base.encoding import build
from core.experiment import Experiment
from core.network.build import check
from core.network.layers import BatchNorm, Linear, Output, ReLU
from core.training.inputs import load_inputs
from core.training.loop import train

SMALL = {
    "data": {"kind": "blobs", "points": 90},
    "network": (Linear(units=8), ReLU(), Output()),
    "optimizer": {"kind": "sgd", "learning_rate": 0.1},
    "stopping": (),
    "device": "cpu",
    "epochs": 3,
    "batch_size": 16,
}


def losses(tmp_path, **changes) -> np.ndarray:
    experiment = build(Experiment, SMALL | changes)
    events = train(experiment, load_inputs(experiment, tmp_path))
    return np.array([loss for event in events for loss in getattr(event, "losses", ())])


@pytest.mark.parametrize("parts", [2, 3, 16, 256])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"regularizers": ({"kind": "l2"}, {"kind": "sam"})},
        {"augmentations": ({"kind": "mixup"},)},
        {"loss": {"kind": "weighted_cross_entropy"}},
        {"batch_size": 1},
    ],
    ids=str,
)
def test_the_losses_are_those_of_whole_mini_batches(tmp_path, parts: int, changes: dict) -> None:
    whole = losses(tmp_path, **changes)
    found = losses(tmp_path, accumulation=parts, **changes)
    np.testing.assert_allclose(found, whole, rtol=2e-5)


def test_no_part_has_one_sample_where_the_batch_has_more(tmp_path) -> None:
    """A layer that compares the samples of a batch refuses a single one."""
    network = (Linear(units=8), BatchNorm(), ReLU(), Output())
    found = losses(tmp_path, network=network, accumulation=256, batch_size=15)
    assert np.isfinite(found).all()


def test_the_estimate_of_memory_is_that_of_one_part() -> None:
    plain = build(Experiment, SMALL | {"batch_size": 4096})
    parted = plain.model_copy(update={"accumulation": 8})
    layers = check(plain.network, (2,), 3)
    need = [memory_bytes(experiment, layers, 0) for experiment in (plain, parted)]
    weights = memory_bytes(plain.model_copy(update={"batch_size": 8}), layers, 0)
    assert need[1] < need[0] / 4 and need[1] > weights
