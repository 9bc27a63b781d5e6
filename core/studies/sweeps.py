"""Runs a study point by point and writes its folder. Knows no page and no thread.

    <home>/studies/<id>/study.json     written once
                        points.jsonl   appended to; a torn last line is ignored
                        lock           held by the process that computes it, until it ends

A study resumes after its last point: complete chunks are not computed again, and the points of an
incomplete chunk are kept.
"""

import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.base.control import GO, LEAVE, STOPS
from core.base.device import cores, torch_threads
from core.base.encoding import encode
from core.base.errors import LabError
from core.base.events import Ended, to_json
from core.base.numbers import whole
from core.base.settings import settings
from core.descent.point import CurvePoint
from core.studies.chunk_queue import ChunkQueue, Task
from core.studies.folder import Studies
from core.studies.records import Record, StudyStarted, to_line, to_point
from core.studies.study import Study
from core.studies.study_worker import StudyWorker

log = logging.getLogger("descent_lab")

QUEUED_TASKS = 2  # tasks that a worker holds where chunks must come in order, which are short
MIN_SECONDS = 6.0  # of work from which a further process is worth its start, about 2 s
POLL_SECONDS = 0.02  # between two polls of the workers when nothing else is left to do


class _Halted(Exception):
    """The control asked to end the study; `args[0]` is its command."""


def create(home: Path | str | None, study: Study) -> str:
    """Create the folder of a study and return its ID; it waits until it is executed."""
    return Studies(home).create(encode(study))


def workers() -> int:
    """The default number of processes of a study: LAB_WORKERS, else one core is left for the
    pages.
    """
    return settings().workers or max(1, min(2, cores() - 1))


def execute(
    home: Path | str | None,
    study_id: str,
    poll_control: Callable[[Any], str] = lambda sweep: GO,
    watch: Callable[[StudyStarted | Record | Ended], None] = lambda event: None,
    *,
    processes: int = 0,
    progress: Callable[[float, str], None] | None = None,
) -> Ended | None:
    """Compute what the study lacks, in this thread and `processes` − 1 further processes (0:
    `workers()`), and write every point. The points do not depend on the number of processes.

    `poll_control(sweep)` is called every few steps and may block; `watch` receives every event.
    Returns the last event: Ended, or None when the study was left interrupted. Errors end the study
    as failed; only BadInput is raised, when another process computes it.
    """
    store = Studies(home)
    with store.own(study_id):
        try:
            sweep = _Sweep(
                store,
                study_id,
                poll_control=poll_control,
                watch=watch,
                processes=processes or workers(),
                progress=progress,
            )
            ended = sweep.run()
        except Exception as error:
            code = error.code if isinstance(error, LabError) else ""
            ended = Ended("failed", _explain(error, study_id), 0, 0, code=code)
        if ended:
            with contextlib.suppress(OSError):
                store.append(study_id, to_json(ended))
            watch(ended)
        return ended


def _explain(error: Exception, study_id: str) -> str:
    """The message of a failed study."""
    if isinstance(error, LabError):
        return str(error)
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return (
            "The study ran out of memory. Use fewer training samples or narrower models, then "
            "resume it."
        )
    if isinstance(error, OSError):
        return (
            f"The folder of the study cannot be written ({error.strerror}). Free disk space, then "
            "resume the study."
        )
    log.exception("study %s failed", study_id)
    return (
        f"Internal error ({type(error).__name__}). The measured points are saved; the details are "
        f"in the server log under study {study_id}."
    )


