"""Fixtures and helpers of all tests: a running lab, a browser, and the events of a made-up run."""

import asyncio
import contextlib
import gc
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import psutil
import pytest
from hypothesis import settings

from core.base.errors import BadData
from core.base.events import Ended, Epoch, Event, Probe, Started, Step, to_json
from core.runs.history import History
from core.runs.store import Store
from core.weights import guard
from core.weights.reading import read_model
from tests import quick_app_tests
from tests.fork_server import ForkServer

ROOT = Path(__file__).parents[1]
gc.disable()  # until all tests are collected: what is imported and collected stays
settings.register_profile("lab", deadline=None)  # no test asserts a time
settings.load_profile("lab")
# Debian's Chromium without tabs and menus, which take half of its time, where it is installed.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium") or ""
quick_app_tests.install()
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    # A page of a test is young: what V8 spends on optimizing its scripts, a sixth of the processor
    # time of a page, is never earned back.
    "--js-flags=--no-opt --no-maglev",
]
DESKTOP = {"width": 1440, "height": 900}
# Without motion Chromium draws a few frames for each page, not 60 a second.
WINDOW = {"viewport": DESKTOP, "reduced_motion": "reduce"}
T = TypeVar("T")
LAYERS = ("conv1", "conv2", "linear1")
FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let every third test process begin with browser tests, while the others compute.

    Browser tests take longest and wait most, and each process that has some starts a server and a
    browser. pytest-xdist (--dist worksteal) gives each process an equal slice of the list; a
    process that is done takes over from the end of another one's slice, where short tests are.
    """
    processes = getattr(config, "workerinput", {"workercount": 1})["workercount"]
    in_browser = [item for item in items if item.get_closest_marker("browser")]
    others = [item for item in items if not item.get_closest_marker("browser")]
    with_browser, start = (processes + 2) // 3, 0
    ordered: list[pytest.Item] = []
    for process in range(processes):
        end = start + (len(items) - start) // (processes - process)
        first = in_browser[process::with_browser] if process < with_browser else []
        rest = end - start - len(first)
        ordered += [*first, *others[:rest]]
        others, start = others[rest:], end
    items[:] = ordered


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Note which tests fail, for the fixtures that end after them."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


def pytest_collection_finish() -> None:
    """Keep the garbage collector away from torch, Streamlit and 8000 collected tests, as the server
    does; without them, fewer collections find as much.
    """
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    gc.enable()


def wait_until(
    condition: Callable[[], object], seconds: float = 60.0, what: str = "the condition"
) -> object:
    """Return the first true value of `condition()`; fail when it stays false for `seconds`."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"{what} did not come true within {seconds} s"
        time.sleep(0.02)
    return value


