"""The first step before it happens: its loss equals the one that the training then logs."""

from dataclasses import replace
from math import isnan, log

import numpy as np
import pytest

from core.advice.first_step import PICTURES, FirstStep, LayerStart, first_step
from core.base.errors import BadNetwork, Unavailable
from core.base.events import Step
from core.data.ready.builtin import digits
from core.experiment import Experiment
from core.losses import MSE
from core.network.activations import ReLU, Sigmoid
from core.network.initializers import LSUV, He, Normal, Uniform, Xavier, Zeros
from core.network.layers import BatchNorm, Conv2d, Flatten, Linear, Output, Residual
from core.training.loop import train


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The digits, cut so that the training part is one batch."""
    whole = digits(tmp_path_factory.mktemp("home"))
    return replace(whole, inputs=whole.inputs[:300], targets=whole.targets[:300])


@pytest.mark.parametrize("initializer", [He(), LSUV()])
def test_its_loss_is_the_one_that_the_training_begins_with(data, initializer):
    experiment = Experiment(batch_size=PICTURES, epochs=1, initializer=initializer)
    assert len(experiment.split.parts(data.targets).train) <= PICTURES
    logged = next(e for e in train(experiment, data) if isinstance(e, Step)).losses[0]
    assert first_step(experiment, data).loss == pytest.approx(logged, rel=1e-4)


def test_zeros_cost_what_a_guess_costs_and_are_warned_of(data):
    seen = first_step(Experiment(initializer=Zeros()), data)
    assert seen.loss == pytest.approx(log(10)) == seen.guess
    assert all(layer.spread == 0 for layer in seen.layers) and "same value" in seen.warning


def test_layers_with_weights_are_listed_input_first(data):
    seen = first_step(Experiment(), data)
    assert [layer.name for layer in seen.layers] == ["conv1", "conv2", "linear1", "output"]
    assert all(layer.spread > 0 and layer.gradient > 0 for layer in seen.layers)
    assert not seen.warning


@pytest.mark.parametrize(
    ("initializer", "layer", "words"),
    [
        (LSUV(), Sigmoid, ""),
        (Normal(std=0.01), Sigmoid, "dies"),
        (Normal(std=1.0), None, "explodes"),
        (He(), None, ""),
    ],
)
def test_a_signal_that_dies_or_explodes_is_said(data, initializer, layer, words):
    hidden = [part for _ in range(4) for part in (Linear(units=50), *([layer()] if layer else []))]
    network = (Flatten(), *hidden, Output())
    assert words in first_step(Experiment(network=network, initializer=initializer), data).warning


def test_squared_error_has_another_guess(data):
    seen = first_step(Experiment(loss=MSE(), initializer=Zeros()), data)
    assert seen.loss == pytest.approx(seen.guess) == 0.1


def test_what_does_not_fit_is_refused(data):
    with pytest.raises(BadNetwork, match="Flatten"):
        first_step(Experiment(network=(Linear(), Output())), data)


def test_a_loss_that_is_no_number_explodes():
    seen = FirstStep(float("nan"), 2.3, (LayerStart("a", 1.0, 1.0), LayerStart("b", 1.0, 1.0)))
    assert isnan(seen.loss) and "explodes" in seen.warning


def test_equal_experiments_are_measured_equally(data):
    assert first_step(Experiment(), data) == first_step(Experiment(), data)
    assert isinstance(data.inputs, np.ndarray)


def test_layers_within_blocks_are_measured_by_their_path(data):
    block = Residual(layers=(Conv2d(maps=4, padding=1), BatchNorm(), ReLU()))
    seen = first_step(Experiment(network=(block, Flatten(), Output())), data)
    names = [layer.name for layer in seen.layers]
    inside = ["residual1.layers.conv1", "residual1.layers.norm1"]
    assert names == [*inside, "residual1.shortcut.0", "residual1.shortcut.1", "output"]
    assert seen.layers[1].weights is None and seen.layers[0].gradient > 0


@pytest.mark.parametrize("initializer", [He(), Xavier(), Normal(std=0.3), Uniform(limit=0.2)])
def test_the_drawn_weights_have_the_spread_that_is_promised(data, initializer):
    network = (Flatten(), Linear(units=400), Output())
    weights = first_step(Experiment(network=network, initializer=initializer), data).layers[0]
    mean, std = weights.weights.expected
    assert sum(weights.weights.counts) == 64 * 400
    assert weights.weights.mean == pytest.approx(mean, abs=5 * std / 160)
    assert weights.weights.std == pytest.approx(std, rel=5 / 160 / 2**0.5)


def test_what_only_the_data_decides_promises_no_spread(data):
    seen = first_step(Experiment(initializer=LSUV()), data)
    assert [layer.weights.expected for layer in seen.layers] == [None] * 4


@pytest.mark.parametrize(
    ("gradients", "words"),
    [((1e-9, 0.1, 1.0), "dies on its way back"), ((0.0, 0.0, 0.0), "No gradient"), ((1, 1, 1), "")],
)
def test_a_gradient_that_does_not_arrive_is_said(gradients, words):
    layers = tuple(LayerStart(str(g), 1.0, g) for g in gradients)
    said = FirstStep(2.3, 2.3, layers).warning
    assert words in said and bool(said) == bool(words)


def test_a_network_too_large_to_look_at_is_not_built(data):
    large = (Flatten(), *[Linear(units=10_000)] * 2, Output())
    with pytest.raises(Unavailable, match="at most"):
        first_step(Experiment(network=large), data)
