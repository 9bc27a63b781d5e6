"""Processes that compute pieces of work, kept between studies."""

import os
import queue
import threading
from concurrent.futures import Future

from core.base.process import Child
from core.base.settings import PREFIX
from core.studies.places.idle_pool import IdlePool

IDLE_SECONDS = 300.0  # after which the processes that nobody uses end
SINGLE_THREAD = {"OMP_NUM_THREADS": "1", f"{PREFIX}THREADS": "1"}
Environment = tuple[tuple[str, str], ...]


class ProcessPool(IdlePool[Child]):
    """The idle processes. A thread of the pool starts them, for the system ends a child with the
    thread that started it (core/base/parent_death.py). Any thread may call its methods.
    """

    def __init__(self, idle_seconds: float = IDLE_SECONDS):
        super().__init__(idle_seconds)
        self._requests: queue.SimpleQueue[Future[Child]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def lease(self) -> Child:
        """Return an idle process that was started with the present settings, or a new one."""
        if child := self.take(_environment()):
            return child
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._start_all, name="pool", daemon=True)
                self._thread.start()
        started: Future[Child] = Future()
        self._requests.put(started)
        return started.result()

    def give_back(self, child: Child) -> None:
        """Keep an idle process for the next study."""
        self.keep(_environment(), child)

    def idle(self) -> int:
        """Return the number of processes that can start without delay."""
        return self.count(_environment())

    def _start_all(self) -> None:
        """Start the requested processes."""
        while True:
            request = self._requests.get()
            try:
                request.set_result(_start())
            except BaseException as error:
                request.set_exception(error)


def _start() -> Child:
    """Start a process; it is killed together with the job that it works for."""
    module = "core.studies.places.piece_process"
    return Child(module, own_session=False, environment=SINGLE_THREAD)


def _environment() -> Environment:
    """Return the settings that a process has for its life; every piece names its home."""
    settings = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    settings.pop(f"{PREFIX}HOME", None)
    return tuple(sorted(settings.items()))


POOL = ProcessPool()
