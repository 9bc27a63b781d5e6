"""How well suspicious rows are found: `python -m benchmarks.suspicious [--mnist FOLDER]`.

Flips the labels of 10 % of the training samples of the bundled digits and of MNIST, trains, and
compares the ranking by area under the margin with the labels that were changed: the precision among
the most suspicious 5 and 10 %, and how often the suggested label is the original one.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import torch

from benchmarks.measures import add_mnist
from core.analysis.mistakes.suspicious import rank
from core.base.encoding import change
from core.data.datasets import MNIST
from core.data.load import load
from core.experiment import Experiment, shipped
from core.network.presets import MLP, LeNet
from core.training.loop import train

NOISE = 0.1


def measure(title: str, experiment: Experiment, home: Path) -> None:
    """Train with wrong labels, and print how many of them the ranking puts first."""
    experiment = change(experiment, "label_noise.share", NOISE)
    data, began = load(experiment.data, home), time.monotonic()
    training = train(experiment, data)
    *_, ended = training
    rows = training.setup.rows.train
    ranking = rank(training.state()["margins"], training.setup.train.targets.cpu().numpy())
    wrong = training.setup.train.targets.cpu().numpy() != data.targets[rows]
    restored = ranking.suggested == data.targets[rows]
    print(f"\n{title}: {wrong.sum():,} of {len(rows):,} labels wrong, {ended.epochs} epochs")
    seconds, accuracy = time.monotonic() - began, ended.test["accuracy"]
    print(f"  {seconds:.0f} s, test accuracy {accuracy:.4f}")
    for share in (0.05, 0.1):
        first = ranking.order[: round(share * len(rows))]
        found = first[wrong[first]]
        print(f"  first {share:.0%}: precision {wrong[first].mean():.3f}, "
              f"original label suggested for {restored[found].mean():.3f} of these")  # fmt: skip
    negative = ranking.areas < 0
    print(f"  area below 0: {negative.sum():,} rows, precision {wrong[negative].mean():.3f}, "
          f"recall {wrong[negative].sum() / wrong.sum():.3f}")  # fmt: skip


def parser() -> argparse.ArgumentParser:
    """Return the options of this benchmark."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    add_mnist(options)
    options.add_argument("--epochs", type=int, default=5, help="of MNIST")
    return options


def main(arguments: list[str] | None = None) -> None:
    """Print the figures of the digits, and of MNIST with two networks."""
    options = parser().parse_args(arguments)
    torch.set_num_threads(1)
    digits = shipped()["digits"].model_copy(update={"device": "cpu"})
    with tempfile.TemporaryDirectory() as folder:
        home = Path(os.environ.get("LAB_HOME") or folder)
        for epochs in (5, 30, 150):
            measure("Digits", digits.model_copy(update={"epochs": epochs}), home)
        for preset in (MLP(), LeNet()):
            layers = preset.layers((1, 28, 28))
            more = {"data": MNIST(), "network": layers, "batch_size": 64, "epochs": options.epochs}
            measure(f"MNIST, {preset.label}", digits.model_copy(update=more), home)


if __name__ == "__main__":
    main()
