"""The chunks of an executor give the points of the plain functions, in any order."""

from math import inf

import pytest

from core.data.ready.builtin import digits
from core.descent import batched, cnn, epochs, features
from core.descent.training_settings import TrainingSettings
from core.experiment import Experiment
from core.studies.curve_methods import ClosedForm, ConvolutionOverEpochs, Networks, RandomFeatures
from core.studies.executor import Executor, make_executor

BASE = Experiment(label_noise={"share": 0.2}, device="cpu")
FEW = {"samples": 50}
NETS = Networks(**FEW, steps=60, evaluations=3, ratios=(0.3, 1, 4, 60))
SETTINGS = TrainingSettings(steps=60, evaluations=3)
METHODS = {
    "features": (
        RandomFeatures(**FEW, ridges=(0.0, 0.1)),
        lambda p: features.over_widths(p, features.widths(50), (0.0, 0.1), (0, 1)),
    ),
    "networks": (
        NETS,
        lambda p: batched.over_widths(
            p, batched.widths(p, "squared", NETS.ratios), SETTINGS, (0, 1)
        ),
    ),
    "reuse": (
        NETS.model_copy(update={"reuse": True}),
        lambda p: batched.over_widths_reusing(
            p, batched.widths(p, "squared", NETS.ratios), SETTINGS, (0, 1)
        ),
    ),
    "steps": (
        ClosedForm(**FEW, scales=(0.02,), evaluations=5),
        lambda p: epochs.over_steps(p, epochs.log_spaced(10**7, 5), 0.02, (0, 1)),
    ),
    "epochs": (
        ConvolutionOverEpochs(**FEW, width=2, epochs=2),
        lambda p: cnn.over_epochs(p, 2, 2, (0, 1)),
    ),
}


def executor(method) -> Executor:
    return make_executor(method, BASE, digits(None), 2)


def nothing() -> None:
    pass


@pytest.mark.parametrize("name", METHODS)
def test_the_chunks_together_are_the_plain_function(name: str) -> None:
    method, plain = METHODS[name]
    done = executor(method)
    result = [list(done.points(chunk, nothing)) for chunk in range(len(done.costs))]
    assert [point for points in result for point in points] == list(plain(done.problem))
    assert [len(points) for points in result] == list(done.counts)


@pytest.mark.parametrize("name", METHODS)
def test_a_chunk_does_not_depend_on_earlier_ones(name: str) -> None:
    method, _ = METHODS[name]
    straight, last = executor(method), len(executor(method).costs) - 1
    expected = [list(straight.points(chunk, nothing)) for chunk in range(last + 1)]
    alone = executor(method)
    for chunk in (last, 0, last // 2):
        assert list(alone.points(chunk, nothing)) == expected[chunk]


@pytest.mark.parametrize("name", ["networks", "reuse", "features"])
def test_the_control_can_end_a_chunk_in_the_middle(name: str) -> None:
    class Enough(Exception):
        pass

    def poll_control() -> None:
        raise Enough

    method, _ = METHODS[name]
    with pytest.raises(Enough):
        list(executor(method).points(0, poll_control))


@pytest.mark.parametrize("name", METHODS)
def test_the_reach_is_the_range_of_the_points(name: str) -> None:
    done = executor(METHODS[name][0])
    points = [p for chunk in range(len(done.costs)) for p in done.points(chunk, nothing)]
    at = {
        "P": lambda p: p.parameters,
        "P/n": lambda p: p.parameters / p.samples,
        "P/(nK)": lambda p: p.parameters / p.samples / 10,
        "N": lambda p: p.width,
        "N/n": lambda p: p.width / p.samples,
        "steps": lambda p: p.steps,
    }
    assert done.reach and all(cost > 0 for cost in done.costs)
    for unit, (first, last) in done.reach.items():
        reached = [at[unit](point) for point in points]
        assert min(reached, default=inf) == pytest.approx(first)
        assert max(reached, default=-inf) == pytest.approx(last)
