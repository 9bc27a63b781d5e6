"""The first step before it happens: its loss equals the one that the training then logs."""

from dataclasses import replace
from math import isnan, log

import numpy as np
import pytest
import torch

from core.advice.first_step import SAMPLES, FirstStep, LayerStart, first_step
from core.base.errors import BadNetwork, Unavailable
from core.base.events import Step
from core.data.ready.builtin import digits
from core.experiment import Experiment
from core.losses import MSE, SimilarityCrossEntropy, WeightedCrossEntropy
from core.network.activations import ReLU, Sigmoid
from core.network.build import build
from core.network.initializers import LSUV, Fixup, He, Normal, Uniform, Xavier, Zeros
from core.network.layers import BatchNorm, Conv2d, Flatten, Linear, Output, Residual
from core.training.loop import train


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The digits, cut so that the training part is one batch."""
    whole = digits(tmp_path_factory.mktemp("home"))
    return replace(whole, inputs=whole.inputs[:300], targets=whole.targets[:300])


@pytest.mark.parametrize("initializer", [He(), LSUV()])
@pytest.mark.parametrize("from_data", [False, True])
def test_its_loss_is_the_first_one_of_the_training(data, initializer, from_data):
    network = (*Experiment().network[:-1], Output(bias_from_data=from_data))
    changes = {"initializer": initializer, "network": network}
    experiment = Experiment(batch_size=SAMPLES, epochs=1, **changes)
    assert len(experiment.split.parts(data.targets).train) <= SAMPLES
    logged = next(e for e in train(experiment, data) if isinstance(e, Step)).losses[0]
    assert first_step(experiment, data).loss == pytest.approx(logged, rel=1e-4)


@pytest.mark.parametrize(
    "loss", [SimilarityCrossEntropy(smoothing=0.4), WeightedCrossEntropy(balance=0.9)], ids=repr
)
def test_a_loss_that_is_fitted_to_the_training_set_is_fitted_before_the_first_step(data, loss):
    experiment = Experiment(batch_size=SAMPLES, epochs=1, loss=loss)
    logged = next(e for e in train(experiment, data) if isinstance(e, Step)).losses[0]
    assert first_step(experiment, data).loss == pytest.approx(logged, rel=1e-4)


def test_zeros_start_at_chance_level_with_constant_outputs(data):
    seen = first_step(Experiment(initializer=Zeros()), data)
    assert seen.loss == pytest.approx(log(10)) == seen.chance
    assert all(layer.std == layer.signal == 0 for layer in seen.layers)
    assert (seen.finding.code, seen.finding.evidence) == ("constant_output", {"layer": "conv1"})


def test_an_output_of_zero_on_purpose_is_no_finding(data):
    seen = first_step(Experiment(initializer=Fixup()), data)
    assert seen.loss == pytest.approx(log(10)) and seen.layers[-1].signal == 0
    assert seen.finding is None and seen.scale_finding is None


def test_layers_with_weights_are_listed_input_first(data):
    seen = first_step(Experiment(), data)
    assert [layer.name for layer in seen.layers] == ["conv1", "conv2", "linear1", "output"]
    assert all(layer.std > 0 and layer.signal > 0 and layer.gradient > 0 for layer in seen.layers)
    assert seen.finding is None


@pytest.mark.parametrize(
    ("initializer", "layer", "code"),
    [
        (LSUV(), ReLU, ""),
        (LSUV(), Sigmoid, "signal_vanishes"),
        (Normal(std=0.01), Sigmoid, "signal_vanishes"),
        (Normal(std=1.0), None, "signal_explodes"),
        (He(), None, ""),
    ],
)
def test_a_signal_that_vanishes_or_explodes_is_found(data, initializer, layer, code):
    hidden = [part for _ in range(4) for part in (Linear(units=50), *([layer()] if layer else []))]
    network = (Flatten(), *hidden, Output())
    seen = first_step(Experiment(network=network, initializer=initializer), data)
    assert (seen.finding.code if seen.finding else "") == code
    if code:
        assert seen.finding.evidence == {"ratio": seen.signal_ratio}


def test_squared_error_has_another_chance_level(data):
    seen = first_step(Experiment(loss=MSE(), initializer=Zeros()), data)
    assert seen.loss == pytest.approx(seen.chance) == 0.1


def test_a_network_that_does_not_fit_is_refused(data):
    with pytest.raises(BadNetwork) as caught:
        first_step(Experiment(network=(Linear(), Output())), data)
    assert (caught.value.code, caught.value.layer) == ("needs_flat_input", 0)


def test_a_loss_that_is_not_a_number_counts_as_exploding():
    seen = FirstStep(
        float("nan"), 2.3, (LayerStart("a", 1.0, 1.0, 1.0), LayerStart("b", 1.0, 1.0, 1.0))
    )
    assert isnan(seen.loss) and seen.finding.code == "signal_explodes"


def test_equal_experiments_are_measured_equally(data):
    assert first_step(Experiment(), data) == first_step(Experiment(), data)
    assert isinstance(data.inputs, np.ndarray)


def test_layers_inside_blocks_are_measured_by_their_path(data):
    block = Residual(layers=(Conv2d(maps=4, padding=1), BatchNorm(), ReLU()))
    seen = first_step(Experiment(network=(block, Flatten(), Output())), data)
    names = [layer.name for layer in seen.layers]
    inside = ["residual1.layers.conv1", "residual1.layers.norm1"]
    assert names == [*inside, "residual1.shortcut.0", "residual1.shortcut.1", "output"]
    assert seen.layers[1].weights is None and seen.layers[0].gradient > 0


@pytest.mark.parametrize("initializer", [He(), Xavier(), Normal(std=0.3), Uniform(limit=0.2)])
def test_the_drawn_weights_have_the_moments_that_are_promised(data, initializer):
    network = (Flatten(), Linear(units=400), Output())
    weights = first_step(Experiment(network=network, initializer=initializer), data).layers[0]
    mean, std = weights.weights.expected
    assert sum(weights.weights.counts) == 64 * 400
    assert weights.weights.mean == pytest.approx(mean, abs=5 * std / 160)
    assert weights.weights.std == pytest.approx(std, rel=5 / 160 / 2**0.5)


def test_a_data_dependent_initializer_promises_no_moments(data):
    seen = first_step(Experiment(initializer=LSUV()), data)
    assert [layer.weights.expected for layer in seen.layers] == [None] * 4


@pytest.mark.parametrize(
    ("gradients", "code", "evidence"),
    [
        ((1e-9, 0.1, 1.0), "gradient_vanishes", {"ratio": 1e-9}),
        ((0.0, 0.0, 0.0), "no_gradient", {}),
        ((1, 1, 1), "", {}),
    ],
)
def test_a_vanishing_gradient_is_found(gradients, code, evidence):
    layers = tuple(LayerStart(str(g), 1.0, 1.0, g) for g in gradients)
    found = FirstStep(2.3, 2.3, layers).finding
    assert (found.code if found else "") == code
    if found:
        assert found.level == "warn" and found.evidence == evidence


def test_a_network_that_is_too_large_is_not_built(data):
    large = (Flatten(), *[Linear(units=10_000)] * 2, Output())
    with pytest.raises(Unavailable) as caught:
        first_step(Experiment(network=large), data)
    assert caught.value.code == "too_large_to_measure"


def inputs(data):
    """The normalized training images (N, 64)."""
    train = Experiment().split.parts(data.targets).train
    affine = Experiment().normalization.fit(data.inputs, train)
    return (affine.multiply * data.inputs[train].astype(np.float32) + affine.add).reshape(-1, 64)


def initial_weights(experiment, x):
    """The weight matrices before training."""
    generator = torch.Generator().manual_seed(experiment.seeds.initialization)
    start = {"initializer": experiment.initializer, "generator": generator}
    model = build(experiment.network, (1, 8, 8), 10, **start, dropout=torch.Generator())
    if fit := experiment.initializer.fit():
        fit.make(model, torch.from_numpy(x).reshape(-1, 1, 8, 8))
    return [p.detach().numpy() for p in model.parameters() if p.ndim > 1]


@pytest.mark.parametrize("initializer", [He(), LSUV(), Normal(std=0.3)])
def test_the_scale_of_outputs_equals_a_calculation_by_hand(data, initializer):
    network = (Flatten(), Linear(units=40), ReLU(), Output())
    experiment = Experiment(network=network, initializer=initializer)
    x = inputs(data)
    first, last = initial_weights(experiment, x)
    hidden = x @ first.T
    outputs = hidden, np.maximum(hidden, 0) @ last.T  # before the activation
    for layer, z in zip(first_step(experiment, data).layers, outputs, strict=True):
        assert layer.std == pytest.approx(z.std(), rel=1e-3)
        assert layer.signal == pytest.approx(((z - z.mean(0)) ** 2).mean() ** 0.5, rel=1e-3)
        if isinstance(initializer, LSUV):
            assert layer.std**2 == pytest.approx(1, abs=initializer.tolerance + 1e-3)


@pytest.mark.parametrize(("std", "code"), [(0.3, "output_scale"), (3.0, "output_scale"), (1.0, "")])
def test_outputs_of_an_unusual_scale_are_reported(std, code):
    layers = (LayerStart("first", 1.0, 1.0, 1.0), LayerStart("second", std, 1.0, 1.0))
    seen = FirstStep(2.3, 2.3, (*layers, LayerStart("output", 0.1, 1.0, 1.0)))
    found = seen.scale_finding
    assert (found.code if found else "") == code and seen.finding is None
    if code:
        assert found.evidence == {"layer": "second", "std": std}
    trained = replace(layers[1], is_new=False)  # it has found its scale
    assert FirstStep(2.3, 2.3, (layers[0], trained, layers[0])).scale_finding is None
