"""Whose turn it is: the order in which the jobs of several people get one device. Pure: knows no
thread, no clock and no run.

Start-time fair queueing (Goyal, Vin, Cheng 1996), with the seconds that a job took known when it
has ended. Every person has a reading, the seconds of the device that they have had; who waits with
the smallest one is next. Who comes back after a while begins at the reading of the job at work, so
that nobody saves turns up, and nobody's past work is held against them for long.

A *fair share* of waiting: while a job of one person waits, let n be the number of people who have a
job here, `own` the seconds of that person's jobs that come before it (their last one that had ended
included), and `longest` those of the longest job. A device that could be cut into n equal parts
would have done the person's work of own + longest after n · (own + longest) seconds. Whole jobs
cannot be cut; still no job waits longer than that:

    what another person gets meanwhile ≤ own + one job of theirs, for n − 1 of them, and own itself

Twice the fair share is what the lab promises.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

UNKNOWN = 60.0  # seconds that a job is taken for where no job's time is known


@dataclass(frozen=True)
class Turn:
    """One job in line: whose it is, how far the device's reading was when it came, and its number
    in the order of arrival.
    """

    job: str
    owner: str
    arrived: float
    number: int


@dataclass
class Ledger:
    """Who has had how much of one device. `now` is the reading of the job at work."""

    now: float = 0.0
    had: dict[str, float] = field(default_factory=dict)

    def reading(self, turn: Turn) -> float:
        """Where this job stands in the order; the smallest is next."""
        return max(turn.arrived, self.had.get(turn.owner, 0.0))

    def choose(self, waiting: Sequence[Turn]) -> Turn:
        """Who is next; of those that stand equal, who came first."""
        return min(waiting, key=lambda turn: (self.reading(turn), turn.number))

    def began(self, turn: Turn) -> float:
        """The job is at work; its reading, which `ended` wants."""
        self.now = max(self.now, self.reading(turn))
        return self.now

    def ended(self, owner: str, reading: float, seconds: float) -> None:
        """The job took so many seconds."""
        self.had[owner] = reading + seconds

    def rest(self) -> None:
        """Nobody is left: whoever comes next begins where all others are."""
        self.now = max([self.now, *self.had.values()])
        self.had.clear()


def order(
    ledger: Ledger,
    waiting: Sequence[Turn],
    at_work: Sequence[tuple[Turn, float]],
    expected: Mapping[str, float | None],
) -> list[tuple[str, float | None]]:
    """The waiting jobs in the order in which they will begin, each with the seconds until then;
    None from the first on whose time hangs on a job that nobody knows the length of.

    `at_work` is the job under way, if any, with the reading that `began` gave; `expected` has the
    seconds that are still to come for it and for each waiting job, None where that is not known.
    """
    known = [seconds for seconds in expected.values() if seconds is not None]
    guess = fmean(known) if known else UNKNOWN
    ahead = replace(ledger, had=dict(ledger.had))
    left, found, total = list(waiting), [], 0.0
    for turn, reading in at_work:
        seconds = expected.get(turn.job)
        ahead.ended(turn.owner, reading, guess if seconds is None else seconds)
        total = None if seconds is None else seconds
    while left:
        turn = ahead.choose(left)
        left.remove(turn)
        found.append((turn.job, total))
        seconds = expected.get(turn.job)
        ahead.ended(turn.owner, ahead.began(turn), guess if seconds is None else seconds)
        total = None if total is None or seconds is None else total + seconds
    return found


class FairQueue:
    """Who waits for something that one job has at a time, and who has it."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.waiting: dict[str, Turn] = {}  # in the order in which they came
        self.at_work: tuple[Turn, float] | None = None  # with the reading at which it began
        self._came = 0

    def add(self, job: str, owner: str) -> None:
        """It waits from now on."""
        self._came += 1
        self.waiting[job] = Turn(job, owner, self.ledger.now, self._came)

    def leave(self, job: str) -> None:
        """It waits no longer, if it did."""
        self.waiting.pop(job, None)
        self._rest()

    def first(self) -> str:
        """Whose turn is next, of those that wait."""
        return self.ledger.choose([*self.waiting.values()]).job

    def take(self, job: str) -> None:
        """Its turn has come."""
        turn = self.waiting.pop(job)
        self.at_work = turn, self.ledger.began(turn)

    def over(self, seconds: float) -> None:
        """The job at work has taken so many seconds."""
        turn, reading = self.at_work
        self.ledger.ended(turn.owner, reading, seconds)
        self.at_work = None
        self._rest()

    def order(self, expected: Mapping[str, float | None]) -> list[tuple[str, float | None]]:
        """The waiting jobs as `order` tells them."""
        at_work = [self.at_work] if self.at_work else []
        return order(self.ledger, [*self.waiting.values()], at_work, expected)

    def _rest(self) -> None:
        if not self.waiting and not self.at_work:
            self.ledger.rest()
