"""Presets: the sizes of their papers, and a training step or a refusal on every dataset."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch

from core.advice.fitting import fit_preset
from core.base.errors import BadNetwork
from core.data.datasets import DataSet
from core.network.build import build, trace
from core.network.initializers import He
from core.network.layers import AvgPool, BatchNorm, Flatten, Layer, Linear, Residual, Sigmoid, Tanh
from core.network.presets import (
    MLP,
    CifarNet,
    DeepMLP,
    LeNet,
    LeNet5,
    Perceptron,
    Points,
    Preset,
    ResNet18,
    Small,
    SmallConvNeXt,
    SmallResNet,
    SoftmaxRegression,
    recognize,
)

GREY, COLOUR, TINY = (1, 28, 28), (3, 32, 32), (1, 8, 8)
READY = [cls() for cls in DataSet.members.values() if cls.is_ready_made()]
FACTS = {(f.shape, f.outputs) for f in (data.facts(Path("/nowhere")) for data in READY)}
ODD = {((1, 20, 20), 28), ((3, 40, 27), 5), ((1, 2, 2), 3), ((1, 1, 1), 2), ((7,), 1)}


def total(preset: Preset, shape: tuple = COLOUR, outputs: int = 10) -> int:
    return sum(f.parameters for f in trace(preset.layers(shape), shape, outputs))


@pytest.mark.parametrize("kind", Preset.members)
@pytest.mark.parametrize(("shape", "outputs"), sorted(FACTS | ODD, key=str), ids=str)
def test_a_preset_takes_a_step_on_every_dataset_or_is_refused_with_a_code(
    kind: str, shape: tuple, outputs: int
) -> None:
    preset = Preset.pick(kind)
    if kind == "resnet18" and (shape, outputs) != (COLOUR, 10):
        preset = ResNet18(width=8)  # as deep, and faster
    try:
        layers = fit_preset(preset, shape, outputs)
    except BadNetwork as error:
        if len(shape) == 3:
            assert error.code == "preset_too_deep_for_images"
            assert f"its layer {error.layer + 1}" in str(error)
        else:
            assert error.code == "preset_needs_images" and error.layer is None
        return
    generators = [torch.Generator().manual_seed(seed) for seed in (0, 1)]
    made = build(
        layers, shape, outputs, initializer=He(), generator=generators[0], dropout=generators[1]
    )
    optimizer = torch.optim.SGD(made.parameters(), 1e-3)
    scores = made(torch.rand(2, *shape, generator=generators[0]))
    assert scores.shape == (2, outputs)
    scores.square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in made.parameters())
    optimizer.step()


@pytest.mark.parametrize(
    ("preset", "shape", "code", "layer", "parts"),
    [
        (
            LeNet(),
            TINY,
            "preset_too_deep_for_images",
            3,
            ("LeNet", "1 × 8 × 8", "(conv2)", "6 × 4 × 4", "Small CNN or Small ResNet"),
        ),
        (CifarNet(), TINY, "preset_too_deep_for_images", 3, ("(conv2)", "6 × 2 × 2")),
        (ResNet18(), (7,), "preset_needs_images", None, ("7 numbers", Points.label)),
    ],
)
def test_a_refusal_names_the_layer_and_presets_that_fit(preset, shape, code, layer, parts) -> None:
    with pytest.raises(BadNetwork) as caught:
        fit_preset(preset, shape, 10)
    assert (caught.value.code, caught.value.layer) == (code, layer)
    assert all(part in str(caught.value) for part in parts)


def test_lenet_has_its_known_size() -> None:
    facts = trace(LeNet().layers(GREY), GREY, 10)
    assert [f.parameters for f in facts if f.parameters] == [156, 2416, 48120, 10164, 850]
    assert sum(f.parameters for f in facts) == 61_706 == total(LeNet5(), GREY)
    assert sum(f.multiply_adds for f in facts) == 416_520
    assert [f.output for f in facts if f.name.startswith(("conv", "pool"))] == [
        (6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5),
    ]  # fmt: skip


def test_lenet_5_has_tanh_and_average_pooling() -> None:
    kinds = {type(layer) for layer in LeNet5().layers(GREY)}
    assert {Tanh, AvgPool} < kinds and len(LeNet5().layers(GREY)) == len(LeNet().layers(GREY))


def test_the_cifar_net_has_the_size_of_the_tutorial() -> None:
    facts = trace(CifarNet().layers(COLOUR), COLOUR, 10)
    assert [f.parameters for f in facts if f.parameters] == [456, 2416, 48120, 10164, 850]
    assert [f.output for f in facts if f.name.startswith(("conv", "pool"))] == [
        (6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5),
    ]  # fmt: skip


def test_the_mlp_is_784_100_10_with_tanh() -> None:
    facts = trace(MLP().layers(GREY), GREY, 10)
    assert [f.output for f in facts] == [(784,), (100,), (100,), (10,)]
    assert sum(f.parameters for f in facts) == 784 * 100 + 100 + 100 * 10 + 10


def resnet(width: int, stages: int, blocks: int, classes: int) -> int:
    """Parameters counted by hand: 3 × 3 convolutions without bias, two numbers for each map of a
    batch normalization, 1 × 1 convolutions where a stage begins.
    """
    count, maps = 3 * width * 9 + 2 * width, width
    for stage in range(stages):
        new = width * 2**stage
        for _ in range(blocks):
            count += maps * new * 9 + new * new * 9 + 4 * new
            count += (maps * new + 2 * new) * (maps != new)
            maps = new
    return count + maps * classes + classes


@pytest.mark.parametrize("width", [1, 10, 64])
def test_resnet_18_of_any_width_has_the_size_counted_by_hand(width: int) -> None:
    assert total(ResNet18(width=width)) == resnet(width, 4, 2, 10)
    assert total(ResNet18(width=width), outputs=100) == resnet(width, 4, 2, 100)


def test_resnet_18_has_its_known_size() -> None:
    facts = trace(ResNet18().layers(COLOUR), COLOUR, 10)
    assert sum(f.parameters for f in facts) == 11_173_962
    assert sum(f.multiply_adds for f in facts) == 555_422_720  # 0.56 GMACs
    assert facts[-2].input == (512, 4, 4)


@pytest.mark.parametrize(("blocks", "depth"), [(1, 8), (3, 20), (9, 56)])
def test_a_small_resnet_has_6n_plus_2_layers(blocks: int, depth: int) -> None:
    preset = SmallResNet(blocks=blocks)
    assert total(preset) == resnet(16, 3, blocks, 10)
    inside = [f.chains[0] for f in trace(preset.layers(COLOUR), COLOUR, 10) if f.chains]
    convolutions = 1 + sum(f.name.startswith("conv") for chain in inside for f in chain)
    assert convolutions + 1 == depth


def test_blocks_can_be_plain_chains_and_drop_more_with_depth() -> None:
    blocks = [b for b in SmallResNet(shortcuts=False).layers(COLOUR) if isinstance(b, Residual)]
    assert len(blocks) == 3 and not any(b.shortcut for b in blocks)
    blocks = [b for b in ResNet18(drop=0.4).layers(COLOUR) if isinstance(b, Residual)]
    assert [b.drop for b in blocks] == pytest.approx(np.linspace(0.05, 0.4, 8))


@pytest.mark.parametrize(("width", "blocks"), [(32, 2), (5, 3)])
def test_a_small_convnext_has_the_size_counted_by_hand(width: int, blocks: int) -> None:
    def block(c: int) -> int:
        return c * 49 + c + 2 * c + 2 * (c * 4 * c) + 4 * c + c

    stem = 3 * width * 4 + width + 2 * width
    between = 2 * width + width * 2 * width * 4 + 2 * width
    head = 2 * 2 * width + 2 * width * 10 + 10
    whole = stem + blocks * (block(width) + block(2 * width)) + between + head
    assert total(SmallConvNeXt(width=width, blocks=blocks)) == whole
    drops = [b.drop for b in SmallConvNeXt(blocks=blocks, drop=0.3).layers(COLOUR) if b.chains()]
    assert drops == pytest.approx(np.linspace(0.3 / (2 * blocks), 0.3, 2 * blocks))


@pytest.mark.parametrize("depth", [2, 3, 30, 50])
@pytest.mark.parametrize("shortcuts", [False, True])
def test_a_deep_mlp_has_the_chosen_number_of_layers_with_weights(
    depth: int, shortcuts: bool
) -> None:
    preset = DeepMLP(depth=depth, width=20, shortcuts=shortcuts)
    facts = trace(preset.layers(GREY), GREY, 10)
    assert sum(f.parameters > 0 for f in facts) == depth
    first, last = 784 * 20 + 20, 20 * 10 + 10
    assert sum(f.parameters for f in facts) == first + (depth - 2) * 420 + last
    assert not any(f.note for f in facts)


def test_a_deep_mlp_uses_the_chosen_activation_and_normalization() -> None:
    layers = DeepMLP(depth=3, width=5, activation="sigmoid", normalize=True).layers(TINY)
    one = [Linear, BatchNorm, Sigmoid]
    assert [type(layer) for layer in layers[:-1]] == [Flatten, *one, *one]
    offered = get_args(DeepMLP.model_fields["activation"].annotation)
    every = {kind for kind, cls in Layer.members.items() if cls.is_activation}
    assert set(offered) == every


def test_the_gradient_of_the_perceptron_is_zero() -> None:
    layers = Perceptron().layers((2,))
    generator = torch.Generator().manual_seed(0)
    made = build(layers, (2,), 3, initializer=He(), generator=generator, dropout=generator)
    z = made(torch.randn(50, 2, generator=generator))
    assert set(z.unique().tolist()) == {0.0, 1.0}
    torch.nn.functional.cross_entropy(z, torch.zeros(50, dtype=torch.long)).backward()
    assert all(p.grad.eq(0).all() for p in made.parameters())


@pytest.mark.parametrize("kind", Preset.members)
def test_a_preset_is_recognized_until_a_layer_changes(kind: str) -> None:
    layers = Preset.pick(kind).layers(GREY)
    assert recognize(layers, GREY) == Preset.pick(kind).label
    assert recognize((*layers, Tanh()), GREY) == ""


def test_presets_for_rows_have_no_flatten() -> None:
    for preset in (SoftmaxRegression(), MLP(), Points(), DeepMLP(), Perceptron()):
        assert Flatten() not in preset.layers((2,)) and Flatten() in preset.layers(TINY)
    assert Small().misfit((2,)).code == "preset_needs_images" and Small().misfit(TINY) is None
