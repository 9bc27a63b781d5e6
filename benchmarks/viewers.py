"""A lab full of viewers: `python -m benchmarks.viewers [--worker process] [--soak MINUTES]`.

A real server in class mode trains LeNet on 28 × 28 digits for ever while 0, 1, 10 and 30 viewers
(benchmarks/clients.py) sit on its Watch page. Windows without and with viewers take turns, so that
a busy machine slows both alike. Reported for each number: training speed as a share of that without
viewers; 95th percentiles of the first load, and of the time from an event's line on disk until a
viewer has it; errors; cores that the viewers themselves took, which on a small machine the training
lacks. With --soak: how fast the server's memory grows under the largest number.

Targets for 30: 90 % of the speed (thread), 97 % (process), load 2 s, update 1 s, no error, 1 MB a
minute.
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
from collections.abc import Iterator
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
LOOK = 0.02  # seconds between two looks at the run's log
SETTLE = 3.0  # seconds after arrivals and departures that do not count


class Log:
    """When each step of the run was on disk, by looking often."""

    def __init__(self, store: Store, run: str):
        self.times, self.steps = [time.time()], [0]
        self._store, self._run = store, run
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        offset = self._store.path(self._run, EVENTS).stat().st_size
        while True:
            try:
                lines, offset = self._store.read(self._run, offset)
            except NotFound:
                return  # the benchmark is over, and its folder gone
            now = time.time()
            for step in (e["step"] for e in map(json.loads, lines) if e["event"] == "Step"):
                self.times.append(now)
                self.steps.append(step)
            time.sleep(LOOK)

    def speed(self, begin: float, end: float) -> float:
        """Steps a second between two times, by the last event before each."""
        first, last = (bisect.bisect(self.times, at) - 1 for at in (begin, end))
        return (self.steps[last] - self.steps[first]) / (self.times[last] - self.times[first])

    def waits(self, arrivals: list[tuple[float, int]]) -> Iterator[float]:
        """Seconds that the oldest news of each delta was old when it came."""
        for (_, before), (arrived, step) in pairwise(arrivals):
            if step > before:
                yield arrived - self.times[bisect.bisect(self.steps, before)]


@dataclass
class Lab:
    """A server at work on one run."""

    url: str
    process: psutil.Process
    page: str
    feed: str
    log: Log


@contextmanager
def lab(home: Path, worker: str) -> Iterator[Lab]:
    """The server as `make run` starts it, training."""
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
                until(lambda: _well(http, url), "the server's health")
            store, run = Store(home), begin(url, home)
            page, stream = f"watch?run={run}", f"/feed/{run}?token={feed.token(run, home)}"
            yield Lab(url, psutil.Process(process.pid), page, stream, Log(store, run))
        finally:
            process.terminate()


def begin(url: str, home: Path) -> str:
    """Presses Start on a lasting experiment; the run's id, once it trains."""
    experiment = Experiment(
        data=Digits(size=28),
        network=LeNet().layers((1, 28, 28)),
        schedule=Constant(),
        epochs=100_000,
        batch_size=64,
    )
    asyncio.run(Viewer(url, f"train?e={to_link(experiment)}", "", Seen()).press("Start"))
    store = Store(home)
    until(lambda: any(store.last(run) for run in store.ids()), "the run's first event")
    return store.ids()[0]


def until(condition: object, what: str, seconds: float = 90.0) -> None:
    """Waits for it."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come within {seconds:g} s")
        time.sleep(0.1)


def _well(http: httpx.Client, url: str) -> bool:
    try:
        return http.get(f"{url}/_stcore/health").status_code == 200
    except httpx.TransportError:
        return False


def window(at: Lab, viewers: int, seconds: float, memory: list | None = None) -> tuple[float, Seen]:
    """Training speed, in steps a second, and what this many viewers met meanwhile."""
    if not viewers:
        began = time.time()
        time.sleep(seconds)
        return at.log.speed(began, time.time()), Seen()
    command = [sys.executable, "-m", "benchmarks.clients", at.url, at.page, at.feed, str(viewers)]
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with subprocess.Popen(command, cwd=ROOT, **pipes) as clients:
        clients.stdout.readline()
        time.sleep(SETTLE)
        clients.stdin.write("count\n")
        clients.stdin.flush()
        began = time.time()
        while time.time() < began + seconds:
            time.sleep(min(1.0, seconds))
            if memory is not None:
                memory.append((time.time(), at.process.memory_info().rss))
        speed = at.log.speed(began, time.time())
        seen = Seen(**json.loads(clients.communicate("enough\n")[0]))
    time.sleep(SETTLE)
    return speed, seen


def slope(memory: list[tuple[float, int]]) -> float:
    """MB a minute, by least squares over the second half: the first fills the caches."""
    kept = np.array(memory[len(memory) // 2 :], dtype=float)
    return float(np.polyfit((kept[:, 0] - kept[0, 0]) / 60, kept[:, 1] / 1e6, 1)[0])


def last(values: list[float]) -> str:
    """The 95th percentile."""
    return f"{np.percentile(values, 95):.2f} s" if values else "–"


def tell(at: Lab, viewers: int, speeds: list[float], bases: list[float], seen: Seen, s: float):
    """One line."""
    waits = [wait for arrivals in seen.arrivals for wait in at.log.waits(arrivals)]
    share = statistics.mean(speeds) / statistics.mean(bases)
    print(
        f"{viewers:>3} viewers: {share:6.1%} of {statistics.mean(bases):.0f} steps/s   "
        f"load p95 {last(seen.loads)}   update p95 {last(waits)} ({len(waits)})   "
        f"fragment p95 {last(seen.fragments)} ({len(seen.fragments)})   "
        f"errors {len(seen.errors)}   viewers' own cores {seen.core / s:.2f}",
        flush=True,
    )
    for error in dict.fromkeys(seen.errors):
        print(f"    {error}")


def parser() -> argparse.ArgumentParser:
    """Return the options of this benchmark."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--viewers", default="1,10,30", help="numbers, with commas")
    options.add_argument("--seconds", type=float, default=20.0, help="of each window")
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--worker", choices=("thread", "process"), default="thread")
    options.add_argument("--soak", type=float, default=0.0, help="minutes under the most viewers")
    return options


def main(arguments: list[str] | None = None) -> None:
    """Prints a line for each number of viewers."""
    options = parser().parse_args(arguments)
    counts = [int(count) for count in options.viewers.split(",")]
    with tempfile.TemporaryDirectory() as home, lab(Path(home), options.worker) as at:
        print(
            f"{options.worker}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start"
        )
        time.sleep(SETTLE)
        for viewers in counts if not options.soak else []:
            bases, speeds, met = [window(at, 0, options.seconds)[0]], [], Seen()
            for _ in range(options.rounds):
                speed, seen = window(at, viewers, options.seconds)
                speeds.append(speed)
                bases.append(window(at, 0, options.seconds)[0])
                for name, value in vars(seen).items():
                    setattr(met, name, getattr(met, name) + value)
            tell(at, viewers, speeds, bases, met, options.seconds * options.rounds)
        if options.soak:
            memory: list[tuple[float, int]] = []
            base = window(at, 0, options.seconds)[0]
            speed, seen = window(at, max(counts), options.soak * 60, memory)
            tell(at, max(counts), [speed], [base], seen, options.soak * 60)
            print(f"memory: {memory[-1][1] / 1e6:.0f} MB, {slope(memory):+.2f} MB a minute")


if __name__ == "__main__":
    main()
