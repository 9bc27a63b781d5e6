"""Tracker: a consumer of a run's events that writes them for another tool. The same one follows a
training (core/runs/tracking/live.py) and writes a run that has ended.
"""

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from core.base.errors import Unavailable
from core.base.events import Ended, Event, Started
from core.experiment import Experiment
from core.runs.tracking.scalars import Scalar, ScalarReader


class Tracker(ABC):
    """One run in `folder`. A member states its `kind`, its `label` and the `package` that it needs;
    `open` is called at each start or resume of the run.
    """

    kind: ClassVar[str]
    label: ClassVar[str]
    package: ClassVar[str]

    def __init__(self, folder: Path, run: str, experiment: Experiment):
        """Raises Unavailable if the package is not installed."""
        if importlib.util.find_spec(self.package) is None:
            raise Unavailable(
                f"{self.label} needs the package {self.package}, which is not installed. Install "
                "it with `python -m pip install -r requirements-tracking.txt`.",
                code="tracker_not_installed",
            )
        self.folder, self.run, self.experiment = folder, run, experiment
        self._reader = ScalarReader()

    @property
    def name(self) -> str:
        """What the run is called."""
        return self.experiment.title

    def add(self, event: Event) -> None:
        """Record one event. Starts come before everything else."""
        scalars = self._reader.read(event)
        if isinstance(event, Started):
            self.open(event)
        elif isinstance(event, Ended):
            self.end(event, scalars)
        elif scalars:
            self.write(scalars)

    def add_all(self, events: Iterable[Event]) -> None:
        """Record a whole run, and close it."""
        try:
            for event in events:
                self.add(event)
        finally:
            self.close()

    @abstractmethod
    def open(self, started: Started) -> None:
        """Begin, or continue after a resume, which discards what was written after its step."""

    @abstractmethod
    def write(self, scalars: Sequence[Scalar]) -> None:
        """Record numbers of the training."""

    @abstractmethod
    def end(self, ended: Ended, scores: Sequence[Scalar]) -> None:
        """Record the scores at the end and why the run ended."""

    @abstractmethod
    def close(self) -> None:
        """Release the files, also of a run without an end or a start."""
