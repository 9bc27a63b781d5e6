"""What a search costs and what it finds: `python -m benchmarks.search [PART …] [--home FOLDER]
[--seeds N] [--arabic IMAGES LABELS]`. All searches train on one core a process.

overhead    What the lab does for a trial beyond its training: choosing the settings, creating the
            folder, writing events and checkpoints, reading the result (digits, 24 trials).
processes   A search of 16 trials in two processes, compared with one.
strategies  TPE compared with random search: the lowest validation loss of 30 trials on the digits,
            over 10 seeds, with a one-sided Mann-Whitney test and its effect: the probability that a
            search with TPE finds the better one (ties count half). TPE chooses each trial from all
            earlier ones, or with --parallel as many at a time.
recipe      With --arabic: a search of learning rate, width and depth of the ready-made LeNet on
            Arabic digits, 30 trials, compared with the LeNet as it is, both on new seeds.

The searches of `strategies` and `recipe` are kept in --home: a benchmark that was interrupted goes
on with them.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import torch

from benchmarks.measures import report, report_processes
from core.base import device
from core.base.encoding import build, change
from core.data.datasets import Spreadsheets
from core.data.library import Library
from core.data.load import load
from core.experiment import Experiment, shipped
from core.network.presets import MLP
from core.runs.differences import mean_difference
from core.studies.axes import Repeats
from core.studies.search import execution
from core.studies.search.answer import best_trials
from core.studies.search.dimensions import default_space
from core.studies.search.folder import Searches
from core.studies.search.recommended import recommended_pruning, recommended_strategy
from core.studies.search.search import Search
from core.training.loop import Training, train

PARTS = ("overhead", "processes", "strategies", "recipe")
OVERHEAD, LEVEL = 20.0, 0.05  # targets: milliseconds, probability
TRIALS = 30  # of each search that is compared with another one
NEW_SEEDS = 5  # that the result of `recipe` is trained with
DIGITS = Experiment(network=MLP().layers((1, 8, 8)), epochs=4, device="cpu")
RATES = [
    {"kind": "log", "path": "optimizer.learning_rate", "low": 1e-4, "high": 0.1},
    {"kind": "whole", "path": "batch_size", "low": 16, "high": 256, "log": True},
]


def compared_search(strategy: str, seed: int, parallel: int) -> Search:
    """Return the search of `strategies`: the usual space of the digits, which is learning rate, β₁,
    batch size, width and depth, without pruning. Each trial is chosen from the results of those
    that are `parallel` earlier.
    """
    data = Search(base=DIGITS, space=default_space(DIGITS), trials=TRIALS, finalists=0)
    changed = {"strategy": strategy, "pruning": "none", "seed": seed, "parallel": parallel}
    name = f"{strategy} {seed}" + f", {parallel} at a time" * (parallel > 1)
    return build(Search, data.model_dump(mode="json") | changed | {"name": name})


def kept_result(home: Path, search: Search, processes: int = 1) -> Searches:
    """Execute a search, unless one of this name is complete in `home`; return the folder of all."""
    searches = Searches(home)
    by_name = {searches.search(existing).name: existing for existing in searches.ids()}
    search_id = by_name.get(search.name) or execution.create(home, search)
    if (searches.last(search_id, "reason") or {}).get("reason") != "done":
        ended = execution.execute(home, search_id, processes=processes)
        assert ended and ended.reason == "done", ended
    return searches


def named(searches: Searches, name: str) -> str:
    """Return the id of the search of this name."""
    return next(i for i in searches.ids() if searches.search(i).name == name)


# --- overhead


class TrainingTimes:
    """The seconds inside of Training, by clock."""

    def __init__(self) -> None:
        self.elapsed, self.cpu = 0.0, 0.0

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count the time of this block."""
        elapsed, cpu = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            self.elapsed += time.perf_counter() - elapsed
            self.cpu += time.process_time() - cpu


