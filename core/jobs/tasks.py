"""Short tasks beside the runs: a learning-rate range test, trial steps, the time that a study will
take. One at a time in the order they came, in a thread of their own, so that no page waits.

Only strings and plain data come in and go out, as with the runner: the experiment as JSON text,
what was found as JSON data.
"""

import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from core.encoding import decode
from core.errors import LabError, NotFound
from core.experiment import Experiment
from core.store import Store
from core.study import Study

log = logging.getLogger("descent_lab")

KEPT = 64  # tasks that are remembered; the oldest that are over go first
Found = Iterator[tuple[float, dict[str, Any]]]  # share done, and what is known by then


def _rate(experiment: Experiment, data: Any) -> Found:
    from core.draft.range_test import NEIGHBOURS, NO_RATE, STEPS, range_test, suggest

    points, shown = [], {"reach": NEIGHBOURS, "points": []}
    for point in range_test(experiment, data):
        points.append(point)
        shown = shown | {"points": [*shown["points"], [point.rate, point.loss]]}
        yield len(points) / STEPS, shown
    found = suggest(points)
    suggested = {"suggested": asdict(found)} if found else {}
    yield 1.0, shown | suggested | {"text": found.text if found else NO_RATE}


def _trial(experiment: Experiment, data: Any) -> Found:
    from core.draft.trial import STEPS, trial

    for found in trial(experiment, data):
        yield found.steps / STEPS, asdict(found)


def _sharpness(experiment: Experiment, data: Any, state: dict[str, Any]) -> Found:
    from core.analysis.curvature import sharpness
    from core.training.checkpoint import kept

    found: dict[str, Any] = {}
    names = ("before", "after")
    for name, value in zip(names, sharpness(experiment, data, [kept(state)]), strict=True):
        found = found | {name: value}
        yield len(found) / len(names), found


KINDS: dict[str, Callable[..., Found]] = {"rate": _rate, "trial": _trial, "sharpness": _sharpness}
EFFORT = "effort"  # how long a study takes: the one task that is not about an experiment


@dataclass
class Task:
    """`state`: waiting, working, done, stopped or failed. `found` grows while it works."""

    kind: str
    experiment: str  # or the study, for EFFORT
    run: str = ""  # whose weights it looks at, where it does
    id: str = field(default_factory=lambda: uuid4().hex)
    state: str = "waiting"
    share: float = 0.0
    found: dict[str, Any] = field(default_factory=dict)
    problem: str = ""  # one sentence, where it failed

    @property
    def over(self) -> bool:
        return self.state not in ("waiting", "working")


class Tasks:
    """The tasks of one lab. Any thread may call it."""

    def __init__(self, home: Path):
        self.home = home
        self._tasks: OrderedDict[str, Task] = OrderedDict()
        self._queue: deque[Task] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False

    def begin(self, kind: str, experiment: str, run: str = "") -> str:
        """Queues a task of KINDS on this experiment (JSON text), and on the weights of `run` where
        it looks at some, or EFFORT on a study; its id.
        """
        task = Task(kind, experiment, run)
        with self._changed:
            self._tasks[task.id] = task
            self._queue.append(task)
            over = [known for known, t in self._tasks.items() if t.over]
            for known in over[: max(0, len(self._tasks) - KEPT)]:
                del self._tasks[known]
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="tasks", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return task.id

    def look(self, id: str) -> dict[str, Any] | None:
        """The task as plain data, with how many are `before` it; None when none is known."""
        with self._changed:
            task = self._tasks.get(id)
            before = self._queue.index(task) if task in self._queue else 0
        return asdict(task) | {"over": task.over, "before": before} if task else None

    def stop(self, id: str) -> None:
        """Ends it at its next step; what it found so far stays."""
        with self._changed:
            task = self._tasks.get(id)
            if task and not task.over:
                task.state = "stopped"

    def wait(self, id: str, seconds: float = 60.0) -> dict[str, Any] | None:
        """`look` once it is over, or after so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: id not in self._tasks or self._tasks[id].over, seconds)
        return self.look(id)

    def close(self, seconds: float = 2.0) -> None:
        """Stops every task and joins the thread, for a server that ends."""
        with self._changed:
            self._closing = True
            waiting = [task.id for task in self._queue]
            self._changed.notify_all()
        for id in waiting:
            self.stop(id)
        if self._thread:
            self._thread.join(seconds)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._closing)
                if self._closing:
                    return
                task = self._queue[0]
                if not task.over:
                    task.state = "working"
            self._do(task)
            with self._changed:
                self._queue.remove(task)
                self._changed.notify_all()

    def _do(self, task: Task) -> None:
        try:
            if task.over:  # stopped while it waited
                return
            for share, found in self._finding(task):
                task.share, task.found = share, found
                if task.over:
                    return
            self._end(task, "done")
        except Exception as error:
            task.problem = _said(error)
            self._end(task, "failed")

    def _finding(self, task: Task) -> Found:
        from core.data.load import load

        if task.kind == EFFORT:
            from core.studies.expected import expected

            return iter([(1.0, asdict(expected(self.home, decode(Study, task.experiment))))])
        experiment = decode(Experiment, task.experiment)
        data = load(experiment.data, self.home)
        state = (self._state(task.run),) if task.run else ()
        return KINDS[task.kind](experiment, data, *state)

    def _state(self, run: str) -> dict[str, Any]:
        from core.training import checkpoint

        if state := checkpoint.load(Store(self.home), run):
            return state
        raise NotFound("This run has kept no weights: let it go on until its first checkpoint.")

    def _end(self, task: Task, state: str) -> None:
        with self._changed:
            if not task.over:
                task.state = state


def _said(error: Exception) -> str:
    """One sentence for whoever asked; the traceback goes to the log."""
    if isinstance(error, LabError):
        return str(error)
    log.exception("a task failed", exc_info=error)
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return "The memory is not enough: halve the batch size, or make the network narrower."
    return f"The lab made a mistake ({type(error).__name__}); the log has the details."


_current: Tasks | None = None
_making = threading.Lock()


def current(home: Path) -> Tasks:
    """The tasks of this lab in this process, made on first use."""
    global _current
    with _making:
        if _current is None or _current.home != home or _current._closing:
            _current = Tasks(home)
        return _current
