"""Many viewers of one run: `python -m benchmarks.viewers [--worker process] [--soak MINUTES]`.

A real server in class mode trains LeNet on 28 × 28 digits while 0, 1, 10 and 30 viewers
(benchmarks/clients.py) have its Watch page open. Time windows without and with viewers alternate,
so that a busy machine slows both equally. Reported for each number of viewers: training speed as a
percentage of the speed without viewers; 95th percentiles of the first load, and of the time from an
event on disk until a viewer receives it; errors; CPU cores used by the viewers themselves, which
training lacks on a small machine. With --soak: how fast the memory of the server grows with the
largest number of viewers.

Targets for 30 viewers: 90 % of the speed (thread), 97 % (process), load 2 s, update 1 s, no error,
1 MB per minute.
"""

import argparse
import asyncio
import bisect
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import httpx
import numpy as np
import psutil

from benchmarks.clients import Seen, Viewer
from core.base.encoding import to_link
from core.base.errors import NotFound
from core.data.datasets import Digits
from core.experiment import Experiment
from core.network.presets import LeNet
from core.optim.schedules import Constant
from core.runs.store import EVENTS, Store
from pages.kit import feed

ROOT = Path(__file__).parents[1]
POLL_INTERVAL = 0.02  # seconds between two reads of the run's log
SETTLE = 3.0  # seconds after arrivals and departures that are not measured


class StepLog:
    """Record when each step of the run was on disk, by reading often."""

    def __init__(self, store: Store, run: str):
        self.times, self.steps = [time.time()], [0]
        self._store, self._run = store, run
        threading.Thread(target=self._poll, daemon=True).start()

    def _poll(self) -> None:
        offset = self._store.path(self._run, EVENTS).stat().st_size
        while True:
            try:
                lines, offset = self._store.read(self._run, offset)
            except NotFound:
                return  # the benchmark has ended and removed its folder
            now = time.time()
            for step in (e["step"] for e in map(json.loads, lines) if e["event"] == "Step"):
                self.times.append(now)
                self.steps.append(step)
            time.sleep(POLL_INTERVAL)

    def speed(self, begin: float, end: float) -> float:
        """Return steps per second between two times, from the last event before each."""
        first, last = (bisect.bisect(self.times, moment) - 1 for moment in (begin, end))
        return (self.steps[last] - self.steps[first]) / (self.times[last] - self.times[first])

    def delays(self, arrivals: list[tuple[float, int]]) -> Iterator[float]:
        """Yield the age in seconds of the oldest event in each update on arrival."""
        for (_, before), (arrived, step) in pairwise(arrivals):
            if step > before:
                yield arrived - self.times[bisect.bisect(self.steps, before)]


@dataclass
class Lab:
    """A server that trains one run."""

    url: str
    process: psutil.Process
    page: str
    feed: str
    log: StepLog


@contextmanager
def running_lab(home: Path, worker: str) -> Iterator[Lab]:
    """Start the server as `make run` does, and train."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    environment = os.environ | {
        "LAB_HOME": str(home), "LAB_WORKER": worker, "LAB_MODE": "class", "LAB_PIN": "benchmark"
    }  # fmt: skip
    with (
        (home / "server.log").open("wb") as log,
        subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=environment) as process,
    ):
        try:
            url = f"http://127.0.0.1:{port}"
            transport = httpx.HTTPTransport(retries=0)
            with httpx.Client(transport=transport) as http:
                wait_for(lambda: _is_healthy(http, url), "the server")
            store, run = Store(home), start_run(url, home)
            page, stream = f"watch?run={run}", f"/feed/{run}?token={feed.token(run, home)}"
            yield Lab(url, psutil.Process(process.pid), page, stream, StepLog(store, run))
        finally:
            process.terminate()


def start_run(url: str, home: Path) -> str:
    """Press Start on a long experiment, and return the id of the run once it trains."""
    experiment = Experiment(
        data=Digits(size=28),
        network=LeNet().layers((1, 28, 28)),
        schedule=Constant(),
        epochs=100_000,
        batch_size=64,
    )
    asyncio.run(Viewer(url, f"train?e={to_link(experiment)}", "", Seen()).press("Start"))
    store = Store(home)
    wait_for(lambda: any(store.last(run) for run in store.ids()), "the first event of the run")
    return store.ids()[0]


def wait_for(condition: Callable[[], object], what: str, seconds: float = 90.0) -> None:
    """Wait until the condition is true. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} was not ready within {seconds:g} s")
        time.sleep(0.1)


