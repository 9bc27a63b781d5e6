"""What benchmarks share: the option --mnist, the CPU time of processes, one process compared with
two, and the line of a result.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable

import psutil

SPEEDUP = 1.7  # of a second process on an idle machine of two cores: the target


class _UseFolder(argparse.Action):
    """Has the lab read torchvision's datasets from this folder."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        options: argparse.Namespace,
        folder: object,
        *_: object,
    ) -> None:
        setattr(options, self.dest, folder)
        os.environ["LAB_TORCHVISION"] = str(folder)


def add_mnist(options: argparse.ArgumentParser, *, otherwise: str = "download it") -> None:
    """Add the option --mnist; `otherwise` says what happens without it."""
    about = f"folder with MNIST/raw (default: {otherwise})"
    options.add_argument("--mnist", metavar="FOLDER", action=_UseFolder, help=about)


def report(label: str, value: float, unit: str, target: float | None, *, at_least: bool) -> None:
    """Print a value, its target, and whether it is met."""
    met = "" if target is None else " missed"
    if target is not None and (value >= target if at_least else value <= target):
        met = " met"
    sign = "≥" if at_least else "≤"
    goal = "" if target is None else f"   target {sign} {target:g}{unit}:{met}"
    print(f"  {label:<28} {value:7.2f}{unit}{goal}")


def cpu_of_processes() -> dict[int, float]:
    """Return the CPU seconds of this process and of each of its children."""
    this = psutil.Process()
    times = {each.pid: each.cpu_times() for each in (this, *this.children(recursive=True))}
    return {pid: spent.user + spent.system for pid, spent in times.items()}


def compare_processes(
    execute: Callable[[int], object], rounds: int
) -> dict[str, tuple[float, float]]:
    """Return the median seconds of `execute(1)` and of `execute(2)`, the number of processes: the
    elapsed time, and the time on an idle machine of two cores, which is the CPU time of the busiest
    process or half of that of all. Processes are kept from the first round, which does not count.
    """
    times: dict[tuple[str, int], list[float]] = {}
    for turn in range(rounds + 1):
        for processes in (1, 2) if turn % 2 else (2, 1):
            before, start = cpu_of_processes(), time.perf_counter()
            execute(processes)
            elapsed = time.perf_counter() - start
            spent = [cpu - before.get(pid, 0.0) for pid, cpu in cpu_of_processes().items()]
            if turn:
                idle = max(*spent, sum(spent) / 2) if processes > 1 else sum(spent)
                times.setdefault(("elapsed", processes), []).append(elapsed)
                times.setdefault(("idle machine", processes), []).append(idle)
    medians = {key: statistics.median(values) for key, values in times.items()}
    return {kind: (medians[kind, 1], medians[kind, 2]) for kind in ("elapsed", "idle machine")}


def report_processes(name: str, execute: Callable[[int], object], rounds: int) -> None:
    """Print the speed-up of a second process."""
    for kind, (one, two) in compare_processes(execute, rounds).items():
        target = SPEEDUP if kind != "elapsed" else None
        label = f"{name}two processes, {kind} ({one:.1f} → {two:.1f} s)"
        report(label, one / two, " ×", target, at_least=True)
