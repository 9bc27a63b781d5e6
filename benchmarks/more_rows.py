"""How often the power law of a learning curve predicts the largest size: `python -m
benchmarks.more_rows [--mnist FOLDER] [--arabic FOLDER]`.

Twenty cases: digits, blobs, MNIST and Arabic digits, each with five networks or five kinds of
clouds. Six sizes of the training set, up to all of it, with three seeds each. The law is fitted to
the five smaller sizes and starts from the largest of them, as the forecast of the page does; the
mean error of the largest size should be in its 90 % interval in at least 16 of 20 cases. Without
the folders of MNIST or Arabic digits their cases are left out.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.measures import add_mnist
from core.advice.power_law import MIN_SIZES, fit, judge_more_rows, learned
from core.analysis.side_runs import side_run
from core.analysis.verdict.more_rows import LEAST, vary
from core.base.text import counted
from core.data.datasets import MNIST, Blobs, Digits
from core.data.load import load
from core.data.samples import Samples
from core.experiment import Experiment
from core.network.layer import Layer
from core.network.layers import Flatten, Linear, Output, ReLU
from core.optim.optimizers import AdamW

SIZES, SEEDS, TARGET = 6, 3, 0.8
ROWS = 6000  # of the larger datasets
ARABIC = ("csvTestImages 10k x 784.csv", "csvTestLabel 10k x 1.csv")


def networks() -> dict[str, tuple[Layer, ...]]:
    """Return five networks for images."""
    widths: dict[str, tuple[int, ...]] = {
        "softmax": (), "16": (16,), "64": (64,), "256": (256,), "64-64": (64, 64)
    }  # fmt: skip
    return {
        name: (
            Flatten(),
            *(layer for width in layers for layer in (Linear(units=width), ReLU())),
            Output(),
        )
        for name, layers in widths.items()
    }


def cases(home: Path, arabic: Path | None, *, mnist: bool) -> Iterator[tuple[str, Samples, dict]]:
    """Yield a name, the samples, and the fields of the experiment."""
    images = {"digits": load(Digits(), home)}
    if mnist:
        images["MNIST"] = first(load(MNIST(), home))
    if arabic:
        pixels, labels = (np.loadtxt(arabic / name, delimiter=",", dtype=int) for name in ARABIC)
        inputs = pixels.astype(np.uint8).reshape(-1, 1, 28, 28)
        images["Arabic digits"] = first(
            Samples("Arabic digits", inputs, labels.astype(np.int64), tuple("0123456789"))
        )
    for data, samples in images.items():
        for name, network in networks().items():
            yield f"{data}, {name}", samples, {"network": network}
    for clouds, noise in ((3, 0.35), (3, 0.6), (5, 0.3), (8, 0.2), (8, 0.35)):
        samples = load(Blobs(points=6000, clouds=clouds, noise=noise), home)
        network = (Linear(units=32), ReLU(), Output())
        yield f"blobs, {clouds} of noise {noise}", samples, {"network": network}


def first(samples: Samples) -> Samples:
    """Return ROWS random samples, without a separate test set."""
    rows = np.random.default_rng(0).permutation(len(samples))[:ROWS]
    return Samples(samples.name, samples.inputs[rows], samples.targets[rows], samples.classes)


def main() -> None:
    """Print each case and how many predictions are in the interval."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    add_mnist(parser, otherwise="without MNIST")
    parser.add_argument("--arabic", type=Path, help="the folder of the two spreadsheets")
    arguments = parser.parse_args()
    hits, refused, total = 0, 0, 0
    with tempfile.TemporaryDirectory() as home:
        found = cases(Path(home), arguments.arabic, mnist=bool(arguments.mnist))
        for name, samples, fields in found:
            total += 1
            began = time.process_time()
            base = Experiment(
                **fields, epochs=20, batch_size=32, device="cpu",
                optimizer=AdamW(learning_rate=2e-3), split={"validation": 0.3, "test": 0.05},
            )  # fmt: skip
            sizes, errors = measure(base, samples)
            held = float(np.mean(errors[-1]))
            fewer = learned(sizes[:-1], errors[:-1])
            if len(fewer[0]) < MIN_SIZES - 1:
                refused += 1
                print(f"{name:24} refused: the smaller sizes learn nothing", flush=True)
                continue
            ahead = fit(*fewer, most=1.0).ahead()
            value, low, high = ahead.predict(sizes[-1], seeds=SEEDS)
            hit = low <= held <= high
            hits += hit
            code = judge_more_rows(sizes, errors).finding.code
            seconds = time.process_time() - began
            print(
                f"{name:24} predicted {100 * value:5.2f} % ({100 * low:.2f} to {100 * high:.2f}), "
                f"measured {100 * held:5.2f} %  {'in' if hit else 'OUT'}  {code}  {seconds:.0f} s",
                flush=True,
            )
    share = hits / max(1, total - refused)
    print(
        f"{hits} of {counted(total - refused, 'case')} in the interval, target {TARGET:.0%}, "
        f"{refused} refused: {'reached' if share >= TARGET else 'MISSED'}"
    )


def measure(base: Experiment, samples: Samples) -> tuple[list[int], list[list[float]]]:
    """Return the sizes of the training set and the validation errors of every seed."""
    whole = len(base.split.parts(samples.targets).train)
    sizes = [round(n) for n in np.geomspace(LEAST * whole, whole, SIZES)]
    errors = []
    for size in sizes:
        errors.append([])
        for repetition in range(SEEDS):
            work = side_run(vary(base, size / whole, repetition), samples)
            while True:
                try:
                    next(work)
                except StopIteration as end:
                    errors[-1].append(end.value.mean("validation"))
                    break
    return sizes, errors


if __name__ == "__main__":
    main()
