"""Times of the analyses of the tab Mistakes on MNIST: `python -m benchmarks.evaluation [--mnist
FOLDER]`. Run it with `taskset -c 0` to measure one core.

Trains an MLP and a LeNet for one epoch, and computes what the tab shows about the 10,000 test
images, each analysis as the page asks for it: the run is read, the network built and the test set
predicted every time.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

from benchmarks.measures import add_mnist
from core.analysis import results
from core.analysis.catalogue import Calibration, Confusion, Mistakes
from core.base.encoding import encode
from core.data.datasets import MNIST
from core.data.load import load
from core.experiment import Experiment, shipped
from core.jobs.kinds import KINDS, RUN
from core.runs.store import Store

NETWORKS = ("mnist-mlp", "lenet")
ANALYSES = (Confusion(), Mistakes(), Calibration())


def measure(home: Path, experiment: Experiment) -> None:
    """Train one epoch, and print the CPU seconds of each analysis and of all of them."""
    store = Store(home)
    run = store.create(encode(experiment))
    KINDS[RUN].execute(home, run)
    seconds = []
    for analysis in ANALYSES:
        began = time.process_time()
        list(results.compute(store, run, analysis))
        seconds.append(time.process_time() - began)
    times = ", ".join(f"{a.kind} {s:.2f} s" for a, s in zip(ANALYSES, seconds, strict=True))
    wrong = results.stored(store, run, Mistakes())["wrong"]
    print(f"{experiment.name}: {sum(seconds):.2f} s ({times}); {wrong} mistakes", flush=True)


def parser() -> argparse.ArgumentParser:
    """Return the options of this benchmark."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    add_mnist(options)
    return options


def main(arguments: list[str] | None = None) -> None:
    """Print the times of both networks."""
    parser().parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(os.environ.get("LAB_HOME") or folder)
        load(MNIST(), home)
        for name in NETWORKS:
            measure(home, shipped()[name].model_copy(update={"epochs": 1, "device": "cpu"}))


if __name__ == "__main__":
    main()
