"""Surfaces: what is drawn is what the network answers there; measuring changes nothing, costs its
share, and stays small.
"""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from core.advice.adapt import adapt
from core.base.events import Surface, from_json, to_json
from core.data.datasets import DataSet, Digits
from core.data.load import load
from core.data.ready.curves import Sine
from core.data.ready.points import Blobs, Moons, Spirals
from core.data.samples import Samples
from core.experiment import Experiment
from core.network.layers import BatchNorm, Dropout, Linear, Output
from core.training import surface
from core.training.clock import Stopwatch
from core.training.loop import Training, train
from core.training.probes import GROWTH, SURFACE_SECONDS, Budget, DecisionSurfaceProbe
from core.training.setup import Setup

HOME = Path("/nowhere")


def ready(data: DataSet, **more) -> tuple[Experiment, Samples]:
    """An experiment that fits the data, and the data."""
    fitting, _ = adapt(Experiment(data=data, epochs=3), data.facts(HOME))
    return fitting.model_copy(update=more), load(data, HOME)


def surfaces(events) -> list[Surface]:
    return [event for event in events if isinstance(event, Surface)]


class Clock:
    """A second passes each time somebody looks."""

    def __init__(self, tick: float):
        self.now, self.tick = 0.0, tick

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


def test_the_grid_fills_the_area_row_by_row():
    low, high = surface.area(np.array([[0.0, -1.0], [10.0, 1.0]], np.float32))
    assert low == pytest.approx((-0.8, -1.16)) and high == pytest.approx((10.8, 1.16))
    places = surface.grid((low, high))
    assert places.shape == (48**2, 2)
    width, height = 11.6 / 48, 2.32 / 48
    assert places[0] == pytest.approx((-0.8 + width / 2, -1.16 + height / 2))
    assert places[1] - places[0] == pytest.approx((width, 0))
    assert places[48] - places[0] == pytest.approx((0, height))
    assert places[-1] == pytest.approx((10.8 - width / 2, 1.16 - height / 2))


def test_a_line_covers_the_range_and_a_single_value_gets_a_width():
    assert surface.grid(((-2.0,), (2.0,)))[[0, -1], 0].tolist() == [-2.0, 2.0]
    low, high = surface.area(np.full((3, 2), 5.0, np.float32))
    assert low == pytest.approx((4.92, 4.92)) and high == pytest.approx((5.08, 5.08))


@pytest.mark.parametrize("classes", [2, 5, 60])
def test_text_stores_the_most_probable_class_and_a_tenth_of_its_range(classes):
    draw = np.random.default_rng(0)
    given = draw.dirichlet([0.3] * classes, 48**2)
    event = surface.of_classes(7, ((0.0, 0.0), (1.0, 1.0)), given)
    assert from_json(to_json(event)) == event and len(to_json(event)) < 9000
    table = surface.columns(event)
    cells = np.array([table[str(k)] for k in range(48)]).ravel()
    winners = np.floor(cells).astype(int)
    assert np.array_equal(winners, given.argmax(1))
    share = (given.max(1) - 1 / classes) / (1 - 1 / classes)
    assert np.abs(cells - winners - share).max() <= 0.05 + 1e-9
    assert table["x"] == pytest.approx(((np.arange(48) + 0.5) / 48).tolist())


def test_values_are_stored_with_five_digits():
    given = np.random.default_rng(0).normal(1e4, 3, 200)
    table = surface.columns(surface.of_values(7, ((-1.0,), (1.0,)), given))
    assert table["y"] == pytest.approx(given.tolist(), rel=1e-4)
    assert table["x"] == pytest.approx(np.linspace(-1, 1, 200).tolist())


@pytest.mark.parametrize("data", [Blobs(points=60), Moons(points=60)])
def test_the_boundary_is_that_of_the_trained_weights(data):
    experiment, samples = ready(data)
    training = train(experiment, samples)
    last = surfaces(training)[-1]
    assert last.step == training.step
    places = surface.grid((last.low, last.high)).astype(np.float32)
    training.setup.model.eval()
    with torch.no_grad():
        answers = training.setup.model(training.setup.train.normalized(torch.from_numpy(places)))
    assert [ord(c) - 48 for c in last.winner] == answers.argmax(1).tolist()
    assert last.low < tuple(samples.inputs.min(0)) and last.high > tuple(samples.inputs.max(0))


