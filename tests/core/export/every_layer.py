"""Small networks that together contain every layer of the lab, with random weights and running
statistics, and raw inputs for them.
"""

import numpy as np
import torch

from core.data.normalization import Raw
from core.experiment import Experiment
from core.export.portable import PortableModule, PortableNetwork
from core.network.build import build
from core.network.initializers import He
from core.network.layers import (
    ELU,
    GELU,
    AsSequence,
    AvgPool,
    BatchNorm,
    Branches,
    ChannelNorm,
    Conv1d,
    Conv2d,
    ConvNeXtBlock,
    DepthwiseConv2d,
    Dropout,
    Flatten,
    GlobalPool,
    GroupNorm,
    InstanceNorm,
    Layer,
    LayerNorm,
    LeakyReLU,
    Linear,
    MaxPool,
    Output,
    PositionEmbedding,
    ReLU,
    Residual,
    SelfAttention,
    Sigmoid,
    Softplus,
    SqueezeExcitation,
    StepFunction,
    Swish,
    Tanh,
    walk_layers,
)

CHAINS = (
    (Conv2d(maps=4, kernel=1), Swish()),
    (Conv2d(maps=2, kernel=5, padding=2, bias=False), LayerNorm(), ELU(alpha=0.5)),
    (),
)
INNER = (Conv2d(maps=8, padding=1, stride=2), GroupNorm(groups=4), Branches(branches=CHAINS))
IMAGES: tuple[Layer, ...] = (
    Dropout(p=0.2),
    Conv2d(maps=6, kernel=4, stride=2, padding=3),
    BatchNorm(epsilon=1e-3),
    LeakyReLU(alpha=0.2),
    Residual(layers=INNER, drop=0.3),  # with a projection of stride 2
    Branches(
        branches=((Residual(shortcut=False), GELU()), (Conv2d(maps=5, padding=1), Softplus()))
    ),
    AvgPool(size=2),
    InstanceNorm(),
    Tanh(),
    GlobalPool(),
    Output(bias=False),
)
BLOCKS: tuple[Layer, ...] = (
    Conv2d(maps=8, kernel=2, stride=2),
    ConvNeXtBlock(drop=0.1).adapted((8, 5, 6)),
    SqueezeExcitation(reduction=3),
    DepthwiseConv2d(kernel=4, stride=2, padding=1, bias=False),
    PositionEmbedding(learned=True),
    Residual(layers=(ChannelNorm(epsilon=1e-3), SelfAttention(heads=2))),
    PositionEmbedding(),
    GlobalPool(),
    Output(),
)
POOLS: tuple[Layer, ...] = (
    Conv2d(maps=3),
    MaxPool(size=3),  # leaves a row and a column out
    Branches(branches=((Sigmoid(),), (Tanh(),)), join="sum"),
    Flatten(),
    LayerNorm(),
    Linear(units=12),
    BatchNorm(),
    ReLU(),
    Residual(layers=(Linear(units=7, bias=False), ELU(), Linear(units=9)), normalize=False),
    StepFunction(),
    Output(),
)
TABLE: tuple[Layer, ...] = (
    Linear(units=16),
    GroupNorm(groups=4),
    Swish(),
    Branches(branches=((Linear(units=5), Softplus()), (Linear(units=3), GELU()))),
    Residual(layers=(Linear(units=8), LayerNorm(), LeakyReLU())),
    Dropout(drawn="batch"),
    Output(),
)
SIGNALS: tuple[Layer, ...] = (
    AsSequence(series=2),
    Conv1d(maps=6, kernel=4, stride=2, padding=3),
    BatchNorm(),
    MaxPool(size=2),
    Residual(layers=(Conv1d(maps=8, kernel=3, padding=1, stride=2), ReLU())),
    AvgPool(size=2),
    Flatten(),
    Output(),
)
NETWORKS = {
    "images": (IMAGES, (3, 13, 11), tuple("abcde")),
    "blocks": (BLOCKS, (3, 10, 13), tuple("abc")),
    "pools": (POOLS, (1, 9, 12), ("no", "yes")),
    "signals": (SIGNALS, (60,), ("no", "yes")),
    "table": (TABLE, (6,), ()),
}


def every_kind() -> set[str]:
    """The kinds of all layers of these networks."""
    chains = [layers for layers, *_ in NETWORKS.values()]
    return {layer.kind for chain in chains for layer in walk_layers(chain)}


def make_network(name: str, *, gaps: bool = False) -> PortableNetwork:
    """The network with random weights; with `gaps`, missing values of the table are filled."""
    return random_network(*NETWORKS[name], gaps=gaps, name=name)


class BesselModule(torch.nn.Module):
    """A function that ONNX does not have."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.special.bessel_j0(x)


def random_network(
    layers: tuple[Layer, ...],
    shape: tuple[int, ...],
    classes: tuple[str, ...],
    *,
    gaps: bool = False,
    name: str = "",
) -> PortableNetwork:
    """A network with random weights and a random scale; values are around 200 000."""
    seed = torch.Generator().manual_seed(3)
    outputs = len(classes) or 1
    network = build(
        layers, shape, outputs, initializer=He(), generator=seed, dropout=torch.Generator()
    )
    state = network.state_dict()
    for key, value in state.items():
        if value.is_floating_point():
            low, high = (0.5, 2.0) if key.endswith("running_var") else (-0.4, 0.4)
            value.add_(torch.empty_like(value).uniform_(low, high, generator=seed))
    places = (shape[0], 1, 1) if len(shape) == 3 else shape
    scale = {
        "multiply": torch.empty(places).uniform_(0.005, 0.02, generator=seed),
        "add": torch.empty(places).uniform_(-1, 1, generator=seed),
    }
    fills = torch.arange(shape[0], dtype=torch.float32) if gaps else None
    target = None if classes else (2e5, 3e4)
    module = PortableModule(network, scale, fills, target).eval()
    columns = tuple(f"column {i + 1}" for i in range(shape[0])) if len(shape) == 1 else ()
    experiment = Experiment(name=f"Every layer, {name}", network=layers, normalization=Raw())
    return PortableNetwork(experiment, shape, classes, columns, module)


def make_inputs(network: PortableNetwork, count: int) -> np.ndarray:
    """Raw inputs from 0 to 255: whole numbers for images."""
    shape = (count, *network.shape)
    random = np.random.default_rng(5)
    if network.has_images:
        return random.integers(0, 256, shape, np.uint8)
    return random.uniform(0, 255, shape).astype(np.float32)
