"""Findings on changes that are compared in pairs: both trainings of a pair have the same seeds and
differ in one thing. Pure functions; no torch.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite
from statistics import fmean
from typing import Any

from core.base.finding import Finding, Level
from core.base.numbers import THIN
from core.base.text import counted, join_words, uncapitalize
from core.runs.differences import mean_difference, signed, signed_points
from core.runs.score import Form

EQUAL_SEEDS = 6  # equal differences from which the sign test finds an effect: 2 · 2⁻⁶ < 5 %
SUGGESTED_SEEDS = 5
DIGITS = 12  # decimals of a difference: rounding errors must not look like a spread


@dataclass(frozen=True)
class PairedRun:
    """One of the two trainings of a pair: its error as a fraction, of values 1 − R² (NaN if it
    diverged), and its training time.
    """

    error: float
    seconds: float


Pair = tuple[PairedRun, PairedRun]  # without and with the change


@dataclass(frozen=True)
class Effect:
    """What a change does to the error on one part of the data: `differences` are those of the
    finite pairs, with − without the change, and `interval` is their mean with its 95 % interval,
    None for fewer than two. `lost` pairs have a training that diverged. `seconds` are those of a
    training with the change, and `cost` how many times those without. `waiting` seeds are still to
    come: whoever judges after each seed finds an effect too often, so until then there is no
    interval.
    """

    name: str
    part: str
    differences: tuple[float, ...]
    base_error: float
    lost: int
    seconds: float
    cost: float
    regression: bool
    waiting: int = 0
    interval: list[float] | None = field(init=False)

    def __post_init__(self) -> None:
        enough = len(self.differences) > 1 and not self.waiting
        interval = mean_difference(self.differences) if enough else None
        object.__setattr__(self, "interval", interval)

    @property
    def mean(self) -> float | None:
        """The mean difference, None without a finite pair."""
        return fmean(self.differences) if self.differences else None

    @property
    def planned(self) -> int:
        """The number of seeds when the comparison is complete."""
        return len(self.differences) + self.lost + self.waiting

    @property
    def code(self) -> str:
        """What was found; a claim needs two or more seeds and no training that diverged."""
        if self.lost:
            return "pair_diverged"
        if not self.differences:
            return "no_pairs"
        if self.waiting:
            return "in_progress"
        if self.interval is None:
            return "one_pair"
        _, low, high = self.interval
        if low == high != 0 and len(self.differences) < EQUAL_SEEDS:
            return "too_few_seeds"
        return "change_harms" if low > 0 else "change_helps" if high < 0 else "no_difference_found"

    def values(self, form: Form) -> list[float]:
        """Return the mean difference and the ends of its interval, which are the mean itself where
        there is none: of errors or accuracies, of values in R².
        """
        ends = self.interval or [self.mean or 0.0] * 3
        return ends if _rises_with_errors(self, form) else [-v for v in (ends[0], *ends[:0:-1])]

    def evidence(self) -> dict[str, Any]:
        """Return all numbers as plain data."""
        return {
            "change": self.name,
            "code": self.code,
            "part": self.part,
            "seeds": len(self.differences),
            "waiting": self.waiting,
            "differences": list(self.differences),
            "difference": self.interval or ([self.mean] if self.differences else []),
            "base_error": self.base_error,
            "diverged": self.lost,
            "seconds": self.seconds,
            "cost": self.cost,
        }


def measure_effect(
    name: str, pairs: Sequence[Pair], *, part: str, regression: bool, waiting: int = 0
) -> Effect:
    """Return the effect of a change from its pairs, one per seed; `waiting` are still to come."""
    finite = [(a, b) for a, b in pairs if isfinite(a.error) and isfinite(b.error)]
    seconds = fmean(b.seconds for _, b in pairs) if pairs else 0.0
    base_seconds = sum(a.seconds for a, _ in pairs)
    return Effect(
        name=name,
        part=part,
        differences=tuple(round(b.error - a.error, DIGITS) for a, b in finite),
        base_error=fmean(a.error for a, _ in finite) if finite else float("nan"),
        lost=len(pairs) - len(finite),
        seconds=seconds,
        cost=sum(b.seconds for _, b in pairs) / base_seconds if base_seconds else float("nan"),
        regression=regression,
        waiting=waiting,
    )


def by_size(effects: Sequence[Effect]) -> list[Effect]:
    """Return the effects, the largest difference first and those without a pair last."""
    return sorted(effects, key=lambda e: -abs(e.mean) if e.mean is not None else 1.0)


MEANINGS: dict[str, tuple[Level, str]] = {
    "change_helps": ("ok", "The change helps: open these settings as the draft."),
    "change_harms": ("warn", "The change harms: keep the present settings."),
    "no_difference_found": (
        "info", "No difference found, because the interval contains 0. More seeds find smaller "
        "effects.",
    ),
    "one_pair": (
        "info", f"One seed has no interval, so this may be chance. Use {SUGGESTED_SEEDS} seeds.",
    ),
    "too_few_seeds": (
        "info", f"All seeds have the same difference, which is no evidence below {EQUAL_SEEDS} "
        "seeds. Use more seeds.",
    ),
    "in_progress": ("info", "It is judged when all seeds have ended."),
    "pair_diverged": (
        "warn", "These pairs are left out, so the change is not judged. Lower the learning rate.",
    ),
    "no_pairs": ("info", "No pair of trainings has finished yet."),
}  # fmt: skip


def judge_effect(effect: Effect, form: Form) -> Finding:
    """Return what one change does, what that means, and what to do."""
    level, meaning = MEANINGS[effect.code]
    lost = ""
    if effect.lost:
        total = effect.lost + len(effect.differences)
        lost = f"A training diverged in {effect.lost} of {counted(total, 'seed')}."
    measured = f"{describe_difference(effect, form)}." if effect.differences else ""
    text = " ".join(filter(None, (f"{effect.name}:", measured, lost, meaning)))
    return Finding(effect.code, level, text, effect.evidence())


def describe_difference(effect: Effect, form: Form) -> str:
    """Return the measured difference, such as "validation error −0.37 percentage points (−0.80 to
    +0.06, 95 % interval, 5 seeds)". Equal differences have no interval that could be believed.
    """
    mean, low, high = (format_value(effect, value) for value in effect.values(form))
    unit = "" if effect.regression else " percentage points"
    score = "R²" if effect.regression else form
    ends = seeds = counted(len(effect.differences), "seed")
    if effect.waiting:
        ends = f"{len(effect.differences)} of {effect.planned} seeds so far"
    elif effect.interval:
        ends = f"{low} to {high}, 95{THIN}% interval, {seeds}"
        ends = f"in each of {seeds}" if effect.interval[1] == effect.interval[2] else ends
    return f"{effect.part} {score} {mean}{unit} ({ends})"


def format_value(effect: Effect, value: float) -> str:
    """Return a difference as text, without its unit: percentage points, or R²."""
    return signed(value, 4) if effect.regression else signed_points(value)


def judge_effects(effects: Sequence[Effect]) -> Finding:
    """Return which of the changes make a difference."""
    evidence = {"effects": [effect.evidence() for effect in by_size(effects)]}
    if not any(effect.differences or effect.lost for effect in effects):
        return Finding("no_pairs", "info", MEANINGS["no_pairs"][1], evidence)
    heads = {
        "Lower error": ("change_helps",),
        "Higher error": ("change_harms",),
        "No difference found": ("no_difference_found", "too_few_seeds"),
        "Not judged before all seeds have ended": ("in_progress",),
        "Not judged with one seed": ("one_pair",),
        "Not judged, because trainings diverged": ("pair_diverged",),
    }
    parts = []
    for head, codes in heads.items():
        names = [uncapitalize(effect.name) for effect in by_size(effects) if effect.code in codes]
        parts += [f"{head}: {join_words(names)}."] if names else []
    is_found = any(effect.code in ("change_helps", "change_harms") for effect in effects)
    code = "effects_found" if is_found else "no_effects_found"
    return Finding(code, "info", " ".join(parts), evidence)


def describe_chance(effects: Sequence[Effect]) -> str:
    """Return how many intervals of these comparisons miss 0 by chance; empty for a single one."""
    judged = sum(effect.interval is not None for effect in effects)
    if judged < 2:
        return ""
    return (
        f"Of 20 comparisons without any effect, about one interval misses 0 by chance; this table "
        f"has {judged} intervals. Repeat what matters with other seeds."
    )


def _rises_with_errors(effect: Effect, form: Form) -> bool:
    return form == "error" and not effect.regression
