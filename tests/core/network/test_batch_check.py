"""A mini-batch of one sample is refused before training if a layer cannot handle it."""

from dataclasses import replace

import pytest

from core.advice.plan import plan
from core.base.errors import BadNetwork
from core.data.ready.builtin import digits
from core.experiment import Experiment
from core.network.batch_check import check_batch_of_one
from core.network.layers import BatchNorm, Conv2d, Flatten, Linear, Output, ReLU, Residual
from core.network.presets import Preset
from core.training.loop import train

SHAPE = (1, 8, 8)
ROWS = (Flatten(), Linear(units=9), BatchNorm(), ReLU(), Output())
MAPS = (Conv2d(), BatchNorm(), Flatten(), Output())
INSIDE = (Flatten(), Residual(layers=(Linear(units=64), BatchNorm())), Output())


@pytest.mark.parametrize(
    ("layers", "train", "size", "layer", "suggested"),
    [
        (ROWS, 65, 32, 2, 33),
        (ROWS, 65, 64, 2, 65),
        (ROWS, 65, 1, 2, 3),
        (ROWS, 7, 2, 2, 4),
        (ROWS, 1, 32, 2, None),
        (INSIDE, 65, 32, 1, 33),
    ],
)
def test_a_single_sample_is_refused_with_a_batch_size_that_works(
    layers, train, size, layer, suggested
) -> None:
    misfit = check_batch_of_one(layers, SHAPE, 10, train=train, batch_size=size)
    assert misfit.code == ("batch_of_one" if suggested else "one_training_sample")
    evidence = {"layer": layer, "train": train, "batch_size": min(size, train)}
    assert misfit.evidence == evidence | ({"suggested": suggested} if suggested else {})
    if suggested:
        assert f"batch size to {suggested}" in misfit.text
        assert check_batch_of_one(layers, SHAPE, 10, train=train, batch_size=suggested) is None


@pytest.mark.parametrize(
    ("layers", "train", "size"),
    [(ROWS, 64, 32), (ROWS, 65, 100), (ROWS, 0, 32), (MAPS, 65, 1), (MAPS, 65, 32)],
)
def test_batches_that_can_be_trained_are_accepted(layers, train, size) -> None:
    assert check_batch_of_one(layers, SHAPE, 10, train=train, batch_size=size) is None


@pytest.mark.parametrize("kind", Preset.members)
def test_every_preset_can_be_checked(kind) -> None:
    layers = Preset.pick(kind).layers((3, 32, 32))
    assert check_batch_of_one(layers, (3, 32, 32), 10, train=33, batch_size=32) is None


def test_plan_and_training_refuse_the_same_batches(tmp_path) -> None:
    whole = digits(tmp_path)
    cut = replace(whole, inputs=whole.inputs[:100], targets=whole.targets[:100])
    for data, size in ((whole, plan(Experiment(), tmp_path).train - 1), (cut, 1)):
        experiment = Experiment(network=ROWS, batch_size=size)
        with pytest.raises(BadNetwork) as caught:
            list(train(experiment, data))
        assert caught.value.code == "batch_of_one" and "norm1" in str(caught.value)
    assert plan(experiment, tmp_path).problem.startswith("Layer 3 (norm1)")
