"""Pruning: which trials end early, because their results so far are worse than those of others.

A rule gives one bound for each epoch, from the curves of earlier trials. A trial whose best value
so far is above the bound ends there. The bounds are known before the trial starts, so that the
result depends on no other trial that runs at the same time.
"""

from typing import ClassVar, Literal

from core.base.spec import Choice, ranged


class Pruning(Choice, family="pruning"):
    """When a trial ends before its last epoch."""

    page: ClassVar[str] = "Search"
    technique: ClassVar[str] = "S3"


class NoPruning(Pruning):
    """Every trial trains all of its epochs."""

    kind: Literal["none"] = "none"
    label: ClassVar[str] = "No pruning"


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
