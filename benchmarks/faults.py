"""What is left after faults from outside: `python -m benchmarks.faults [--kills 25]`.

The command line is killed (SIGKILL) at random moments while it trains, computes a study and imports
a spreadsheet; two of them use one home at the same time; the disk is full during an import and
while events are written. Each line of the report is a fault, how often it was tried, and what was
lost: nothing, or the command exits with status 1. Children are forked, so that torch is imported
once. The same faults for the server and for checkpoints: tests/test_faults.py.
"""

import argparse
import contextlib
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from core.__main__ import main as command_line
from core.base.control import GO, STOP
from core.base.encoding import change, encode
from core.base.errors import LabError
from core.data.library import Library
from core.data.reading import Reading
from core.experiment import Experiment
from core.runs import checkpoint
from core.runs.history import History
from core.runs.store import Store
from core.studies import sweeps
from core.studies.folder import Studies
from core.studies.records import Record
from core.studies.study import shipped
from core.studies.trainer import execute
from core.training import clock

LONGEST = 0.6  # seconds before a kill at most
FULL = 20_000  # bytes of the largest file on a full disk


def in_child(work: Callable[[], object]) -> int:
    """Start `work` in a forked process without output; return its id. Its exit status is that of
    the command line, 3 for an exception.
    """
    child = os.fork()
    if child:
        return child
    with Path(os.devnull).open("w") as null:
        sys.stdout = sys.stderr = null
        try:
            os._exit(int(work() or 0))
        except BaseException:
            os._exit(3)


def wait(child: int) -> int:
    """Return the exit status of a child."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill_often(work: Callable[[], object], kills: int) -> Iterator[None]:
    """Start `work` and kill it at a random moment, again and again; yield after each kill."""
    draw = random.Random(0)
    for _ in range(kills):
        child = in_child(work)
        time.sleep(draw.uniform(0.0, LONGEST))  # when the kill comes is what is tried
        os.kill(child, signal.SIGKILL)
        wait(child)
        yield


def losses(store: Store, run: str) -> list[float]:
    """Return the training losses of a run that may have been resumed."""
    return list(History.of(store.read(run)[0]).losses)


def warm_up(home: Path) -> None:
    """Import and call once, in the parent of all children, what they use."""
    store = Store(home)
    execute(store, store.create(encode(Experiment(epochs=1, device="cpu"))))
    study = change(shipped()["squared-fast"], "method.steps", 10)
    sweeps.execute(home, sweeps.create(home, study), processes=1)


def kill_training(home: Path, kills: int) -> str:
    """Kill `resume`; then compare the losses with those of a run that was never killed."""
    store = Store(home)
    text = encode(Experiment(epochs=100_000, batch_size=128, device="cpu"))
    run, straight = store.create(text), store.create(text)
    clock.SAVE_EVERY = (0.03, 0.05)
    for _ in kill_often(lambda: command_line(["resume", run]), kills):
        checkpoint.load(store, run)  # raises BadData where none is readable
    saved = checkpoint.load(store, run)  # None on a busy machine, where every kill came before it
    steps = (saved["step"] if saved else 0) + 20
    for each in (run, straight):
        execute(store, each, poll_control=lambda t: STOP if t.step >= steps else GO)
    killed, never = (losses(store, each)[:steps] for each in (run, straight))
    assert len(killed) == steps and killed == never, "the losses differ"
    return f"{steps} steps, equal bit for bit"


def points(store: Studies, study: str) -> list:
    """Return the points of a study by their position, without times."""
    records = [event for event in store.events(study)[0] if isinstance(event, Record)]
    return sorted((r.proposal, r.chunk, r.index, repr(r.point)) for r in records)


def kill_study(home: Path, kills: int) -> str:
    """Kill `sweep --resume`; then compare the points with those of a study never killed."""
    store, study = Studies(home), change(shipped()["squared-fast"], "method.steps", 300)
    killed, straight = sweeps.create(home, study), sweeps.create(home, study)
    sweep = ["sweep", "--workers", "1", "--resume"]
    done = 0
    for _ in kill_often(lambda: command_line([*sweep, killed]), kills):
        found = points(store, killed)
        assert len(found) >= done, "a point was lost"
        done = len(found)
    for each in (killed, straight):
        if (store.last(each) or {}).get("event") != "Ended":
            assert wait(in_child(lambda each=each: command_line([*sweep, each]))) == 0
    assert points(store, killed) == points(store, straight), "the points differ"
    return f"{len(points(store, killed))} points, equal; {done} before the last kill"


def spreadsheet(path: Path) -> Path:
    """Write 4,000 images of 20 × 20 with a label each."""
    rows = np.random.default_rng(0).integers(0, 256, (4000, 401))
    rows[:, -1] %= 10
    np.savetxt(path, rows, fmt="%d", delimiter=",")
    return path


def kill_import(home: Path, kills: int) -> str:
    """Kill an import; then no dataset may be incomplete, and nothing may be left behind."""
    content = spreadsheet(home / "images.csv").read_bytes()
    library, reading = Library(home), Reading(label_column="last")
    for _ in kill_often(lambda: bool(library.add(content, reading=reading)) and None, kills):
        for about in library.list():
            library.open(about.digest)
            library.delete(about.digest)
    library.tidy()
    digest, _ = library.add(content, reading=reading)
    left = {path.name for path in (home / "data").iterdir()} - {digest, "files"}
    assert len(library.open(digest)) == 4000 and not left, left
    return "4,000 rows complete, no file left behind"


def two_at_once(home: Path) -> str:
    """Two command lines train at the same time, resume one run, and import one spreadsheet."""
    store, sheet = Store(home), str(spreadsheet(home / "images.csv"))
    train = ["train", "digits", "--epochs", "3", "--device", "cpu"]
    children = [in_child(lambda: command_line(train)) for _ in range(2)]
    assert [wait(child) for child in children] == [0, 0] and len(store.ids()) == 2
    run = store.create(encode(Experiment(epochs=200, device="cpu")))
    children = [in_child(lambda: command_line(["resume", run])) for _ in range(2)]
    assert sorted(wait(child) for child in children) == [0, 2], "one of them must be refused"
    own = [*train, "--images", sheet, "--label-column", "last"]
    children = [in_child(lambda: command_line(own)) for _ in range(2)]
    assert [wait(child) for child in children] == [0, 0]
    assert len(Library(home).list()) == 1
    return "4 runs finished, the fifth command refused, 1 dataset"


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """Let no file grow beyond FULL bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL, hard))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def disk_full_during_import(home: Path) -> str:
    """Nothing is stored, and the refusal is an error of the lab."""
    content, code = spreadsheet(home / "images.csv").read_bytes(), ""
    with full_disk():
        try:
            Library(home).add(content, reading=Reading(label_column="last"))
        except LabError as error:
            code = error.code
    assert code == "not_writable" and not Library(home).list(), code
    assert not any((home / "data").glob("*.npy")), "a file was left behind"
    return "refused, nothing stored"


