"""Which of some runs was better, in one honest sentence, and the runs that would make it surer.

Runs that differ in nothing but their seeds are one setting. A lead is a difference of means; over
two or more seeds on either side it is held against Welch's interval (Welch 1947), with one seed
there is no spread to hold it against, and the sentence says so. Knows no file and no page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt
from statistics import mean, stdev

from core.base.numbers import THIN, percent, short, whole
from core.experiment import Experiment, Seeds

SEEDS = 3  # that a claim should rest on, at the least
MEASURED_ON = ("data", "split", "label_noise")  # what decides which samples are asked
NO_SETTING = ("name", "about", "seeds", "device")
_QUANTILES = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23)  # t, 97.5 %, 1 to 10


@dataclass(frozen=True)
class RunResult:
    """A run: its name, its settings, its best validation error as a share (None: not measured),
    whether it has ended, and how many validation samples it was measured on (0: not known).
    """

    name: str
    experiment: Experiment
    error: float | None
    ended: bool = True
    samples: int = 0


@dataclass(frozen=True)
class Comparison:
    """The sentence (names in it are plain text, the leader's is `leader`) and the experiments that
    give each setting SEEDS seeds.
    """

    text: str
    leader: str = ""
    again: tuple[Experiment, ...] = ()


@dataclass(frozen=True)
class _Setting:
    """Runs that differ in their seeds alone, and their errors."""

    entries: tuple[RunResult, ...]

    @property
    def name(self) -> str:
        return self.entries[0].name

    @property
    def errors(self) -> list[float]:
        """One for each seed: a run that was made twice tells no more than once."""
        found = {e.experiment.seeds: e.error for e in self.entries if e.error is not None}
        return [error for error in found.values() if isfinite(error)]

    @property
    def said(self) -> str:
        """1.6 ± 0.1 % over 3 seeds."""
        errors = self.errors
        if len(errors) < 2:
            return f"{percent(errors[0])} with one seed"
        middle = percent(mean(errors)).removesuffix(f"{THIN}%")
        return f"{middle} ± {short(100 * stdev(errors))}{THIN}% over {len(errors)} seeds"


def verdict(entries: Sequence[RunResult]) -> Comparison:
    """Who leads by how much, and what that rests on."""
    settings = [s for s in _settings(entries) if s.errors]
    unmeasured = len(_settings(entries)) - len(settings)
    if not settings:
        return Comparison("None of them has measured a validation error yet.")
    if any(_subject(s) != _subject(settings[0]) for s in settings):
        return Comparison(
            "They were measured on different samples (other data, split or label noise), so their "
            "errors do not say which settings are better."
        )
    if len(settings) == 1:
        return _alone(settings[0], unmeasured)
    first, second = sorted(settings, key=lambda s: mean(s.errors))[:2]
    far = "" if all(e.ended for s in settings for e in s.entries) else "So far, "
    again = tuple(more for s in settings for more in _again(s))
    return Comparison(far + _lead(first, second), first.name, again)


def _settings(entries: Sequence[RunResult]) -> list[_Setting]:
    groups: dict[str, list[RunResult]] = {}
    for entry in entries:
        plain = entry.experiment.model_dump_json(exclude=set(NO_SETTING))
        groups.setdefault(plain, []).append(entry)
    return [_Setting(tuple(group)) for group in groups.values()]


def _subject(setting: _Setting) -> list:
    return [getattr(setting.entries[0].experiment, part) for part in MEASURED_ON]


def _alone(setting: _Setting, unmeasured: int) -> Comparison:
    others = ": the others have measured nothing yet" if unmeasured else ""
    text = f"{setting.name} reached {setting.said}{others}."
    return Comparison(text, setting.name, _again(setting))


def _lead(first: _Setting, second: _Setting) -> str:
    ours, theirs = first.errors, second.errors
    lead = mean(theirs) - mean(ours)
    one = len(ours) == len(theirs) == 1
    if lead == 0:
        level = f"{first.name} and {second.name} are level"
        if one:
            return f"{level} at {percent(mean(ours))}, with one seed each."
        return f"{level}: {first.said}, and {second.said}."
    text = f"{first.name} leads by {points(lead)}"
    if one:
        return f"{text}{_in_samples(first, lead)}, with one seed each."
    text += f": {first.said}, against {second.said} for {second.name}"
    if min(len(ours), len(theirs)) < 2:
        return f"{text}. One seed has no spread to hold that against."
    reach = interval(ours, theirs)
    low, high = (short(100 * bound).replace("-", "−") for bound in (lead - reach, lead + reach))
    between = f"the lead is {low} to {high} points at 95{THIN}% confidence"
    if lead > reach:
        return f"{text}: {between}, more than the seeds explain."
    return f"{text}: {between}, so the seeds alone may explain it."


def points(share: float) -> str:
    """A difference of shares in words.

    >>> [points(v) for v in (0.0051, 0.0056, 0.0123, 0.01, 0.2)]
    ['half a point', '0.56 points', '1.2 points', '1 point', '20 points']
    """
    if 0.0045 < share < 0.0055:
        return "half a point"
    value = short(100 * share)
    return f"{value} point{'s' * (value != '1')}"


def _in_samples(first: _Setting, lead: float) -> str:
    """How few answers the lead is, where they can be counted."""
    samples = first.entries[0].samples
    count = lead * samples
    answers = samples and round(count) and abs(count - round(count)) < 1e-3
    return f", which is {round(count)} of {whole(samples)} answers" if answers else ""


def interval(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Half the width of Welch's 95 % interval of the difference of two means, for two or more
    values each.

    t·√(s₁²/n₁ + s₂²/n₂), t for ν = (v₁ + v₂)² / (v₁²/(n₁ − 1) + v₂²/(n₂ − 1)) degrees of freedom
    with v = s²/n, taken down to a whole number of at most 10.
    """
    v, w = (stdev(values) ** 2 / len(values) for values in (ours, theirs))
    if v + w == 0:
        return 0.0
    freedom = (v + w) ** 2 / (v**2 / (len(ours) - 1) + w**2 / (len(theirs) - 1))
    place = min(int(freedom + 1e-9), len(_QUANTILES)) - 1
    return _QUANTILES[place] * sqrt(v + w)


def _again(setting: _Setting) -> tuple[Experiment, ...]:
    """The same settings with seeds that none of its runs has, until there are SEEDS of them."""
    base, taken = setting.entries[0].experiment, [e.experiment.seeds for e in setting.entries]
    new: list[Experiment] = []
    shift = 0
    while len(taken) < SEEDS:
        shift += 1
        seeds = Seeds(**{n: (v + shift) % 2**31 for n, v in base.seeds.model_dump().items()})
        if seeds not in taken:
            taken.append(seeds)
            new.append(base.model_copy(update={"seeds": seeds}))
    return tuple(new)
