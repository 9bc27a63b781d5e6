"""Test errors of fine-tuning against training from scratch, for three seeds.

    python -m benchmarks.fine_tuning [IMAGES LABELS]

Without files: the ready-made comparison, digits 0 to 4 → 5 to 9. With two spreadsheets of 28 × 28
images, such as the Arabic digits: all included digits, enlarged to 28 × 28, → 200 of these images.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import sqrt
from pathlib import Path
from statistics import mean, stdev

from core.base.events import Ended
from core.data.datasets import Digits
from core.data.library import Library
from core.data.load import load
from core.data.samples import Samples
from core.data.split import Split
from core.experiment import Experiment, Seeds, comparisons, shipped
from core.network.presets import LeNet
from core.training.inputs import load_inputs
from core.training.loop import train
from core.weights.start import FromScratch, FromWeights

SEEDS = (0, 1, 2)
STUDENT = 4.303  # quantile 0.975 of Student's t with two degrees of freedom
TRAINED = 200  # images
NO_HOME = Path("/nowhere")


def test_error(experiment: Experiment, data: Samples) -> float:
    """Train the experiment and return the error rate on the test set."""
    *_, end = train(experiment, data)
    assert isinstance(end, Ended) and end.test
    return 1 - end.test["accuracy"]


def seeded(experiment: Experiment, seed: int) -> Experiment:
    """Return the experiment with other initial weights, another order and another split."""
    seeds = Seeds(initialization=seed, order=seed, dropout=seed, augmentation=seed)
    split = experiment.split.model_copy(update={"seed": seed})
    return experiment.model_copy(update={"seeds": seeds, "split": split, "device": "cpu"})


def included(epochs: int = 0) -> dict[str, list[float]]:
    """Return the test errors of the ready-made comparison by the name of the experiment."""
    errors: dict[str, list[float]] = {}
    for name in comparisons()["fine-tuning"]:
        e = shipped()[name].model_copy(update={"epochs": epochs or shipped()[name].epochs})
        data = load_inputs(e, NO_HOME)
        errors[name] = [test_error(seeded(e, seed), data) for seed in SEEDS]
    return errors


def arabic(
    images: Path, labels: Path, home: Path, *, epochs: int = 30, seeds: Sequence[int] = SEEDS
) -> dict[str, list[float]]:
    """Return the test errors on these images after training from scratch and after fine-tuning a
    network for the included digits, by the start.
    """
    layers = LeNet().layers((1, 28, 28))
    source = Experiment(data=Digits(size=28), network=layers, epochs=15, device="cpu")
    training = train(source, load(source.data, NO_HOME))
    list(training)
    weights = training.best
    digest, found = Library(home).add(images, labels)
    data = replace(Library(home).open(digest), name="Arabic digits")
    split = Split(validation=0.02, test=0.5, fraction=TRAINED / (0.48 * found.rows))
    target = Experiment(network=layers, split=split, epochs=epochs, batch_size=16)
    starts = {
        "scratch": FromScratch(),
        "fine-tuned": FromWeights(digest="0" * 64, new_layers=("output",)),
    }
    return {
        name: [
            test_error(seeded(target.model_copy(update={"start": start}), seed),
                       replace(data, start=weights))
            for seed in seeds
        ]
        for name, start in starts.items()
    }  # fmt: skip


def lines(errors: dict[str, list[float]]) -> Iterator[str]:
    """Yield the mean error of each start with its 95 % interval, and the paired difference."""
    for name, values in errors.items():
        yield f"{name:28} {_interval(values)}"
    first, *others = errors.values()
    for name, values in list(errors.items())[1:]:
        pairs = zip(first, values, strict=True)
        yield f"{'difference of ' + name:28} {_interval([a - b for a, b in pairs])}"
    assert others


def _interval(values: list[float]) -> str:
    half = STUDENT * stdev(values) / sqrt(len(values))
    return f"{100 * mean(values):.1f} % ± {100 * half:.1f} (n = {len(values)})"


if __name__ == "__main__":
    if len(sys.argv) > 2:
        import tempfile

        with tempfile.TemporaryDirectory() as home:
            print(*lines(arabic(Path(sys.argv[1]), Path(sys.argv[2]), Path(home))), sep="\n")
    else:
        print(*lines(included()), sep="\n")
