"""LSUV: unit variance behind every layer, as in the loop of the paper; nothing else changes."""

import pytest
import torch
from torch import nn

from core.network.build import build
from core.network.initializers import LSUV
from core.network.layers import Dropout, Layer, Linear, Output, Sigmoid, Tanh
from core.network.modules import lsuv_
from core.network.presets import DeepMLP, LeNet, SmallResNet

CASES = {
    "lenet": (LeNet().layers((1, 28, 28)), (1, 28, 28)),
    "resnet": (SmallResNet().layers((3, 8, 8)), (3, 8, 8)),
    "deep": (DeepMLP(depth=30, activation="tanh").layers((6,)), (6,)),
    "sigmoid": ((Linear(units=50), Sigmoid(), Dropout(), Linear(units=50), Tanh(), Output()), (6,)),
}


def model(layers: tuple[Layer, ...], shape: tuple, bias: float = 0.0) -> nn.Module:
    generators = [torch.Generator().manual_seed(seed) for seed in (0, 1)]
    given = LSUV(bias=bias)
    return build(
        layers, shape, 10, initializer=given, generator=generators[0], dropout=generators[1]
    )


def inputs(shape: tuple, count: int = 128) -> torch.Tensor:
    return 3 * torch.randn(count, *shape, generator=torch.Generator().manual_seed(5))


def weighted(net: nn.Module) -> list[nn.Module]:
    return [m for m in net.modules() if isinstance(m, (nn.Linear, nn.Conv2d))]


def variance_of(net: nn.Module, layer: nn.Module, x: torch.Tensor) -> float:
    seen = []
    handle = layer.register_forward_hook(lambda m, i, z: seen.append(z.var(correction=0).item()))
    net.eval()(x)
    handle.remove()
    return seen[0]


def by_the_paper(net: nn.Module, x: torch.Tensor, tolerance: float) -> None:
    """Algorithm 1 of Mishkin & Matas: for each layer, a forward pass of the whole net each time."""
    with torch.no_grad():
        for layer in weighted(net):
            for _ in range(10):
                variance = variance_of(net, layer, x)
                if abs(variance - 1) <= tolerance:
                    break
                layer.weight /= variance**0.5


@pytest.mark.parametrize("bias", [0.0, 0.7])
@pytest.mark.parametrize("name", CASES)
def test_lsuv_equals_the_loop_of_the_paper_and_gives_unit_variance(name: str, bias: float) -> None:
    layers, shape = CASES[name]
    ours, twin, x = model(layers, shape, bias), model(layers, shape, bias), inputs(shape)
    LSUV().fit().make(ours, x)
    by_the_paper(twin, x, 0.01)
    for layer, other in zip(weighted(ours), weighted(twin), strict=True):
        torch.testing.assert_close(layer.weight, other.weight, rtol=1e-3, atol=1e-5)
        assert variance_of(ours, layer, x) == pytest.approx(1, abs=0.011)


def test_only_weights_change_and_no_random_number_is_drawn() -> None:
    layers, shape = CASES["resnet"]
    net, x, before = model(layers, shape), inputs(shape), torch.get_rng_state()
    kept = {name: value.clone() for name, value in net.state_dict().items()}
    lsuv_(net, x)
    assert net.training and torch.equal(before, torch.get_rng_state())
    for name, value in net.state_dict().items():
        changed = "conv" in name or "output" in name or name.endswith("shortcut.0.weight")
        assert torch.equal(value, kept[name]) != (changed and name.endswith("weight"))
    assert not any(module._forward_hooks for module in net.modules())


def test_constant_inputs_leave_the_weights_unchanged() -> None:
    net = model((Output(),), (6,))
    before = net.output.weight.clone()
    lsuv_(net, torch.zeros(5, 6))
    assert torch.equal(net.output.weight, before)
