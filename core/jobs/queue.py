"""The order in which the jobs of several people get one device. Pure: without threads and clocks.

Start-time fair queueing (Goyal, Vin and Cheng 1996), where the seconds of a job are known only once
it has ended. Each person has a virtual time: the seconds of the device that they have used. The
waiting job with the smallest one is next. A person who returns after a while starts at the virtual
time of the current job: unused turns cannot be saved up, and past use is soon forgotten.

A *fair share* of waiting: while a job waits, let n be the number of people with a job here, `own`
the seconds of the same person's jobs before it (including their last one that had ended), and
`longest` the seconds of the longest job. A device divided into n equal parts would finish
own + longest seconds of work after n · (own + longest) seconds. Whole jobs cannot be divided, but
no job waits longer than that:

    each of the n − 1 other people gets at most own + one job of theirs, and the person gets own

The lab guarantees twice the fair share.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

UNKNOWN = 60.0  # seconds assumed for a job where no job's time is known


@dataclass(frozen=True)
class Turn:
    """One queued job: its owner, the virtual time at its arrival, and its number in the order of
    arrival.
    """

    job: str
    owner: str
    arrived: float
    number: int


@dataclass
class Ledger:
    """The virtual times of all people on one device; `now` is that of the current job."""

    now: float = 0.0
    had: dict[str, float] = field(default_factory=dict)

    def reading(self, turn: Turn) -> float:
        """Return the virtual time at which this job can start; the smallest is next."""
        return max(turn.arrived, self.had.get(turn.owner, 0.0))

    def choose(self, waiting: Sequence[Turn]) -> Turn:
        """Return the next turn; of several with the same virtual time, the first to arrive."""
        return min(waiting, key=lambda turn: (self.reading(turn), turn.number))

    def began(self, turn: Turn) -> float:
        """Record that the job starts, and return its virtual time for `ended`."""
        self.now = max(self.now, self.reading(turn))
        return self.now

    def ended(self, owner: str, reading: float, seconds: float) -> None:
        """Record that the job has ended after `seconds`."""
        self.had[owner] = reading + seconds

    def rest(self) -> None:
        """Forget all virtual times, because the queue is empty."""
        self.now = max([self.now, *self.had.values()])
        self.had.clear()


def order(
    ledger: Ledger,
    waiting: Sequence[Turn],
    at_work: Sequence[tuple[Turn, float]],
    expected: Mapping[str, float | None],
) -> list[tuple[str, float | None]]:
    """Return the waiting jobs in the order in which they will start, each with the seconds until
    then; None for those that wait for a job of unknown length.

    `at_work` is the current job, if any, with the virtual time that `began` returned. `expected`
    maps it and each waiting job to the seconds that they still need; None where unknown.
    """
    lengths = [seconds for seconds in expected.values() if seconds is not None]
    guess = fmean(lengths) if lengths else UNKNOWN
    ahead = replace(ledger, had=dict(ledger.had))
    left, starts, total = list(waiting), [], 0.0
    for turn, reading in at_work:
        seconds = expected.get(turn.job)
        ahead.ended(turn.owner, reading, guess if seconds is None else seconds)
        total = None if seconds is None else seconds
    while left:
        turn = ahead.choose(left)
        left.remove(turn)
        starts.append((turn.job, total))
        seconds = expected.get(turn.job)
        ahead.ended(turn.owner, ahead.began(turn), guess if seconds is None else seconds)
        total = None if total is None or seconds is None else total + seconds
    return starts


class FairQueue:
    """The jobs that wait for a resource that one job uses at a time, and that job."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.waiting: dict[str, Turn] = {}  # in order of arrival
        self.at_work: tuple[Turn, float] | None = None  # with its virtual time
        self._arrivals = 0

    def add(self, job: str, owner: str) -> None:
        """Queue a job."""
        self._arrivals += 1
        self.waiting[job] = Turn(job, owner, self.ledger.now, self._arrivals)

    def leave(self, job: str) -> None:
        """Remove a waiting job; nothing if it does not wait."""
        self.waiting.pop(job, None)
        self._rest()

    def same_owner(self, job: str) -> list[str]:
        """Return the waiting jobs of the owner of this one, in the order in which they will start;
        none if it does not wait.
        """
        if (chosen := self.waiting.get(job)) is None:
            return []
        mine = (turn for turn in self.waiting.values() if turn.owner == chosen.owner)
        return [turn.job for turn in sorted(mine, key=lambda turn: turn.number)]

    def arrange(self, jobs: Sequence[str]) -> None:
        """Let waiting jobs of one owner exchange their turns, so that they start in this order.
        Jobs that do not wait, and those of another owner than the first, are left out; all jobs
        that are left out keep their turns.
        """
        first = next((job for job in jobs if job in self.waiting), "")
        mine = self.same_owner(first)
        wanted = [job for job in dict.fromkeys(jobs) if job in mine]
        turns = [self.waiting[job] for job in mine if job in wanted]
        for turn, job in zip(turns, wanted, strict=True):
            self.waiting[job] = replace(turn, job=job)

    def first(self) -> str:
        """Return the waiting job whose turn is next."""
        return self.ledger.choose([*self.waiting.values()]).job

    def take(self, job: str) -> None:
        """Start the job, whose turn has come."""
        turn = self.waiting.pop(job)
        self.at_work = turn, self.ledger.began(turn)

    def over(self, seconds: float) -> None:
        """End the current job, which took `seconds`."""
        turn, reading = self.at_work
        self.ledger.ended(turn.owner, reading, seconds)
        self.at_work = None
        self._rest()

    def order(self, expected: Mapping[str, float | None]) -> list[tuple[str, float | None]]:
        """Return the waiting jobs in order, each with the seconds until it starts; see `order`."""
        at_work = [self.at_work] if self.at_work else []
        return order(self.ledger, [*self.waiting.values()], at_work, expected)

    def _rest(self) -> None:
        if not self.waiting and not self.at_work:
            self.ledger.rest()
