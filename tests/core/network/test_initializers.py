"""Every initializer: moments within sampling error, own generator, and torch's own draw bit for
bit.
"""

import math

import pytest
import torch
from torch import nn

from core.network.activations import ReLU
from core.network.build import build
from core.network.initializers import He, Initializer, Normal, PyTorchDefault, Xavier, Zeros
from core.network.layers import BatchNorm, Conv2d, Flatten, Layer, Linear, Output
from core.network.presets import LeNet

WIDE: tuple[Layer, ...] = (Conv2d(maps=64, kernel=5), Flatten(), Linear(units=400), Output())
SHAPE = (8, 9, 9)
EVERY = [cls() for cls in Initializer.members.values()] + [
    He(distribution="uniform"),
    Xavier(distribution="uniform"),
    Normal(std=1.0),
]


def model(
    initializer: Initializer, layers: tuple[Layer, ...] = WIDE, seed: int = 0, shape: tuple = SHAPE
) -> nn.Module:
    generator = torch.Generator().manual_seed(seed)
    return build(
        layers, shape, 10, initializer=initializer, generator=generator, dropout=torch.Generator()
    )


def expected_variance(initializer: Initializer, fan_in: int, fan_out: int) -> float:
    """The formulas of rows I1 to I3."""
    if isinstance(initializer, Xavier):
        return 2 / (fan_in + fan_out)
    if isinstance(initializer, He):
        return 2 / fan_in
    if isinstance(initializer, Normal):
        return initializer.std**2
    if isinstance(initializer, PyTorchDefault):
        return (1 / math.sqrt(fan_in)) ** 2 / 3  # uniform in ±1/√n_in
    if isinstance(initializer, Zeros):
        return 0.0
    raise AssertionError(f"{initializer!r} has no formula here: write one")


def is_uniform(initializer: Initializer) -> bool:
    return (
        isinstance(initializer, PyTorchDefault)
        or getattr(initializer, "distribution", "") == "uniform"
    )


@pytest.mark.parametrize("initializer", EVERY, ids=repr)
def test_moments_are_those_of_the_formula(initializer: Initializer) -> None:
    net = model(initializer)
    fans = {"conv1": (8 * 25, 64 * 25), "linear1": (64 * 25, 400), "output": (400, 10)}
    for name, (fan_in, fan_out) in fans.items():
        weight = net.get_submodule(name).weight.detach().double()
        variance = expected_variance(initializer, fan_in, fan_out)
        # the sample mean has deviation σ/√N; the sample variance σ²√((κ−1)/N), with kurtosis κ 3 or
        # 9/5
        kurtosis = 1.8 if is_uniform(initializer) else 3.0
        count = weight.numel()
        assert abs(weight.mean().item()) <= 5 * math.sqrt(variance / count)
        assert abs(weight.var().item() - variance) <= 5 * variance * math.sqrt(
            (kurtosis - 1) / count
        )
        if is_uniform(initializer):
            assert weight.abs().max().item() <= math.sqrt(3 * variance) * (1 + 1e-6)


@pytest.mark.parametrize("initializer", EVERY, ids=repr)
def test_biases_begin_at_zero_but_for_pytorch_s_default(initializer: Initializer) -> None:
    biases = torch.cat(
        [p.detach() for name, p in model(initializer).named_parameters() if name.endswith("bias")]
    )
    assert bool(biases.any()) == isinstance(initializer, PyTorchDefault)


def test_pytorch_s_default_is_drawn_bit_for_bit() -> None:
    torch.manual_seed(5)
    twin = nn.ModuleList(
        [
            nn.Conv2d(1, 6, 5, padding=2),
            nn.Conv2d(6, 16, 5),
            nn.Linear(400, 120),
            nn.Linear(120, 84),
            nn.Linear(84, 10),
        ]
    )
    ours = model(PyTorchDefault(), LeNet().layers((1, 28, 28)), seed=5, shape=(1, 28, 28))
    for a, b in zip(ours.parameters(), twin.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("initializer", EVERY, ids=repr)
def test_the_seed_alone_decides_and_the_global_generator_is_left_alone(
    initializer: Initializer,
) -> None:
    before = torch.get_rng_state()
    first, again, other = (model(initializer, seed=seed) for seed in (1, 1, 2))
    same = [torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True)]
    differ = [
        torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True)
    ]
    assert all(same) and (all(differ) == isinstance(initializer, Zeros))
    assert torch.equal(before, torch.get_rng_state())


def test_normalization_begins_as_the_identity_whatever_the_initializer() -> None:
    layers = (Conv2d(), BatchNorm(), ReLU(), Flatten(), Output())
    norm = model(Normal(std=3.0), layers).norm1
    assert norm.weight.eq(1).all() and norm.bias.eq(0).all()
    assert (
        norm.running_mean.eq(0).all()
        and norm.running_var.eq(1).all()
        and norm.num_batches_tracked == 0
    )


@pytest.mark.parametrize("cls", Initializer.members.values())
def test_facts_for_menus_stand_at_the_class(cls: type[Initializer]) -> None:
    assert cls.label and cls.doc() and cls.formula and cls.source and cls.technique
