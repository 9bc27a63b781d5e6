"""History: the events of one run as columns for charts and findings. Knows no file, no torch and no
page.

Groups of columns, each a table with one row per bin or epoch, and its maximum number of rows:

    step   step, epoch (1.5: halfway through the second), seconds, loss, rate     1,000 rows
    epoch  epoch, step, seconds, <part>_loss, <part>_error, <part>_accuracy, <part>_rmse, best
           of the parts train and validation; for regression, accuracy is R²
    probe  step, epoch, seconds, gradient.<layer>, weight.<layer>, update.<layer>    500 rows
    map    the same in wider bins, for the layer × time map, and                     120 rows
           spread.<layer>, mean.<layer>, dead.<activation>, saturated.<activation>

the forecast of the final validation loss (core/runs/forecast.py)

    forecast  epoch, step, seconds, low, high                                          9 rows

and, for inputs that can be drawn, `surface`: the latest predictions over the input range
(core/training/surface.py). The rows of steps and probes are bins (core/runs/tables.py).
"""

from array import array
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any, Self

from core.base.events import (
    Changed,
    Distribution,
    Ended,
    Epoch,
    Event,
    Probe,
    Recomputing,
    Saved,
    Started,
    Step,
    Surface,
    from_json,
)
from core.optim.marks import Mark, Marks, untaken
from core.optim.stopping import StoppingRule
from core.runs.chart_marks import change_mark, fork_mark, stopping_mark
from core.runs.deltas import delta, six_digits
from core.runs.epoch_scale import EpochScale
from core.runs.epoch_table import epoch_columns
from core.runs.forecast import Forecast, Refused
from core.runs.forecast_table import forecast_columns, forecast_of_epochs
from core.runs.score import is_regression
from core.runs.tables import Columns, Tables, Tick, cut, seconds_at
from core.training import surface
from core.weights.fork import Fork


