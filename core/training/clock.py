"""Time within a training: a stopwatch that stops while the training does, since pauses, slow
consumers and checkpoints do not count, and the times at which checkpoints are due.
"""

from collections.abc import Callable

SAVE_SHARE = 0.012  # fraction of the time that checkpoints may take …
SAVE_EVERY = (2.0, 60.0)  # … but at least and at most this many seconds apart


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


class CheckpointPace:
    """When checkpoints are due: as soon as the next one keeps all of them within SAVE_SHARE of the
    time, if it takes as long as the last one.

    Those at the ends of epochs are preferred, because other runs can go on from them: within an
    epoch, one is due only where there is time for a second one.
    """

    def __init__(self, watch: Stopwatch):
        self._watch = watch
        self._began = self._saved_at = self._epoch_saved_at = watch.seconds
        self._spent = self._cost = 0.0  # seconds of all checkpoints, and of the last one

    def add(self, seconds: float) -> None:
        """Count a checkpoint that took so many seconds."""
        self._spent += seconds
        self._cost = seconds

    def start_if_due(self, *, epoch_ended: bool) -> bool:
        """Return whether a checkpoint is due; then the pause up to the next one starts."""
        shortest, longest = SAVE_EVERY
        now, wanted = self._watch.seconds, 1 if epoch_ended else 2
        pause = now - (self._epoch_saved_at if epoch_ended else self._saved_at)
        within = self._spent + wanted * self._cost <= SAVE_SHARE * (now - self._began)
        due = pause >= longest or (within and pause >= wanted * shortest)
        if due:
            self._saved_at = now
            self._epoch_saved_at = now if epoch_ended else self._epoch_saved_at
        return due
