"""The curves of several runs for one chart: which runs share an axis, what is measured on it, and
the values. `overlay.py` draws them. Knows no plotly and no page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, isnan
from typing import NamedTuple

from core.base.events import Epoch, Scores, error
from core.runs.history import History
from core.runs.score import Form

STEPS = ("epoch", "step", "seconds")  # of a row of `OverlayRun.steps`, before its loss


class OverlayCurve(NamedTuple):
    """A run as drawn: `values` on the validation set at `at`, `train` (or nothing) at `train_at`;
    `best` is the index of the run's best epoch, None without
    values.
    """

    name: str
    at: list[float]
    values: list[float]
    best: int | None
    train: list[float]
    train_at: list[float]
    diverged: bool = False
    label: str = ""  # at the end of the line

    @property
    def is_visible(self) -> bool:
        """Whether the run has a number to draw."""
        return any(map(isfinite, (*self.values, *self.train)))


@dataclass(frozen=True)
class OverlayRun:
    """A selected run: its name, the kind of its loss, its epochs, whether it diverged, and its
    training loss as (epoch, step, seconds, loss), which is drawn if it has no epochs. `label` is a
    short name for the end of its line.
    """

    name: str
    loss: str
    epochs: Sequence[Epoch]
    diverged: bool = False
    steps: Sequence[tuple[float, float, float, float]] = ()
    label: str = ""


def from_history(
    name: str, loss: str, history: History, *, diverged: bool = False, label: str = ""
) -> OverlayRun:
    """Return the curves of a run; `loss`, `diverged` and `label` as in OverlayRun."""
    steps: tuple = ()
    if diverged and not any(epoch.validation for epoch in history.epochs):
        columns = history.columns()
        names = ("step.epoch", "step.step", "step.seconds", "step.loss")
        steps = tuple(zip(*(columns[name] for name in names), strict=True))
    return OverlayRun(name, loss, list(history.epochs), diverged, steps, label)


def comparable(
    entries: Sequence[OverlayRun], form: Form = "error"
) -> tuple[str, list[OverlayRun], list[str]]:
    """Return the metric of the common axis ("loss", or else "error" or "accuracy" by `form`, and
    "R²" of values), the runs that share it, and names of the others.

    Classification and regression errors are not comparable: the kind of the first run is drawn.
    """
    kinds = [_kind(entry) for entry in entries]
    first = next(filter(None, kinds), "")
    pairs = list(zip(entries, kinds, strict=True))
    shared = [entry for entry, kind in pairs if kind in ("", first)]
    others = [entry.name for entry, kind in pairs if kind not in ("", first)]
    measure = "R²" if first == "r2" else form
    return "loss" if len({entry.loss for entry in shared}) < 2 else measure, shared, others


def _kind(entry: OverlayRun) -> str:
    """Return the score that the run measures; empty if there is none yet."""
    scores = next((epoch.validation for epoch in entry.epochs if epoch.validation), None)
    return "" if scores is None else "r2" if "r2" in scores else "accuracy"


def rows(
    entries: Sequence[OverlayRun],
    measure: str = "loss",
    *,
    axis: str = "epoch",
    train: bool = False,
) -> list[OverlayCurve]:
    """Return a curve for each run with a validation score, and for those that diverged before. The
    best epoch is the one whose weights the run kept, also where another score is drawn.
    """
    curves = []
    for entry in entries:
        measured = [epoch for epoch in entry.epochs if epoch.validation]
        values = [_value(epoch.validation, measure) for epoch in measured]
        if values:
            sign = 1 if measure in ("loss", "error") else -1
            lowest = min(range(len(values)), key=lambda i: (isnan(values[i]), sign * values[i]))
            best = max((i for i, epoch in enumerate(measured) if epoch.best), default=lowest)
            at = [getattr(epoch, axis) for epoch in measured]
            also = [_value(epoch.train, measure) for epoch in measured] if train else []
            place = at if train else []
            drawn = (entry.name, at, values, best, also, place)
        elif entry.diverged and measure == "loss" and entry.steps:
            place = [row[STEPS.index(axis)] for row in entry.steps]
            losses = [row[-1] for row in entry.steps]
            drawn = (entry.name, [], [], None, losses, place)
        else:
            continue
        curves.append(OverlayCurve(*drawn, diverged=entry.diverged, label=entry.label))
    return curves


def _value(scores: Scores, measure: str) -> float:
    wrong = error(scores)
    if measure == "loss" or wrong is None:
        return scores["loss"]
    return wrong if measure == "error" else 1 - wrong
