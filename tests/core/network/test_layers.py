"""Layers: shapes by formula, parameters by hand, misfits reported at their layer."""

import math

import pytest
import torch
from torch import nn

from core.base.errors import BadNetwork
from core.network.activations import ReLU, Sigmoid, Tanh
from core.network.build import MAX_PARAMETERS, build, check, layer_names, trace
from core.network.initializers import He
from core.network.layers import BatchNorm, Conv2d, Dropout, Flatten, Layer, Linear, MaxPool, Output
from core.network.modules import DropoutModule as OwnDropout
from core.network.presets import LeNet, Preset

GREY = (1, 28, 28)


def module(
    layers: tuple[Layer, ...], shape: tuple[int, ...] = GREY, classes: int = 10
) -> nn.Sequential:
    generators = [torch.Generator().manual_seed(seed) for seed in (0, 1)]
    return build(
        layers, shape, classes, initializer=He(), generator=generators[0], dropout=generators[1]
    )


@pytest.mark.parametrize("kernel", [1, 3, 5, 8])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 2])
def test_shape_and_size_of_a_convolution_follow_the_formula(
    kernel: int, stride: int, padding: int
) -> None:
    layers = (Conv2d(maps=4, kernel=kernel, stride=stride, padding=padding), Flatten(), Output())
    fact = trace(layers, (3, 17, 17), 10)[0]
    side = math.floor((17 + 2 * padding - kernel) / stride) + 1
    assert fact.output == (4, side, side)
    assert fact.parameters == 4 * 3 * kernel**2 + 4
    assert fact.multiply_adds == 4 * side**2 * 3 * kernel**2


@pytest.mark.parametrize(
    ("layers", "index", "code", "evidence"),
    [
        ((Linear(), Output()), 0, "needs_flat_input", {"shape": [1, 28, 28]}),
        ((Output(),), 0, "needs_flat_input", {"shape": [1, 28, 28]}),
        ((Flatten(), Conv2d()), 1, "needs_images", {"shape": [784]}),
        ((Flatten(), MaxPool()), 1, "needs_images", {"shape": [784]}),
        (
            (Conv2d(kernel=31), Flatten(), Output()),
            0,
            "kernel_too_large",
            {"shape": [1, 28, 28], "padding": 2},
        ),
        (
            (MaxPool(size=16), MaxPool(size=2), Flatten(), Output()),
            1,
            "pool_too_large",
            {"shape": [1, 1, 1], "size": 2},
        ),
        ((Flatten(), Linear(units=7)), 1, "wrong_output_size", {"shape": [7], "outputs": 10}),
        ((Conv2d(),), 0, "wrong_output_size", {"shape": [16, 26, 26], "outputs": 10}),
    ],
)
def test_a_misfit_is_reported_at_its_layer(
    layers: tuple[Layer, ...], index: int, code: str, evidence: dict
) -> None:
    with pytest.raises(BadNetwork) as caught:
        check(layers, GREY, 10)
    assert (caught.value.layer, caught.value.code) == (index, code)
    assert str(caught.value).startswith(f"Layer {index + 1} ({layer_names(layers)[index]}): ")
    facts = trace(layers, GREY, 10)
    assert [bool(f.misfit) for f in facts].index(True) == index
    assert facts[index].misfit.evidence == evidence
    assert all(f.output is None and f.parameters == 0 for f in facts[index + 1 :])


def test_no_layers_and_too_many_parameters_are_refused() -> None:
    wide = (Flatten(), Linear(units=65_536), ReLU(), Linear(units=65_536), Output())
    assert (
        sum(f.parameters for f in trace(wide, GREY, 10)) > MAX_PARAMETERS
    )  # described, though no memory would hold it
    for layers, outputs, code in (
        ((), 10, "no_layers"),
        ((Flatten(),), 784, "no_weights"),
        (wide, 10, "too_many_parameters"),
    ):
        with pytest.raises(BadNetwork) as caught:
            check(layers, GREY, outputs)
        assert (caught.value.code, caught.value.layer) == (code, None)


def test_layer_names_equal_those_in_the_state_dict() -> None:
    layers = LeNet().layers(GREY)
    assert layer_names(layers)[:4] == ["conv1", "relu1", "pool1", "conv2"]
    model = module(layers)
    assert list(model.state_dict())[:2] == ["conv1.weight", "conv1.bias"]
    assert list(model.state_dict())[-1] == "output.bias"


def test_activations_equal_their_formulas() -> None:
    a = torch.linspace(-5, 5, 101, dtype=torch.float64)
    sigma = 1 / (1 + torch.exp(-a))
    expected = {ReLU: a.clamp(min=0), Sigmoid: sigma, Tanh: 2 / (1 + torch.exp(-2 * a)) - 1}
    for cls, values in expected.items():
        torch.testing.assert_close(cls().call((101,), 10).make()(a), values)


def test_dropout_scales_the_remaining_values_and_is_off_at_inference() -> None:
    layer = OwnDropout(0.25, torch.Generator().manual_seed(0))
    x = torch.ones(200_000)
    z = layer(x)
    assert sorted(z.unique().tolist()) == pytest.approx([0, 1 / 0.75])
    assert z.mean().item() == pytest.approx(1, abs=5 * math.sqrt(0.25 / 0.75 / x.numel()))
    assert layer.eval()(x) is x


def test_dropout_draws_only_from_its_own_generator() -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first, again = (
        OwnDropout(0.5, torch.Generator().manual_seed(3))(torch.ones(50)) for _ in range(2)
    )
    assert torch.equal(first, again)
    assert torch.equal(before, torch.get_rng_state())


def test_dropout_in_a_built_network_uses_the_generator_of_the_run() -> None:
    model = module((Flatten(), Dropout(p=0.5), Output()))
    assert isinstance(model.dropout1.generator, torch.Generator)


@pytest.mark.parametrize(
    ("shape", "twin"), [((4, 5, 5), nn.BatchNorm2d(4)), ((6,), nn.BatchNorm1d(6))]
)
def test_batch_normalization_equals_torch_and_its_formula(
    shape: tuple[int, ...], twin: nn.Module
) -> None:
    ours = BatchNorm().call(shape, 10).make()
    x = torch.randn(32, *shape)
    z = ours(x)
    torch.testing.assert_close(z, twin(x))
    axes = [0, *range(2, x.ndim)]
    by_hand = (x - x.mean(axes, keepdim=True)) / (
        x.var(axes, keepdim=True, unbiased=False) + 1e-5
    ).sqrt()
    torch.testing.assert_close(z, by_hand, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(ours.running_mean, 0.1 * x.mean(axes))


@pytest.mark.parametrize("cls", [*Layer.members.values(), *Preset.members.values()])
def test_every_class_has_the_texts_of_its_menu_entry(cls: type) -> None:
    assert cls.label and cls.doc() and cls.source and cls.technique
    assert isinstance(cls().summary, str)