def _is_healthy(http: httpx.Client, url: str) -> bool:
    try:
        return http.get(f"{url}/_stcore/health").status_code == 200
    except httpx.TransportError:
        return False


def measure_window(
    lab: Lab, viewers: int, seconds: float, memory: list | None = None
) -> tuple[float, Seen]:
    """Return the training speed in steps per second, and what this many viewers observed."""
    if not viewers:
        start = time.time()
        time.sleep(seconds)
        return lab.log.speed(start, time.time()), Seen()
    command = [
        sys.executable,
        "-m",
        "benchmarks.clients",
        lab.url,
        lab.page,
        lab.feed,
        str(viewers),
    ]
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with subprocess.Popen(command, cwd=ROOT, **pipes) as clients:
        clients.stdout.readline()
        time.sleep(SETTLE)
        clients.stdin.write("count\n")
        clients.stdin.flush()
        start = time.time()
        while time.time() < start + seconds:
            time.sleep(min(1.0, seconds))
            if memory is not None:
                memory.append((time.time(), lab.process.memory_info().rss))
        speed = lab.log.speed(start, time.time())
        seen = Seen(**json.loads(clients.communicate("enough\n")[0]))
    time.sleep(SETTLE)
    return speed, seen


def memory_growth(memory: list[tuple[float, int]]) -> float:
    """Return MB per minute, by least squares over the second half; the first half fills caches."""
    samples = np.array(memory[len(memory) // 2 :], dtype=float)
    return float(np.polyfit((samples[:, 0] - samples[0, 0]) / 60, samples[:, 1] / 1e6, 1)[0])


def percentile_95(values: list[float]) -> str:
    """Return the 95th percentile with its unit."""
    return f"{np.percentile(values, 95):.2f} s" if values else "–"


def report(
    lab: Lab, viewers: int, speeds: list[float], *, bases: list[float], seen: Seen, seconds: float
) -> None:
    """Print one line, and every error once."""
    delays = [delay for arrivals in seen.arrivals for delay in lab.log.delays(arrivals)]
    fraction = statistics.mean(speeds) / statistics.mean(bases)
    print(
        f"{viewers:>3} viewers: {fraction:6.1%} of {statistics.mean(bases):.0f} steps/s   "
        f"load p95 {percentile_95(seen.loads)}   "
        f"update p95 {percentile_95(delays)} ({len(delays)})   "
        f"fragment p95 {percentile_95(seen.fragments)} ({len(seen.fragments)})   "
        f"errors {len(seen.errors)}   cores used by viewers {seen.cpu_seconds / seconds:.2f}",
        flush=True,
    )
    for error in dict.fromkeys(seen.errors):
        print(f"    {error}")


def parser() -> argparse.ArgumentParser:
    """Return the options of this benchmark."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    options.add_argument(
        "--viewers", default="1,10,30", help="numbers of viewers, separated by commas"
    )
    options.add_argument("--seconds", type=float, default=20.0, help="length of each time window")
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--worker", choices=("thread", "process"), default="thread")
    options.add_argument("--soak", type=float, default=0.0, help="minutes with the most viewers")
    return options


def main(arguments: list[str] | None = None) -> None:
    """Print one line for each number of viewers."""
    options = parser().parse_args(arguments)
    counts = [int(count) for count in options.viewers.split(",")]
    with tempfile.TemporaryDirectory() as home, running_lab(Path(home), options.worker) as lab:
        print(
            f"{options.worker}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start"
        )
        time.sleep(SETTLE)
        for viewers in counts if not options.soak else []:
            bases, speeds, total = [measure_window(lab, 0, options.seconds)[0]], [], Seen()
            for _ in range(options.rounds):
                speed, seen = measure_window(lab, viewers, options.seconds)
                speeds.append(speed)
                bases.append(measure_window(lab, 0, options.seconds)[0])
                for name, value in vars(seen).items():
                    setattr(total, name, getattr(total, name) + value)
            seconds = options.seconds * options.rounds
            report(lab, viewers, speeds, bases=bases, seen=total, seconds=seconds)
        if options.soak:
            memory: list[tuple[float, int]] = []
            base = measure_window(lab, 0, options.seconds)[0]
            speed, seen = measure_window(lab, max(counts), options.soak * 60, memory)
            seconds = options.soak * 60
            report(lab, max(counts), [speed], bases=[base], seen=seen, seconds=seconds)
            print(
                f"memory: {memory[-1][1] / 1e6:.0f} MB, {memory_growth(memory):+.2f} MB per minute"
            )


if __name__ == "__main__":
    main()