def overhead(trials: int) -> tuple[float, float, float]:
    """Return, per trial of a TPE search: the CPU milliseconds beyond training, the elapsed ones,
    and the CPU milliseconds of its training. A first search loads the data and does not count.
    """
    inside, make, step = TrainingTimes(), Training.__init__, Training.__next__

    def counted(function: Callable) -> Callable:
        def call(*arguments: object, **options: object) -> object:
            with inside.counting():
                return function(*arguments, **options)

        return call

    search = {"base": DIGITS.model_dump(mode="json"), "space": RATES, "finalists": 0}
    search |= {"pruning": "none", "strategy": "tpe"}
    with (
        tempfile.TemporaryDirectory() as home,
        mock.patch.object(Training, "__init__", counted(make)),
        mock.patch.object(Training, "__next__", counted(step)),
    ):
        for count in (12, trials):
            search_id = execution.create(home, build(Search, search | {"trials": count}))
            inside.elapsed = inside.cpu = 0.0
            elapsed, cpu = time.perf_counter(), time.process_time()
            execution.execute(home, search_id, processes=1)
            elapsed, cpu = time.perf_counter() - elapsed, time.process_time() - cpu
    seconds = (cpu - inside.cpu, elapsed - inside.elapsed, inside.cpu)
    return tuple(1e3 * each / trials for each in seconds)


def benchmark_overhead(trials: int) -> None:
    """Print what the lab does for a trial."""
    cpu, elapsed, training = overhead(trials)
    print(f"One trial of {trials}, TPE (load {os.getloadavg()[0]:.1f})")
    report(f"beyond its training ({training:.0f} ms), CPU", cpu, " ms", OVERHEAD, at_least=False)
    report("beyond its training, elapsed", elapsed, " ms", None, at_least=False)


# --- processes


def benchmark_processes(rounds: int) -> None:
    """Print the speed-up of a second process in a search of 16 trials."""
    base = change(DIGITS, "epochs", 8)
    search = {"base": base.model_dump(mode="json"), "space": RATES, "finalists": 0, "trials": 16}
    search |= {"pruning": "none", "strategy": "tpe"}
    print(f"A search of 16 trials, {rounds} rounds (load {os.getloadavg()[0]:.1f})")
    with tempfile.TemporaryDirectory() as home:

        def execute(processes: int) -> None:
            search_id = execution.create(home, build(Search, search))
            execution.execute(home, search_id, processes=processes)

        report_processes("", execute, rounds)


# --- strategies


def lowest_losses(
    home: Path, strategy: str, seeds: Sequence[int], parallel: int = 1
) -> list[float]:
    """Return the lowest validation loss of a search for each seed."""
    losses = []
    for seed in seeds:
        search = compared_search(strategy, seed, parallel)
        searches = kept_result(home, search)
        losses.append(best_trials(searches.trials(named(searches, search.name)), 1)[0].value)
    return losses


