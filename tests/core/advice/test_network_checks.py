"""Advice about networks: each rule fires where it should, also inside of blocks, and its change
takes it away.
"""

import pytest

from core.advice.suggestions import advice, apply_action
from core.experiment import Experiment
from core.network.initializers import He, Ones, Xavier, Zeros
from core.network.layers import (
    BatchNorm,
    Branches,
    Flatten,
    Layer,
    Linear,
    Output,
    ReLU,
    Residual,
    Sigmoid,
    StepFunction,
    Tanh,
)
from core.network.presets import DeepMLP, Perceptron

SHAPE = (1, 8, 8)


def net(*layers: Layer) -> tuple[Layer, ...]:
    return (Flatten(), Linear(units=20), *layers, Output())


def inside(*layers: Layer) -> tuple[Layer, ...]:
    return net(Branches(branches=((Residual(layers=(Linear(units=20), *layers)),), ())))


@pytest.mark.parametrize(
    ("changes", "pictures", "words"),
    [
        ({"initializer": Zeros()}, 0, "Zeros never break symmetry"),
        ({"initializer": Ones()}, 0, "Ones never break symmetry"),
        ({"network": Perceptron().layers(SHAPE)}, 0, "its derivative is 0"),
        ({"network": net(StepFunction())}, 0, "its derivative is 0"),
        ({"network": inside(StepFunction())}, 0, "its derivative is 0"),
        ({"network": (*net(ReLU()), Tanh())}, 0, "Tanh bends the scores"),
        ({"network": net(BatchNorm(), ReLU()), "batch_size": 1}, 0, "every batch has one"),
        ({"network": net(BatchNorm(), ReLU()), "batch_size": 1}, 100, "every batch has one"),
        ({"network": net(BatchNorm(), ReLU()), "batch_size": 32}, 65, "the last batch of an"),
        ({"network": inside(BatchNorm()), "batch_size": 2}, 3, "the last batch of an epoch"),
        ({"network": inside(ReLU()), "initializer": Xavier()}, 0, "Xavier suits tanh"),
        ({"network": inside(Tanh()), "initializer": He()}, 0, "He suits ReLU"),
        (
            {"network": DeepMLP(activation="sigmoid", shortcuts=True).layers(SHAPE)},
            0,
            "9 sigmoid layers",
        ),
    ],
)
def test_what_is_doubtful_is_said_once_and_its_change_helps(
    changes: dict, pictures: int, words: str
) -> None:
    experiment = Experiment(**changes)
    found = [a for a in advice(experiment, samples=pictures) if words in a.text]
    assert len(found) == 1
    if found[0].action:
        mended = apply_action(experiment, found[0].action)
        assert not [a for a in advice(mended, samples=pictures) if words in a.text]


def test_a_step_becomes_a_sigmoid_and_one_behind_the_output_goes() -> None:
    for given, then in (
        (net(StepFunction()), net(Sigmoid())),
        ((*net(ReLU()), StepFunction()), net(ReLU())),
    ):
        experiment = Experiment(network=given)
        found = next(a for a in advice(experiment) if "step" in a.text)
        assert apply_action(experiment, found.action).network == then


@pytest.mark.parametrize(
    ("layers", "size", "pictures"), [(net(BatchNorm(), ReLU()), 32, 64), (net(ReLU()), 1, 65)]
)
def test_a_sound_network_is_left_in_peace(layers: tuple, size: int, pictures: int) -> None:
    experiment = Experiment(network=layers, batch_size=size, initializer=He())
    words = ("symmetry", "step", "bends", "Batch normalization", "suits", "sigmoid")
    assert not [a for a in advice(experiment, samples=pictures) for w in words if w in a.text]


def test_no_layers_at_all_are_no_fault_of_ours() -> None:
    assert advice(Experiment(network=()))
