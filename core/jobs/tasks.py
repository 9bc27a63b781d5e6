"""Short tasks beside the runs: a learning-rate range test, trial steps, the time of a study
(core/jobs/measure.py). They run one at a time in a separate thread or process
(`LAB_WORKER=process`, core/jobs/task_process.py), so that no page has to wait.

Tasks that people start come before those that the app starts, and people take turns as in the
queue of runs. A task that no page has asked about for two minutes is stopped.

Arguments and results are strings and plain data, as with the runner: the experiment is JSON text,
the result is JSON data.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, field
from enum import StrEnum, auto
from pathlib import Path
from typing import Any
from uuid import uuid4

from core.access import ownership
from core.base.at_exit import close_at_exit
from core.base.settings import settings
from core.jobs.measure import CLUSTER, EFFORT, IMPORTANCE, Answers, explain, measure
from core.jobs.queue import FairQueue
from core.jobs.task_process import TaskProcess

MAX_STORED = 64  # tasks; the oldest finished ones are removed first
UNWATCHED = 120.0  # seconds after which a task that no page asks about is stopped
IDLE = 300.0  # seconds without a task after which the process of the tasks ends
PROBES = {CLUSTER, EFFORT, IMPORTANCE}  # the kinds that the app starts without a request
NOT_WATCHED = (
    "Stopped, because no page showed this measurement for two minutes. Start it again if you still "
    "need it."
)


class TaskState(StrEnum):
    """Where a task is in its life."""

    WAITING = auto()
    WORKING = auto()
    DONE = auto()
    STOPPED = auto()
    FAILED = auto()

    @property
    def is_over(self) -> bool:
        """Whether the task has ended."""
        return self not in (TaskState.WAITING, TaskState.WORKING)


@dataclass
class Task:
    """One task; `found` grows while it works. `problem` and `code` say why it failed or was stopped
    by the app.
    """

    kind: str
    experiment: str  # or another text, as its kind needs it (core/jobs/measure.py)
    run: str = ""  # the run whose weights are measured, for some kinds
    id: str = field(default_factory=lambda: uuid4().hex)
    state: TaskState = TaskState.WAITING
    share: float = 0.0
    found: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    code: str = ""

    @property
    def over(self) -> bool:
        """Whether the task has ended."""
        return self.state.is_over


class Tasks:
    """The tasks of one lab. Its methods may be called from any thread."""

    def __init__(
        self,
        home: Path,
        in_process: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.home, self.clock = home, clock
        self._child = TaskProcess(home) if _wanted(in_process) else None
        self._tasks: OrderedDict[str, Task] = OrderedDict()
        self._asked, self._probes = FairQueue(), FairQueue()  # by a person; by the lab itself
        self._now: Task | None = None
        self._looked: dict[str, float] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False
        close_at_exit(self)

    def begin(
        self,
        kind: str,
        experiment: str,
        run: str = "",
        *,
        instead: str = "",
        by: str,
    ) -> str:
        """Queue a task and return its id. It is one of KINDS on an experiment (JSON text) and, for
        some, the weights of `run`; EFFORT on a study; IMPORTANCE of a search; or ANALYSIS or
        EXPORT of `run`.

        The task `instead` is stopped, because this one replaces it. `by` is the person who asks;
        NotAllowed for an unknown one.
        """
        self.stop(instead)
        ownership.require_known(by)
        task = Task(kind, experiment, run)
        with self._changed:
            self._tasks[task.id] = task
            self._looked[task.id] = self.clock()
            self._of(task).add(task.id, by)
            over = [id for id, t in self._tasks.items() if t.over]
            for id in over[: max(0, len(self._tasks) - MAX_STORED)]:
                del self._tasks[id], self._looked[id]
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="tasks", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return task.id

    def look(self, id: str) -> dict[str, Any] | None:
        """Return the task as plain data, with how many are `before` it; None for an unknown id.
        This counts as interest in the task: see UNWATCHED.
        """
        with self._changed:
            task = self._tasks.get(id)
            if not task:
                return None
            self._looked[id] = self.clock()
            line = self._line()
            before = line.index(id) + bool(self._now) if id in line else 0
            return asdict(task) | {"over": task.over, "before": before}

    def stop(self, id: str) -> None:
        """Stop the task at its next step; its results so far are kept."""
        with self._changed:
            if task := self._tasks.get(id):
                self._end(task, TaskState.STOPPED)

    def wait(self, id: str, seconds: float = 60.0) -> dict[str, Any] | None:
        """Return `look` once the task has ended, or after `seconds`."""
        with self._changed:
            self._changed.wait_for(lambda: id not in self._tasks or self._tasks[id].over, seconds)
        return self.look(id)

    def close(self, seconds: float = 2.0) -> None:
        """Stop all tasks and join the thread, when the server or the process ends."""
        with self._changed:
            self._closing = True
            for task in self._tasks.values():
                self._end(task, TaskState.STOPPED)
            self._changed.notify_all()
        if self._child:
            self._child.close()
        if self._thread:
            self._thread.join(seconds)

    # --- within

    def _line(self) -> list[str]:
        """The waiting tasks in the order of their turns."""
        return [task for line in (self._asked, self._probes) for task, _ in line.order({})]

    def _work(self) -> None:
        while task := self._next():
            began = self.clock()
            self._do(task)
            with self._changed:
                self._now = None
                self._of(task).over(self.clock() - began)

    def _of(self, task: Task) -> FairQueue:
        return self._probes if task.kind in PROBES else self._asked

    def _next(self) -> Task | None:
        """The next task; None when the server ends."""
        with self._changed:
            while True:
                for id in self._line():
                    self._is_over(self._tasks[id])
                if self._closing:
                    return None
                if line := self._line():
                    return self._take(line[0])
                if not self._changed.wait(IDLE) and self._child:
                    self._child.close()

    def _take(self, id: str) -> Task:
        self._now = task = self._tasks[id]
        self._of(task).take(id)
        task.state = TaskState.WORKING
        return task

    def _do(self, task: Task) -> None:
        try:
            with closing(self._answers(task)) as answers:
                for share, found in answers:
                    task.share, task.found = share, found
                    if self._is_over(task):
                        return
            self._end(task, TaskState.DONE)
        except Exception as error:
            self._end(task, TaskState.FAILED, explain(error))

    def _answers(self, task: Task) -> Answers:
        what = task.kind, task.experiment, task.run
        if self._child:
            return self._child.ask(*what, lambda: self._is_over(task))
        return (answer for answer in measure(self.home, *what))

    def _is_over(self, task: Task) -> bool:
        """Whether the task has ended; stop it first if no page asks about it any more."""
        with self._changed:
            if not task.over and self.clock() - self._looked[task.id] > UNWATCHED:
                self._end(task, TaskState.STOPPED, (NOT_WATCHED, "not_watched"))
            return task.over

    def _end(self, task: Task, state: TaskState, reason: tuple[str, str] = ("", "")) -> None:
        with self._changed:
            if not task.over:
                task.state, (task.problem, task.code) = state, reason
                self._of(task).leave(task.id)
                self._changed.notify_all()


def _wanted(in_process: bool | None) -> bool:
    return settings().uses_processes if in_process is None else in_process


_current: Tasks | None = None
_making = threading.Lock()


def current(home: Path) -> Tasks:
    """Return the tasks of this lab in this process, created on first use."""
    global _current
    with _making:
        if _current is None or _current.home != home or _current._closing:
            _current = Tasks(home)
        return _current
