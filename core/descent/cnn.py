"""CNN: epoch-wise double descent of a small convolutional network, a plain torch loop over seeds.

Three times conv 3×3, batch norm, ReLU and 2×2 max-pooling, with k, 2k and 4k maps, then a linear
layer. Only wide ones (k = 64 with 40 % label noise) show it clearly; Nakkiran et al. 2019: medium
networks give a plain U.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from core.base.errors import BadData
from core.descent.point import Point
from core.descent.problem import Problem
from core.descent.score import measure

_WEIGHTS, _ORDER = 7, 8  # the purposes of a seed
SEEDS = (0, 1, 2, 3)


def network(shape: Sequence[int], width: int, outputs: int, seed: int) -> nn.Sequential:
    """A network for (1, H, W), its weights from the seed alone."""
    with torch.device("meta"):  # torch's own first weights would draw from the global generator
        model = _layers(shape, width, outputs)
    model.to_empty(device="cpu")
    draw = torch.Generator().manual_seed(seed * 16 + _WEIGHTS)
    for layer in model:
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_parameters()
        elif weights := list(layer.parameters()):  # torch's default: U(±1/√fan in)
            bound = weights[0][0].numel() ** -0.5
            for part in weights:
                nn.init.uniform_(part, -bound, bound, generator=draw)
    return model


def _layers(shape: Sequence[int], width: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    before, height, across = 1, *shape
    for maps in (width, 2 * width, 4 * width):
        window = (min(2, height), min(2, across))
        layers += [nn.Conv2d(before, maps, 3, padding=1), nn.BatchNorm2d(maps), nn.ReLU()]
        layers.append(nn.MaxPool2d(window))
        before, height, across = maps, height // window[0], across // window[1]
    layers += [nn.Flatten(), nn.Linear(before * height * across, outputs)]
    return nn.Sequential(*layers)


def over_epochs(
    problem: Problem,
    width: int = 64,
    epochs: int = 32,
    seeds: Sequence[int] = SEEDS,
    *,
    learning_rate: float = 1e-3,
    batch_size: int = 50,
    device: str = "cpu",
) -> Iterator[Point]:
    """One point an epoch, all seeds side by side: cross-entropy, Adam at a constant rate."""
    if len(problem.shape) != 2:
        raise BadData(
            f"{problem.name} has {problem.form}, but a convolutional network wants pictures: "
            "choose the closed form over steps, or a picture set."
        )
    runs = [_Run(problem, width, seed, learning_rate, device) for seed in seeds]
    tests = torch.from_numpy(problem.test_labels).to(device)
    labels = torch.stack([run.labels for run in runs])
    for epoch in range(1, epochs + 1):
        for run in runs:
            run.train(batch_size)
        yield measure(
            torch.stack([run.answer(run.inputs) for run in runs]),
            labels,
            torch.stack([run.answer(run.tests) for run in runs]),
            tests,
            torch.tensor([run.norm() for run in runs]),
            loss="cross_entropy",
            steps=epoch * -(-problem.samples // batch_size),
            last=epoch == epochs,
            width=width,
            parameters=sum(part.numel() for part in runs[0].model.parameters()),
            samples=problem.samples,
            control=0.0,
        )


class _Run:
    """One seed: its rows, its network, its order."""

    def __init__(self, problem: Problem, width: int, seed: int, rate: float, device: str):
        drawn = problem.draw(seed)
        pictures = (
            torch.from_numpy(rows).view(len(rows), 1, *problem.shape)
            for rows in (drawn.inputs, problem.test_inputs)
        )
        self.inputs, self.tests = (
            rows.to(device, memory_format=torch.channels_last) for rows in pictures
        )
        self.labels = torch.from_numpy(drawn.labels).to(device)
        self.model = network(problem.shape, width, problem.classes, seed)
        self.model.to(device, memory_format=torch.channels_last)
        self.optimizer = torch.optim.Adam(self.model.parameters(), rate, fused=True)
        self.draw = torch.Generator().manual_seed(seed * 16 + _ORDER)

    def train(self, batch_size: int) -> None:
        """One epoch, without augmentation."""
        self.model.train()
        for rows in torch.randperm(len(self.labels), generator=self.draw).split(batch_size):
            rows = rows.to(self.labels.device)
            outputs = self.model(self.inputs[rows])
            self.optimizer.zero_grad()
            nn.functional.cross_entropy(outputs, self.labels[rows]).backward()
            self.optimizer.step()

    @torch.no_grad()
    def answer(self, inputs: Tensor) -> Tensor:
        """(T, 1, H, W) -> (T, K), in batches that stay in the cache."""
        self.model.eval()
        return torch.cat([self.model(part) for part in inputs.split(256)])

    @torch.no_grad()
    def norm(self) -> float:
        return float(sum(part.square().sum() for part in self.model.parameters())) ** 0.5