def disk_full_during_events(home: Path) -> str:
    """The run fails in one sentence; the events so far stay readable, and it can be resumed."""
    store = Store(home)
    clock.SAVE_EVERY = (1e9, 1e9)
    run = store.create(encode(Experiment(epochs=200, device="cpu")))
    with full_disk():
        ended = execute(store, run)
    assert ended.reason == "failed" and "File too large" in ended.message, ended
    before = len(losses(store, run))
    again = execute(store, run, poll_control=lambda t: STOP if t.epoch >= 2 else GO)
    assert before and again.reason == "stopped", again
    return "failed in one sentence, resumed"


def parser() -> argparse.ArgumentParser:
    """Return the options."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=25, help="of each kind")
    return options


def main() -> int:
    """Try every fault and print the report."""
    kills, failed = parser().parse_args().kills, 0
    os.environ["LAB_THREADS"] = "1"
    trials: dict[str, tuple[int, Callable[[Path], str]]] = {
        "kill -9 of a training": (kills, lambda home: kill_training(home, kills)),
        "kill -9 of a study": (kills, lambda home: kill_study(home, kills)),
        "kill -9 of an import": (kills, lambda home: kill_import(home, kills)),
        "two command lines": (1, two_at_once),
        "disk full, import": (1, disk_full_during_import),
        "disk full, events": (1, disk_full_during_events),
    }
    with tempfile.TemporaryDirectory() as folder:
        warm_up(Path(folder))
    for name, (times, trial) in trials.items():
        with tempfile.TemporaryDirectory() as folder:
            os.environ["LAB_HOME"] = folder
            try:
                result = trial(Path(folder))
            except (AssertionError, LabError, OSError) as error:
                result, failed = f"FAILED: {type(error).__name__} {error}", failed + 1
        print(f"{name:<24} {times:>3} ×  {result}", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
