"""Every initializer: moments within sampling error, its own generator, and the draw of torch."""

import math

import pytest
import torch
from scipy import stats
from torch import nn

from core.base.encoding import build as build_value
from core.base.errors import BadExperiment, BadNetwork
from core.base.expression import parse
from core.experiment import Experiment
from core.network.activations import ReLU
from core.network.build import build, check_initializer, weight_places
from core.network.initializers import (
    Fixup,
    Formula,
    He,
    Initializer,
    Normal,
    Ones,
    Orthogonal,
    PyTorchDefault,
    TruncatedNormal,
    Uniform,
    Xavier,
    Zeros,
)
from core.network.layers import (
    BatchNorm,
    Branches,
    Conv2d,
    Flatten,
    Layer,
    Linear,
    Output,
    Residual,
)
from core.network.modules import bias_from_data_
from core.network.presets import LeNet

WIDE: tuple[Layer, ...] = (Conv2d(maps=64, kernel=5), Flatten(), Linear(units=400), Output())
SHAPE = (8, 9, 9)
MORE = [
    He(distribution="uniform"),
    Xavier(distribution="uniform"),
    Normal(std=1.0),
    Uniform(limit=2.0),
    Uniform(limit=1.0, from_zero=True),
    TruncatedNormal(std=1.0),
    Orthogonal(gain=3.0),
    Formula(std="sqrt(2/(fan_in + fan_out))"),
    Formula(std="0.5", distribution="uniform"),
]
EVERY = [cls() for cls in Initializer.members.values()] + MORE
FIXED = [initializer for initializer in EVERY if initializer.fit() is None]


def model(
    initializer: Initializer, layers: tuple[Layer, ...] = WIDE, seed: int = 0, shape: tuple = SHAPE
) -> nn.Module:
    generator = torch.Generator().manual_seed(seed)
    return build(
        layers, shape, 10, initializer=initializer, generator=generator, dropout=torch.Generator()
    )


def expected(initializer: Initializer, shape: torch.Size, name: str) -> tuple[float, float]:
    """Mean and variance by the formulas of rows I1 to I3."""
    fan_in, fan_out = math.prod(shape[1:]), shape[0] * math.prod(shape[2:])
    if isinstance(initializer, Fixup):  # without residual branches
        return 0.0, 0.0 if name == "output" else 2 / fan_in
    if isinstance(initializer, Formula):
        written = {"sqrt(2/fan_in)": 2 / fan_in, "0.5": 0.25,
                   "sqrt(2/(fan_in + fan_out))": 2 / (fan_in + fan_out)}  # fmt: skip
        return 0.0, written[initializer.std]
    if isinstance(initializer, Uniform):
        low = 0.0 if initializer.from_zero else -initializer.limit
        return (low + initializer.limit) / 2, (initializer.limit - low) ** 2 / 12
    if isinstance(initializer, TruncatedNormal):
        return 0.0, stats.truncnorm.var(-2, 2, scale=initializer.std)
    if isinstance(initializer, Orthogonal):  # Σw² = g² · rank
        rank = min(shape[0], fan_in)
        return 0.0, initializer.gain**2 * rank / (shape[0] * fan_in)
    if isinstance(initializer, (Zeros, Ones)):
        return float(isinstance(initializer, Ones)), 0.0
    variance = {
        Xavier: 2 / (fan_in + fan_out),
        He: 2 / fan_in,
        Normal: getattr(initializer, "std", 0) ** 2,
        PyTorchDefault: (1 / math.sqrt(fan_in)) ** 2 / 3,  # uniform in ±1/√n_in
    }
    return 0.0, variance[type(initializer)]


def is_uniform(initializer: Initializer) -> bool:
    flat = isinstance(initializer, (PyTorchDefault, Uniform))
    return flat or getattr(initializer, "distribution", "") == "uniform"


@pytest.mark.parametrize("initializer", FIXED, ids=repr)
def test_the_weights_have_the_moments_of_the_formula(initializer: Initializer) -> None:
    net, places = model(initializer), weight_places(WIDE, SHAPE, 10)
    assert [*places] == ["conv1", "linear1", "output"]
    for name, place in places.items():
        weight = net.get_submodule(name).weight.detach().double()
        mean, variance = expected(initializer, weight.shape, name)
        # the sample mean has deviation σ/√N; the sample variance σ²√((κ−1)/N), with kurtosis κ 3 or
        # 9/5
        kurtosis = 1.8 if is_uniform(initializer) else 3.0
        count = weight.numel()
        assert abs(weight.mean().item() - mean) <= 5 * math.sqrt(variance / count)
        assert abs(weight.var().item() - variance) <= 5 * variance * math.sqrt(
            (kurtosis - 1) / count
        )
        if is_uniform(initializer):
            farthest = (weight - mean).abs().max().item()
            assert farthest <= math.sqrt(3 * variance) * (1 + 1e-6)
        moments = initializer.expected_moments(place)
        assert moments == pytest.approx((mean, math.sqrt(variance)), rel=1e-12)


