"""Residual blocks and branches: formulas, the block of the paper, misfits inside, and storage."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from core.base.encoding import change, decode, encode
from core.base.errors import BadExperiment, BadNetwork
from core.experiment import Experiment
from core.network.build import build, check, first_misfit_facts, trace
from core.network.chains import find_strides
from core.network.initializers import He
from core.network.layers import (
    BatchNorm,
    Branches,
    Conv2d,
    Dropout,
    Flatten,
    GlobalPool,
    Layer,
    Linear,
    MaxPool,
    Output,
    ReLU,
    Residual,
    walk_layers,
)
from core.network.modules import ResidualModule as OwnResidual
from core.network.nested import set_stochastic_depth

IMAGE = (3, 8, 8)
END = (Flatten(), Output())


def model(*layers: Layer, shape: tuple = IMAGE) -> nn.Sequential:
    generators = [torch.Generator().manual_seed(seed) for seed in (0, 1)]
    return build(
        layers, shape, 10, initializer=He(), generator=generators[0], dropout=generators[1]
    )


def block(maps: int, stride: int = 1, **more) -> Residual:
    """The basic block of He et al. 2016 without its last ReLU."""
    first = Conv2d(maps=maps, stride=stride, padding=1, bias=False)
    second = Conv2d(maps=maps, padding=1, bias=False)
    return Residual(layers=(first, BatchNorm(), ReLU(), second, BatchNorm()), **more)


class BasicBlock(nn.Module):
    """The block of He et al. 2016, figure 2, written down plainly in torch."""

    def __init__(self, maps: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(3, maps, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(maps, maps, 3, 1, 1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(maps), nn.BatchNorm2d(maps)
        around = nn.Conv2d(3, maps, 1, stride, bias=False), nn.BatchNorm2d(maps)
        self.around = nn.Sequential(*around) if (maps, stride) != (3, 1) else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        z = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(z + self.around(x))


@pytest.mark.parametrize(("maps", "stride"), [(3, 1), (8, 1), (8, 2)])
def test_a_block_followed_by_relu_equals_the_basic_block_of_the_paper(
    maps: int, stride: int
) -> None:
    twin = BasicBlock(maps, stride)
    ours = nn.Sequential(block(maps, stride).call(IMAGE, 10).make(), nn.ReLU())
    order = ["layers.conv1", "layers.norm1", "layers.conv2", "layers.norm2", "shortcut"]
    for name, place in zip(["conv1", "bn1", "conv2", "bn2", "around"], order, strict=True):
        ours[0].get_submodule(place).load_state_dict(twin.get_submodule(name).state_dict())
    x = torch.randn(5, *IMAGE, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(ours(x), twin(x))
    torch.testing.assert_close(ours.eval()(x), twin.eval()(x))


def test_a_block_without_shortcut_is_a_plain_chain_with_the_same_names() -> None:
    on, off = (model(block(3, shortcut=shortcut), *END) for shortcut in (True, False))
    assert list(on.state_dict()) == list(off.state_dict())
    x = torch.rand(4, *IMAGE)
    torch.testing.assert_close(on.residual1(x) - x, off.residual1(x))


def test_the_shortcut_of_flat_values_is_a_linear_layer() -> None:
    net = model(Flatten(), Residual(layers=(Linear(units=5), ReLU())), Output())
    x = torch.rand(2, 192)
    linear, way = net.residual1.layers.linear1, net.residual1.shortcut[0].weight
    torch.testing.assert_close(net.residual1(x), F.relu(linear(x)) + x @ way.T)


@pytest.mark.parametrize("normalize", [True, False])
def test_the_projection_of_the_shortcut_is_described_and_counted(normalize: bool) -> None:
    layers = (block(8, 2, normalize=normalize), *END)
    fact = trace(layers, IMAGE, 10)[0]
    assert fact.note == "The shortcut is a 1 × 1 convolution with stride 2."
    inside = sum(inner.parameters for inner in fact.chains[0])
    assert inside == 8 * 3 * 9 + 8 * 8 * 9 + 2 * 16
    assert fact.parameters == inside + 8 * 3 + 16 * normalize
    assert [f.output for f in fact.chains[0]] == [(8, 4, 4)] * 5 and fact.output == (8, 4, 4)
    assert trace((block(3), *END), IMAGE, 10)[0].note == ""


@pytest.mark.parametrize("stride", range(1, 9))
def test_a_convolution_with_the_found_strides_gives_the_size(stride: int) -> None:
    for side in range(1, 40):
        after = (side + 2 - 3) // stride + 1  # kernel 3, padding 1
        found = find_strides((4, side, 7), (9, after, 7))
        assert [(n - 1) // s + 1 for n, s in zip((side, 7), found, strict=True)] == [after, 7]


def test_stochastic_depth_skips_whole_samples_and_keeps_the_mean() -> None:
    double = OwnResidual({"same": nn.Identity()}, [], 0.3, torch.Generator().manual_seed(0))
    z = double(torch.ones(100_000, 2, 1, 1))  # 1, or 1 + 1/0.7
    assert sorted(z.unique().tolist()) == pytest.approx([1, 1 + 1 / 0.7])
    assert z[:, 0].equal(z[:, 1])
    assert z.mean().item() == pytest.approx(2, abs=5 * math.sqrt(0.3 / 0.7 / 100_000))
    assert double.eval()(torch.ones(3, 2, 1, 1)).eq(2).all()


def test_stochastic_depth_draws_only_from_the_generator_of_the_run() -> None:
    before = torch.get_rng_state()
    x = torch.rand(9, *IMAGE)
    before = torch.get_rng_state()
    first, again = (model(block(3, drop=0.5), *END)(x) for _ in range(2))
    assert torch.equal(first, again) and torch.equal(before, torch.get_rng_state())


def test_the_drop_probability_grows_with_depth() -> None:
    layers = set_stochastic_depth((Conv2d(), block(16), ReLU(), block(16), block(16, 2), *END), 0.6)
    assert [b.drop for b in layers if isinstance(b, Residual)] == pytest.approx([0.2, 0.4, 0.6])
    assert set_stochastic_depth(END, 0.5) == END


@pytest.mark.parametrize("join", ["concatenate", "sum"])
def test_branches_are_concatenated_or_added(join: str) -> None:
    chains = ((Conv2d(maps=3, kernel=1), ReLU()), (Conv2d(maps=3, padding=1),), ())
    net = model(Branches(branches=chains, join=join), *END)
    x = torch.rand(4, *IMAGE)
    one, two, three = (branch(x) for branch in net.branches1.branches)
    assert three is x
    joined = torch.cat([one, two, x], 1) if join == "concatenate" else one + two + x
    torch.testing.assert_close(net.branches1(x), joined, atol=0, rtol=0)


@pytest.mark.parametrize(
    "layer",
    [
        Residual(layers=(Linear(units=3), ReLU())),
        Residual(layers=(Linear(units=4),)),
        Branches(branches=((Linear(units=2),), (Linear(units=3), ReLU()), ())),
        Branches(branches=((Linear(units=4),), ()), join="sum"),
    ],
    ids=repr,
)
def test_gradients_are_those_of_finite_differences(layer: Layer) -> None:
    module = layer.call((4,), 10).make().double()
    x = torch.randn(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    weights = list(module.parameters())
    assert torch.autograd.gradcheck(lambda x, *w: module(x), (x.requires_grad_(), *weights))


@pytest.mark.parametrize(
    ("layers", "number", "code", "evidence"),
    [
        (
            (Residual(layers=(ReLU(), Conv2d(kernel=9))), *END),
            "1.2",
            "kernel_too_large",
            {"shape": [3, 8, 8], "padding": 1},
        ),
        (
            (ReLU(), Branches(branches=((), (ReLU(), Residual(layers=(Linear(),))))), *END),
            "2.2.2.1",
            "needs_flat_input",
            {"shape": [3, 8, 8]},
        ),
        (
            (Residual(layers=(Conv2d(),)), *END),
            "1",
            "shortcut_size",
            {"shape": [3, 8, 8], "output": [16, 6, 6]},
        ),
        (
            (Residual(layers=(Flatten(),)), Output()),
            "1",
            "shortcut_across_flatten",
            {"shape": [3, 8, 8], "output": [192]},
        ),
        ((Residual(layers=(Flatten(), Output())),), "1.2", "output_inside_block", {}),
        (
            (Branches(branches=((), (MaxPool(),))), *END),
            "1",
            "branches_differ",
            {"branch": 2, "shapes": [[3, 8, 8], [3, 4, 4]]},
        ),
        (
            (Branches(branches=((Conv2d(padding=1),), ()), join="sum"), *END),
            "1",
            "branches_differ",
            {"branch": 2, "shapes": [[16, 8, 8], [3, 8, 8]]},
        ),
        (
            (Branches(branches=((), (GlobalPool(),))), *END),
            "1",
            "branches_differ",
            {"branch": 2, "shapes": [[3, 8, 8], [3]]},
        ),
    ],
)
def test_a_misfit_inside_a_block_is_reported_at_its_layer(
    layers: tuple, number: str, code: str, evidence: dict
) -> None:
    with pytest.raises(BadNetwork) as caught:
        check(layers, IMAGE, 10)
    assert caught.value.code == code and str(caught.value).startswith(f"Layer {number} (")
    facts = trace(layers, IMAGE, 10)
    assert caught.value.layer == [bool(f.misfit) for f in facts].index(True)
    assert first_misfit_facts(facts).misfit.evidence == evidence


def nested(depth: int) -> tuple[Layer, ...]:
    layer: Layer = Conv2d(maps=3, padding=1)
    for _ in range(depth - 1):
        layer = Branches(branches=((layer,), ()), join="sum")
    return (layer, *END)


def test_nested_blocks_can_be_stored_up_to_a_depth_and_are_then_refused() -> None:
    for depth in (1, 2, 7):
        experiment = Experiment(network=nested(depth))
        assert decode(Experiment, encode(experiment)) == experiment
        check(experiment.network, IMAGE, 10)
    shell = '{"kind":"branches","branches":[[%s]]}'
    for depth in (8, 9, 3000):
        text = '"relu"'
        for _ in range(depth):
            text = shell % text
        with pytest.raises(BadExperiment, match="nested deeper than 8 choices"):
            decode(Experiment, f'{{"network":[{text},"flatten","output"]}}')


def test_one_inner_field_is_changed_by_its_path() -> None:
    experiment = Experiment(network=(Residual(), Branches(), *END))
    for path, new in (("network.0.layers.0.maps", 5), ("network.1.branches.1.0.maps", 7)):
        experiment = change(experiment, path, new)
    first, second = experiment.network[:2]
    assert first.layers[0].maps == 5 and second.branches[1][0].maps == 7
    with pytest.raises(BadExperiment, match=r"network.0.layers.0.maps is 0|maps is 0"):
        change(experiment, "network.0.layers.0.maps", 0)


def test_walking_the_layers_includes_those_inside_blocks() -> None:
    layers = (Branches(branches=((Residual(layers=(Dropout(),)),), (ReLU(),))), Output())
    assert [layer.kind for layer in walk_layers(layers)] == [
        "branches", "residual", "dropout", "relu", "output",
    ]  # fmt: skip
    net = model(Flatten(), *layers)
    dropout = net.branches1.branches[0].residual1.layers.dropout1
    assert dropout.generator.initial_seed() == 1


def test_the_call_of_a_block_is_code() -> None:
    code = Residual(layers=(Linear(units=2),)).call((4,), 10).code()
    assert code == (
        "core.network.modules.ResidualModule(layers={'linear1': torch.nn.Linear(in_features=4, "
        "out_features=2, bias=True)}, shortcut=[torch.nn.Linear(in_features=4, out_features=2, "
        "bias=False)], p=0.0)"
    )
