"""Elapsed time of double-descent studies: `python -m benchmarks.studies [--mnist FOLDER]
[--rounds N]`; with LAB_RAY and `--ray`, a cluster of two cores compared with two processes.

The time from Start to the first point, with nothing imported beforehand but the lab itself, and the
speed-up of a second process.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import torch

from benchmarks.measures import add_mnist, report, report_processes
from core.base import device
from core.base.control import GO, LEAVE
from core.base.encoding import change
from core.data.datasets import MNIST
from core.data.load import load
from core.studies import sweeps
from core.studies.records import Record
from core.studies.study import Study, shipped

FIRST_POINT_SECONDS = 2.0  # target
RAY_OVERHEAD = 1.10  # times the seconds of two processes on the same two cores, at most
STUDIES = ("random-features", "squared-fast", "entropy-fast")
DECAYS = [0.0, 0.1, 0.3, 1.0, 3.0]


def first_point(name: str, home: Path) -> float:
    """Return the seconds from the start of a ready-made study to its first point; the data is in
    memory.
    """
    study_id, times = sweeps.create(home, shipped()[name]), []
    start = time.perf_counter()

    def watch(event: object) -> None:
        if isinstance(event, Record):
            times.append(time.perf_counter() - start)

    sweeps.execute(home, study_id, lambda sweep: LEAVE if times else GO, watch, processes=1)
    return times[0]


def compare_ray(home: Path, study: Study, rounds: int) -> tuple[float, float]:
    """Return the median elapsed seconds of the study with two processes, and on the Ray cluster
    that LAB_RAY names. Both keep their workers; the first study of each starts them and does not
    count.
    """
    times: dict[str, list[float]] = {"": [], os.environ["LAB_RAY"]: []}
    for turn in range(rounds + 1):
        for address in sorted(times, reverse=bool(turn % 2)):
            os.environ["LAB_RAY"] = address
            study_id, start = sweeps.create(home, study), time.perf_counter()
            sweeps.execute(home, study_id, processes=2)
            times[address] += [time.perf_counter() - start] if turn else []
    os.environ["LAB_RAY"] = next(address for address in times if address)
    here, there = (statistics.median(values) for values in times.values())
    return here, there


def benchmark_ray(rounds: int) -> None:
    """Print the overhead of a cluster of two cores against two processes."""
    with tempfile.TemporaryDirectory() as folder:
        home, study = Path(folder), shipped()["squared-fast"]
        load(MNIST(), home)
        here, there = compare_ray(home, study, rounds)
        label = f"squared-fast, Ray over two processes ({here:.1f} → {there:.1f} s)"
        report(label, there / here, " ×", RAY_OVERHEAD, at_least=False)


def benchmark_studies(rounds: int) -> None:
    """Print the time to the first point, and the speed-up of a second process."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        load(MNIST(), home)
        print(f"Studies, elapsed time (load {os.getloadavg()[0]:.1f} at the start)")
        for name in STUDIES:
            seconds = first_point(name, home)
            report(f"{name}, first point", seconds, " s", FIRST_POINT_SECONDS, at_least=False)
        decays = change(shipped()["squared-fast"], "method.decays", DECAYS)
        for name, study in (("squared", shipped()["squared"]), ("squared-fast, 5 decays", decays)):

            def execute(processes: int, study: Study = study) -> None:
                sweeps.execute(home, sweeps.create(home, study), processes=processes)

            report_processes(f"{name}, ", execute, rounds)


def parser() -> argparse.ArgumentParser:
    """Return the options of this benchmark."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    add_mnist(options)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument(
        "--ray", action="store_true", help="measure only the overhead of the cluster of LAB_RAY"
    )
    return options


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark and print a table."""
    options = parser().parse_args(arguments)
    device.prepare()
    torch.set_num_threads(1)
    if options.ray:
        benchmark_ray(options.rounds)
    else:
        benchmark_studies(options.rounds)


if __name__ == "__main__":
    main()
