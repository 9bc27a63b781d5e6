"""Findings on runs that are repeated with several seeds: how much results vary by chance, and which
value of a setting is best by more than that. Pure functions; no torch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import fmean, stdev
from typing import Any

from core.advice.study_verdict import MEASURE_NAMES, Measure, format_value
from core.base.finding import Action, Finding
from core.base.numbers import short
from core.base.text import counted
from core.descent.point import CurvePoint

MORE_SEEDS = 3  # suggested where each value has a single seed


@dataclass(frozen=True)
class SeedGroup:
    """The finite results of one setting value, one per seed; `name` is empty when there is only
    one group.
    """

    name: str
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        return fmean(self.values)

    @property
    def std(self) -> float | None:
        """The sample standard deviation; None for a single seed, which has no error bar."""
        return stdev(self.values) if len(self.values) > 1 else None

    def evidence(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "seeds": len(self.values),
            "mean": self.mean,
            "std": self.std,
            "best": min(self.values),
            "worst": max(self.values),
        }

    def describe(self, measure: Measure) -> str:
        """The mean and what it rests on: 3.3 % ± 0.4 % (4 seeds)."""
        error_bar = "" if self.std is None else f" ± {format_value(self.std, measure)}"
        seeds = counted(len(self.values), "seed")
        return f"{format_value(self.mean, measure)}{error_bar} ({seeds})"


def group_seeds(
    points: Sequence[CurvePoint],
    measure: Measure,
    control: str = "",
    value_names: Mapping[float, str] | None = None,
) -> tuple[SeedGroup, ...]:
    """Return a group for each point, ordered by its control and named by `value_names` where that
    is not a number. A single group has no name.
    """
    points, names = sorted(points, key=lambda point: point.control), value_names or {}
    return tuple(
        SeedGroup(
            name=names.get(point.control, f"{control} {short(point.control)}".strip())
            if len(points) > 1
            else "",
            values=tuple(value for value in getattr(point, measure) if isfinite(value)),
        )
        for point in points
    )


def compare_seeds(groups: Sequence[SeedGroup], measure: Measure) -> Finding:
    """Describe how much the results of a single group vary by chance; of several groups, name the
    best one and whether the second best is within one standard deviation of the difference of two
    runs.
    """
    finished = sorted((group for group in groups if group.values), key=lambda group: group.mean)
    if not finished:
        return Finding("no_finished_runs", "info", "No run has finished yet.")
    evidence = {"measure": measure, "groups": [group.evidence() for group in finished]}
    if len(groups) == 1:
        return _describe_one(finished[0], measure, evidence)
    return _describe_best(finished, measure, evidence)


def _describe_one(group: SeedGroup, measure: Measure, evidence: dict[str, Any]) -> Finding:
    what = MEASURE_NAMES[measure]
    if group.std is None:
        text = (
            f"One seed: {what} {format_value(group.mean, measure)}. Add seeds to measure how much "
            "results vary by chance."
        )
        return Finding("one_seed", "info", text, evidence, _more_seeds())
    text = (
        f"The seed alone changes the result: {what} {group.describe(measure)}, best "
        f"{format_value(min(group.values), measure)}, worst "
        f"{format_value(max(group.values), measure)}. Smaller differences between settings may be "
        "chance."
    )
    return Finding("seed_spread", "info", text, evidence)


def _describe_best(groups: Sequence[SeedGroup], measure: Measure, evidence: dict) -> Finding:
    best, worst = groups[0], groups[-1]
    text = f"{best.name} is best: {MEASURE_NAMES[measure]} {best.describe(measure)}"
    text = _capitalize(text)
    if best is worst:
        return Finding(
            "only_value_finished", "info", f"{text}. No other value has finished.", evidence
        )
    text += f"; {worst.name} is worst: {worst.describe(measure)}."
    second = groups[1]
    if best.std is None or second.std is None:
        text += " With one seed per value there is no error bar, so this may be chance."
        return Finding("best_value_without_error_bar", "warn", text, evidence, _more_seeds())
    if second.mean - best.mean <= (best.std**2 + second.std**2) ** 0.5:
        text += f" {_capitalize(second.name)} is equally good within chance."
        return Finding("best_value_within_chance", "info", text, evidence)
    return Finding("best_value", "info", text, evidence)


def _more_seeds() -> Action:
    return Action(f"Use {MORE_SEEDS} seeds", {"repeats": MORE_SEEDS})


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]
