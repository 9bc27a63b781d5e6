"""Who has taken the teacher's seat, in the server's memory: it outlives a page that is loaded anew,
and ends with the lab.
"""

import threading
import time
from collections.abc import Callable

HOURS = 4.0  # after which the PIN is asked for again


class Seats:
    """The browsers that have given the right PIN, by the digest of the token that each keeps."""

    def __init__(self, hours: float = HOURS, clock: Callable[[], float] = time.monotonic):
        self.seconds, self.clock = 3600 * hours, clock
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, who: str) -> None:
        """This browser has given the PIN just now."""
        with self._lock:
            now = self.clock()
            self._until = {each: end for each, end in self._until.items() if end > now}
            self._until[who] = now + self.seconds

    def leave(self, who: str) -> None:
        """It wants to be a teacher no more; nothing for one that was none."""
        with self._lock:
            self._until.pop(who, None)

    def taken(self, who: str) -> bool:
        """Whether it sits there now."""
        with self._lock:
            return self.clock() < self._until.get(who, float("-inf"))


seats = Seats()
