"""The log of a search in progress: its trials so far, their events, and its time."""

import time
from collections.abc import Callable
from dataclasses import replace

from core.base.events import Ended
from core.studies.search.folder import Searches
from core.studies.search.proposal import count_trials, history_of
from core.studies.search.records import (
    SearchStarted,
    SearchTrial,
    TrialEnded,
    TrialStarted,
    to_line,
    trials,
)
from core.studies.search.search import Search

SearchWatch = Callable[[SearchStarted | TrialStarted | TrialEnded | Ended], None]


class TrialLog:
    """The `trials` by their number, as the events in the folder of the search describe them.
    `watch` receives every event once it is written. `paused_seconds` do not count as time.
    """

    def __init__(self, store: Searches, search_id: str, search: Search, watch: SearchWatch):
        self.store, self.id, self.search, self.watch = store, search_id, search, watch
        self.trials = {trial.number: trial for trial in store.trials(search_id)}
        last = store.last(search_id, "seconds") or {}
        self.seconds_before = float(last.get("seconds", 0.0))
        self.start, self.paused_seconds = time.monotonic(), 0.0

    def append(self, event: SearchStarted | TrialStarted | TrialEnded) -> None:
        """Write an event, and update the trials."""
        self.store.append(self.id, to_line(event))
        known = trials([event], self.trials)
        self.trials = {trial.number: trial for trial in known}
        self.watch(event)

    def append_end(self, event: TrialEnded) -> None:
        """Write the end of a trial, with the time and the progress of the search."""
        fraction = (self.count_ended() + 1) / max(1, count_trials(self.search))
        self.append(replace(event, seconds=self.seconds(), fraction=min(1.0, fraction)))

    def fail(self, trial: SearchTrial, message: str, code: str) -> None:
        """Write that a trial failed."""
        self.append_end(TrialEnded(trial.number, "failed", None, None, 0, 0.0, None, message, code))

    def history(self, number: int) -> list[SearchTrial]:
        """Return the trials that the trial of this number is chosen from."""
        return history_of(self.search, list(self.trials.values()), number)

    def count_ended(self) -> int:
        """Return the number of trials that have ended."""
        return sum(trial.is_finished for trial in self.trials.values())

    def seconds(self) -> float:
        """Return the time that the search has taken, without pauses."""
        return self.seconds_before + time.monotonic() - self.start - self.paused_seconds
