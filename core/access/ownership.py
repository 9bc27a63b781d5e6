"""Who may do what: the lab's mode, whose a run is, and the teacher's PIN.

    LAB_MODE=solo    everybody who reaches the lab may do everything (the default)
    LAB_MODE=class   a run belongs to the browser that started it; a teacher (LAB_PIN) may do all
    LAB_MODE=lab     a run belongs to the login (OIDC) that started it; a teacher as above, or a
                     login that LAB_TEACHERS names (core/access/login.py)

Everybody sees every run; only its owner or a teacher may act on it. `<run>/owner` holds a digest of
the browser's token or of the login, never the token itself. Who acts is asked of whoever knows the
browser (`ask`); nobody forgets to say so.
"""

import contextlib
import hashlib
import hmac
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable

from core.base import settings
from core.base.errors import BadInput, NotAllowed
from core.runs.store import Store

log = logging.getLogger("descent_lab")

SOLO, CLASS, OIDC = MODES = ("solo", "class", "lab")
OWNER = "owner"  # the file in a run's folder
LAB, TEACHER = "", "teacher"  # the lab itself; who has given the PIN
LEAST = 6  # characters of a PIN


def _lab() -> str:
    return LAB


_who: Callable[[], str] = _lab
_seat: Callable[[], str] = _lab


def ask(who: Callable[[], str], seat: Callable[[], str]) -> None:
    """From now on `who` tells on whose behalf the present thread acts, and `seat` for which browser
    or login, also where a teacher sits there.
    """
    global _who, _seat
    _who, _seat = who, seat


def acting(by: str | None = None) -> str:
    """`by` where it is said, else on whose behalf the present thread acts."""
    return _who() if by is None else by


def seated() -> str:
    """The browser or the login for which the present thread works; a teacher's has its own."""
    return _seat()


def mode() -> str:
    """What LAB_MODE says. BadInput for a word that it does not know."""
    return settings.word("LAB_MODE", MODES, SOLO)


def digest(secret: str) -> str:
    """The owner that a browser's token or a login stands for, 64 bits as 16 hexadecimal digits."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def own(store: Store, run: str, by: str) -> None:
    """Writes down whose the run is; nothing for one of the lab itself."""
    if by != LAB:
        store.write(run, OWNER, by.encode())


def owner(store: Store, run: str) -> str:
    """Whose the run is; LAB for one that nobody has."""
    path = store.path(run, OWNER)
    with contextlib.suppress(OSError):
        return path.read_text("utf-8", "replace")[:64]
    return LAB


def may(store: Store, run: str, by: str) -> bool:
    """Whether `by` may act on the run."""
    return by in (LAB, TEACHER) or owner(store, run) == by


def whose(store: Store, run: str, by: str | None = None) -> str:
    """To whom the run belongs, as `by` would say it."""
    found = owner(store, run)
    if found == acting(by):
        return "Yours"
    return {TEACHER: "A teacher's", LAB: "The lab's"}.get(found, "Another's")


def require(store: Store, run: str, by: str | None = None) -> None:
    """NotAllowed unless `by` may act on the run."""
    if not may(store, run, acting(by)):
        raise NotAllowed(
            f"This {store.noun} belongs to somebody else: you can watch it and copy its settings; "
            "only its owner or a teacher may change it."
        )


def require_teacher(by: str | None = None) -> None:
    """NotAllowed for all but a teacher, and the lab itself."""
    if acting(by) not in (LAB, TEACHER):
        raise NotAllowed("This concerns everybody's work: only a teacher may do it.")


def pin() -> str:
    """The teacher's PIN, LAB_PIN; empty where there is none. BadInput for one that is too short."""
    said = os.environ.get("LAB_PIN", "")
    if said and len(said) < LEAST:
        raise BadInput(
            f"LAB_PIN has {len(said)} characters: give it at least {LEAST}, so that nobody guesses "
            "it."
        )
    return said


class Door:
    """Where a PIN is tried: at most `each` wrong ones of one browser in `seconds`.

    A browser can be had for nothing, so after `all` wrong ones of everybody in that time the tries
    of everybody, also the right ones, take turns, one every `gap` seconds. Nobody who has not
    failed is kept out by others, only held up; and six digits take a month to guess.
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
        self._turn = -gap  # when the last try had its turn, or will have it
        self._lock = threading.Lock()

    def enter(self, given: str, by: str) -> None:
        """Returns when it is the PIN. NotAllowed when it is not, or after too many wrong ones."""
        with self._lock:
            self._left(by)
            pause = self._pause()
        if pause:
            self.sleep(pause)
        with self._lock:
            left = self._left(by) - 1  # others of the same browser may have tried meanwhile
            wanted = pin()
            if wanted and hmac.compare_digest(given.encode(), wanted.encode()):
                return
            self._wrong.append((self.clock(), by))
            if len(self._wrong) == self.all:
                log.warning("%d wrong PINs: from now on one every %g s", self.all, self.gap)
            tries = (
                f"{left} more tries" if left > 1 else "one more try" if left else "no more tries"
            )
            raise NotAllowed(f"This is not the PIN: you have {tries}.")

    def _left(self, by: str) -> int:
        """How many more wrong ones this browser may give. NotAllowed for none."""
        while self._wrong and self.clock() - self._wrong[0][0] >= self.seconds:
            self._wrong.popleft()
        mine = sum(who == by for _, who in self._wrong)
        if mine >= self.each:
            raise NotAllowed(
                f"Too many wrong PINs: try again {self.seconds / 60:.0f} minutes after the first "
                "of them."
            )
        return self.each - mine

    def _pause(self) -> float:
        """Seconds until the turn of this try."""
        if len(self._wrong) < self.all:
            return 0.0
        self._turn = max(self.clock(), self._turn + self.gap)
        return self._turn - self.clock()


door = Door()