def test_a_curve_is_in_the_units_of_the_targets():
    experiment, samples = ready(Sine(points=60, noise=0))
    shifted = Samples("s", samples.inputs, 100 + 10 * samples.targets, ())
    training = train(experiment, shifted)
    last = surfaces(training)[-1]
    scale, model = training.setup.scale, training.setup.model.eval()
    with torch.no_grad():
        x = torch.linspace(last.low[0], last.high[0], 200)[:, None]
        answers = scale.mean + scale.std * model(training.setup.train.normalized(x))[:, 0]
    assert last.values == pytest.approx(answers.tolist(), rel=1e-4)
    assert 50 < min(last.values) < max(last.values) < 150


@pytest.mark.parametrize("data", [Digits(), Blobs(points=60), Sine(points=60)])
def test_only_what_can_be_drawn_is_measured(data):
    experiment, samples = ready(data, epochs=1)
    assert bool(surfaces(train(experiment, samples))) == (len(samples.shape) == 1)
    other = Samples("o", np.zeros((9, 2), np.float32), np.arange(9, dtype=np.float32), ())
    assert not surface.drawable(other.shape, other.classes)
    assert not surface.drawable((3,), ("a", "b"))


def watched(data: DataSet = Spirals(points=60)) -> tuple[Training, DecisionSurfaceProbe]:  # noqa: B008
    experiment, samples = ready(data)
    layers = (Linear(units=8), BatchNorm(), Dropout(p=0.5), Output())
    training = train(experiment.model_copy(update={"network": layers}), samples)
    next(training)
    return training, DecisionSurfaceProbe(training.setup, samples, Stopwatch(Clock(1.0)))


def test_measuring_changes_nothing():
    training, answers = watched()
    model = training.setup.model
    model(torch.ones(4, 2)).sum().backward()
    generators = [torch.default_generator, training.setup.order, training.setup.dropout]

    def everything():
        return [
            *(v.clone() for v in model.state_dict().values()),
            *(p.grad.clone() for p in model.parameters()),
            *(g.get_state() for g in generators),
        ]

    before = everything()
    assert len(answers.measure(1)) == 1
    assert all(torch.equal(a, b) for a, b in zip(before, everything(), strict=True))
    assert all(module.training for module in model.modules())
    assert all(p.requires_grad for p in model.parameters())


def test_training_is_the_same_with_and_without(monkeypatch):
    experiment, samples = ready(Spirals(points=100))
    layers = (Linear(units=8), Dropout(p=0.3), Output())
    experiment = experiment.model_copy(update={"network": layers})
    monkeypatch.setattr(Budget, "due", lambda self, step: True)
    with_, without = (train(experiment, samples, clock=Clock(0.1)) for _ in range(2))
    assert len(surfaces(with_)) == 9  # three epochs of three steps, one each
    monkeypatch.setattr(DecisionSurfaceProbe, "measure", lambda *_: [])
    assert not surfaces(without)
    for a, b in zip(*(t.setup.model.state_dict().values() for t in (with_, without)), strict=True):
        assert torch.equal(a, b)


def test_each_step_is_measured_only_once():
    _, answers = watched()
    assert len(answers.measure(5)) == 1 and answers.measure(5) == []


def test_surfaces_become_less_frequent():
    _, answers = watched()
    clock, taken = Clock(0.0), []
    answers.watch = Stopwatch(clock)
    answers.watch.resume()
    for step in range(1, 100_001):
        clock.now += 1e-2
        if answers.due(step):
            taken += [event.step for event in answers.measure(step)]
    assert len(taken) < 100 and taken[0] == 1
    assert all(b - a >= SURFACE_SECONDS / 1e-2 - 1 for a, b in pairwise(taken))
    assert all(b <= a * GROWTH + SURFACE_SECONDS / 1e-2 + 2 for a, b in pairwise(taken))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_no_surface_of_a_network_that_has_diverged(bad):
    training, answers = watched()
    with torch.no_grad():
        next(training.setup.model.parameters())[0, 0] = bad
    assert answers.measure(1) == []


def test_a_resumed_training_continues_with_surfaces():
    experiment, samples = ready(Blobs(points=60))
    training = train(experiment, samples)
    for event in training:
        if type(event).__name__ == "Epoch":
            break
    rest = list(train(experiment, samples, state=training.state()))
    assert Counter(type(event).__name__ for event in rest)["Surface"] >= 1


@pytest.mark.parametrize("points", [24, 400])
def test_the_grid_is_normalized_like_the_training_data(points):
    experiment, samples = ready(Moons(points=points))
    setup = Setup(experiment, samples, None)
    answers = DecisionSurfaceProbe(setup, samples, Stopwatch(Clock(1.0)))
    affine = setup.scale.affine
    wanted = surface.grid(surface.area(samples.inputs)) * affine.multiply + affine.add
    assert answers.inputs.numpy() == pytest.approx(wanted, abs=1e-5)
