"""The Runs page with a thousand runs: `python -m benchmarks.runs`, on one core.

The folders are as large as real ones: 20 to 150 epochs, about 100 kB of events each, some failed,
some interrupted, some with tags. Seconds of one drawing of the page in a process that has drawn it
once without runs: *first* (nothing of the runs in memory, the files dropped from the system's
cache), *again* (nothing has changed), *search* (a word is typed), *filter* (finished runs alone),
*one more* (one run has grown). Sorting is done by the browser. Median of fresh processes, by the
clock and, in brackets, of the core's time. Target: the first at most 1 s.
"""

import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from core.base.encoding import change, encode
from core.base.events import Ended, Epoch, Event, Probe, Started, Step, to_json
from core.experiment import shipped
from core.jobs import runner
from core.runs.store import EVENTS, EXPERIMENT, Store

RUNS, ROUNDS, TARGET = 1000, 5, 1.0
LAYERS = ("conv1", "conv2", "linear1", "linear2", "output")
EPOCHS = (20, 20, 30, 60, 150)
ROOT = Path(__file__).parents[1]


def events(epochs: int, number: int) -> list[Event]:
    """A run of 40 steps an epoch whose numbers depend on `number`."""
    steps, per = 40 * epochs, 40
    sizes = {"train": 1280, "validation": 360, "test": 157}
    told: list[Event] = [Started(0, steps, per, epochs, 32, 61_706, LAYERS, sizes, {}, "cpu", 1)]
    for k in range(1, epochs + 1):
        for last in (per * k - 20, per * k):
            losses = tuple((2.3 + 0.017 * number % 1) / (last - 19 + i) for i in range(20))
            told.append(Step(last, losses, 1.37e-3 / k, 0.0313 * last, 1234.5678))
        share = (1 + number % 13) / (20 * k)
        norms = [dict.fromkeys(LAYERS, share * base) for base in (1.234567, 9.876543, 5e-3)]
        told.append(Probe(per * k, *norms))
        scores = {"loss": 2.3 * share, "accuracy": 1 - share}
        told.append(Epoch(k, per * k, scores, scores, True, 1.2525 * k))
    return told


def fill(home: Path, runs: int) -> None:
    """That many run folders."""
    ready = [experiment for experiment in shipped().values() if experiment.data.here(home)]
    scores = {"loss": 0.31, "accuracy": 0.91}
    texts = {epochs: [to_json(e) for e in events(epochs, epochs)] for epochs in EPOCHS}
    for number in range(runs):
        experiment = ready[number % len(ready)]
        rate = round(1e-4 * (1 + number), 6)
        epochs = EPOCHS[number % len(EPOCHS)]
        for path, value in (("name", f"Run {number}"), ("optimizer.learning_rate", rate)):
            experiment = change(experiment, path, value)
        begun = time.strftime("%Y%m%d-%H%M%S", time.gmtime(1.7e9 + 977 * number))
        folder = home / "runs" / f"{begun}-{number:06x}"
        folder.mkdir(parents=True)
        (folder / EXPERIMENT).write_text(encode(experiment))
        lines = texts[epochs]
        if number % 20:
            reason = "failed" if number % 17 == 0 else "epochs"
            end = Ended(reason, "All is done.", 40 * epochs, epochs, epochs, *[scores] * 3, 51.3)
            lines = [*lines, to_json(end)]
        (folder / EVENTS).write_text("\n".join(lines) + "\n")
        (folder / "lock").touch()


def forget(home: Path) -> None:
    """Drops the folders' files from the system's cache."""
    os.sync()
    for path in (home / "runs").glob("*/*"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure(home: Path) -> dict[str, tuple[float, float]]:
    """Seconds of each drawing, in this process."""
    from streamlit.testing.v1 import AppTest

    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as empty:
        os.environ["LAB_HOME"] = empty
        app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=300).run()
        found = {"empty": drawing(app.switch_page("runs.py"))}
    runner._current = runner.Runner(Store(home))
    gc.collect()
    gc.freeze()  # as the server does after its warm-up
    forget(home)
    found["first"] = drawing(app)
    assert len(app.dataframe[0].value) == len(Store(home).ids())
    found["again"] = min(drawing(app) for _ in range(3))
    search = next(one for one in app.text_input if one.key == "runs_search")
    search.set_value("run 77")
    found["search"] = drawing(app)
    assert 0 < len(app.dataframe[0].value) < len(Store(home).ids())
    search.set_value("")
    state = next(one for one in app.multiselect if one.key == "runs_filter_State")
    state.set_value(["Done"])
    found["filter"] = drawing(app)
    state.set_value([])
    drawing(app)
    store = Store(home)
    store.append(store.ids()[0], to_json(events(20, 1)[-1]))
    return found | {"one more": drawing(app)}


def drawing(app: object) -> tuple[float, float]:
    """Seconds of one drawing, which must have gone well: by the clock, of the core."""
    began = time.perf_counter(), time.process_time()
    app.run()
    ended = time.perf_counter(), time.process_time()
    assert not app.exception and not app.error, [*app.exception, *app.error]
    return ended[0] - began[0], ended[1] - began[1]


def main() -> None:
    """Prints the median of each over fresh processes."""
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), RUNS)
        size = sum(path.stat().st_size for path in Path(folder).glob("runs/*/events.jsonl"))
        print(f"{RUNS} runs, {size / 1e6:.0f} MB of events")
        command = [sys.executable, "-m", "benchmarks.runs", folder]
        told = [subprocess.check_output(command, cwd=ROOT) for _ in range(ROUNDS)]
    rounds = [json.loads(text.splitlines()[-1]) for text in told]
    for what in rounds[0]:
        clock, core = (statistics.median(found[what][i] for found in rounds) for i in (0, 1))
        goal = f", target {TARGET} s" * (what == "first")
        print(f"{what}: {clock:.2f} s ({core:.2f} s){goal}")


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(measure(Path(sys.argv[1]))))
    else:
        main()
