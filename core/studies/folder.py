"""Studies on disk: one folder per study, with its value and its points.

<home>/studies/<id>/study.json     written once
                    points.jsonl   append-only; a torn last line is ignored
                    lock           held by the process that computes it
"""

import contextlib
from pathlib import Path

from core.base.encoding import decode
from core.runs.store import Store
from core.studies.records import from_line
from core.studies.study import Study


class Studies(Store):
    """The studies under one home."""

    value, log, noun, nouns = "study.json", "points.jsonl", "study", "studies"
    command = "sweep"

    def __init__(self, home: Path | str | None = None, folder: str = "studies"):
        super().__init__(home, folder)

    @property
    def trash(self) -> "Studies":
        return Studies(self.home, "studies-trash")

    def study(self, study_id: str) -> Study:
        """Read the study's value."""
        return decode(Study, self.experiment(study_id))

    def events(self, study_id: str, offset: int = 0) -> tuple[list, int]:
        """Return the events after byte `offset` (StudyStarted, Record, and the plain fields of an
        end) and the next offset. Lines without an event are skipped.
        """
        lines, offset = self.read(study_id, offset)
        events = []
        for line in lines:
            with contextlib.suppress(ValueError):
                events.append(from_line(line))
        return events, offset
