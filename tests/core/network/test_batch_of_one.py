"""A batch of one sample is refused before the training where it cannot work, and only there."""

from dataclasses import replace

import pytest

from core.advice.plan import plan
from core.base.errors import BadExperiment
from core.data.ready.builtin import digits
from core.experiment import Experiment
from core.network.batch_of_one import alone
from core.network.layers import BatchNorm, Conv2d, Flatten, Linear, Output, ReLU, Residual
from core.network.presets import Preset
from core.training.loop import train

SHAPE = (1, 8, 8)
ROWS = (Flatten(), Linear(units=9), BatchNorm(), ReLU(), Output())
MAPS = (Conv2d(), BatchNorm(), Flatten(), Output())
INSIDE = (Flatten(), Residual(layers=(Linear(units=64), BatchNorm())), Output())


@pytest.mark.parametrize(
    ("layers", "train", "size", "words"),
    [
        (ROWS, 65, 32, "Layer 3, norm1, compares samples, but the last batch of each epoch has"),
        (ROWS, 65, 64, "set the batch size to 65."),
        (ROWS, 65, 1, "but every batch has one only: set the batch size to 3."),
        (ROWS, 7, 2, "set the batch size to 4."),
        (ROWS, 1, 32, "there is one to train on: leave it out."),
        (INSIDE, 65, 32, "Layer 2, residual1, compares samples"),
    ],
)
def test_a_single_sample_is_refused_with_the_way_out(layers, train, size, words) -> None:
    said = alone(layers, SHAPE, 10, train=train, batch_size=size)
    assert words in said and said.count(". ") == 0
    if train > 1:
        better = int(said.rstrip(".").split()[-1])
        assert alone(layers, SHAPE, 10, train=train, batch_size=better) is None


@pytest.mark.parametrize(
    ("layers", "train", "size"),
    [(ROWS, 64, 32), (ROWS, 65, 100), (ROWS, 0, 32), (MAPS, 65, 1), (MAPS, 65, 32)],
)
def test_what_can_be_trained_is_left_alone(layers, train, size) -> None:
    assert alone(layers, SHAPE, 10, train=train, batch_size=size) is None


@pytest.mark.parametrize("kind", Preset.members)
def test_every_preset_can_be_tried(kind) -> None:
    layers = Preset.pick(kind).layers((3, 32, 32))
    assert alone(layers, (3, 32, 32), 10, train=33, batch_size=32) is None


def test_plan_and_training_refuse_it_alike(tmp_path) -> None:
    whole = digits(tmp_path)
    cut = replace(whole, inputs=whole.inputs[:100], targets=whole.targets[:100])
    for data, size in ((whole, plan(Experiment(), tmp_path).train - 1), (cut, 1)):
        experiment = Experiment(network=ROWS, batch_size=size)
        with pytest.raises(BadExperiment, match="norm1, compares samples"):
            list(train(experiment, data))
        assert "norm1, compares samples" in plan(experiment, tmp_path).problem
