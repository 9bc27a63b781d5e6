"""The run whose inside is shown, with the part of its data that is looked at: its samples, its
analyses and its charts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from core.analysis.catalogue import Analysis
from core.base.encoding import decode
from core.base.numbers import duration
from core.data.load import load
from core.data.samples import Samples
from core.experiment import Experiment
from core.jobs import runner
from pages.kit import analyses, feed, live_chart
from pages.kit.layout import run_name

QUICK = 5.0  # seconds up to which an analysis starts without a press


@dataclass(frozen=True)
class Inspected:
    """The run whose inside is shown, and the part of its data that is looked at."""

    run: str
    part: str

    @cached_property
    def experiment(self) -> Experiment:
        return decode(Experiment, runner.current().store.experiment(self.run))

    @property
    def home(self) -> Path:
        return runner.current().store.home

    @cached_property
    def name(self) -> str:
        return run_name(self.run)

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The class names; empty for values."""
        return self.experiment.data.facts(self.home).classes

    @cached_property
    def samples(self) -> Samples | None:
        """The dataset; None while it is not on this disk."""
        if not self.experiment.data.is_available(self.home):
            return None
        return load(self.experiment.data, self.home)

    def rows(self, rows: list[int]) -> tuple[np.ndarray, np.ndarray] | None:
        """Return raw inputs and targets of these rows of the dataset, if it is on this disk."""
        if self.samples is None:
            return None
        if self.part == "test" and self.samples.has_test:
            return self.samples.test_inputs[rows], self.samples.test_targets[rows]
        return self.samples.inputs[rows], self.samples.targets[rows]

    def result(self, analysis: Analysis, share: float = 1.0) -> dict | None:
        """Return the result of an analysis that computes this share of the part's samples, or draw
        why there is none. One that takes long starts when a button is pressed.
        """
        seconds = share * self.expected_seconds()
        ask = "" if seconds <= QUICK else f"Compute (about {duration(seconds)})"
        return analyses.result(self.run, analysis, ask=ask)

    def expected_seconds(self) -> float:
        """Return the seconds for all samples of the part: a third of what as many took to train."""
        with feed.tail(self.run).read() as history:
            if not history.epochs or not history.started:
                return 0.0
            last, sizes = history.epochs[-1], history.started.sizes
            each = last.seconds / (last.epoch * max(1, sizes.get("train", 1)))
            return each * sizes.get(self.part, 0) / 3

    def draw(
        self, figure: Callable, key: str, height: int, alt: str, csv: str, **more: Any
    ) -> None:
        """Draw a chart of this run; `csv` is the content of its CSV file. `more` goes to
        `live_chart.drawn`.
        """
        live_chart.drawn(
            figure, key=f"inside_{key}", height=height, alt=alt, name=f"{self.name} {alt}",
            subject=self.name, csv=csv, **more,
        )  # fmt: skip
