"""Workers that are kept between studies, because importing torch takes longer than many pieces."""

import threading
from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar

from core.base.at_exit import close_at_exit


class IdleWorker(Protocol):
    """A worker that computes nothing now."""

    @property
    def is_alive(self) -> bool:
        """Whether it can still compute, as far as this process can tell without asking it."""

    def close(self) -> None:
        """End it."""


M = TypeVar("M", bound=IdleWorker)


class IdlePool(Generic[M]):
    """The idle workers, each of a kind: the settings that it has for its life. They end when none
    was given back for `idle_seconds`, and when the interpreter does. Any thread may call its
    methods.
    """

    def __init__(self, idle_seconds: float):
        self.idle_seconds = idle_seconds
        self._idle: list[tuple[Hashable, M]] = []
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        close_at_exit(self)

    def take(self, kind: Hashable) -> M | None:
        """Return an idle worker of this kind, if there is one. Those of another kind make room."""
        with self._lock:
            while self._idle:
                existing, member = self._idle.pop()
                if existing == kind and member.is_alive:
                    return member
                member.close()
        return None

    def keep(self, kind: Hashable, member: M) -> None:
        """Keep a worker for the next study."""
        with self._lock:
            self._idle.append((kind, member))
            if self._timer:
                self._timer.cancel()
            self._timer = threading.Timer(self.idle_seconds, self.close)
            self._timer.daemon = True
            self._timer.start()

    def count(self, kind: Hashable) -> int:
        """Return the number of workers of this kind that can start without delay."""
        with self._lock:
            return sum(existing == kind and member.is_alive for existing, member in self._idle)

    def close(self, seconds: float = 0.0) -> None:
        """End the idle workers. The pool can still be used."""
        with self._lock:
            idle, self._idle = self._idle, []
            if self._timer:
                self._timer.cancel()
        for _, member in idle:
            member.close()
