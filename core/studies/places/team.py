"""A place whose pieces are computed by workers, each with one piece at a time: processes of this
machine or of a cluster. A piece whose worker is lost is computed again by another one.
"""

import logging
import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Iterator
from itertools import count
from typing import Any

from core.base.control import LEAVE
from core.base.errors import LabError
from core.studies.places.place import Outcome, Piece, Place
from core.studies.places.serving import Request

log = logging.getLogger("descent_lab")

OBEYS = 2.0  # seconds within which a piece must obey when its place is closed


class WorkerLost(Exception):
    """A worker is gone. The argument is a LabError for a piece that loses all its workers."""

    @property
    def error(self) -> LabError:
        return self.args[0]


_numbers = count(1)  # of all pieces, so that no command reaches a later one


class Worker(ABC):
    """Computes one piece at a time with a PieceServer in another process. `piece` is None while it
    is idle; `device` is where it computes, "" for what the pieces say.
    """

    piece: Piece | None = None
    device = ""
    _number = 0

    def is_ready(self) -> bool:
        """Whether it can start a piece. Raises WorkerLost, and LabError where it can never."""
        return True

    def start(self, piece: Piece) -> None:
        """Begin a piece. What goes wrong with it is reported by `receive`."""
        self.piece, self._number = piece, next(_numbers)
        device = self.device or piece.device
        request = {"kind": piece.kind, "home": str(piece.home), "payload": dict(piece.payload)}
        self._send({"number": self._number, **request, "device": device})

    def tell(self, command: str) -> None:
        """Give a command to its piece."""
        self._send({"number": self._number, "command": command})

    def receive(self) -> Iterator[Outcome]:
        """Yield what has arrived. Raises WorkerLost when there is no process behind it."""
        for data in self._receive():
            if "error" in data:
                yield LabError(data["error"], code=data["code"])
            else:
                yield data["message"]

    @abstractmethod
    def close(self) -> None:
        """Free what it uses. A piece that it still computes is abandoned."""

    @abstractmethod
    def _send(self, request: Request) -> None:
        """Send a request; nothing where the process is gone, which `_receive` reports."""

    @abstractmethod
    def _receive(self) -> Iterator[dict[str, Any]]:
        """Yield the outcomes that have arrived. Raises WorkerLost."""


class Team(Place):
    """The workers and the pieces that wait for one."""

    attempts = 2  # of a piece whose worker is lost; it may have caused that itself

    def __init__(self) -> None:
        self.workers: list[Worker] = []
        self._waiting: deque[Piece] = deque()
        self._told: dict[Piece, str] = {}
        self._losses: Counter[Piece] = Counter()

    @abstractmethod
    def _new_worker(self) -> Worker:
        """Start one more worker."""

    @abstractmethod
    def _wait(self, seconds: float) -> None:
        """Return when something has arrived, at the latest after `seconds`."""

    @property
    def free(self) -> int:
        return max(0, self.capacity - len(self._busy()) - len(self._waiting))

    def send(self, piece: Piece) -> None:
        self._waiting.append(piece)
        self._assign()

    def receive(self, seconds: float = 0.0) -> Iterator[tuple[Piece, Outcome]]:
        self._wait(seconds)
        for worker in self._busy():
            yield from self._receive_from(worker)
        self._assign()

    def tell(self, piece: Piece, command: str) -> None:
        self._told[piece] = command  # for another worker too, where this one is lost
        for worker in self.workers:
            if worker.piece is piece:
                worker.tell(command)

    def close(self) -> None:
        self._waiting.clear()
        for worker in self._busy():
            worker.tell(LEAVE)
        deadline = time.monotonic() + OBEYS
        while (busy := self._busy()) and (left := deadline - time.monotonic()) > 0:
            self._wait(left)
            for worker in busy:
                for _ in self._receive_from(worker):
                    pass
            self._waiting.clear()
        for worker in self.workers:
            worker.close()
        self.workers = []

    def _busy(self) -> list[Worker]:
        return [worker for worker in self.workers if worker.piece]

    def _receive_from(self, worker: Worker) -> Iterator[tuple[Piece, Outcome]]:
        try:
            for outcome in worker.receive():
                piece = worker.piece  # another one once the caller has answered an end with a piece
                if outcome is None or isinstance(outcome, LabError):
                    worker.piece = None
                    self._forget(piece)
                yield piece, outcome
        except WorkerLost as lost:
            piece = worker.piece
            self._remove(worker)
            if piece is None:
                return
            self._losses[piece] += 1
            if self._losses[piece] < self.attempts:
                log.warning("A piece of work is computed again: %s", lost.error)
                self._waiting.appendleft(piece)
                return
            self._forget(piece)
            yield piece, lost.error

    def _remove(self, worker: Worker) -> None:
        self.workers.remove(worker)
        worker.close()

    def _forget(self, piece: Piece) -> None:
        self._told.pop(piece, None)
        self._losses.pop(piece, None)

    def _assign(self) -> None:
        while self._waiting and (worker := self._idle_worker()):
            piece = self._waiting.popleft()
            worker.start(piece)
            if piece in self._told:
                worker.tell(self._told[piece])

    def _idle_worker(self) -> Worker | None:
        """Return a worker that is ready; start as many as there are pieces and room."""
        idle = [worker for worker in self.workers if not worker.piece]
        wanted = min(len(self._waiting), self.capacity - len(self._busy()))
        for _ in range(wanted - len(idle)):
            self.workers.append(self._new_worker())
            idle.append(self.workers[-1])
        for worker in idle[: max(0, wanted)]:
            try:
                if worker.is_ready():
                    return worker
            except WorkerLost:
                self._remove(worker)
        return None
