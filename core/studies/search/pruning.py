"""Pruning: which trials end early, because their results so far are worse than those of others.

A rule gives one bound for each epoch, from the curves of earlier trials. A trial whose best value
so far is above the bound ends there. The bounds are known before the trial starts, so that the
result depends on no other trial that runs at the same time.
"""

from collections.abc import Sequence
from math import ceil, inf, log
from statistics import median
from typing import ClassVar, Literal

from core.base.spec import Choice, ranged
from core.studies.search.records import SearchTrial

Bounds = dict[int, float]  # by epoch, from 1


class Pruning(Choice, family="pruning"):
    """When a trial ends before its last epoch."""

    page: ClassVar[str] = "Search"
    technique: ClassVar[str] = "S3"

    def bounds(self, earlier: Sequence[SearchTrial], number: int, epochs: int) -> Bounds:
        """Return the bounds of trial `number`, which has this many epochs, from the finished trials
        that count for it. The goal is minimized; an epoch without a bound ends no trial.
        """
        raise NotImplementedError


class NoPruning(Pruning):
    """Every trial trains all of its epochs."""

    kind: Literal["none"] = "none"
    label: ClassVar[str] = "No pruning"
    source: ClassVar[str] = "Bergstra & Bengio 2012"

    def bounds(self, earlier: Sequence[SearchTrial], number: int, epochs: int) -> Bounds:
        return {}


class MedianRule(Pruning):
    """A trial ends when its best result so far is worse than the median of the finished trials at
    the same epoch.
    """

    kind: Literal["median"] = "median"
    label: ClassVar[str] = "Median rule"
    source: ClassVar[str] = "Golovin et al. 2017 (Vizier)"
    first: int = ranged(5, 1, 100, unit="trials", label="Finished trials before",
                        help="No trial is pruned before this many are done.")  # fmt: skip
    warmup: float = ranged(0.1, 0, 0.9, label="Warm-up",
                           help="Fraction of the epochs in which no trial is pruned.")  # fmt: skip

    def bounds(self, earlier: Sequence[SearchTrial], number: int, epochs: int) -> Bounds:
        done = [trial.curve for trial in earlier if trial.state == "done"]
        if len(done) < self.first:
            return {}
        bounds = {}
        for epoch in range(max(1, ceil(self.warmup * epochs)), epochs):
            if values := [curve[epoch - 1] for curve in done if len(curve) >= epoch]:
                bounds[epoch] = median(values)
        return bounds


class Hyperband(Pruning):
    """Many trials get few epochs, and of those only the best 1/η go on at each rung: asynchronous
    successive halving, in brackets that begin at different epochs.
    """

    kind: Literal["hyperband"] = "hyperband"
    label: ClassVar[str] = "Hyperband"
    source: ClassVar[str] = "Li et al. 2018; Li et al. 2020 (ASHA)"
    factor: int = ranged(3, 2, 10, symbol="η", label="Reduction factor",
                         help="One of η trials goes on at each rung.")  # fmt: skip
    least: float = ranged(0.05, above=0, high=0.5, label="First rung",
                          help="Fraction of the epochs before the first rung.")  # fmt: skip

    @property
    def brackets(self) -> int:
        """The number of brackets: trial k is in bracket k modulo this."""
        return 1 + int(log(1 / self.least, self.factor) + 1e-9)

    def rungs(self, bracket: int, epochs: int) -> list[int]:
        """Return the epochs at which the trials of a bracket are compared."""
        lengths = (
            ceil(epochs * self.least * self.factor**rung)
            for rung in range(bracket, self.brackets + 1)
        )
        return sorted({length for length in lengths if length < epochs})

    def bounds(self, earlier: Sequence[SearchTrial], number: int, epochs: int) -> Bounds:
        bracket, bounds = number % self.brackets, {}
        curves = [t.curve for t in earlier if t.curve and t.number % self.brackets == bracket]
        for rung in self.rungs(bracket, epochs):
            values = sorted(min(curve[:rung]) for curve in curves if len(curve) >= rung)
            places = max(1, (len(values) + 1) // self.factor)  # how many go on, this trial included
            bounds[rung] = values[places - 1] if len(values) >= places else inf
        return bounds
