"""Training speed compared with common training loops: `python -m benchmarks.training [--mnist
FOLDER]`.

Ratios of samples per second, measured in one run on one core; the contestants take turns so that a
busy machine slows all of them equally. CPU time, median over rounds. Contestants: the engine with
everything that the app enables (metrics, probes, margins, events); the tutorial loop (torchvision
dataset, ToTensor and Normalize for each image, DataLoader, `.item()` in each step); a DataLoader
over a TensorDataset of normalized tensors. For the small ResNet on images of the shape of CIFAR
(random, or from --cifar): the plain loop over a TensorDataset, and the engine in float32 and in
bfloat16, both with channels last.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.measures import add_mnist
from core.base import device, torchvision_compat
from core.data.datasets import CIFAR10, MNIST
from core.data.load import load
from core.data.normalization import Standardize, Unit
from core.data.samples import Samples
from core.data.split import Split
from core.experiment import Experiment
from core.network.activations import ReLU
from core.network.initializers import PyTorchDefault
from core.network.layers import Flatten, Layer, Linear, Output
from core.network.presets import LeNet, SmallResNet
from core.optim.optimizers import Adam
from core.optim.schedules import Constant
from core.training.loop import Training, train

BATCH, RATE = 64, 1e-3
GREY, COLOUR = (1, 28, 28), (3, 32, 32)
MLP: tuple[Layer, ...] = (Flatten(), Linear(units=256), ReLU(), Linear(units=128), ReLU(), Output())
TARGETS = {"MLP 784-256-128-10": (MLP, 5.5, 1.3), "LeNet": (LeNet().layers(GREY), 1.9, None)}
RESNET = SmallResNet()  # 8 layers, 16 channels


def network(layers: tuple[Layer, ...], shape: tuple[int, ...]) -> nn.Module:
    """Return the same layers in plain PyTorch, with the initialization of PyTorch."""
    modules = []
    for layer in layers:
        modules.append(layer.call(shape, 10).make())
        shape = tuple(modules[-1](torch.zeros(2, *shape)).shape[1:])
    return nn.Sequential(*modules)


def loader_loop(
    layers: tuple[Layer, ...], loader: DataLoader, shape: tuple[int, ...] = GREY
) -> Iterator[int]:
    """Train as in the tutorials, and yield the number of steps after each step."""
    model, criterion = network(layers, shape), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    for step, (x, y) in enumerate(chain.from_iterable(repeat(loader)), 1):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        loss.item()
        yield step


def lab_loop(training: Training) -> Iterator[int]:
    """Train with the engine, and yield the number of steps after each group of events."""
    for _ in training:
        if training.settled:
            yield training.step


def speed(loop: Iterator[int], done: int, steps: int) -> tuple[float, int]:
    """Train at least `steps` more steps; return samples per CPU second and the total steps."""
    start = time.process_time()
    total = next(count for count in loop if count >= done + steps)
    return (total - done) * BATCH / (time.process_time() - start), total


def warm_up(contestants: dict[str, Iterator[int]], steps: int) -> dict[str, int]:
    """Train a sixth of a round, and return the steps that each contestant has done."""
    return {name: speed(loop, 0, steps // 6)[1] for name, loop in contestants.items()}


def race(
    contestants: dict[str, Iterator[int]], done: dict[str, int], *, rounds: int, steps: int
) -> dict[str, float]:
    """Return samples per CPU second of each contestant, from the steps that it has `done` on."""
    speeds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, loop in contestants.items():
            value, done[name] = speed(loop, done[name], steps)
            speeds[name].append(value)
    return {name: statistics.median(values) for name, values in speeds.items()}


def report(title: str, speeds: dict[str, float]) -> None:
    """Print one line per contestant with the ratio of the first to it."""
    print(f"\n{title}")
    first = next(iter(speeds.values()))
    for name, value in speeds.items():
        print(f"  {name:<28}{value:>10,.0f} samples/s   ratio {first / value:5.2f} ×")


def benchmark_mnist(home: Path, rounds: int, steps: int) -> None:
    """Compare the two networks that have targets."""
    data = load(MNIST(), home)
    for name, (layers, tutorial, tensors) in TARGETS.items():
        training = train(_experiment(data=MNIST(), network=layers), data)
        contestants = {
            "lab": lab_loop(training),
            "tutorial": loader_loop(layers, _tutorial(home)),
            "TensorDataset": loader_loop(layers, _tensors(data, 0.1307, 0.3081)),
        }
        done = warm_up(contestants, steps)  # the first probe loads what torch needs for it
        budget, watch = training.budget, training.watch
        spent, began = budget.spent, watch.seconds
        speeds = race(contestants, done, rounds=rounds, steps=steps)
        report(f"{name}, batch {BATCH}, Adam, one core", speeds)
        second = f", {tensors} × the TensorDataset loop" if tensors else ""
        print(f"  targets: {tutorial} × the tutorial loop{second}")
        fraction = (budget.spent - spent) / (watch.seconds - began)
        print(f"  probes: {100 * fraction:.2f} % of the training time (target at most 3 %)")
        print(f"  margins: {100 * margin_cost(training, steps):.2f} % (target at most 2 %)")


def margin_cost(training: Training, steps: int) -> float:
    """Return the fraction of the CPU time of some more steps that collecting margins takes."""
    add, spent = training.margins.add, [0]

    def timed(*step: object) -> None:
        start = time.thread_time_ns()
        add(*step)
        spent[0] += time.thread_time_ns() - start

    training.margins.add = timed
    start, last = time.process_time_ns(), training.step + 8 * steps
    for _ in training:
        if training.step >= last and training.settled:
            break
    return spent[0] / (time.process_time_ns() - start)


def benchmark_cifar(file: Path | None, rounds: int, steps: int) -> None:
    """Compare the small ResNet in both precisions."""
    data, layers = _images(file), RESNET.layers(COLOUR)
    settings = dict(data=CIFAR10(), network=layers, normalization=Unit())
    contestants = {
        f"lab, {precision}": lab_loop(train(_experiment(**settings, precision=precision), data))
        for precision in ("bfloat16", "float32")
    }
    contestants["TensorDataset, float32"] = loader_loop(layers, _tensors(data, 0.0, 1.0), COLOUR)
    title = f"Small ResNet (8 layers, 16 channels) on 3×32×32, batch {BATCH}, Adam, one core"
    report(title, race(contestants, warm_up(contestants, steps), rounds=rounds, steps=steps))


def _experiment(**settings: object) -> Experiment:
    defaults = dict(
        split=Split(validation=0, test=0),
        normalization=Standardize(),
        initializer=PyTorchDefault(),
        optimizer=Adam(learning_rate=RATE),
        schedule=Constant(),
        epochs=1000,
        batch_size=BATCH,
        device="cpu",
    )
    return Experiment(**{**defaults, **settings})


def _tutorial(home: Path) -> DataLoader:
    transforms = torchvision_compat.torchvision.transforms
    each = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    root = home / "data" / "torchvision"
    return DataLoader(
        torchvision_compat.torchvision.datasets.MNIST(root, transform=each),
        batch_size=BATCH,
        shuffle=True,
    )


def _tensors(data: Samples, mean: float, std: float) -> DataLoader:
    x = (torch.tensor(data.inputs).float() / 255 - mean) / std
    return DataLoader(TensorDataset(x, torch.tensor(data.targets)), batch_size=BATCH, shuffle=True)


def _images(file: Path | None) -> Samples:
    """Return 2 048 images of 3 × 32 × 32 in ten classes."""
    if file:
        with np.load(file, allow_pickle=False) as arrays:
            inputs = np.ascontiguousarray(arrays["x_train"][:2048].transpose(0, 3, 1, 2))
            targets = arrays["y_train"][:2048].astype(np.int64)
    else:
        generator = np.random.default_rng(0)
        inputs = generator.integers(0, 256, (2048, *COLOUR), dtype=np.uint8)
        targets = generator.integers(0, 10, 2048)
    return Samples("CIFAR-10", inputs, targets, tuple("0123456789"))


def parser() -> argparse.ArgumentParser:
    """Return the options of this benchmark."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    add_mnist(options)
    options.add_argument(
        "--cifar", type=Path, help="NPZ file with x_train (N, 32, 32, 3) and y_train"
    )
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--steps", type=int, default=300)
    return options


def main(arguments: list[str] | None = None) -> None:
    """Print a table, and each ratio beside its target."""
    options = parser().parse_args(arguments)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    device.prepare()
    torch.set_num_threads(1)
    print(f"Median of {options.rounds} rounds, CPU time.")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(os.environ.get("LAB_HOME") or folder)
        benchmark_mnist(home, options.rounds, options.steps)
    benchmark_cifar(options.cifar, options.rounds, max(1, options.steps // 10))


if __name__ == "__main__":
    main()
