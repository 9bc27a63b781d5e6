"""A stopwatch that stops while the training does: pauses, slow consumers and checkpoints do not
count as training time.
"""

from collections.abc import Callable


class Stopwatch:
    """Runs from the first `resume`. `clock` returns seconds that never decrease."""

    def __init__(self, clock: Callable[[], float]):
        self.clock, self.before = clock, 0.0
        self.since: float | None = None
        self.stopped_at: float | None = None

    @property
    def seconds(self) -> float:
        """The seconds that it has run."""
        return self.before + (self.clock() - self.since if self.since is not None else 0.0)

    def resume(self) -> float:
        """Continue; return how many seconds it was stopped."""
        self.since = self.clock()
        return self.since - self.stopped_at if self.stopped_at is not None else 0.0

    def pause(self) -> None:
        """Stop."""
        self.before, self.since = self.seconds, None
        self.stopped_at = self.clock()

    def start_at(self, seconds: float) -> None:
        """Count from these seconds, for a training that is resumed."""
        self.before = seconds
