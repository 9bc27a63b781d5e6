"""Runs a study point by point and writes its folder. Knows no page and no thread.

    <home>/studies/<id>/study.json     written once
                        points.jsonl   appended to; a torn last line is ignored
                        lock           held by the process that computes it, until it ends

A study resumes after its last point: complete chunks are not computed again, and the points of an
incomplete chunk are kept.
"""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.base.control import GO, LEAVE, STOPS
from core.base.device import cores, resolve
from core.base.encoding import encode
from core.base.events import Ended
from core.base.numbers import whole
from core.base.settings import settings
from core.descent.point import CurvePoint
from core.studies.chunk_queue import ChunkQueue, Task
from core.studies.chunk_work import chunk_piece
from core.studies.folder import Studies
from core.studies.owned import compute_owned
from core.studies.places.choose import open_place
from core.studies.places.place import Outcome, Piece, Place
from core.studies.places.this_process import ThisProcess
from core.studies.records import Record, StudyStarted, to_line, to_point
from core.studies.study import Study

MIN_SECONDS = 6.0  # of work from which further processes are worth their start, about 2 s
POLL_SECONDS = 0.1  # between two questions to the control while other processes compute


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
    """Compute what the study lacks and write every point: in this thread, or in several processes
    where that is worth it (0: `workers()`). The points do not depend on where they are computed.

    `poll_control(sweep)` is called every few steps and may block; `watch` receives every event.
    Returns the last event: Ended, or None when the study was left interrupted. Errors end the study
    as failed; only BadInput is raised, when another process computes it.
    """
    store = Studies(home)

    def compute() -> Ended | None:
        return _Sweep(
            store,
            study_id,
            poll_control=poll_control,
            watch=watch,
            processes=processes or workers(),
            progress=progress,
        ).run()

    return compute_owned(store, study_id, compute, watch)


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
        self.word = GO  # the last command of the control
        events, _ = store.events(study_id)
        records = [event for event in events if isinstance(event, Record)]
        written = Counter((record.proposal, record.chunk) for record in records)
        self.queue = ChunkQueue(self.study, store.home, written, progress)
        self.tasks: dict[Piece, Task] = {}  # that are computed now
        self.first = True  # no chunk has been sent
        self.seconds_before = records[-1].seconds if records else 0.0
        self.start, self.paused_seconds = time.monotonic(), 0.0

    def run(self) -> Ended | None:
        self.queue.refill()
        with self._open_place() as place:
            self._begin(place.capacity)
            while self._poll() == GO and self._send_tasks(place):
                self._receive(place)
        if self.word == LEAVE:
            return None
        if self.word in STOPS:
            by = STOPS[self.word]
            return self._end("stopped", f"Stopped{f' by {by}' if by else ''}.", by)
        count = sum(self.queue.written.values())
        return self._end("done", f"All {whole(count)} points are measured.")

    def _end(self, reason: str, message: str, by: str = "") -> Ended:
        points = sum(self.queue.written.values())
        return Ended(reason, message, points, 0, seconds=self._seconds(), by=by)

    def _open_place(self) -> Place:
        """Open several processes, or the cluster, where that is worth it."""
        most, base, method = self.queue.remaining, self.study.base, self.study.method
        several = most > 1 and (self.processes > 1 or bool(settings().ray))
        if not several or self.queue.estimate_seconds() <= MIN_SECONDS:
            return ThisProcess(self._poll)
        # How a curve is divided into chunks depends on the device: it is the same everywhere.
        on_cpu = not method.gpu or (method.whole_curve and resolve(base.device) == "cpu")
        return open_place(
            self._poll,
            processes=min(self.processes, most),
            device="cpu" if on_cpu else base.device,
            label=f"study {self.id}",
        )

    def _begin(self, processes: int) -> None:
        """Write the first event."""
        executor = self.queue.proposals[0].executor
        event = StudyStarted(
            description=executor.description,
            classes=executor.classes,
            points=self.study.size * sum(executor.counts),
            reach=executor.reach,
            workers=processes,
            time=time.time(),
        )
        self.store.append(self.id, to_line(event))
        self.watch(event)

    def _send_tasks(self, place: Place) -> bool:
        """Send as many chunks as the place can compute now; False when none is left or at work."""
        while place.free > 0 and self.queue.has_tasks():
            in_order = self.first or place.capacity == 1  # the curve starts with the first chunk
            self.first = False
            task = self.queue.pop_first() if in_order else self.queue.pop_longest()
            experiment = self.queue.proposals[task[0]].experiment
            piece = chunk_piece(self.store.home, self.study, experiment, task[1])
            self.tasks[piece] = task
            place.send(piece)
        return bool(self.tasks)

    def _receive(self, place: Place) -> None:
        for piece, outcome in place.receive(POLL_SECONDS):
            if outcome is None and self.word != GO:
                return  # it has ended early
            self._take(piece, outcome)
            if outcome is None:
                self._send_tasks(place)
            elif self._poll() != GO:
                return

    def _take(self, piece: Piece, outcome: Outcome) -> None:
        """Write a point, or note the end of a chunk."""
        if isinstance(outcome, Exception):
            raise outcome
        if outcome is None:
            self.queue.completed[self.tasks.pop(piece)] = 1.0
        else:
            self._write(self.tasks[piece], outcome["index"], to_point(outcome["point"]))

    def _poll(self) -> str:
        """Ask the control whether to continue, which may block, and return its command."""
        start = time.monotonic()
        self.word = self.poll_control(self) if self.word == GO else self.word
        self.paused_seconds += time.monotonic() - start
        return self.word

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
