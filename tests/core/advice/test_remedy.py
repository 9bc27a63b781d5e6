"""What is suggested for a better start does help, as measured again."""

import pytest

from core.advice.first_step import first_step
from core.advice.remedy import FINE, WRONG, find_remedy, grade
from core.base.encoding import change
from core.data.ready.builtin import digits
from core.experiment import Experiment
from core.network.extra_layers import with_normalization
from core.network.initializers import LSUV, He, Normal, Ones, Xavier, Zeros
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


SIGMOIDS, STEPS = deep("sigmoid", Xavier()), deep("step", Xavier())


@pytest.mark.parametrize(
    ("experiment", "changes"),
    [
        (Experiment(initializer=Zeros()), {"initializer": He()}),
        (Experiment(initializer=Ones()), {"initializer": He()}),
        (deep("relu", Normal(std=0.01)), {"initializer": He()}),
        (deep("tanh", Normal(std=0.01)), {"initializer": Xavier()}),
        (SIGMOIDS, {"network": with_normalization(SIGMOIDS.network, BatchNorm())}),
        (STEPS, {"network": deep("relu", He()).network, "initializer": He()}),
        (
            Experiment(network=Perceptron().layers(GREY)),
            {"network": Perceptron().layers(GREY)[:-1]},
        ),
    ],
    ids=["zeros", "ones", "relu", "tanh", "sigmoid", "step", "perceptron"],
)
def test_the_suggestion_starts_better_than_what_it_replaces(data, experiment, changes):
    before = first_step(experiment, data)
    assert grade(before, experiment, 10) == WRONG
    remedy = find_remedy(experiment, data, before)
    assert remedy.experiment == experiment.model_copy(update=changes)
    assert remedy.action.label
    applied = experiment
    for field, value in remedy.action.changes.items():
        applied = change(applied, field, value)
    assert applied == remedy.experiment
    assert remedy.first_step == first_step(remedy.experiment, data)
    assert grade(remedy.first_step, remedy.experiment, 10) < WRONG
    assert remedy.first_step.finding is None


def test_an_initial_loss_slightly_above_chance_can_be_lowered_too(data):
    before = first_step(Experiment(), data)
    remedy = find_remedy(Experiment(), data, before)
    assert remedy.first_step.loss < 0.7 * before.loss
    assert grade(remedy.first_step, remedy.experiment, 10) == FINE


def test_a_good_start_needs_no_change(data):
    experiment = Experiment(initializer=LSUV())
    assert find_remedy(experiment, data, first_step(experiment, data)) is None


def test_every_activation_has_a_normalization_before_it_once():
    block = Residual(layers=(Conv2d(), BatchNorm(), ReLU(), Conv2d(), Sigmoid()))
    new = with_normalization(
        (Conv2d(), ReLU(), block, StepFunction(), Flatten(), Output()), BatchNorm()
    )
    inside = (Conv2d(), BatchNorm(), ReLU(), Conv2d(), BatchNorm(), Sigmoid())
    assert new == (
        Conv2d(), BatchNorm(), ReLU(), Residual(layers=inside), BatchNorm(), StepFunction(),
        Flatten(), Output(),
    )  # fmt: skip
    assert with_normalization(new, BatchNorm()) == new
