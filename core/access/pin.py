"""The teacher's PIN, and how often it can be tried."""

import hmac
import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from core.base.errors import NotAllowed
from core.base.settings import settings
from core.base.text import counted

log = logging.getLogger("descent_lab")


def pin() -> str:
    """Return LAB_PIN; empty where there is none. BadInput for one that is too short."""
    return settings().pin


class PinLimiter:
    """Limits PIN attempts: at most `each` wrong ones per browser in `seconds`.

    A new browser identity costs nothing, so after `all` wrong attempts by anybody in that time all
    attempts, right ones included, take turns, one every `gap` seconds. A person who has not failed
    is never locked out by others, only delayed, and guessing six digits takes a month.
    """

    def __init__(
        self,
        each: int = 5,
        all: int = 30,
        seconds: float = 600.0,
        gap: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ):
        self.each, self.all, self.seconds, self.gap = each, all, seconds, gap
        self.clock, self.sleep = clock, sleep
        self._wrong: deque[tuple[float, str]] = deque()
        self._turn = -gap  # of the last attempt
        self._lock = threading.Lock()

    def enter(self, attempt: str, by: str) -> None:
        """Return if `attempt` is the PIN. NotAllowed if not, or after too many wrong attempts."""
        with self._lock:
            self.attempts_left(by)
            delay = self._delay()
        if delay:
            self.sleep(delay)
        with self._lock:
            left = self.attempts_left(by) - 1  # the same browser may have tried meanwhile
            expected = pin()
            if expected and hmac.compare_digest(attempt.encode(), expected.encode()):
                return
            self._wrong.append((self.clock(), by))
            if len(self._wrong) == self.all:
                log.warning(
                    "%d wrong PIN attempts: they are now limited to one every %g s",
                    self.all,
                    self.gap,
                )
            raise NotAllowed(
                f"Incorrect PIN. You have {counted(left, 'attempt')} left.", code="pin_wrong"
            )

    def attempts_left(self, by: str) -> int:
        """Wrong attempts that this browser has left. NotAllowed for none."""
        while self._wrong and self.clock() - self._wrong[0][0] >= self.seconds:
            self._wrong.popleft()
        mine = sum(who == by for _, who in self._wrong)
        if mine >= self.each:
            raise NotAllowed(
                f"Too many incorrect PINs. Try again {self.seconds / 60:.0f} minutes after the "
                "first one.",
                code="pin_attempts_used",
            )
        return self.each - mine

    def _delay(self) -> float:
        """Seconds until the turn of this attempt."""
        if len(self._wrong) < self.all:
            return 0.0
        self._turn = max(self.clock(), self._turn + self.gap)
        return self._turn - self.clock()


pin_limiter = PinLimiter()
