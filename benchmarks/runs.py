"""The Runs page with a thousand runs: `python -m benchmarks.runs`, on one core.

The folders are as large as real ones: 20 to 150 epochs and about 100 kB of events each; some runs
failed, some were interrupted. Seconds to draw the page in a process that has drawn it once without
runs: *first* (nothing in memory, files dropped from the system's cache), *again* (no change),
*search* (a word is typed), *filter* (finished runs only), *one more* (one run has grown). Sorting
is done by the browser. Median of fresh processes: elapsed time and, in brackets, CPU time. Target:
at most 1 s for *first*.
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
from core.runs.state import RunState
from core.runs.store import EVENTS, EXPERIMENT, Store

RUNS, ROUNDS, TARGET = 1000, 5, 1.0
LAYERS = ("conv1", "conv2", "linear1", "linear2", "output")
EPOCHS = (20, 20, 30, 60, 150)
ROOT = Path(__file__).parents[1]


def events(epochs: int, number: int) -> list[Event]:
    """Return the events of a run with 40 steps per epoch; the values depend on `number`."""
    steps, per = 40 * epochs, 40
    sizes = {"train": 1280, "validation": 360, "test": 157}
    log: list[Event] = [Started(0, steps, per, epochs, 32, 61_706, LAYERS, sizes, {}, "cpu", 1)]
    for k in range(1, epochs + 1):
        for last in (per * k - 20, per * k):
            losses = tuple((2.3 + 0.017 * number % 1) / (last - 19 + i) for i in range(20))
            log.append(Step(last, losses, 1.37e-3 / k, 0.0313 * last, 1234.5678))
        scale = (1 + number % 13) / (20 * k)
        norms = [dict.fromkeys(LAYERS, scale * base) for base in (1.234567, 9.876543, 5e-3)]
        log.append(Probe(per * k, *norms))
        scores = {"loss": 2.3 * scale, "accuracy": 1 - scale}
        log.append(Epoch(k, per * k, scores, scores, True, 1.2525 * k))
    return log


def fill(home: Path, runs: int) -> None:
    """Create this number of run folders."""
    experiments = [
        experiment for experiment in shipped().values() if experiment.data.is_available(home)
    ]
    scores = {"loss": 0.31, "accuracy": 0.91}
    texts = {epochs: [to_json(e) for e in events(epochs, epochs)] for epochs in EPOCHS}
    for number in range(runs):
        experiment = experiments[number % len(experiments)]
        learning_rate = round(1e-4 * (1 + number), 6)
        epochs = EPOCHS[number % len(EPOCHS)]
        for path, value in (("name", f"Run {number}"), ("optimizer.learning_rate", learning_rate)):
            experiment = change(experiment, path, value)
        started = time.strftime("%Y%m%d-%H%M%S", time.gmtime(1.7e9 + 977 * number))
        folder = home / "runs" / f"{started}-{number:06x}"
        folder.mkdir(parents=True)
        (folder / EXPERIMENT).write_text(encode(experiment))
        lines = texts[epochs]
        if number % 20:
            reason = "failed" if number % 17 == 0 else "epochs"
            end = Ended(
                reason=reason,
                message="Finished all epochs.",
                step=40 * epochs,
                epochs=epochs,
                best_epoch=epochs,
                train=scores,
                validation=scores,
                test=scores,
                seconds=51.3,
            )
            lines = [*lines, to_json(end)]
        (folder / EVENTS).write_text("\n".join(lines) + "\n")
        (folder / "lock").touch()


def drop_cache(home: Path) -> None:
    """Remove the files of the runs from the system's cache."""
    os.sync()
    for path in (home / "runs").glob("*/*"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure(home: Path) -> dict[str, tuple[float, float]]:
    """Return the seconds of each drawing, in this process."""
    from streamlit.testing.v1 import AppTest

    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as empty:
        os.environ["LAB_HOME"] = empty
        app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=300).run()
        times = {"empty": drawing(app.switch_page("runs.py"))}
    runner._current = runner.Runner(Store(home))
    gc.collect()
    gc.freeze()  # as the server does after its warm-up
    drop_cache(home)
    times["first"] = drawing(app)
    assert len(app.dataframe[0].value) == len(Store(home).ids())
    times["again"] = min(drawing(app) for _ in range(3))
    search = next(w for w in app.text_input if w.key == "runs_search")
    search.set_value("run 77")
    times["search"] = drawing(app)
    assert 0 < len(app.dataframe[0].value) < len(Store(home).ids())
    search.set_value("")
    state = next(w for w in app.multiselect if w.key == "runs_filter_State")
    state.set_value([RunState.DONE.label])
    times["filter"] = drawing(app)
    state.set_value([])
    drawing(app)
    store = Store(home)
    store.append(store.ids()[0], to_json(events(20, 1)[-1]))
    return times | {"one more": drawing(app)}


def drawing(app: object) -> tuple[float, float]:
    """Draw the page without an error and return the elapsed and the CPU seconds."""
    start = time.perf_counter(), time.process_time()
    app.run()
    end = time.perf_counter(), time.process_time()
    assert not app.exception and not app.error, [*app.exception, *app.error]
    return end[0] - start[0], end[1] - start[1]


def main() -> None:
    """Print the median of each measurement over fresh processes."""
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), RUNS)
        size = sum(path.stat().st_size for path in Path(folder).glob("runs/*/events.jsonl"))
        print(f"{RUNS} runs, {size / 1e6:.0f} MB of events")
        command = [sys.executable, "-m", "benchmarks.runs", folder]
        outputs = [subprocess.check_output(command, cwd=ROOT) for _ in range(ROUNDS)]
    rounds = [json.loads(output.splitlines()[-1]) for output in outputs]
    for name in rounds[0]:
        elapsed, cpu = (statistics.median(times[name][i] for times in rounds) for i in (0, 1))
        target = f", target {TARGET} s" * (name == "first")
        print(f"{name}: {elapsed:.2f} s (CPU {cpu:.2f} s){target}")


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(measure(Path(sys.argv[1]))))
    else:
        main()
