"""Sweeps: runs a study point by point and keeps its folder. Knows no page and no thread.

    <home>/studies/<id>/study.json     written once
                        points.jsonl   appended to; a torn last line is ignored
                        lock           held by whoever computes it, until that process dies

A study goes on where its last point stands: pieces that are complete are not done again, and of a
piece that was cut off the points that are there are kept.
"""

import contextlib
import logging
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.base import settings
from core.base.control import GO, LEAVE, STOPS
from core.base.device import cores, torch_threads
from core.base.encoding import encode
from core.base.errors import LabError
from core.base.events import Ended, to_json
from core.base.numbers import whole
from core.studies.folder import Studies
from core.studies.records import Begun, Record, placed, to_line, to_point
from core.studies.study import Study, Tried, propose
from core.studies.study_worker import POSSIBLE, Helper, Task

log = logging.getLogger("descent_lab")

AHEAD = 2  # tasks that a helper holds where pieces must come in order: they are short
WORTH = 6.0  # seconds of work for which a further process is worth its start, about 2 s
PAUSE = 0.02  # seconds between two looks at a helper when nothing else is left to do


class _Halted(Exception):
    """Somebody said so; `args[0]` is the word."""


def create(home: Path | str | None, study: Study) -> str:
    """A new study's id. It waits until somebody executes it."""
    return Studies(home).create(encode(study))


def workers() -> int:
    """Processes for a study by default: LAB_WORKERS, else one core is left to the pages."""
    usual = max(1, min(2, cores() - 1))
    return int(settings.number("LAB_WORKERS", usual, least=1, whole=True))


def execute(
    home: Path | str | None,
    study_id: str,
    poll_control: Callable[[Any], str] = lambda sweep: GO,
    watch: Callable[[Begun | Record | Ended], None] = lambda event: None,
    *,
    processes: int = 0,
    progress: Callable[[float, str], None] | None = None,
) -> Ended | None:
    """Computes what the study lacks, in this thread and `processes` − 1 further processes (0:
    `workers()`), and writes every point down. The points do not depend on how many there are.

    `poll_control(sweep)` is called every few steps and may block; `watch` receives every event. The
    last one is returned: Ended, or None when the study was left interrupted. Errors end it as
    failed; none is raised, but BadInput when somebody else computes it.
    """
    store = Studies(home)
    with store.own(study_id):
        try:
            ended = _Sweep(
                store, study_id, poll_control, watch, processes or workers(), progress
            ).run()
        except Exception as error:
            ended = Ended("failed", _reason(error, study_id), 0, 0)
        if ended:
            with contextlib.suppress(OSError):
                store.append(study_id, to_json(ended))
            watch(ended)
        return ended


def _reason(error: Exception, study_id: str) -> str:
    if isinstance(error, LabError):
        return str(error)
    log.exception("study %s failed", study_id)
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return "The memory is not enough: take fewer rows or narrower models."
    if isinstance(error, OSError):
        return f"The study's folder cannot be written ({error.strerror}): free space, then resume."
    return (
        f"Internal error ({type(error).__name__}); the log has the details under study {study_id}."
    )


@dataclass
class _Place:
    """A proposed experiment, how it is computed, and how many points of each piece are written."""

    tried: Tried
    work: Any
    written: Counter