class History:
    """The content of a run's event lines so far. `add` lines as they arrive, then read `columns`, a
    delta `since`, or the facts.
    """

    def __init__(self, rules: Sequence[StoppingRule] = (), fork: Fork | None = None) -> None:
        """`rules` are the stopping rules of the run. All rules get marks, also the others. `fork`
        is where the run was forked: its log begins with epochs of its parent.
        """
        self.rules, self.fork = tuple(rules), fork
        self.started: Started | None = None
        self.ended: Ended | None = None
        self.recomputing: Recomputing | None = None  # before a fork starts
        self.changes: list[Changed] = []  # of settings, while it was trained
        self.saved = 0  # the step of the newest checkpoint
        self.before = 0  # number of ticks before the last start or resume
        self.losses = array("d")  # losses[k] belongs to step k + 1
        self.ticks: list[Tick] = []
        self.epochs: list[Epoch] = []
        self.scale = EpochScale()
        self.probes: list[Probe] = []
        self.distributions: list[Distribution] = []
        self.surface_step, self.surface = 0, {}  # of the latest one, and its columns
        self.version = 0  # increases with every event
        self.generation = 0  # increases when rows are removed
        self._clear()

    @classmethod
    def of(cls, lines: Iterable[str]) -> Self:
        """Return the history of a whole log."""
        history = cls()
        history.add(lines)
        return history

    def add(self, lines: Iterable[str]) -> None:
        """Add event lines in their order. Lines without an event are dropped."""
        for line in lines:
            with suppress(ValueError):
                self._fold(from_json(line))
                self.version += 1

    @property
    def step(self) -> int:
        """Number of completed steps."""
        return len(self.losses)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers with weights, input first."""
        return self.started.layers if self.started else ()

    @property
    def activations(self) -> tuple[str, ...]:
        """Names of the activations, input first."""
        return self.started.activations if self.started else ()

    @property
    def best(self) -> int | None:
        """Row of the best epoch so far, None before one is measured."""
        return max((i for i, e in enumerate(self.epochs) if e.best), default=None)

    # --- adding events

    def _fold(self, event: Event) -> None:
        match event:
            case Started():
                self._start(event)
            case Step():
                self._step(event)
            case Epoch():
                self.epochs.append(event)
                self._marks.add(event)
            case Probe():
                self.probes.append(event)
                self._tables.add_probe(event, self.seconds_at(event.step))
            case Distribution():
                self.distributions.append(event)
            case Surface():
                self.surface = surface.columns(event)
                self.surface_step = event.step
            case Saved():
                self.saved = event.step
            case Changed():
                self.changes.append(event)
            case Recomputing():
                self.recomputing = event
            case Ended():
                self.ended = event

    def _start(self, event: Started) -> None:
        """Start or resume: what was logged after this step is discarded."""
        again = self.started is not None
        self.started, self.ended, self.recomputing = event, None, None
        self.generation += again
        del self.losses[event.step :]
        self.ticks = [cut(t, event.step) for t in self.ticks if t[0] <= event.step]
        self.saved, self.before = event.step, len(self.ticks)
        self.epochs = [e for e in self.epochs if e.step <= event.step]
        last = self.epochs[-1] if self.epochs else None
        complete = (last.step, last.epoch) if last else (0, 0)
        self.scale.start(*complete, event.epoch_steps)
        self.probes = [p for p in self.probes if p.step <= event.step]
        self.distributions = [d for d in self.distributions if d.step <= event.step]
        if self.surface_step > event.step:
            self.surface_step, self.surface = 0, {name: [] for name in self.surface}
        self._clear()
        for before, tick in pairwise([None, *self.ticks]):
            self._tables.add_tick(tick, before, self.losses)
        for probe in self.probes:
            self._tables.add_probe(probe, self.seconds_at(probe.step))
        for epoch in self.epochs:
            self._marks.add(epoch)

    def _clear(self) -> None:
        ending = [rule for rule in self.rules if not rule.only_mark]
        self._marks = Marks([*self.rules, *untaken(self.rules)], ending)
        steps = self.started.steps if self.started else 0
        self._tables = Tables(steps, self.scale.epoch_at, self.layers, self.activations)

    def _step(self, event: Step) -> None:
        first = event.step - len(event.losses) + 1
        self.losses.extend(
            [float("nan")] * (first - 1 - len(self.losses))
        )  # steps without an event
        self.losses.extend(event.losses)
        tick = (first, event.step, event.seconds, event.learning_rate, event.samples_per_second)
        self._tables.add_tick(tick, self.ticks[-1] if self.ticks else None, self.losses)
        self.ticks.append(tick)

    # --- columns

    @property
    def row_counts(self) -> dict[str, int]:
        """The number of rows of the groups that grow."""
        return self._tables.lengths() | {"epoch": len(self.epochs)}

    def columns(self) -> Columns:
        """Return every column under its full name, such as "step.loss", with unrounded numbers."""
        tables = self.columns_from({})
        return {
            f"{group}.{name}": values
            for group, table in tables.items()
            for name, values in table.items()
        }

    def columns_from(self, start: dict[str, int]) -> dict[str, Columns]:
        """Return the columns of each group from a row on, of all groups from 0 by default."""
        tables = self._tables.columns(start)
        tables["epoch"] = epoch_columns(self.epochs[start.get("epoch", 0) :], self.target_std)
        if self.surface and "surface" not in start:
            tables["surface"] = self.surface
        answer = self.forecast
        is_new = isinstance(answer, Forecast) and start.get("epoch", 0) < answer.made
        if is_new or not start:
            tables["forecast"] = forecast_columns(answer, self.epochs, self.started)
        return tables

    @property
    def forecast(self) -> Forecast | Refused | None:
        """The forecast of the final validation loss from the first third of the epochs; None before
        the run has begun. Epochs that were trained with other settings predict nothing, so a fork
        and a run whose settings were changed have none.
        """
        if self.started is None:
            return None
        why_not = "forked" if self.fork else "changed" if self.changes else ""
        return forecast_of_epochs(self.epochs, self.started.epochs, why_not)

    def since(self, marks: str = "") -> dict[str, Any]:
        """Return what a client with the rows up to `marks` lacks (core/runs/deltas.py)."""
        return delta(self, marks)

    # --- facts

    def facts(self) -> dict[str, Any]:
        """Return the progress as plain JSON data; None for what is not known yet."""
        s = self.started
        early = bool(self.ended and s and self.step)
        return {
            "version": self.version,
            "measured": len(self.epochs),
            "step": self.step,
            "steps": self.step if early else s.steps if s else None,  # end of the x-axis
            "epochs": self.scale.epoch_at(self.step) if early else s.epochs if s else None,
            "epoch_steps": s.epoch_steps if s else None,
            "layers": list(self.layers),
            "best": self.best,
            "best_epoch": self.epochs[self.best].epoch if self.best is not None else None,
            "seconds": six_digits(self.seconds),
            "ended": self.ended.reason if self.ended else None,
            "marks": self._chart_marks(),
        }

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Where each stopping rule would have ended the run, those of the run first."""
        return self._marks.found()

    def fired(self, mark: Mark) -> bool:
        """Whether this rule ended the run."""
        return bool(self.ended) and self.ended.reason == mark.rule.kind

    def continued(self, mark: Mark) -> bool:
        """Whether the run went on after the epoch at which this rule would have ended it."""
        is_at_end = bool(self.ended) and mark.epoch >= self.ended.epochs
        return not self.fired(mark) and not is_at_end

    def _chart_marks(self) -> list[dict[str, Any]]:
        """Return the marks of the charts (core/runs/chart_marks.py)."""
        rules = [
            stopping_mark(mark, fired=self.fired(mark), chosen=mark.rule in self.rules)
            for mark in self.marks
        ]
        at = [(change, change.step) for change in self.changes]
        changes = [change_mark(c, self.scale.epoch_at(k), self.seconds_at(k)) for c, k in at]
        fork = self.fork if self.fork and 0 < self.fork.step <= self.step else None
        forks = [fork_mark(fork, self.seconds_at(fork.step))] if fork else []
        return [*rules, *forks, *changes]

    @property
    def input_rms(self) -> float:
        """The root mean square of the normalized training inputs; 1 if it is unknown."""
        return self.started.normalization.get("rms", 1.0) if self.started else 1.0

    @property
    def target_std(self) -> float:
        """Standard deviation of the training targets, the unit of the loss of a regression."""
        return self.started.normalization.get("target_std", 1.0) if self.started else 1.0

    @property
    def is_regression(self) -> bool:
        """Whether the targets are values; False before the first epoch."""
        return bool(self.epochs) and is_regression(self.epochs[-1].train)

    def seconds_at(self, step: int) -> float:
        """Return the training time at a step, interpolated between two readings."""
        return seconds_at(self.ticks, step)

    @property
    def seconds(self) -> float:
        """Training time so far, without pauses."""
        return self.ended.seconds if self.ended else self.ticks[-1][2] if self.ticks else 0.0
