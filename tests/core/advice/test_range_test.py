"""The learning-rate range test: it leaves a later run bit for bit as it was, follows a hand-written
loop, and suggests what its rule says.
"""

from itertools import pairwise

import pytest
import torch
from torch import nn

from core.advice.range_test import NEIGHBOURS, RangePoint, range_test, suggest
from core.base.numbers import short
from core.data.normalization import Unit
from core.data.split import Split
from core.experiment import Experiment, Seeds
from core.network.initializers import PyTorchDefault, Zeros
from core.network.layers import Output
from core.network.presets import SoftmaxRegression
from core.optim.optimizers import LBFGS, SGD, Optimizer
from core.optim.regularizers import EMA, SAM, ClipNorm
from core.runs.smoothing import smoothed
from core.training.loop import train
from tests.core.bars import PLAIN, bars, experiment, losses

DATA = bars()


@pytest.mark.parametrize("cls", Optimizer.members.values(), ids=list(Optimizer.members))
def test_a_later_run_is_not_changed(cls: type[Optimizer]) -> None:
    """Dropout, batch normalization, clipping and averages included."""
    e = experiment(optimizer=cls(), epochs=2, regularizers=(ClipNorm(), EMA()))
    straight, before = train(e, DATA), torch.get_rng_state()
    alone = [losses(list(straight)), straight.state()["model"]]
    assert len(list(range_test(e, DATA, steps=12))) > 3
    tested = train(e, DATA)
    again = [losses(list(tested)), tested.state()["model"]]
    assert alone[0] == again[0] and torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(alone[1][name], again[1][name]) for name in alone[1])


def test_it_equals_a_plain_loop_with_a_growing_learning_rate() -> None:
    e = Experiment(
        network=SoftmaxRegression().layers((1, 8, 8)), batch_size=50, normalization=Unit(),
        split=Split(validation=0, test=0), initializer=PyTorchDefault(),
        optimizer=SGD(learning_rate=5.0, momentum=0.5), seeds=Seeds(initialization=2, order=3),
    )  # fmt: skip
    torch.manual_seed(2)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0, momentum=0.5)
    order, expected = torch.Generator().manual_seed(3), []
    x, y = torch.tensor(DATA.inputs).float() / 255, torch.tensor(DATA.targets)
    rates = [1e-4 * 10 ** (k / 2) for k in range(7)]
    batches = [*torch.randperm(157, generator=order).split(50)]
    batches += torch.randperm(157, generator=order).split(50)  # into the second epoch
    for rate, rows in zip(rates, batches, strict=False):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
        expected.append(loss.item())
    points = list(range_test(e, DATA, low=1e-4, high=0.1, steps=7))
    assert [p.rate for p in points] == pytest.approx(rates)
    assert [p.loss for p in points] == pytest.approx(expected, rel=1e-4)


def test_it_ends_when_the_loss_has_grown() -> None:
    points = list(range_test(experiment(network=PLAIN, optimizer=SGD()), DATA, high=1e4))
    assert 20 < len(points) < 100
    assert all(b.rate > a.rate for a, b in pairwise(points))


@pytest.mark.parametrize("regularizers", [(), (SAM(),)])
@pytest.mark.parametrize("optimizer", [SGD(), LBFGS()])
def test_it_works_with_convolutions_sam_and_l_bfgs(optimizer, regularizers) -> None:
    e = experiment(optimizer=optimizer, regularizers=regularizers)
    assert len(list(range_test(e, DATA, steps=5))) == 5


def points(losses: list[float]) -> list[RangePoint]:
    return [RangePoint(10 ** (-4 + k / 10), loss) for k, loss in enumerate(losses)]


def test_a_tenth_of_the_rate_with_the_lowest_loss_is_suggested() -> None:
    """A loss that stays, falls from 1e-3 to 0.1 in a straight line of log rate, and grows again."""
    made = points([2.0] * 10 + [2.0 - 0.05 * k for k in range(21)] + [1.0 + k for k in range(1, 9)])
    found = suggest(made)
    means = smoothed([point.loss for point in made], NEIGHBOURS)
    at = means.index(min(means))
    assert found.lowest == float(f"{made[at].rate:.2g}")
    assert found.rate == pytest.approx(found.lowest / 10, rel=0.05)
    assert 1e-3 < found.steepest < found.lowest
    assert all(short(value) in found.text for value in (found.rate, found.lowest, found.steepest))


def test_smoothing_does_not_shift_the_curve() -> None:
    line = [3.0 - 0.1 * k for k in range(20)]
    assert smoothed(line, NEIGHBOURS) == pytest.approx(line)
    assert smoothed([1.0] * 9 + [10.0] + [1.0] * 9, NEIGHBOURS)[9 - NEIGHBOURS] == pytest.approx(
        2.0
    )


@pytest.mark.parametrize("losses", [[], [1.0] * 5, [1.0] * 40, [1.0 + 0.1 * k for k in range(40)]])
def test_without_a_decrease_nothing_is_suggested(losses: list[float]) -> None:
    assert suggest(points(losses)) is None


def test_zeros_get_no_suggestion_from_a_network_that_cannot_learn() -> None:
    e = experiment(network=(*PLAIN[:-1], Output()), initializer=Zeros(), optimizer=SGD())
    found = suggest(list(range_test(e, DATA, high=1e-3)))
    assert found is None
