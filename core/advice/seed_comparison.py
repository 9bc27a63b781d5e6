"""Findings on runs that are repeated with several seeds: how much results vary by chance, and which
value of a setting is best by more than that. Values are ranked on the validation set; the test
set shows once what the best one reaches. Pure functions; no torch.
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
    one group. Of several groups, `values` are those on the validation set, if the study has them,
    and `test` those on the test set.
    """

    name: str
    values: tuple[float, ...]
    control: float = 0.0
    test: tuple[float, ...] = ()

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
            "control": self.control,
            "seeds": len(self.values),
            "mean": self.mean,
            "std": self.std,
            "best": min(self.values),
            "worst": max(self.values),
        }

    def describe(self, measure: Measure) -> str:
        """The mean and what it rests on: 3.3 % ± 0.4 % (4 seeds)."""
        return _describe(self.values, measure)


def group_seeds(
    points: Sequence[CurvePoint],
    measure: Measure,
    control: str = "",
    value_names: Mapping[float, str] | None = None,
) -> tuple[SeedGroup, ...]:
    """Return a group for each point, ordered by its control and named by `value_names` where that
    is not a number. A single group has no name, and nothing is chosen: it shows the test figures.
    """
    points, names = sorted(points, key=lambda point: point.control), value_names or {}
    ranked_by = ranking_measure(points, measure)
    return tuple(
        SeedGroup(
            name=names.get(point.control, f"{control} {short(point.control)}".strip())
            if len(points) > 1
            else "",
            values=_finite(getattr(point, ranked_by)),
            control=point.control,
            test=_finite(getattr(point, measure)) if ranked_by != measure else (),
        )
        for point in points
    )


def ranking_measure(points: Sequence[CurvePoint], measure: Measure) -> str:
    """Return the field by which the values of a setting are ranked: on the validation set where
    all points have it (not in studies of earlier versions). Seeds alone are not ranked.
    """
    field = measure.replace("test", "validation")
    return field if len(points) > 1 and all(getattr(p, field) for p in points) else measure


def _finite(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(value for value in values if isfinite(value))


def _describe(values: Sequence[float], measure: Measure) -> str:
    error_bar = f" ± {format_value(stdev(values), measure)}" if len(values) > 1 else ""
    return f"{format_value(fmean(values), measure)}{error_bar} ({counted(len(values), 'seed')})"


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
    what, tested = MEASURE_NAMES[measure], ""
    evidence["ranked_on"] = "validation" if best.test else "test"
    if best.test:
        tested = f" On the test set it reaches {_describe(best.test, measure)}."
        what = what.replace("test", "validation")
        evidence["test_mean"] = fmean(best.test)
    text = _capitalize(f"{best.name} is best: {what} {best.describe(measure)}")
    if best is worst:
        return Finding(
            "only_value_finished",
            "info",
            f"{text}. No other value has finished.{tested}",
            evidence,
        )
    text += f"; {worst.name} is worst: {worst.describe(measure)}.{tested}"
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
