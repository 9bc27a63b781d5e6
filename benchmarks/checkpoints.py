"""The cost of checkpoints and of the hashes of weights: `python -m benchmarks.checkpoints`.

The fraction of the time of a run that each takes, measured within the run itself, so that a busy
machine changes both sides alike: on one core an MLP and a small CNN on the digits, and LeNet on
random images of 28 × 28 pixels. On a GPU every measured piece waits for the device, as a training
does not: the fraction is an upper bound.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any
from unittest import mock

import numpy as np
import torch

from core.base import device
from core.base.control import GO, STOP
from core.base.encoding import encode
from core.data.samples import Samples
from core.experiment import Experiment, shipped
from core.network.presets import MLP, LeNet
from core.runs import kept_checkpoints
from core.runs.store import Store
from core.studies import trainer
from core.training import inputs
from core.training.weight_hashes import WeightHasher

TARGET = 0.02  # of the time, both together
SHARES = ("hashes", "checkpoints")


def random_images() -> Samples:
    """6,000 grey images of ten classes."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (6000, 1, 28, 28)).astype(np.uint8)
    return Samples("random", images, random.integers(0, 10, 6000), tuple("0123456789"))


def timed(spent: dict[str, float], name: str, function: Callable[..., Any], *what: Any) -> Any:
    """Call a function and add its seconds to `spent`."""
    _wait()
    began = time.perf_counter()
    try:
        return function(*what)
    finally:
        _wait()
        spent[name] += time.perf_counter() - began


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def measure(experiment: Experiment, samples: Samples | None, seconds: float) -> dict[str, float]:
    """Return the fractions of one run of this many seconds, how often it was saved, and how many
    checkpoints it keeps.
    """
    spent, saves = dict.fromkeys(SHARES, 0.0), []
    began = 0.0

    def poll(training: Any) -> str:
        nonlocal began
        began = began or time.perf_counter()
        return STOP if time.perf_counter() - began > seconds else GO

    add, read, save = WeightHasher._add, WeightHasher.read, trainer._save

    def saved(*what: Any) -> None:
        saves.append(1)
        timed(spent, "checkpoints", save, *what)

    with ExitStack() as stack, tempfile.TemporaryDirectory() as home:
        patch = lambda *what: stack.enter_context(mock.patch.object(*what))  # noqa: E731
        patch(WeightHasher, "_add", lambda *what: timed(spent, "hashes", add, *what))
        patch(WeightHasher, "read", lambda *what: timed(spent, "hashes", read, *what))
        patch(trainer, "_save", saved)
        if samples:
            patch(inputs, "load", lambda *what: samples)
        store = Store(home)
        run = store.create(encode(experiment))
        ended = trainer.execute(store, run, poll_control=poll)
        assert ended.reason in ("stopped", "epochs"), ended.message
        total = time.perf_counter() - began
        kept = kept_checkpoints.kept(store, run)
    return {name: value / total for name, value in spent.items()} | {
        "saves": len(saves), "kept": len(kept), "epochs": ended.epochs,
    }  # fmt: skip


def contestants(chosen: str) -> dict[str, Callable[[float], dict[str, float]]]:
    """Return what is measured, by name."""
    long = {"epochs": 100_000, "device": chosen, "stopping": ()}
    digits = shipped()["digits"].model_copy(update=long)
    mlp = digits.model_copy(update={"network": MLP().layers((1, 8, 8))})
    lenet = Experiment(network=LeNet().layers((1, 28, 28)), batch_size=64, **long)
    return {
        "MLP on digits": partial(measure, mlp, None),
        "Small CNN on digits": partial(measure, digits, None),
        "LeNet": partial(measure, lenet, random_images()),
    }


def parser() -> argparse.ArgumentParser:
    """Return the options."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    options.add_argument("--seconds", type=float, default=20.0, help="of each run")
    options.add_argument("--device", default="cpu")
    return options


def main() -> None:
    """Print one line for each network."""
    arguments = parser().parse_args()
    device.prepare()
    for name, run in contestants(arguments.device).items():
        found = run(arguments.seconds)
        both = sum(found[share] for share in SHARES)
        print(
            f"{name}: hashes {found['hashes']:.2%}, checkpoints {found['checkpoints']:.2%}, "
            f"together {both:.2%} of the time (target {TARGET:.0%}); {found['saves']} saved, "
            f"{found['kept']} kept of {found['epochs']} epochs"
        )


if __name__ == "__main__":
    main()
