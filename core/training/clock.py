"""A stopwatch that stands still while the training does: a pause, a slow reader and a checkpoint
take no training time.
"""

from collections.abc import Callable


class Stopwatch:
    """Runs from the first `go_on`. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float]):
        self.clock, self.before = clock, 0.0
        self.since: float | None = None
        self.stopped_at: float | None = None

    @property
    def seconds(self) -> float:
        """Seconds that it has run."""
        return self.before + (self.clock() - self.since if self.since is not None else 0.0)

    def go_on(self) -> float:
        """Runs again; how many seconds it stood still."""
        self.since = self.clock()
        return self.since - self.stopped_at if self.stopped_at is not None else 0.0

    def pause(self) -> None:
        """Stands still."""
        self.before, self.since = self.seconds, None
        self.stopped_at = self.clock()

    def begin_at(self, seconds: float) -> None:
        """Counts from here, for a training that goes on."""
        self.before = seconds
