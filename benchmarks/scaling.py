"""What many trials cost on many nodes: `python -m benchmarks.scaling [--trials N] [--cores N]`.

Measured here, as CPU time: the seconds of the trials of a random search (digits, two epochs, other
rates and batch sizes), and what the lab itself does for each trial: choosing its settings, creating
its folder, writing its result. Simulated from both: 10 000 such trials, and 10 000 trials that take
sixty times as long, on 1, 10 and 100 nodes. The durations are drawn from the measured ones. A trial
starts when a core is free and the lab, which prepares one trial after another, has prepared it.
Not simulated: the start of the workers, the network, lost nodes, and a shared disk.
"""

import argparse
import heapq
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from unittest import mock

import torch

from core.base import device
from core.base.encoding import build
from core.studies.places.place import Outcome, Piece, Poll
from core.studies.places.this_process import ThisProcess
from core.studies.search import execution
from core.studies.search.search import Search

TRIALS, NODES = 10_000, (1, 10, 100)
LONGER = 60.0  # times a measured trial: a training of about a minute
SEARCH = {
    "base": {"epochs": 2, "device": "cpu"},
    "space": [
        {"kind": "log", "path": "optimizer.learning_rate", "low": 1e-4, "high": 0.1},
        {"kind": "whole", "path": "batch_size", "low": 16, "high": 256, "log": True},
    ],
    "strategy": "random",
    "pruning": "none",
    "finalists": 0,
}


@dataclass(frozen=True)
class Costs:
    """Seconds of each measured trial, and of the lab for one trial."""

    trials: Sequence[float]
    lab: float


class TimedPlace(ThisProcess):
    """This process, with the seconds of each piece of work in `pieces`."""

    def __init__(self, check: Poll):
        super().__init__(check)
        self.pieces = [0.0]

    def receive(self, seconds: float = 0.0) -> Iterator[tuple[Piece, Outcome]]:
        start = time.process_time()
        for piece, outcome in super().receive(seconds):
            self.pieces[-1] += time.process_time() - start
            self.pieces += [0.0] if outcome is None else []
            yield piece, outcome
            start = time.process_time()


def measure(trials: int) -> Costs:
    """Run a search in this process, after a short one that loads the data and the libraries."""
    places: list[TimedPlace] = []

    def open_place(check: Poll, **_: object) -> TimedPlace:
        places.append(TimedPlace(check))
        return places[-1]

    with (
        tempfile.TemporaryDirectory() as home,
        mock.patch.object(execution, "open_place", open_place),
    ):
        for count in (2, trials):
            search_id = execution.create(home, build(Search, {**SEARCH, "trials": count}))
            start = time.process_time()
            execution.execute(home, search_id, processes=1)
            spent = time.process_time() - start
    seconds = places[-1].pieces[:-1]
    return Costs(seconds, max(0.0, spent - sum(seconds)) / trials)


def simulate(costs: Costs, trials: int, cores: int, factor: float = 1.0, seed: int = 0) -> float:
    """Return the seconds until the last of the trials has ended on so many cores.

    >>> simulate(Costs([1.0], 0.0), 10, 5)
    2.0
    >>> simulate(Costs([1.0], 0.5), 10, 5)  # the lab prepares two trials a second
    6.0
    """
    draw, prepared, free = random.Random(seed), 0.0, [0.0] * cores
    for _ in range(trials):
        start = max(prepared, free[0])
        prepared = start + costs.lab
        heapq.heapreplace(free, prepared + factor * draw.choice(costs.trials))
    return max(free)


def parser() -> argparse.ArgumentParser:
    """Return the options of this benchmark."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    options.add_argument("--trials", type=int, default=24, help="trials that are measured")
    options.add_argument("--cores", type=int, default=16, help="cores of each simulated node")
    return options


def main(arguments: list[str] | None = None) -> None:
    """Measure, simulate, and print a table."""
    options = parser().parse_args(arguments)
    device.prepare()
    torch.set_num_threads(1)
    costs = measure(options.trials)
    median = statistics.median(costs.trials)
    print(
        f"Measured: {options.trials} trials, {median:.2f} s each (median), and "
        f"{1e3 * costs.lab:.0f} ms of the lab for each"
    )
    for factor in (1.0, LONGER):
        print(
            f"Simulated: {TRIALS} trials of {factor * median:.2f} s, {options.cores} cores a node"
        )
        alone = simulate(costs, TRIALS, options.cores, factor)
        for nodes in NODES:
            seconds = simulate(costs, TRIALS, nodes * options.cores, factor)
            hours = seconds / 3600
            print(
                f"  {nodes:>3} nodes: {hours:8.2f} h, {nodes * hours:8.1f} node hours, "
                f"{alone / seconds:6.1f} × one node"
            )


if __name__ == "__main__":
    main()
