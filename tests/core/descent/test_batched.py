"""Curves of real networks: the position of the peak, the points, groups, reuse."""

import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median

import pytest
import torch

from core.advice.study_verdict import judge_curve
from core.data.datasets import MNIST
from core.data.load import load
from core.data.ready.builtin import digits
from core.descent.batched import (
    NetworkTrainer,
    groups,
    over_samples,
    over_widths,
    over_widths_reusing,
    widen,
    widths,
)
from core.descent.problem import Problem, make_problem
from core.descent.stack import count_parameters
from core.descent.training_settings import TrainingSettings
from core.studies.curve_methods import NETWORK_SIDE

SHARED = Path(__file__).parents[4] / "shared" / "data"


@pytest.fixture(scope="module")
def noisy() -> Problem:
    return make_problem(digits(None), side=NETWORK_SIDE, wanted=300, noise=0.2)


@pytest.fixture(scope="module")
def tiny() -> Problem:
    return make_problem(digits(None), side=NETWORK_SIDE, wanted=60, noise=0.2)


def peak(problem: Problem, loss: str, ratios: tuple[float, ...]) -> tuple[float, object]:
    """Parameters at the peak of the test loss, as a multiple of n·K or n, and the verdict."""
    units = problem.samples * (problem.classes if loss == "squared" else 1)
    result = list(over_widths(problem, widths(problem, loss, ratios), TrainingSettings(loss=loss)))
    shown = judge_curve(result)
    return shown.peak.parameters / units, shown


def test_squared_loss_peaks_at_as_many_parameters_as_target_values(noisy):
    where, shown = peak(noisy, "squared", (0.1, 0.25, 0.5, 0.8, 1.0, 1.25, 2.0, 4.0))
    assert 0.7 <= where <= 1.6
    assert shown.code == "double_descent"
    assert 0.6 <= shown.interpolates.parameters / 3000 <= 3


def test_cross_entropy_peaks_at_one_to_three_parameters_per_sample(noisy):
    where, shown = peak(noisy, "cross_entropy", (0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 4.0, 10))
    assert 1 <= where <= 3
    assert shown.code == "double_descent"
    assert shown.agreeing == 3


@pytest.mark.realdata
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
@pytest.mark.parametrize(
    ("loss", "low", "high"), [("squared", 0.7, 1.6), ("cross_entropy", 1.0, 3.0)]
)
def test_mnist_peaks_at_the_same_ratios(loss, low, high, tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "LAB_TORCHVISION", str(SHARED))
    made = make_problem(load(MNIST(), tmp_path), side=NETWORK_SIDE, wanted=300, noise=0.2)
    where, shown = peak(made, loss, ())
    assert low <= where <= high
    assert (shown.code, shown.agreeing) == ("double_descent", 3)
    assert shown.rise > 1.5
    assert shown.fall > 1.5


def test_a_network_is_the_same_in_any_group(tiny):
    settings = TrainingSettings(steps=60, precision="float64")
    together = {point.width: point for point in over_widths(tiny, (2, 3, 40), settings, (0, 1))}
    for width in (2, 3, 40):
        (alone,) = over_widths(tiny, (width,), settings, (0, 1))
        assert alone.test_loss == pytest.approx(together[width].test_loss, rel=1e-9)
        assert alone.norm == pytest.approx(together[width].norm, rel=1e-9)


def test_the_same_seeds_give_the_same_points(tiny):
    settings = TrainingSettings(loss="cross_entropy", steps=60, evaluations=4)
    first, second = (list(over_widths(tiny, (2, 9, 30), settings, (0, 1))) for _ in range(2))
    assert first == second
    assert first[0].test_loss[0] != first[0].test_loss[1]


