"""Training speed against the loops that people write: `python -m benchmarks.training [--mnist
FOLDER]`.

Ratios of samples a second, measured in one run on one core, the contestants in turns so that a busy
machine slows all alike; CPU time, median over rounds. Contestants: our engine with everything that
the app switches on (metrics, probes, events); the tutorial loop (torchvision's set, ToTensor and
Normalize for each picture, DataLoader, `.item()` each step); a DataLoader over a TensorDataset that
already holds normalized tensors.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from core import device, tv
from core.data.load import load
from core.data.normalization import Standardize
from core.data.sets import MNIST
from core.data.split import Split
from core.experiment import Experiment
from core.network.activations import ReLU
from core.network.initializers import PyTorchDefault
from core.network.layers import Flatten, Layer, Linear, Output
from core.network.presets import LeNet
from core.optim.optimizers import Adam
from core.optim.schedules import Constant
from core.train import Training, train

SHAPE, BATCH, RATE = (1, 28, 28), 64, 1e-3
MLP: tuple[Layer, ...] = (Flatten(), Linear(units=256), ReLU(), Linear(units=128), ReLU(), Output())
TARGETS = {"MLP 784-256-128-10": (MLP, 5.5, 1.3), "LeNet": (LeNet().layers(SHAPE), 1.9, None)}


def network(layers: tuple[Layer, ...]) -> nn.Module:
    """The same layers as plain torch, with torch's own initialization."""
    made, shape = [], SHAPE
    for layer in layers:
        made.append(layer.call(shape, 10).make())
        shape = tuple(made[-1](torch.zeros(1, *shape)).shape[1:])
    return nn.Sequential(*made)


def loader_loop(layers: tuple[Layer, ...], loader: DataLoader) -> Iterator[int]:
    """The loop of the tutorials; yields how many steps are done, after each."""
    model, criterion = network(layers), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    for step, (x, y) in enumerate(chain.from_iterable(repeat(loader)), 1):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        loss.item()
        yield step


def our_loop(training: Training) -> Iterator[int]:
    """Yields how many steps are done, after each group of events."""
    for _ in training:
        if training.settled:
            yield training.step


def speed(loop: Iterator[int], done: int, steps: int) -> tuple[float, int]:
    """Samples a CPU second over at least `steps` further steps, and how many are done then."""
    began = time.process_time()
    now = next(now for now in loop if now >= done + steps)
    return (now - done) * BATCH / (time.process_time() - began), now


def measure(
    layers: tuple[Layer, ...], home: Path, rounds: int, steps: int
) -> tuple[dict[str, float], float]:
    """Samples a second of each contestant, and the share of our time that the probes took."""
    data = load(MNIST(), home)
    training = train(_experiment(layers), data)
    contestants: dict[str, Iterator[int]] = {
        "ours": our_loop(training),
        "tutorial": loader_loop(layers, _tutorial(home)),
        "TensorDataset": loader_loop(layers, _tensors(data.inputs, data.targets)),
    }
    done = {name: speed(loop, 0, 50)[1] for name, loop in contestants.items()}
    speeds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, loop in contestants.items():
            value, done[name] = speed(loop, done[name], steps)
            speeds[name].append(value)
    share = training.budget.spent / training.watch.seconds
    return {name: statistics.median(values) for name, values in speeds.items()}, share


def _experiment(layers: tuple[Layer, ...]) -> Experiment:
    return Experiment(
        data=MNIST(),
        split=Split(validation=0, test=0),
        network=layers,
        normalization=Standardize(),
        initializer=PyTorchDefault(),
        optimizer=Adam(learning_rate=RATE),
        schedule=Constant(),
        epochs=1000,
        batch_size=BATCH,
        device="cpu",
    )


def _tutorial(home: Path) -> DataLoader:
    transforms = tv.torchvision.transforms
    each = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    root = home / "data" / "torchvision"
    return DataLoader(
        tv.torchvision.datasets.MNIST(root, transform=each), batch_size=BATCH, shuffle=True
    )


def _tensors(images: object, labels: object) -> DataLoader:
    x = (torch.tensor(images).float() / 255 - 0.1307) / 0.3081
    return DataLoader(TensorDataset(x, torch.tensor(labels)), batch_size=BATCH, shuffle=True)


def main(arguments: list[str] | None = None) -> None:
    """Prints a table, and each ratio beside its target."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument(
        "--mnist", type=Path, help="a folder with MNIST/raw/*.gz, where it is not downloaded yet"
    )
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--steps", type=int, default=300)
    given = options.parse_args(arguments)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    device.prepare()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(os.environ.get("LAB_HOME") or folder)
        if given.mnist:
            os.environ["LAB_TORCHVISION"] = str(given.mnist)
        for name, (layers, tutorial, tensors) in TARGETS.items():
            speeds, share = measure(layers, home, given.rounds, given.steps)
            print(
                f"\n{name}, batch {BATCH}, Adam, one core: median of {given.rounds} rounds of "
                f"{given.steps} steps"
            )
            for contestant, value in speeds.items():
                print(
                    f"  {contestant:<14}{value:>10,.0f} samples/s   ours is "
                    f"{speeds['ours'] / value:5.2f} ×"
                )
            print(
                f"  targets: {tutorial} × the tutorial loop"
                + (f", {tensors} × the TensorDataset loop" if tensors else "")
            )
            print(f"  probes: {100 * share:.2f} % of our time (at most 3 %)")


if __name__ == "__main__":
    main()
