"""How often the forecast of the final validation loss holds: `python -m benchmarks.forecast
[--mnist FOLDER] [--runs N] [--curves FILE]`.

Runs on digits, spirals and MNIST with settings drawn at random: networks, optimizers, learning
rates, schedules, regularizers, label noise and epochs. The forecast is made after a third of the
epochs; the final loss should be in its band in LEVEL of the runs. Without the folder of MNIST its
runs are left out. `--curves` keeps the measured curves in a file, so that the second call trains
nothing. `--double-descent` trains nothing: it forecasts the epoch-wise double descent that the
study *Over steps (closed form)* computes exactly, for runs that end at different steps.
"""

import argparse
import json
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measures import add_mnist
from core.base.events import Epoch
from core.base.text import counted
from core.data.datasets import MNIST, Digits, Moons, Sine, Spirals
from core.data.load import load
from core.data.samples import Samples
from core.descent.epochs import log_spaced, over_steps
from core.experiment import Experiment
from core.runs.forecast import LEVEL, Forecast, Refused, forecast
from core.studies.curve_executors import ClosedFormExecutor
from core.studies.study import shipped
from core.training.loop import train

RUNS = 120
FIRST = 120  # the runs before it are those by which the band was widened
ROWS = 3000  # of MNIST
IMAGES, VALUES = ("digits", "MNIST"), ("sine",)


def cases(
    home: Path, first: int, runs: int, *, mnist: bool
) -> Iterator[tuple[str, Samples, Experiment]]:
    """Yield the name of the data, the samples and an experiment with settings drawn at random."""
    chosen = {
        "digits": Digits(),
        "spirals": Spirals(points=600, noise=0.1),
        "moons": Moons(points=600, noise=0.3),
        "sine": Sine(points=400, noise=0.3),
    }
    data = {name: load(each, home) for name, each in chosen.items()}
    if mnist:
        samples = load(MNIST(), home)
        rows = np.random.default_rng(0).permutation(len(samples.inputs))[:ROWS]
        data["MNIST"] = Samples(
            "MNIST", samples.inputs[rows], samples.targets[rows], samples.classes
        )
    names = list(data)
    for number in range(first, first + runs):
        draw = random.Random(number)
        name = names[number % len(names)]
        yield name, data[name], experiment(draw, name)


def experiment(draw: random.Random, name: str) -> Experiment:
    """Return an experiment with random settings."""
    hidden = [{"kind": "linear", "units": draw.choice([16, 32, 64, 128])}, {"kind": "relu"}]
    if draw.random() < 0.25:
        hidden.append({"kind": "dropout", "p": draw.choice([0.2, 0.5])})
    flatten = [{"kind": "flatten"}] if name in IMAGES else []
    network = [*flatten, *hidden * draw.choice([1, 1, 2]), {"kind": "output"}]
    rate = draw.choice([0.3, 1.0, 3.0])
    optimizer: dict[str, Any] = draw.choice(
        [
            {"kind": "adamw", "learning_rate": 1e-3 * rate},
            {"kind": "adam", "learning_rate": 1e-3 * rate},
            {"kind": "sgd", "learning_rate": 0.05 * rate},
            {"kind": "sgd", "learning_rate": 0.02 * rate, "momentum": 0.9},
        ]
    )
    decay = [{"kind": "l2", "strength": draw.choice([1e-4, 1e-3])}]
    return Experiment(
        network=network,
        optimizer=optimizer,
        schedule={"kind": draw.choice(["constant", "constant", "cosine", "linear", "step"])},
        regularizers=decay if draw.random() < 0.3 else [],
        loss={"kind": "mse" if name in VALUES else "cross_entropy"},
        label_noise={"share": 0 if name in VALUES else draw.choice([0, 0, 0, 0, 0.1, 0.2])},
        epochs=draw.choice([24, 45, 75]),
        batch_size=draw.choice([16, 32, 64]),
        seeds={"initialization": draw.randrange(1000), "order": draw.randrange(1000)},
        split={"validation": 0.2, "test": 0.2},
        device="cpu",
    )


