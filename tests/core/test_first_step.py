"""The first step before it happens: its loss equals the one that the training then logs."""

from dataclasses import replace
from math import isnan, log

import numpy as np
import pytest

from core.data.ready.builtin import digits
from core.errors import BadNetwork
from core.events import Step
from core.experiment import Experiment
from core.first_step import PICTURES, FirstStep, LayerStart, first_step
from core.losses import MSE
from core.network.activations import Sigmoid
from core.network.initializers import LSUV, He, Normal, Zeros
from core.network.layers import Flatten, Linear, Output
from core.train import train


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
