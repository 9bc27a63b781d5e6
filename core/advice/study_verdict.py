"""Verdict: what a curve shows, as facts and as one sentence. Pure functions; knows no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import median
from typing import Literal

from core.base.numbers import percent, roughly, short, whole
from core.base.text import counted
from core.descent.point import Point

Measure = Literal["test_loss", "test_error"]
Over = Literal["width", "samples", "steps"]
RISE, FALL = 1.1, 1.15  # least peak/valley and peak/right end that are said to be there
FITTED, INTERPOLATED = 0.01, 1e-2  # train error and train loss at which a model fits everything
AGREEING = 2 / 3  # least share of seeds that do it by themselves, else it may be chance
POINT = 0.01  # least rise of a test error: less is a handful of test rows
_LEAST = 1e-3  # in place of a smaller value: a ratio to 0 errors would be infinite
WHAT = {"test_loss": "test loss", "test_error": "test error"}
NOUNS = {"width": "hidden unit", "samples": "training row", "steps": "step"}


@dataclass(frozen=True)
class Place:
    """Where on the x axis, and the median over seeds there."""

    at: int
    parameters: int
    value: float


@dataclass(frozen=True)
class Verdict:
    """The facts of one line. `kind`: double, no_peak, no_second_descent, unclear (too few seeds do
    it by themselves), short (too few points) or learning (a learning curve, of which nobody asks
    for a peak).

    `valley` is the best point before the peak, `right` the best one after it; without a peak,
    `valley` is the best point of all. `fits` is the smallest model with a training error below 1 %,
    `interpolates` the smallest one with a training loss below 1e-2. `agreeing` of `seeds` rise and
    fall by themselves; `lost` points were not finite and are left out.
    """

    kind: Literal["double", "no_peak", "no_second_descent", "unclear", "short", "learning"]
    sentence: str
    valley: Place | None = None
    peak: Place | None = None
    right: Place | None = None
    rise: float = 1.0
    fall: float = 1.0
    fits: Place | None = None
    interpolates: Place | None = None
    seeds: int = 0
    agreeing: int = 0
    lost: int = 0


def verdict(
    points: Sequence[Point],
    measure: Measure = "test_loss",
    over: Over = "width",
    noun: str = "",
) -> Verdict:
    """What the points of one line (one ridge, one decay; one step count unless over steps) show.

    A peak counts when it is at least 1.1 × the best point before it, a second descent when the
    peak is at least 1.15 × the best point after it, both in two thirds of the seeds; of several
    peaks, the one that stands out most.
    Medians over seeds: close to interpolation the mean is that of the worst seed; over steps also
    over three neighbours. `noun` is what the x axis counts.
    """
    line = sorted(points, key=lambda point: getattr(point, over))
    kept = [point for point in line if isfinite(_middle(point, measure))]
    facts = dict(lost=len(line) - len(kept), seeds=len(kept[0].norm) if kept else 0)
    if len(kept) < 3:
        text = f"{counted(len(kept), 'finished point')} so far: a curve wants at least 3."
        return Verdict("short", text, **facts)
    facts["fits"] = _first(kept, over, measure, "train_error", FITTED)
    facts["interpolates"] = _first(kept, over, measure, "train_loss", INTERPOLATED)
    values = [max(_middle(point, measure), _LEAST) for point in kept]
    values = calm(values) if over == "steps" else values
    valley, peak, right = landmarks(values, POINT if measure == "test_error" else 0.0)
    rise, fall = values[peak] / values[valley], values[peak] / values[right]
    kind = "no_peak" if rise < RISE else "no_second_descent" if fall < FALL else "double"
    if measure == "test_error" and values[peak] - values[valley] < POINT:
        kind = "no_peak"
    if kind == "no_peak":
        valley = min(range(len(values)), key=values.__getitem__)
    else:
        lower = (valley, right) if kind == "double" else (valley,)
        facts["agreeing"] = _agreeing(kept, measure, peak, lower)
        kind = kind if facts["agreeing"] >= AGREEING * facts["seeds"] else "unclear"
    where = [_place(kept[index], over, measure) for index in (valley, peak, right, 0, -1)]
    sentence = _sentence(kind, measure, noun or NOUNS[over], where, facts)
    return Verdict(kind, sentence, *where[:3], rise, fall, **facts)


def calm(values: Sequence[float]) -> list[float]:
    """The median of each value and its two neighbours: one step of a network in training jumps by
    several percentage points, and that is no peak.

    >>> calm([0.1, 0.1, 0.4, 0.2, 0.3])
    [0.1, 0.1, 0.2, 0.3, 0.3]
    """
    inner = [median(values[k - 1 : k + 2]) for k in range(1, len(values) - 1)]
    return [values[0], *inner, values[-1]]


def landmarks(values: Sequence[float], gap: float = 0.0) -> tuple[int, int, int]:
    """Places of valley, peak and right end.

    The peak is where the smaller of the two ratios, to the best before and to the best after it,
    is largest among those that rise (by `gap`, too) and fall enough; where none does, the largest
    rise.

    >>> landmarks([5.0, 2.0, 4.0, 1.0, 1.5])
    (1, 2, 3)
    """
    places = range(len(values))
    before = [min(places[: k + 1], key=values.__getitem__) for k in places]
    after = [min(places[k:], key=values.__getitem__) for k in places]
    rises = [values[k] / values[before[k]] for k in places]
    falls = [values[k] / values[after[k]] for k in places]
    high = [values[k] - values[before[k]] >= gap for k in places]
    double = [k for k in places if rises[k] >= RISE and falls[k] >= FALL and high[k]]
    if double:
        peak = max(double, key=lambda k: min(rises[k], falls[k]))
    else:
        peak = max(places, key=rises.__getitem__)
    return before[peak], peak, after[peak]


def _middle(point: Point, measure: str) -> float:
    return median(getattr(point, measure))


def _place(point: Point, over: Over, measure: Measure) -> Place:
    return Place(getattr(point, over), point.parameters, _middle(point, measure))


def _first(
    line: Sequence[Point], over: Over, measure: Measure, of: str, below: float
) -> Place | None:
    """The empirical threshold: the first point whose training figure is below a bound."""
    fitting = (point for point in line if _middle(point, of) < below)
    return next((_place(point, over, measure) for point in fitting), None)


def _agreeing(line: Sequence[Point], measure: Measure, peak: int, lower: Sequence[int]) -> int:
    """Seeds in which this peak is above all of these lower points."""
    tops = getattr(line[peak], measure)
    lows = zip(*(getattr(line[index], measure) for index in lower), strict=True)
    return sum(top > max(low) for top, low in zip(tops, lows, strict=True))


def _sentence(kind: str, measure: Measure, noun: str, where: Sequence[Place], facts: dict) -> str:
    """One sentence with the measured numbers, and how many seeds stand behind it."""
    values = [max(place.value, _LEAST) for place in where]
    valley, peak, right, first, last = ((said(p, measure), roughly(p.at)) for p in where)
    rise, fall = short(values[1] / values[0]), short(values[1] / values[2])
    what, seeds = WHAT[measure], counted(facts["seeds"], "seed")
    at = placed(where[0], noun)
    if kind == "no_peak":
        began, best = placed(where[3], noun), f"{valley[0]} at {valley[1]}"
        best = "there" if where[0] == where[4] else best
        return (
            f"No peak: {what} {first[0]} at {began}, {last[0]} at {last[1]}, the best {best} "
            f"(median of {seeds})."
        )
    if kind == "unclear":
        return (
            f"Not clear: {what} {valley[0]} at {at}, {peak[0]} at {peak[1]}, {right[0]} at "
            f"{right[1]}, but only so in {whole(facts['agreeing'])} of {seeds}: more seeds will "
            "tell."
        )
    up = f"{what} {valley[0]} at {at}, up {rise} × to {peak[0]} at {peak[1]}"
    if kind == "no_second_descent":
        return (
            f"No second descent within this budget: {up}, after it no lower than {right[0]} "
            f"(median of {seeds})."
        )
    return (
        f"Double descent: {up}, down {fall} × to {right[0]} at {right[1]} "
        f"({whole(facts['agreeing'])} of {seeds})."
    )


def elsewhere(told: Verdict, measure: Measure, over: Over = "width", noun: str = "") -> str:
    """What this measure shows where another one shows no double descent; empty where it does not
    either.
    """
    if told.kind != "double":
        return ""
    valley, peak, right = (said(p, measure) for p in (told.valley, told.peak, told.right))
    return (
        f"The {WHAT[measure]} shows double descent: {valley} at "
        f"{placed(told.valley, noun or NOUNS[over])}, {peak} at {roughly(told.peak.at)}, {right} "
        f"at {roughly(told.right.at)}."
    )


def said(place: Place, measure: Measure) -> str:
    """Its value, 46 % or 0.083."""
    return (percent if measure == "test_error" else short)(place.value)


def placed(place: Place, noun: str) -> str:
    """Where it stands: 8 hidden units, 6.7 million steps."""
    return counted(place.at, noun).replace(whole(place.at), roughly(place.at), 1)
