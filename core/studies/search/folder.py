"""Searches on disk: one folder per search, with its value, its trials and their runs.

<home>/searches/<id>/search.json     written once
                     trials.jsonl    append-only; a torn last line is ignored
                     runs/<run>/     the folder of each trial, as those of the lab's own runs
                     lock            held by the process that computes it
"""

import contextlib
from pathlib import Path

from core.base.encoding import decode
from core.runs.store import Store
from core.studies.search.records import SearchTrial, from_line, trials
from core.studies.search.search import Search

FOLDER = "searches"


class Searches(Store):
    """The searches under one home."""

    value, log, noun, nouns = "search.json", "trials.jsonl", "search", "searches"
    command = "search"

    def __init__(self, home: Path | str | None = None, folder: str = FOLDER):
        super().__init__(home, folder)

    @property
    def trash(self) -> "Searches":
        return Searches(self.home, f"{FOLDER}-trash")

    def search(self, search_id: str) -> Search:
        """Read the search's value."""
        return decode(Search, self.experiment(search_id))

    def events(self, search_id: str, offset: int = 0) -> tuple[list, int]:
        """Return the events after byte `offset` and the next offset: SearchStarted, TrialStarted,
        TrialEnded, and the plain fields of an end. Lines without an event are skipped.
        """
        lines, offset = self.read(search_id, offset)
        events = []
        for line in lines:
            with contextlib.suppress(ValueError):
                events.append(from_line(line))
        return events, offset

    def trials(self, search_id: str) -> list[SearchTrial]:
        """Return all trials so far, the running ones included."""
        return trials(self.events(search_id)[0])

    def runs(self, search_id: str) -> Store:
        """Return the runs of the trials. Their data is that of the lab's home."""
        folder = self.path(search_id).relative_to(self.home)
        return Store(self.home, str(folder / "runs"))
