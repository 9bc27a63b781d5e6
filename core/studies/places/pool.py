"""Processes that compute pieces of work, kept between studies, because importing torch takes longer
than many pieces.
"""

import contextlib
import os
import queue
import threading
from concurrent.futures import Future

from core.base.at_exit import close_at_exit
from core.base.process import Child
from core.base.settings import PREFIX

IDLE_SECONDS = 300.0  # after which the processes that nobody uses end
SINGLE_THREAD = {"OMP_NUM_THREADS": "1", f"{PREFIX}THREADS": "1"}
Environment = tuple[tuple[str, str], ...]


class ProcessPool:
    """The idle processes. A thread of the pool starts them, for the system ends a child with the
    thread that started it (core/base/parent_death.py). Any thread may call its methods.
    """

    def __init__(self, idle_seconds: float = IDLE_SECONDS):
        self.idle_seconds = idle_seconds
        self._idle: list[tuple[Environment, Child]] = []
        self._lock = threading.Lock()
        self._requests: queue.SimpleQueue[Future[Child] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        close_at_exit(self)

    def lease(self) -> Child:
        """Return an idle process that was started with the present settings, or a new one."""
        settings = _environment()
        with self._lock:
            while self._idle:
                environment, child = self._idle.pop()
                if environment == settings and child.is_alive:
                    return child
                child.close()
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep, name="pool", daemon=True)
                self._thread.start()
        started: Future[Child] = Future()
        self._requests.put(started)
        return started.result()

    def give_back(self, child: Child) -> None:
        """Keep an idle process for the next study."""
        with self._lock:
            self._idle.append((_environment(), child))
        self._requests.put(None)

    def idle(self) -> int:
        """Return the number of processes that can start without delay."""
        settings = _environment()
        with self._lock:
            return sum(each == settings and child.is_alive for each, child in self._idle)

    def close(self, seconds: float = 0.0) -> None:
        """End the idle processes. The next lease starts new ones."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, child in idle:
            child.close()

    def _keep(self) -> None:
        """Start the requested processes, and end the idle ones when nobody asks for a while."""
        while True:
            try:
                request = self._requests.get(timeout=self.idle_seconds)
            except queue.Empty:
                self.close()
                continue
            if request is None:
                continue
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


def warm_up(count: int) -> None:
    """Start processes that the next study will need, up to `count` idle ones."""
    missing = count - POOL.idle()
    with contextlib.suppress(OSError):
        for child in [POOL.lease() for _ in range(count if missing > 0 else 0)]:
            POOL.give_back(child)