def probability_of_lower(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the probability that a value of `first` is below one of `second`; ties count half.

    >>> probability_of_lower([1, 2], [2, 3])
    0.875
    """
    pairs = [(a < b) + (a == b) / 2 for a in first for b in second]
    return sum(pairs) / len(pairs)


def benchmark_strategies(home: Path, seeds: Sequence[int], parallel: int) -> None:
    """Print the comparison of TPE with random search, which does not depend on `parallel`."""
    from scipy.stats import mannwhitneyu

    losses = {
        "random": lowest_losses(home, "random", seeds),
        "tpe": lowest_losses(home, "tpe", seeds, parallel),
    }
    print(
        f"Lowest validation loss of {TRIALS} trials on the digits, {len(seeds)} seeds, TPE with "
        f"{parallel} at a time"
    )
    for name, values in losses.items():
        print(f"  {name:<28} {statistics.median(values):7.4f} (median), mean {mean(values):.4f}")
    lower = probability_of_lower(losses["tpe"], losses["random"])
    report("TPE finds the better one", lower, "", 0.5, at_least=True)
    p = mannwhitneyu(losses["tpe"], losses["random"], alternative="less").pvalue
    report("Mann-Whitney test, one-sided p", p, "", LEVEL, at_least=False)


def mean(values: Sequence[float]) -> float:
    """Return the mean."""
    return statistics.fmean(values)


# --- recipe


def arabic_search(home: Path, images: Path, labels: Path) -> Search:
    """Return the search of learning rate, width and depth of the LeNet on Arabic digits."""
    digest, _ = Library(home).add(images, labels)
    base = shipped()["lenet"].model_copy(
        update={"data": Spreadsheets(digest=digest), "device": "cpu"}
    )
    paths = ("optimizer.learning_rate", "width", "depth")
    space = tuple(d for d in default_space(base) if d.path in paths)
    search = Search(base=base, space=space, trials=TRIALS, finalists=0, name="Arabic digits")
    strategy, _ = recommended_strategy(search)
    search = search.model_copy(update={"strategy": strategy})
    return search.model_copy(update={"pruning": recommended_pruning(search)})


def errors_of(experiment: Experiment, home: Path, seeds: Sequence[int]) -> dict[str, list[float]]:
    """Return the validation loss, and the error on the test set, for each of these seeds."""
    data, found = load(experiment.data, home), {"loss": [], "error": []}
    for seed in seeds:
        *_, ended = train(Repeats(count=1).apply(experiment, seed), data)
        found["loss"].append(ended.validation["loss"])
        found["error"].append(1 - ended.test["accuracy"])
    return found


def benchmark_recipe(home: Path, images: Path, labels: Path) -> None:
    """Print the comparison of the best settings with those of the recipe."""
    search = arabic_search(home, images, labels)
    searches = kept_result(home, search)
    best = best_trials(searches.trials(named(searches, search.name)), 1)[0]
    print(f"Arabic digits, LeNet, {search.base.epochs} epochs, {NEW_SEEDS} new seeds")
    print(f"  best of {TRIALS} trials: {best.values}")
    seeds = range(1, NEW_SEEDS + 1)
    recipe = errors_of(search.base, home, seeds)
    found = errors_of(search.experiment(best.values), home, seeds)
    for name in ("loss", "error"):
        noun = "validation loss" if name == "loss" else "test error"
        print(f"  {noun}: recipe {mean(recipe[name]):.4f}, search {mean(found[name]):.4f}")
        pairs = [a - b for a, b in zip(recipe[name], found[name], strict=True)]
        gain, low, high = mean_difference(pairs)
        print(f"    recipe − search: {gain:.4f} (95 %: {low:.4f} to {high:.4f})")
    ratio = mean(found["loss"]) / mean(recipe["loss"])
    report("validation loss over the recipe's", ratio, " ×", 1.0, at_least=False)


def parser() -> argparse.ArgumentParser:
    """Return the options of this benchmark."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    options.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    options.add_argument("--home", type=Path, help="folder in which searches are kept")
    options.add_argument("--seeds", type=int, default=10, help="of each compared strategy")
    options.add_argument("--first", type=int, default=0, help="the first of these seeds")
    options.add_argument("--parallel", type=int, default=1, help="trials of TPE at a time")
    options.add_argument("--trials", type=int, default=24, help="of which the overhead is measured")
    options.add_argument("--rounds", type=int, default=3, help="of the comparison of processes")
    options.add_argument("--arabic", type=Path, nargs=2, metavar=("IMAGES", "LABELS"))
    return options


def main(arguments: list[str] | None = None) -> None:
    """Run the requested parts, or all, and print a table of each."""
    options = parser().parse_args(arguments)
    device.prepare()
    torch.set_num_threads(1)
    parts = options.parts or PARTS
    with tempfile.TemporaryDirectory() as temporary:
        home = options.home or Path(temporary)
        if "overhead" in parts:
            benchmark_overhead(options.trials)
        if "processes" in parts:
            benchmark_processes(options.rounds)
        if "strategies" in parts:
            seeds = range(options.first, options.first + options.seeds)
            benchmark_strategies(home, seeds, options.parallel)
        if "recipe" in parts and options.arabic:
            benchmark_recipe(home, *options.arabic)


if __name__ == "__main__":
    main()