@dataclass
class Server:
    """A lab in a separate process with its own home folder."""

    url: str
    home: Path
    process: subprocess.Popen
    log: Path

    @property
    def store(self) -> Store:
        return Store(self.home)

    def get(self, path: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        """Return status, body and headers of a GET request."""
        request = urllib.request.Request(
            self.url + path, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, error.read(), dict(error.headers)

    def end_trainers(self) -> None:
        """Kill what trains or computes, so that nothing holds up the runs of other tests."""
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()


@contextlib.contextmanager
def serve(home: Path, start: ForkServer | None = None, **environment: str) -> Iterator[Server]:
    """Start the lab with `streamlit run`, wait until it is healthy, and end it in any case."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home.mkdir(parents=True, exist_ok=True)
    log = home / "server.log"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with log.open("wb") as file:
        process = (start.popen() if start else subprocess.Popen)(
            command,
            cwd=ROOT,
            stdout=file,
            stderr=file,
            env=os.environ | {"LAB_HOME": str(home), "LAB_THREADS": "1"} | environment,
        )
    server = Server(f"http://127.0.0.1:{port}", home, process, log)

    def well() -> bool:
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError):
            return server.get("/_stcore/health")[0] == 200
        return False

    try:
        wait_until(well, 90, "the server's health")
        yield server
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, fork_server: ForkServer) -> Iterator[Server]:
    """One lab for all browser tests that need no settings."""
    with serve(tmp_path_factory.mktemp("lab"), fork_server) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Chromium. Skips where it is not installed, fails there under CI_BROWSER=1."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM:
        assert not os.environ.get("CI_BROWSER"), (
            "CI_BROWSER is set without a browser: install chromium-headless-shell or chromium"
        )
        pytest.skip("Chromium is not installed")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


@pytest.fixture(scope="session")
def profile(browser: object) -> Iterator[object]:
    """One browser profile for all windows: Streamlit's scripts are loaded and compiled once."""
    with contextlib.closing(browser.new_context(**WINDOW)) as opened:
        yield opened


@pytest.fixture
def page(request: pytest.FixtureRequest, profile: object) -> Iterator[object]:
    """A new window of 1440 × 900 that fails the test when the page throws."""
    window = profile.new_page()
    errors: list[str] = []
    window.on("pageerror", lambda error: errors.append(str(error)))
    window.set_default_timeout(45_000)
    yield window
    window.close()
    if request.node.stash.get(FAILED, False) and "server" in request.fixturenames:
        request.getfixturevalue("server").end_trainers()
    assert not errors, errors


def open_row(page: object, row: str) -> None:
    """Open a folded row and wait until it has unfolded: its contents move for half a second."""
    folded = page.locator(f".st-key-fold-{row} details")
    folded.locator("summary").click()
    folded.evaluate("row => Promise.allSettled(row.getAnimations().map(one => one.finished))")


def choose_file(page: object, part: str, path: Path) -> None:
    """Choose a file on Data, as "images" or "labels". The fields appear one after another: the
    first one in the page may be that of the labels.
    """
    field = page.locator(f'[class*="st-key-upload-{part}"] input[type=file]')
    field.set_input_files(path)


def wait_for_rest(page: object) -> None:
    """Wait until the page is complete: no script runs, and nothing is computed for it."""
    at_rest = "[data-testid=stApp][data-test-script-state=notRunning]"
    stop = page.get_by_role("button", name="Stop", exact=True)
    wait_until(lambda: not stop.count() and page.locator(at_rest).count(), what="the whole page")


def script(
    steps: int = 200, epoch_steps: int = 20, layers: tuple[str, ...] = LAYERS
) -> list[Event]:
    """The events of a made-up but plausible run, without its end: the validation loss is best in
    epoch 4.
    """
    events: list[Event] = [
        Started(
            0,
            steps,
            epoch_steps,
            steps // epoch_steps,
            64,
            61706,
            layers,
            {"train": 1280},
            {},
            "cpu",
            1,
            activations=("relu1",),
        )
    ]
    for last in range(10, steps + 1, 10):
        losses = tuple(
            2.3 / (1 + 0.05 * s) + 0.05 * ((s * 7) % 5) for s in range(last - 9, last + 1)
        )
        events.append(Step(last, losses, 1e-3 * (1 - last / steps) + 1e-6, 0.1 * last, 640.0))
        norms = [
            {name: base * (1 + k) / last**0.5 for k, name in enumerate(layers)}
            for base in (1.0, 9.0, 5e-3)
        ]
        shares = {"relu1": min(1.0, last / steps)}
        inside = {"spread": norms[0], "dead": shares, "saturated": shares}
        events.append(Probe(last, *norms, **inside, clipped={"clip_norm": 0.25}, noise=(9.0, 0.5)))
        if last % epoch_steps == 0:
            k = last // epoch_steps
            loss = 0.3 + 0.02 * (k - 4) ** 2
            scores = (
                {"loss": 1.5 / k, "accuracy": 1 - 0.3 / k},
                {"loss": loss, "accuracy": 1 - loss / 3},
            )
            events.append(Epoch(k, last, *scores, best=k <= 4, seconds=0.1 * last))
    return events


def ended(
    reason: str = "patience", message: str = "Early stopping ended it after epoch 10."
) -> Ended:
    """The end of the made-up run."""
    scores = [{"loss": loss, "accuracy": 1 - loss / 4} for loss in (0.2, 0.3, 0.31)]
    return Ended(reason, message, 200, 10, 4, *scores, seconds=20.0)


def write(store: Store, run: str, events: list[Event]) -> None:
    """Append events to a run's folder, as a trainer does."""
    for event in events:
        store.append(run, to_json(event))


def losses(store: Store, run: str) -> list[float]:
    """Return the training losses of a run that may have been resumed."""
    return list(History.of(store.read(run)[0]).losses)


@pytest.fixture
def weights_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read files of weights without a new process, which takes 2 s to import torch: its limits are
    tested in test_hostile_files.py, and its use in test_files.py.
    """

    def read(file: BinaryIO, target: Path, report: BinaryIO, name: str, size: int) -> int:
        try:
            target.write_bytes(read_model(file, name).safetensors())
        except BadData as error:
            report.write(json.dumps({"code": error.code, "message": str(error)}).encode())
        return 0

    monkeypatch.setattr(guard, "_run", read)


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    """Starts child processes that need not import torch."""
    with ForkServer() as server:
        yield server


@pytest.fixture
def quick_processes(fork_server: ForkServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start Python processes without the time for the import of torch."""
    monkeypatch.setattr(subprocess, "Popen", fork_server.popen())


def in_a_loop(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in another thread, because Playwright's loop may run in this one."""
    with ThreadPoolExecutor() as aside:
        return aside.submit(asyncio.run, coroutine).result()