class _Sweep:
    """The execution of a study in progress."""

    def __init__(
        self,
        store: Studies,
        study_id: str,
        *,
        poll_control: Callable[[Any], str],
        watch: Callable[[StudyStarted | Record | Ended], None],
        processes: int,
        progress: Callable[[float, str], None] | None,
    ):
        self.store, self.id, self.poll_control, self.watch = store, study_id, poll_control, watch
        self.study, self.processes = store.study(study_id), processes
        self.single_steps = False  # set by the control: in single steps, every point is a step
        events, _ = store.events(study_id)
        records = [event for event in events if isinstance(event, Record)]
        written = Counter((record.proposal, record.chunk) for record in records)
        self.queue = ChunkQueue(self.study, store.home, written, progress)
        self.workers: list[StudyWorker] = []
        self.first = True  # no chunk has been started
        self.seconds_before = records[-1].seconds if records else 0.0
        self.start, self.paused_seconds = time.monotonic(), 0.0

    def run(self) -> Ended | None:
        self.queue.refill()
        try:
            self._start()
            while self.queue.has_tasks():
                self._compute(self._next_task())
            while any(worker.tasks for worker in self.workers):
                self._poll()
                time.sleep(POLL_SECONDS)
        except _Halted as halted:
            command = halted.args[0]
            if command == LEAVE:
                return None
            by = STOPS[command]
            return self._end("stopped", f"Stopped{f' by {by}' if by else ''}.", by)
        finally:
            for worker in self.workers:
                worker.close()
        count = sum(self.queue.written.values())
        return self._end("done", f"All {whole(count)} points are measured.")

    def _end(self, reason: str, message: str, by: str = "") -> Ended:
        points = sum(self.queue.written.values())
        return Ended(reason, message, points, 0, seconds=self._seconds(), by=by)

    def _start(self) -> None:
        """Start the workers that are worth it, and write the first event."""
        queue, executor = self.queue, self.queue.proposals[0].executor
        further = min(self.processes, queue.remaining) - 1
        if further > 0 and queue.estimate_seconds() > MIN_SECONDS:
            last = len(queue.proposals) - 1
            for _ in range(further):
                self.workers.append(
                    StudyWorker(self.store.home, self.id, last, queue.proposals[last].executor)
                )
        event = StudyStarted(
            description=executor.description,
            classes=executor.classes,
            points=self.study.size * sum(executor.counts),
            reach=executor.reach,
            workers=1 + len(self.workers),
            time=time.time(),
        )
        self.store.append(self.id, to_line(event))
        self.watch(event)
        self._serve_workers()

    def _compute(self, task: Task) -> None:
        """Compute one chunk in this process."""
        executor = self.queue.proposals[task[0]].executor
        with torch_threads(executor.threads):
            for index, point in enumerate(executor.points(task[1], self._poll)):
                self._write(task, index, point)
                self._poll()
        self.queue.completed[task] = 1.0

    def _poll(self) -> None:
        """Serve the workers, then ask the control whether to continue."""
        self._serve_workers()
        start = time.monotonic()
        command = self.poll_control(self)
        self.paused_seconds += time.monotonic() - start
        if command != GO:
            raise _Halted(command)

    def _serve_workers(self) -> None:
        for worker in self.workers:
            for task, data in worker.receive():
                if data is None:
                    self.queue.completed[task] = 1.0
                else:
                    self._write(task, data["index"], to_point(data["point"]))
            while task := self._next_task_for(worker):
                worker.send(task, self.queue.proposals[task[0]].experiment)

    def _next_task(self) -> Task:
        """In order; with workers only the first one, so that the curve starts immediately."""
        first, self.first = self.first, False
        in_order = first or not self.workers
        return self.queue.pop_first() if in_order else self.queue.pop_longest()

    def _next_task_for(self, worker: StudyWorker) -> Task | None:
        """The next task of a worker, None while it has enough. Only an idle worker refills."""
        queue = self.queue
        if not queue.tasks and (worker.tasks or not queue.refill()):
            return None
        enough = QUEUED_TASKS if queue.in_order() else 1
        return queue.pop_longest() if len(worker.tasks) < enough else None

    def _write(self, task: Task, index: int, point: CurvePoint) -> None:
        queue, (number, chunk) = self.queue, task
        if index < queue.written[task]:
            return  # written before the study was interrupted
        proposal = queue.proposals[number]
        if not self.study.method.whole_curve:
            point = self.study.place_point(point, proposal.experiment)
        queue.completed[task] = (index + 1) / proposal.executor.counts[chunk]
        record = Record(
            proposal=number,
            chunk=chunk,
            index=index,
            coordinates=self.study.coordinates(proposal.experiment),
            point=point,
            fraction=queue.fraction(),
            seconds=self._seconds(),
        )
        self.store.append(self.id, to_line(record))
        queue.written[task] += 1
        self.watch(record)

    def _seconds(self) -> float:
        return self.seconds_before + time.monotonic() - self.start - self.paused_seconds