@pytest.mark.parametrize("loss", ["squared", "cross_entropy"])
def test_points_equal_an_independent_evaluation(tiny, loss):
    settings = TrainingSettings(loss=loss, steps=100, weight_decay=0.01, precision="float64")
    (point,) = over_widths(tiny, (5,), settings, (3, 4))
    trainer = NetworkTrainer(tiny, settings, (3, 4))
    training = trainer.training({5: trainer.initial_networks(5)})
    list(training.run([100]))
    answers = []
    for place, (net, seed) in enumerate(zip(training.networks(), (3, 4), strict=True)):
        drawn = tiny.draw(seed)
        for kind, x, y in (
            ("train", drawn.inputs, drawn.labels),
            ("test", tiny.test_inputs, tiny.test_labels),
        ):
            x, y = torch.from_numpy(x).double(), torch.from_numpy(y)
            hidden = (net.first[:, :-1] @ x.T + net.first[:, -1:]).relu()
            f = (net.second @ hidden + net.bias).T
            if loss == "squared":
                value = (f - torch.eye(10, dtype=f.dtype)[y]).square().sum(1).mean()
            else:
                value = torch.nn.functional.cross_entropy(f, y)
            assert getattr(point, f"{kind}_loss")[place] == pytest.approx(float(value), rel=1e-9)
            wrong = (f.argmax(1) != y).double().mean()
            assert getattr(point, f"{kind}_error")[place] == pytest.approx(float(wrong))
        answers.append(f if loss == "squared" else f.softmax(1))
        norm = torch.cat([part.flatten() for part in net]).norm()
        assert point.norm[place] == pytest.approx(float(norm))
    mean, marks = sum(answers) / 2, torch.eye(10, dtype=f.dtype)[y]
    apart = [float((one - marks).square().sum(1).mean()) for one in answers]
    ensemble = float((mean - marks).square().sum(1).mean())
    assert fmean(apart) == pytest.approx(ensemble + point.variance, rel=1e-12)
    if loss == "squared":
        assert point.ensemble_loss == pytest.approx(ensemble)
    else:
        assert point.ensemble_loss == pytest.approx(-float(mean[marks == 1].log().mean()))
    assert (point.width, point.parameters, point.samples) == (5, 65 * 5 + 6 * 10, 60)
    assert (point.steps, point.control, point.last) == (100, 0.01, True)


def test_measurements_during_training_cover_every_width_at_every_step(tiny):
    settings = TrainingSettings(steps=300, evaluations=6, stop=0.02)
    points = list(over_widths(tiny, (2, 4, 150), settings, (0, 1)))
    steps = sorted({point.steps for point in points})
    assert len(steps) == 6
    assert sorted((p.width, p.steps) for p in points) == [
        (w, s) for w in (2, 4, 150) for s in steps
    ]
    assert [p.last for p in points if p.width == 4] == [False] * 5 + [True]
    assert max(points[-1].train_loss) < 0.02  # the widest fitted, so it stayed as it was
    assert points[-1].test_loss == points[-2].test_loss or points[-2].train_loss[0] > 0.02
    ends = list(over_widths(tiny, (2, 4, 150), replace(settings, evaluations=1), (0, 1)))
    assert ends == [p for p in points if p.last]


def test_more_rows_hurt_a_network_between_too_few_and_enough(noisy):
    """Squared loss, 15 units, P = 1135: the peak is near n = 113."""
    settings = TrainingSettings(steps=800)
    points = list(over_samples(noisy, 15, (40, 110, 700), settings, (0, 1, 2)))
    loss = [median(point.test_loss) for point in points]
    assert [point.samples for point in points] == [40, 110, 700]
    assert loss[1] > 1.1 * loss[0]
    assert loss[1] > 2 * loss[2]


def test_groups_contain_every_width_once_at_the_lowest_cost():
    order = (2, 4, 6, 9, 14, 22, 34, 50, 64, 85, 120, 200, 400)
    for seeds in (1, 3, 10):
        result = groups(order, seeds)
        assert tuple(width for group in result for width in group) == order
        for group in result:
            assert len(group) == 1 or seeds * len(group) * group[-1] <= 1500
    assert groups(order, 3, max_units=10**6, slack=10**6) == [list(order)]
    assert groups(order, 3, slack=0) == [[width] for width in order]


def test_widths_hit_the_multiples_of_the_threshold(noisy):
    for loss, threshold in (("squared", 3000), ("cross_entropy", 300)):
        result = widths(noisy, loss)
        assert all(before < after for before, after in pairwise(result))
        (one,) = widths(noisy, loss, (2.0,))
        assert abs(count_parameters(64, one, 10) - 2 * threshold) <= 75 / 2


def test_a_reused_network_starts_from_the_trained_one(tiny):
    settings = TrainingSettings()
    trainer = NetworkTrainer(tiny, settings, (0,))
    (old,), (new,) = trainer.initial_networks(4), trainer.initial_networks(404)
    wide = widen(old, new, settings)
    assert torch.equal(wide.first[:4], old.first)
    assert torch.equal(wide.second[:, :4], old.second)
    assert wide.first[4:, :-1].std().item() == pytest.approx(0.1, rel=0.03)
    assert wide.second[:, 4:].std().item() == pytest.approx(0.1, rel=0.05)


def test_reused_weights_fit_at_least_as_well_up_to_the_threshold(tiny):
    clean = replace(tiny, noise=0.0)
    settings = TrainingSettings(steps=300, optimizer="sgd", learning_rate=0.05, stop=0)
    points = list(over_widths_reusing(clean, (1, 2, 3, 5, 7, 12), settings, (0, 1)))
    below = [fmean(p.train_loss) for p in points if p.parameters < 600]
    assert len(below) == 5
    assert below == sorted(below, reverse=True)
    (fresh,) = over_widths(clean, (12,), settings, (0, 1))
    assert fresh == points[-1]
