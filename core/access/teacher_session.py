"""Teacher sessions in the server's memory: they survive a reload and end with the lab."""

import threading
import time
from collections.abc import Callable

HOURS = 4.0  # after which the PIN is asked for again


class TeacherSessions:
    """The browsers that have entered the right PIN, by the digest of each browser's token."""

    def __init__(self, hours: float = HOURS, clock: Callable[[], float] = time.monotonic):
        self.seconds, self.clock = 3600 * hours, clock
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def start(self, browser: str) -> None:
        """Start a session for a browser that has just entered the PIN."""
        with self._lock:
            now = self.clock()
            self._until = {each: end for each, end in self._until.items() if end > now}
            self._until[browser] = now + self.seconds

    def end(self, browser: str) -> None:
        """End the browser's session; nothing where it has none."""
        with self._lock:
            self._until.pop(browser, None)

    def is_active(self, browser: str) -> bool:
        """Whether the browser has a session now."""
        with self._lock:
            return self.clock() < self._until.get(browser, float("-inf"))


sessions = TeacherSessions()
