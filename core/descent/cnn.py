"""Epoch-wise double descent of a small convolutional network: a plain torch loop over seeds.

Three blocks of 3 × 3 convolution, batch normalization, ReLU and 2 × 2 max pooling, with k, 2k and
4k channels, then a linear layer. Only wide ones (k = 64 with 40 % label noise) show the second
descent clearly; medium networks give a plain U (Nakkiran et al. 2019).
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from core.base.errors import BadData
from core.descent.point import CurvePoint
from core.descent.problem import Problem
from core.descent.score import measure

_WEIGHTS, _ORDER = 7, 8  # separate random streams of one seed
SEEDS = (0, 1, 2, 3)


def network(shape: Sequence[int], width: int, outputs: int, seed: int) -> nn.Sequential:
    """Return a network for (1, H, W) with weights from the seed alone."""
    with torch.device("meta"):  # PyTorch's initialization would draw from the global generator
        model = _layers(shape, width, outputs)
    model.to_empty(device="cpu")
    draw = torch.Generator().manual_seed(seed * 16 + _WEIGHTS)
    for layer in model:
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_parameters()
        elif weights := list(layer.parameters()):  # PyTorch's default: U(±1/√fan in)
            bound = weights[0][0].numel() ** -0.5
            for part in weights:
                nn.init.uniform_(part, -bound, bound, generator=draw)
    return model


def _layers(shape: Sequence[int], width: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    previous, height, columns = 1, *shape
    for channels in (width, 2 * width, 4 * width):
        window = (min(2, height), min(2, columns))
        layers += [nn.Conv2d(previous, channels, 3, padding=1), nn.BatchNorm2d(channels)]
        layers += [nn.ReLU(), nn.MaxPool2d(window)]
        previous, height, columns = channels, height // window[0], columns // window[1]
    layers += [nn.Flatten(), nn.Linear(previous * height * columns, outputs)]
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
) -> Iterator[CurvePoint]:
    """Yield one point per epoch, all seeds side by side: cross-entropy, Adam at a constant learning
    rate. Raises BadData (not_images) for table rows.
    """
    if len(problem.shape) != 2:
        raise BadData(
            f"{problem.name} has {problem.form}, but a convolutional network needs images. Choose "
            "an image dataset or the preset “Over steps”.",
            code="not_images",
        )
    runs = [_SeedTraining(problem, width, seed, learning_rate, device) for seed in seeds]
    tests = torch.from_numpy(problem.test_labels).to(device)
    labels = torch.stack([run.labels for run in runs])
    for epoch in range(1, epochs + 1):
        for run in runs:
            run.train(batch_size)
        yield measure(
            torch.stack([run.predict(run.inputs) for run in runs]),
            labels,
            torch.stack([run.predict(run.tests) for run in runs]),
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


class _SeedTraining:
    """One seed: its rows, its network and its order of samples."""

    def __init__(self, problem: Problem, width: int, seed: int, learning_rate: float, device: str):
        drawn = problem.draw(seed)
        images = (
            torch.from_numpy(rows).view(len(rows), 1, *problem.shape)
            for rows in (drawn.inputs, problem.test_inputs)
        )
        self.inputs, self.tests = (
            rows.to(device, memory_format=torch.channels_last) for rows in images
        )
        self.labels = torch.from_numpy(drawn.labels).to(device)
        self.model = network(problem.shape, width, problem.classes, seed)
        self.model.to(device, memory_format=torch.channels_last)
        self.optimizer = torch.optim.Adam(self.model.parameters(), learning_rate, fused=True)
        self.draw = torch.Generator().manual_seed(seed * 16 + _ORDER)

    def train(self, batch_size: int) -> None:
        """Train one epoch, without augmentation."""
        self.model.train()
        for rows in torch.randperm(len(self.labels), generator=self.draw).split(batch_size):
            rows = rows.to(self.labels.device)
            outputs = self.model(self.inputs[rows])
            self.optimizer.zero_grad()
            nn.functional.cross_entropy(outputs, self.labels[rows]).backward()
            self.optimizer.step()

    @torch.no_grad()
    def predict(self, inputs: Tensor) -> Tensor:
        """(T, 1, H, W) -> (T, K), in batches that fit the cache."""
        self.model.eval()
        return torch.cat([self.model(part) for part in inputs.split(256)])

    @torch.no_grad()
    def norm(self) -> float:
        return float(sum(part.square().sum() for part in self.model.parameters())) ** 0.5
