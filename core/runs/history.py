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
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import pairwise, takewhile
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
from core.base.numbers import short
from core.optim.marks import Mark, Marks, untaken
from core.optim.stopping import StoppingRule
from core.runs.change_marks import change_mark
from core.runs.epoch_scale import EpochScale
from core.runs.epoch_table import epoch_columns
from core.runs.forecast import Forecast, Refused, epochs_needed, forecast
from core.runs.score import is_regression
from core.runs.tables import Columns, Tables, Tick
from core.training import surface


class History:
    """The content of a run's event lines so far. `add` lines as they arrive, then read `columns`, a
    delta `since`, or the facts.
    """

    def __init__(self, rules: Sequence[StoppingRule] = (), *, forked: bool = False) -> None:
        """`rules` are the stopping rules of the run. All rules get marks, also the others. The log
        of a `forked` run begins with epochs of its parent.
        """
        self.rules, self.forked = tuple(rules), forked
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
        self.ticks = [_cut(t, event.step) for t in self.ticks if t[0] <= event.step]
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

    def columns(self) -> Columns:
        """Return every column under its full name, such as "step.loss", with unrounded numbers."""
        tables = self._columns({})
        return {
            f"{group}.{name}": values
            for group, table in tables.items()
            for name, values in table.items()
        }

    def _columns(self, start: dict[str, int]) -> dict[str, Columns]:
        tables = self._tables.columns(start)
        tables["epoch"] = epoch_columns(self.epochs[start.get("epoch", 0) :], self.target_std)
        if self.surface and "surface" not in start:
            tables["surface"] = self.surface
        answer = self.forecast
        is_new = isinstance(answer, Forecast) and start.get("epoch", 0) < answer.made
        if is_new or not start:
            tables["forecast"] = self._forecast_columns(answer)
        return tables

    def _forecast_columns(self, answer: Forecast | Refused | None) -> Columns:
        """The band of the forecast; no rows where there is none. Steps and seconds go on as they
        have gone before.
        """
        if not isinstance(answer, Forecast):
            return {name: [] for name in ("epoch", "step", "seconds", "low", "high")}
        last, steps = self.epochs[answer.made - 1], self.started.epoch_steps if self.started else 1
        low, high = answer.path
        return {
            "epoch": list(answer.at),
            "step": [last.step + (epoch - answer.made) * steps for epoch in answer.at],
            "seconds": [last.seconds / answer.made * epoch for epoch in answer.at],
            "low": list(low),
            "high": list(high),
        }

    @property
    def forecast(self) -> Forecast | Refused | None:
        """The forecast of the final validation loss from the first third of the epochs; None before
        the run has begun. Epochs that were trained with other settings predict nothing, so a fork
        and a run whose settings were changed have none.
        """
        if self.started is None:
            return None
        made = epochs_needed(self.started.epochs)
        if self.forked or self.changes:
            return Refused("forked" if self.forked else "changed", made)
        first = self.epochs[:made]
        validated = takewhile(lambda epoch: epoch.validation is not None, first)
        return forecast([epoch.validation["loss"] for epoch in validated], self.started.epochs)

    def since(self, marks: str = "") -> dict[str, Any]:
        """Return what a client with the rows up to `marks` lacks: {"marks", "facts", "rows"}.

        "from" of each group is the first row that the columns replace, because the latest bin still
        changes. With `marks` of another generation, or without any, the delta has everything.
        """
        start = self._start_rows(marks)
        rows = {
            group: {"from": start.get(group, 0)}
            | {name: [_short(v) for v in values] for name, values in table.items()}
            for group, table in self._columns(start).items()
        }
        ends = [max(0, n - 1) for n in self._tables.lengths().values()] + [len(self.epochs)]
        return {
            "marks": ".".join(map(str, [self.generation, *ends, self.surface_step])),
            "facts": self.facts(),
            "rows": rows,
        }

    def _start_rows(self, marks: str) -> dict[str, int]:
        lengths = self._tables.lengths() | {"epoch": len(self.epochs)}
        parts = marks.split(".")
        if len(parts) != 2 + len(lengths) or not all(p.isdecimal() and len(p) < 10 for p in parts):
            return {}
        generation, *rows, surface_step = map(int, parts)
        valid = generation == self.generation and all(
            r <= n for r, n in zip(rows, lengths.values(), strict=True)
        )
        same = {"surface": 0} if surface_step == self.surface_step else {}  # omitted
        return dict(zip(lengths, rows, strict=True)) | same if valid else {}

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
            "seconds": _short(self.seconds),
            "ended": self.ended.reason if self.ended else None,
            "marks": [*map(self._describe, self.marks), *map(self._describe_change, self.changes)],
        }

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Where each stopping rule would have ended the run, those of the run first."""
        return self._marks.found()

    def fired(self, mark: Mark) -> bool:
        """Whether this rule ended the run."""
        return bool(self.ended) and self.ended.reason == mark.rule.kind

    def _describe(self, mark: Mark) -> dict[str, Any]:
        """Return a mark for the chart: `row` of the epoch table, texts, and its part: "fired",
        "chosen" or "untaken".
        """
        fired, name = self.fired(mark), mark.rule.label.lower()
        verb = "stopped here" if fired else "would have stopped here"
        loss = f", loss {short(mark.kept)}" if mark.kept is not None else ""
        part = "fired" if fired else "chosen" if mark.rule in self.rules else "untaken"
        long = f"{name} {verb}{loss}"
        return {"row": mark.row, "part": part, "text": long, "short": name}

    def _describe_change(self, change: Changed) -> dict[str, Any]:
        step = change.step
        return change_mark(change, self.scale.epoch_at(step), self.seconds_at(step))

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
        row = bisect_left(self.ticks, step, key=lambda tick: tick[1])
        if row == len(self.ticks):
            return self.ticks[-1][2] if self.ticks else 0.0
        first, last, seconds, *_ = self.ticks[row]
        began = self.ticks[row - 1][2] if row else 0.0
        return began + (step - first + 1) / (last - first + 1) * (seconds - began)

    @property
    def seconds(self) -> float:
        """Training time so far, without pauses."""
        return self.ended.seconds if self.ended else self.ticks[-1][2] if self.ticks else 0.0


def _cut(tick: Tick, step: int) -> Tick:
    """Truncate a reading at `step`."""
    first, last, seconds, rate, speed = tick
    return (first, min(last, step), seconds, rate, speed)


def _short(value: Any) -> Any:
    """Round a float to six digits, more than a screen shows."""
    return float(f"{value:.6g}") if isinstance(value, float) else value
