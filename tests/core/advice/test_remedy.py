"""What is proposed before the first step does help, as measured anew."""

import pytest

from core.advice.first_step import first_step
from core.advice.remedy import FINE, WRONG, grade, normalized, remedy
from core.data.ready.builtin import digits
from core.experiment import Experiment
from core.network.initializers import LSUV, Normal, Ones, Xavier, Zeros
from core.network.layers import (
    BatchNorm,
    Conv2d,
    Flatten,
    Output,
    ReLU,
    Residual,
    Sigmoid,
    StepFunction,
)
from core.network.presets import DeepMLP, Perceptron

GREY = (1, 8, 8)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return digits(tmp_path_factory.mktemp("home"))


def deep(activation, initializer, depth=10):
    layers = DeepMLP(depth=depth, width=30, activation=activation).layers(GREY)
    return Experiment(network=layers, initializer=initializer)


@pytest.mark.parametrize(
    ("experiment", "words"),
    [
        (Experiment(initializer=Zeros()), "Use He"),
        (Experiment(initializer=Ones()), "Use He"),
        (deep("relu", Normal(std=0.01)), "Use He"),
        (deep("tanh", Normal(std=0.01)), "Use Xavier"),
        (deep("sigmoid", Xavier()), "Normalize before each activation"),
        (deep("step", Xavier()), "Use ReLU and He"),
        (Experiment(network=Perceptron().layers(GREY)), "Leave the step out"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_proposal_begins_better_than_what_it_mends(data, experiment, words):
    before = first_step(experiment, data)
    assert grade(before, experiment, 10) == WRONG
    said, changed, seen = remedy(experiment, data, before)
    assert said == words and seen == first_step(changed, data)
    assert grade(seen, changed, 10) < WRONG and not seen.warning


def test_a_first_loss_somewhat_above_a_guess_can_be_lowered_too(data):
    before = first_step(Experiment(), data)
    _, changed, seen = remedy(Experiment(), data, before)
    assert seen.loss < 0.7 * before.loss and grade(seen, changed, 10) == FINE


def test_what_begins_well_needs_nothing(data):
    experiment = Experiment(initializer=LSUV())
    assert remedy(experiment, data, first_step(experiment, data)) is None


def test_every_activation_has_a_normalization_before_it_once():
    block = Residual(layers=(Conv2d(), BatchNorm(), ReLU(), Conv2d(), Sigmoid()))
    new = normalized((Conv2d(), ReLU(), block, StepFunction(), Flatten(), Output()))
    inside = (Conv2d(), BatchNorm(), ReLU(), Conv2d(), BatchNorm(), Sigmoid())
    assert new == (
        Conv2d(), BatchNorm(), ReLU(), Residual(layers=inside), BatchNorm(), StepFunction(),
        Flatten(), Output(),
    )  # fmt: skip
    assert normalized(new) == new
