"""What goes through a network, against NumPy and by hand; and that looking changes nothing."""

import numpy as np
import pytest
import torch
from torch import nn

from core.base.events import QUANTILES, Distribution, Probe, to_json
from core.network.initializers import Zeros
from core.network.layers import Flatten, Linear, Output, ReLU
from core.optim.regularizers import ClipNorm
from core.runs.history import History
from core.training import signals
from core.training.distributions import DistributionProbe
from core.training.loop import train
from core.training.signals import PARTS, Signals, gradient_noise, slopes, spread
from tests.core.bars import bars, experiment, losses, of, part_of


def model(activation: nn.Module) -> nn.Sequential:
    torch.manual_seed(0)
    activation.is_activation = True  # as `core.network.build` marks it
    return nn.Sequential(nn.Linear(3, 4), activation, nn.Linear(4, 2))


def test_spread_dead_and_saturated_of_a_relu_by_hand() -> None:
    net = model(nn.ReLU())
    with torch.no_grad():
        net[0].weight[1], net[0].bias[1] = 0.0, -1.0  # this unit never fires
    x = torch.randn(50, 3)
    look = Signals(net, ["0", "2"])
    with look.watching():
        net(x)
    found = look.measure()
    a = (x @ net[0].weight.T + net[0].bias).detach().numpy()
    outputs = net(x).detach().numpy()
    assert found["spread"]["0"] == pytest.approx(np.sqrt(a.var(0).mean()), rel=1e-5)
    assert found["mean"]["0"] == pytest.approx(a.mean(), abs=1e-6)
    assert found["spread"]["2"] == pytest.approx(np.sqrt(outputs.var(0).mean()), rel=1e-5)
    assert found["dead"] == {"1": pytest.approx((a <= 0).all(0).mean(), abs=1e-6)}
    assert found["saturated"]["1"] == pytest.approx((a < -signals.DELTA / 2).mean(), abs=0.03)


@pytest.mark.parametrize(
    ("activation", "flat", "steep"),
    [
        (nn.ReLU(), -1.0, 1.0),
        (nn.Tanh(), 5.0, 0.0),
        (nn.Sigmoid(), -8.0, 0.0),
        (nn.GELU(), -6.0, 1),
    ],
)
def test_slopes_equal_autograd(activation: nn.Module, flat: float, steep: float) -> None:
    a = torch.tensor([flat, steep], requires_grad=True)
    (expected,) = torch.autograd.grad(activation(a).sum(), a)
    assert slopes(activation, a.detach()) == pytest.approx(expected.abs(), abs=2e-3)
    assert (slopes(activation, a.detach()) < signals.FLAT).tolist() == [True, False]


def test_a_leaky_unit_is_not_dead_and_a_common_offset_is_not_spread() -> None:
    assert not (slopes(nn.LeakyReLU(0.01), -torch.ones(3)) < signals.FLAT).any()
    assert spread(torch.full((5, 2, 3), 0.5)).item() == 0.0


def test_nothing_is_recorded_outside_of_watching() -> None:
    net = model(nn.Tanh())
    look = Signals(net, ["0", "2"])
    with look.watching():
        net(torch.ones(2, 3))
    look.measure()
    net(torch.ones(2, 3))
    assert look.measure() == {"spread": {}, "mean": {}, "dead": {}, "saturated": {}}


def test_the_noise_of_a_gradient_is_estimated_without_bias() -> None:
    """Losses wᵀx whose gradients are the samples themselves: trΣ and ‖mean‖² are known."""
    random = np.random.default_rng(0)
    mean, deviation, rows = np.array([1.0, -2.0, 0.5]), np.array([1.0, 2.0, 0.5]), 32
    w, found = torch.zeros(3, requires_grad=True), []
    for _ in range(400):
        x = torch.tensor(random.normal(mean, deviation, (rows, 3)), dtype=torch.float32)
        found.append(gradient_noise(lambda part, x=x: (x[part] @ w).mean(), rows, [w]))
    variance, square = np.mean(found, 0)
    assert variance == pytest.approx((deviation**2).sum(), rel=0.05)
    assert square == pytest.approx((mean**2).sum(), rel=0.03)
    assert gradient_noise(lambda part: w.sum(), PARTS - 1, [w]) is None


def test_probes_contain_all_signals_and_change_no_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    e = experiment(regularizers=(ClipNorm(limit=0.5),), epochs=2)
    runs = []
    for share, least in ((1e9, 20), (1e-9, 0)):  # a probe at every step, and one alone
        monkeypatch.setattr("core.training.probes.SHARE", share)
        monkeypatch.setattr("core.training.probes.LEAST", least)
        monkeypatch.setattr("core.training.probes.INTERVAL", 0.0)
        runs.append(list(train(e, bars())))
    probes = of(Probe, runs[0])
    assert losses(runs[0]) == losses(runs[1]) and len(probes) > len(of(Probe, runs[1]))
    assert set(probes[0].spread) == set(probes[0].mean) == set(probes[0].gradient)
    counts = [len(of(Distribution, run)) for run in runs]
    assert counts[0] > 5 > counts[1]  # the losses are equal with and without them
    assert set(probes[0].dead) == set(probes[0].saturated) != set()
    assert all(
        0 <= share <= 1 for share in (*probes[-1].dead.values(), probes[-1].clipped["clip_norm"])
    )
    assert probes[0].memory > 1e7 and probes[0].noise and not probes[1].noise
    assert runs[0][-1].clipped == runs[1][-1].clipped


def test_quantiles_are_those_of_numpy_at_known_steps() -> None:
    net = nn.Sequential(nn.Linear(64, 64), nn.Linear(64, 3, bias=False))
    net(torch.randn(5, 64)).sum().backward()
    probe = DistributionProbe(net, ["0", "1"], steps=600)
    event = probe.measure(1, {"0": torch.arange(2048.0)})
    for name in ("0", "1"):
        w = net.get_submodule(name).weight
        for values, found in ((w, event.weight[name]), (w.grad, event.gradient[name])):
            exact = np.quantile(values.detach().numpy(), QUANTILES)
            scale = values.std().item()
            assert np.allclose(found, exact, atol=0.15 * scale), (name, found, exact)
    assert np.allclose(event.output["0"], np.multiply(QUANTILES, 2047), atol=4)
    measured = [1]
    for step in range(1, 600):
        if probe.due(step):
            probe.measure(step + 1, {})
            measured.append(step + 1)
    assert measured[:4] == [1, 2, 3, 4] and 60 < len(measured) < 110
    assert np.diff(measured).max() <= 10


def test_distributions_are_recorded_within_the_budget_and_survive_a_resume() -> None:
    training, events = part_of(experiment(epochs=3), bars(), 12)
    resumed = list(train(experiment(epochs=3), bars(), state=training.state()))
    history = History()
    history.add(map(to_json, [*events, *resumed]))
    steps = [event.step for event in history.distributions]
    assert steps == sorted(set(steps)) and steps[0] == 1 and steps[-1] > 20
    assert steps[:12] == [e.step for e in of(Distribution, events)][:12]
    assert set(history.distributions[0].output) == set(history.layers)


def test_weights_that_stay_0_have_no_update_and_no_gap() -> None:
    network = (Flatten(), Linear(units=4), ReLU(), Output())
    probes = of(Probe, list(train(experiment(initializer=Zeros(), network=network), bars())))
    stuck = [name for name, norm in probes[-1].weight.items() if norm == 0]
    assert stuck and all(probe.update[name] == 0.0 for probe in probes for name in stuck)