TWINS = {
    "pytorch": lambda w, g: nn.init.kaiming_uniform_(w, a=math.sqrt(5), generator=g),
    "xavier": lambda w, g: nn.init.xavier_normal_(w, generator=g),
    "he": lambda w, g: nn.init.kaiming_normal_(w, nonlinearity="relu", generator=g),
    "orthogonal": lambda w, g: nn.init.orthogonal_(w, generator=g),
    "lsuv": lambda w, g: nn.init.orthogonal_(w, generator=g),
    "normal": lambda w, g: nn.init.normal_(w, 0, 0.01, generator=g),
    "uniform": lambda w, g: nn.init.uniform_(w, -0.05, 0.05, generator=g),
    "truncated_normal": lambda w, g: nn.init.trunc_normal_(w, 0, 0.02, -0.04, 0.04, generator=g),
    "zeros": lambda w, g: w.zero_(),
    "ones": lambda w, g: w.fill_(1),
    "fixup": lambda w, g: nn.init.kaiming_normal_(w, nonlinearity="relu", generator=g),
    "formula": lambda w, g: nn.init.kaiming_normal_(w, nonlinearity="relu", generator=g),
}


@pytest.mark.parametrize("kind", Initializer.members)
def test_the_initial_weights_equal_those_that_torch_draws(kind: str) -> None:
    generator = torch.Generator().manual_seed(0)
    twin = TWINS[kind](torch.empty(64, 8, 5, 5), generator)
    assert torch.equal(model(Initializer.pick(kind)).conv1.weight.detach(), twin)


@pytest.mark.parametrize("units", [3, 40])
def test_rows_or_columns_of_orthogonal_weights_are_orthogonal(units: int) -> None:
    net = model(Orthogonal(gain=2.0), (Linear(units=units), Output()), shape=(12,))
    w = net.linear1.weight.detach().double()
    product = w @ w.T if units < 12 else w.T @ w
    torch.testing.assert_close(product, 4 * torch.eye(min(units, 12)).double(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("initializer", EVERY, ids=repr)
def test_only_the_pytorch_default_starts_with_nonzero_biases(initializer: Initializer) -> None:
    biases = torch.cat(
        [p.detach() for name, p in model(initializer).named_parameters() if name.endswith("bias")]
    )
    assert bool(biases.any()) == isinstance(initializer, PyTorchDefault)


@pytest.mark.parametrize("kind", [k for k in Initializer.members if k != "pytorch"])
def test_biases_start_at_the_chosen_value(kind: str) -> None:
    net = model(Initializer.pick({"kind": kind, "bias": 0.25}))
    for module in (net.conv1, net.linear1, net.output):
        assert module.bias.eq(0.25).all()


@pytest.mark.parametrize("initializer", [He(bias=0.25), PyTorchDefault()], ids=repr)
def test_a_layer_adds_its_own_constant_to_the_initial_bias_alone(initializer: Initializer) -> None:
    changed = (Conv2d(maps=64, kernel=5, initial_bias=-2.0), Flatten(),
               Residual(layers=(Linear(units=400, initial_bias=0.5),)), Output())  # fmt: skip
    plain = (Conv2d(maps=64, kernel=5), Flatten(), Residual(layers=(Linear(units=400),)), Output())
    twins = [dict(model(initializer, layers).named_parameters()) for layers in (changed, plain)]
    offsets = {"conv1.bias": -2.0, "residual1.layers.linear1.bias": 0.5}
    assert offsets.keys() < twins[0].keys()
    for name, value in twins[0].items():
        assert torch.equal(value, twins[1][name] + offsets.get(name, 0.0))


def test_the_bias_from_the_data_is_the_best_constant_output() -> None:
    targets = torch.tensor([0, 0, 0, 0, 0, 1, 1, 3])
    bias = nn.Parameter(torch.full((4,), 9.0))
    bias_from_data_(bias, targets)
    present = torch.tensor([0, 1, 3])
    torch.testing.assert_close(
        bias.softmax(0)[present] / bias.softmax(0)[0], torch.tensor([1.0, 0.4, 0.2])
    )
    assert bias.softmax(0)[2].item() == pytest.approx(0.5 / 8.5)
    leaf = bias.detach()[present].requires_grad_()
    nn.functional.cross_entropy(leaf.expand(8, 3), targets.clamp(max=2)).backward()
    assert leaf.grad.abs().max() < 1e-6  # no other constant has a lower loss
    one = nn.Parameter(torch.ones(1))
    bias_from_data_(one, torch.tensor([1.0, 2.0, 6.0]))
    assert one.item() == 3.0


def test_the_pytorch_default_is_reproduced_bit_for_bit() -> None:
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
def test_only_the_seed_determines_the_weights_and_the_global_generator_is_unused(
    initializer: Initializer,
) -> None:
    before = torch.get_rng_state()
    first, again, other = (model(initializer, seed=seed) for seed in (1, 1, 2))
    same = [torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True)]
    differ = [
        torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True)
    ]
    assert all(same) and (all(differ) == initializer.is_symmetric)
    assert torch.equal(before, torch.get_rng_state())