class _Sweep:
    """One execution under way."""

    def __init__(self, store, study_id, poll_control, watch, processes, progress):
        self.store, self.id, self.ask, self.watch = store, study_id, poll_control, watch
        self.study, self.processes, self.progress = store.study(study_id), processes, progress
        self.single_steps = False  # a person who goes step by step gets point after point
        events, _ = store.events(study_id)
        known = [event for event in events if isinstance(event, Record)]
        self.known = Counter((record.place, record.piece) for record in known)
        self.before = known[-1].seconds if known else 0.0
        self.places: list[_Place] = []
        self.tasks: deque[Task] = deque()
        self.helpers: list[Helper] = []
        self.first = True  # nothing has been begun
        self.began, self.away, self.done = time.monotonic(), 0.0, {}

    def run(self) -> Ended | None:
        self._refill()
        try:
            self._begin()
            while self.tasks or self._refill():
                self._do(self._next())
            while any(helper.tasks for helper in self.helpers):
                self._attend()
                time.sleep(PAUSE)
        except _Halted as halted:
            if halted.args[0] == LEAVE:
                return None
            by = STOPS[halted.args[0]]
            words = f"Stopped by {by or 'hand'}: resume it to go on from here."
            return self._ended("stopped", words, by)
        finally:
            for helper in self.helpers:
                helper.close()
        count = sum(self.known.values())
        return self._ended("done", f"All {whole(count)} points are there.")

    def _ended(self, reason: str, message: str, by: str = "") -> Ended:
        points = sum(self.known.values())
        return Ended(reason, message, points, 0, seconds=self._seconds(), by=by)

    def _begin(self) -> None:
        work = self.places[0].work
        further = min(self.processes, len(self.tasks) + self.study.size - len(self.places)) - 1
        if POSSIBLE and further > 0 and self._to_go() > WORTH:
            place = len(self.places) - 1
            given = (self.store.home, self.id, place, self.places[place].work)
            for _ in range(further):
                self.helpers.append(Helper(*given))
        points = self.study.size * sum(work.counts)
        facts = (work.says, work.classes, points, work.reach, 1 + len(self.helpers), time.time())
        event = Begun(*facts)
        self.store.append(self.id, to_line(event))
        self.watch(event)
        self._feed()

    def _refill(self) -> bool:
        """Takes the next experiment whose points are not all there; False when there is none."""
        from core.data.load import load
        from core.studies.work import work_of

        study = self.study
        while experiment := propose(study, [place.tried for place in self.places]):
            samples = load(experiment.data, self.store.home, self.progress)
            work = work_of(study.method, experiment, samples, study.repeats)
            number = len(self.places)
            written = Counter({p: self.known[number, p] for p in range(len(work.counts))})
            self.places.append(_Place(Tried(experiment), work, written))
            self.tasks.extend(
                (number, piece) for piece, count in enumerate(work.counts) if written[piece] < count
            )
            for piece, count in enumerate(work.counts):
                if written[piece] >= count:
                    self.done[number, piece] = 1.0
            if self.tasks:
                return True
        return False

    def _do(self, task: Task) -> None:
        """One piece, in this process."""
        work = self.places[task[0]].work
        with torch_threads(work.threads):
            for index, point in enumerate(work.points(task[1], self._attend)):
                self._write(task, index, point)
                self._attend()
        self.done[task] = 1.0

    def _attend(self) -> None:
        """Listens to the helpers, then asks whether to go on."""
        self._feed()
        began = time.monotonic()
        word = self.ask(self)
        self.away += time.monotonic() - began
        if word != GO:
            raise _Halted(word)

    def _feed(self) -> None:
        for helper in self.helpers:
            for task, data in helper.heard():
                if data is None:
                    self.done[task] = 1.0
                else:
                    self._write(task, data["index"], to_point(data["point"]))
            while task := self._next_for(helper):
                helper.give(task, self.places[task[0]].tried.experiment)

    def _next(self) -> Task:
        """In order. Beside helpers only the first, so that a curve begins at once."""
        first, self.first = self.first, False
        return self.tasks.popleft() if first or not self.helpers else self._last()

    def _last(self) -> Task:
        """The one at the end, which is the longest, so that little is left when one process has
        nothing more to do; or the next one where pieces must come in order.
        """
        rising = self.places[self.tasks[0][0]].work.rising
        return self.tasks.popleft() if rising else self.tasks.pop()

    def _next_for(self, helper: Helper) -> Task | None:
        if not self.tasks and (len(helper.tasks) or not self._refill()):
            return None
        rising = self.places[self.tasks[0][0]].work.rising
        return self._last() if len(helper.tasks) < (AHEAD if rising else 1) else None

    def _write(self, task: Task, index: int, point: Any) -> None:
        place = self.places[task[0]]
        if index < place.written[task[1]]:
            return  # it was there before the study was interrupted
        if not self.study.method.together:
            point = placed(self.study, place.tried.experiment, point)
        self.done[task] = (index + 1) / place.work.counts[task[1]]
        at = self.study.at(place.tried.experiment)
        record = Record(*task, index, at, point, self._share(), self._seconds())
        self.store.append(self.id, to_line(record))
        place.written[task[1]] += 1
        self.known[task] += 1
        self.watch(record)

    def _to_go(self) -> float:
        """Seconds in one process, by a probe."""
        work = self.places[0].work
        left = sum(work.costs[piece] for _, piece in self.tasks)
        with torch_threads(work.threads):
            return work.probe() * (left + sum(work.costs) * (self.study.size - len(self.places)))

    def _share(self) -> float:
        """Of the whole work; places to come are taken for such as are there."""
        costs = [
            (k, p, c) for k, one in enumerate(self.places) for p, c in enumerate(one.work.costs)
        ]
        total = sum(cost for _, _, cost in costs) * self.study.size / len(self.places)
        return sum(self.done.get((k, p), 0.0) * cost for k, p, cost in costs) / total

    def _seconds(self) -> float:
        return self.before + time.monotonic() - self.began - self.away