def measure(experiment: Experiment, samples: Samples) -> list[float]:
    """Return the validation loss of every epoch."""
    events = train(experiment, samples)
    return [event.validation["loss"] for event in events if isinstance(event, Epoch)]


ENDS = (100, 1_000, 10_000, 100_000, 1_000_000)  # steps of a run on the double descent
EPOCHS = 90  # of such a run


def double_descent(
    ends: tuple[int, ...] = ENDS, points: int = 120, seeds: tuple[int, ...] = (0, 1, 2)
) -> Iterator[tuple[int, list[float], Forecast | Refused]]:
    """Yield, for runs of EPOCHS epochs that end after so many steps, the test losses of the exact
    curve and their forecast. The loss is interpolated between log-spaced steps.
    """
    study = shipped()["steps"]
    samples = load(study.base.data, Path())
    problem = ClosedFormExecutor(study.method, study.base, samples, len(seeds)).problem
    curve = list(over_steps(problem, log_spaced(max(ends), points), seeds=seeds))
    steps = np.log([point.steps for point in curve])
    losses = np.log([np.mean(point.test_loss) for point in curve])
    for end in ends:
        at = np.log(np.maximum(np.arange(1, EPOCHS + 1) * end / EPOCHS, 1))
        measured = np.exp(np.interp(at, steps, losses)).tolist()
        yield end, measured, forecast(measured, EPOCHS)


def report_double_descent() -> None:
    """Print what becomes of the forecast of each run."""
    for end, losses, made in double_descent():
        text = f"{end:9,} steps: lowest {min(losses):.3f}, end {losses[-1]:.3f}; "
        if isinstance(made, Refused):
            print(f"{text}no forecast ({made.code})")
        else:
            verdict = "holds" if made.holds(losses[-1]) else "missed"
            print(f"{text}forecast {made.low:.3f} to {made.high:.3f}: {verdict}")


def parser() -> argparse.ArgumentParser:
    """Return the options of the benchmark."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    add_mnist(options, otherwise="without MNIST")
    options.add_argument("--runs", type=int, default=RUNS)
    options.add_argument("--first", type=int, default=FIRST, help="number of the first run")
    options.add_argument("--double-descent", action="store_true")
    options.add_argument("--curves", type=Path, help="a file that keeps the measured curves")
    return options


def main() -> None:
    """Train the runs, unless their curves are kept, and report the forecasts."""
    arguments = parser().parse_args()
    if arguments.double_descent:
        report_double_descent()
        return
    cached = arguments.curves and arguments.curves.exists()
    curves = json.loads(arguments.curves.read_text()) if cached else []
    if not curves:
        numbers = arguments.first, arguments.runs
        with tempfile.TemporaryDirectory() as home:
            for name, samples, each in cases(Path(home), *numbers, mnist=bool(arguments.mnist)):
                curves.append({"data": name, "epochs": each.epochs, "loss": measure(each, samples)})
        if arguments.curves:
            arguments.curves.write_text(json.dumps(curves))
    report(curves)


def report(curves: list[dict[str, Any]]) -> None:
    """Print how many final losses are in the band, for each kind of data and for all."""
    made, refused = [], 0
    for curve in curves:
        answer = forecast(curve["loss"], curve["epochs"])
        if isinstance(answer, Refused) or len(curve["loss"]) < curve["epochs"]:
            refused += 1
            continue
        final = curve["loss"][-1]
        made.append((curve["data"], answer.holds(final), final < answer.low, answer))
    for data in sorted({name for name, *_ in made}):
        held = [row[1] for row in made if row[0] == data]
        print(f"{data:8} {sum(held)} of {len(held)} in the band")
    held, below = sum(row[1] for row in made), sum(row[2] for row in made)
    share = held / max(1, len(made))
    ratio = float(np.median([row[3].high / row[3].low for row in made]))
    print(
        f"{held} of {counted(len(made), 'run')} in the band ({share:.0%}, nominal {LEVEL:.0%}), "
        f"{below} below, {len(made) - held - below} above, {refused} refused; "
        f"upper end / lower end: {ratio:.2f} (median)"
    )


if __name__ == "__main__":
    main()