def test_normalization_starts_as_the_identity_with_any_initializer() -> None:
    layers = (Conv2d(), BatchNorm(), ReLU(), Flatten(), Output())
    norm = model(Normal(std=3.0), layers).norm1
    assert norm.weight.eq(1).all() and norm.bias.eq(0).all()
    assert (
        norm.running_mean.eq(0).all()
        and norm.running_var.eq(1).all()
        and norm.num_batches_tracked == 0
    )


CONV = (Conv2d(maps=4, padding=1), ReLU())
BLOCKS: tuple[Layer, ...] = (
    Conv2d(maps=4, padding=1),
    Residual(layers=CONV * 3),  # m = 3
    Residual(layers=(Conv2d(maps=6, stride=2, padding=1), BatchNorm(), Conv2d(maps=6, padding=1))),
    Residual(layers=(Conv2d(maps=6, padding=1),)),  # m = 1: only its last layer
    Residual(layers=(Branches(branches=((Conv2d(maps=3, padding=1),), CONV * 2)),)),  # m = 2
    Residual(layers=CONV, shortcut=False),  # no residual branch
    Flatten(),
    Output(),
)
SCALES = {  # of the standard deviation of He initialization; L = 4 branches
    "conv1": 1.0,
    "residual1.layers.conv1": 4 ** (-1 / 4),
    "residual1.layers.conv2": 4 ** (-1 / 4),
    "residual1.layers.conv3": 0.0,
    "residual2.layers.conv1": 4 ** (-1 / 2),
    "residual2.layers.conv2": 0.0,
    "residual2.shortcut.0": 1.0,
    "residual3.layers.conv1": 0.0,
    "residual4.layers.branches1.branches.0.conv1": 0.0,
    "residual4.layers.branches1.branches.1.conv1": 4 ** (-1 / 2),
    "residual4.layers.branches1.branches.1.conv2": 0.0,
    "residual4.shortcut.0": 1.0,
    "residual5.layers.conv1": 1.0,
    "output": 0.0,
}


def test_fixup_scales_the_weights_by_their_place_in_residual_branches() -> None:
    places = weight_places(BLOCKS, (4, 8, 8), 10)
    assert [*places] == [*SCALES]
    he = {path: math.sqrt(2 / math.prod(place.shape[1:])) for path, place in places.items()}
    assert {path: Fixup().expected_moments(place) for path, place in places.items()} == {
        path: pytest.approx((0.0, he[path] * scale), rel=1e-12) for path, scale in SCALES.items()
    }
    net = model(Fixup(), BLOCKS, shape=(4, 8, 8))
    x = torch.randn(5, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    assert not net.eval()(x).any()  # the output layer starts at 0
    assert torch.equal(net[:2](x), net[:1](x))  # and each branch


def test_a_formula_knows_number_and_depth_of_the_layer() -> None:
    written = Formula(std="fan_out^(-1/2)/(2*depth - layer)")
    places = weight_places(BLOCKS, (4, 8, 8), 10)
    assert [written.expected_moments(place)[1] for place in places.values()] == [
        pytest.approx((p.shape[0] * math.prod(p.shape[2:])) ** -0.5 / (28 - number))
        for number, p in enumerate(places.values(), 1)
    ]


@pytest.mark.parametrize("std", ["fan_in - 200", "1/(layer - 2)", "log(fan_in/200)", "fan_in^9"])
def test_a_formula_without_a_usable_value_for_every_layer_is_refused(std: str) -> None:
    with pytest.raises(BadNetwork) as refused:
        check_initializer(Formula(std=std), WIDE, SHAPE, 10)
    assert refused.value.code == "initial_std"
    with pytest.raises(BadNetwork):
        model(Formula(std=std))


@pytest.mark.parametrize("std", ["", "x", "fan_in^fan_out", "sqrt(", "__import__('os')", "2**"])
def test_what_is_no_formula_of_the_layer_is_refused(std: str) -> None:
    with pytest.raises(BadExperiment):
        build_value(Experiment, {"initializer": {"kind": "formula", "std": std}})


def test_an_exponent_can_be_computed() -> None:
    assert parse("4*fan_in^(-1/2)", ["fan_in"]).value({"fan_in": 16.0}) == 1.0
    assert parse("3", ["fan_in"]).value({}) == 3.0


@pytest.mark.parametrize("cls", Initializer.members.values())
def test_every_class_has_the_texts_of_its_menu_entry(cls: type[Initializer]) -> None:
    assert cls.label and cls.doc() and cls.formula and cls.source and cls.technique
