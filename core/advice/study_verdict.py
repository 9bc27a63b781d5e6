"""The verdict on one curve of a study: double descent, a plain peak, or none, as a finding with the
numbers behind it. Pure functions; no torch.

Medians over seeds are judged, because close to the interpolation threshold the mean is that of the
worst seed. A shape counts only where two thirds of the seeds show it individually.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from statistics import median
from typing import Literal

from core.base.finding import Action, Finding
from core.base.numbers import percent, roughly, short, whole
from core.base.text import counted
from core.descent.point import CurvePoint

Measure = Literal["test_loss", "test_error"]
Over = Literal["width", "samples", "steps"]
MIN_RISE, MIN_FALL = 1.1, 1.15  # smallest peak/valley and peak/right-end ratios that count
FITTED, INTERPOLATED = 0.01, 1e-2  # training error and training loss of a model that fits all
MIN_AGREEMENT = 2 / 3  # smallest fraction of seeds that must show the shape individually
MIN_ERROR_RISE = 0.01  # smallest rise of a test error; less is a handful of test samples
MIN_POINTS = 3
_FLOOR = 1e-3  # replaces smaller values: a ratio to an error of 0 would be infinite
MEASURE_NAMES = {"test_loss": "test loss", "test_error": "test error"}
AXIS_NOUNS = {"width": "hidden unit", "samples": "training sample", "steps": "step"}


@dataclass(frozen=True)
class Landmark:
    """A point of the curve: its x value, its parameters and the median over seeds."""

    x: int
    parameters: int
    value: float


@dataclass(frozen=True)
class CurveVerdict:
    """What one line of a study shows. `code` is one of double_descent, no_peak, no_second_descent,
    unclear_peak (too few seeds show it), too_few_points; of a learning curve more_data_helps or
    more_data_hardly_helps.

    `valley` is the best point before the peak and `right` the best one after it; without a peak
    `valley` is the best point overall. `fits` is the smallest model with a training error below
    1 %, `interpolates` the smallest one with a training loss below 1e-2. `agreeing` of `seeds` show
    the shape individually; `lost` points were not finite and are left out.
    """

    finding: Finding
    valley: Landmark | None = None
    peak: Landmark | None = None
    right: Landmark | None = None
    rise: float = 1.0
    fall: float = 1.0
    fits: Landmark | None = None
    interpolates: Landmark | None = None
    seeds: int = 0
    agreeing: int = 0
    lost: int = 0

    @property
    def code(self) -> str:
        return self.finding.code


def judge_curve(
    points: Sequence[CurvePoint],
    measure: Measure = "test_loss",
    over: Over = "width",
    noun: str = "",
) -> CurveVerdict:
    """Judge the points of one line: one ridge or weight decay and, unless over steps, one step
    count.

    A peak counts when it is at least 1.1 × the best point before it, and a second descent when the
    peak is at least 1.15 × the best point after it. Of several peaks, the most prominent one
    counts. Over steps the medians are also smoothed over three neighbours. `noun` names what the x
    axis counts.
    """
    line = sorted(points, key=lambda point: getattr(point, over))
    finite = [point for point in line if isfinite(_median(point, measure))]
    lost, seeds = len(line) - len(finite), len(finite[0].norm) if finite else 0
    if len(finite) < MIN_POINTS:
        return CurveVerdict(too_few_points(len(finite), MIN_POINTS), seeds=seeds, lost=lost)
    values = [max(_median(point, measure), _FLOOR) for point in finite]
    values = smooth(values) if over == "steps" else values
    valley, peak, right = landmarks(values, MIN_ERROR_RISE if measure == "test_error" else 0.0)
    rise, fall = values[peak] / values[valley], values[peak] / values[right]
    code = (
        "no_peak"
        if rise < MIN_RISE
        else "no_second_descent"
        if fall < MIN_FALL
        else "double_descent"
    )
    if measure == "test_error" and values[peak] - values[valley] < MIN_ERROR_RISE:
        code = "no_peak"
    agreeing = 0
    if code == "no_peak":
        valley = min(range(len(values)), key=values.__getitem__)
    else:
        lower = (valley, right) if code == "double_descent" else (valley,)
        agreeing = _count_agreeing(finite, measure, peak, lower)
        code = code if agreeing >= MIN_AGREEMENT * seeds else "unclear_peak"
    marks = [_landmark(finite[k], over, measure) for k in (valley, peak, right, 0, -1)]
    return CurveVerdict(
        finding=_describe(code, measure, noun or AXIS_NOUNS[over], marks, seeds, agreeing),
        valley=marks[0],
        peak=marks[1],
        right=marks[2],
        rise=rise,
        fall=fall,
        fits=_first_below(finite, over, measure, "train_error", FITTED),
        interpolates=_first_below(finite, over, measure, "train_loss", INTERPOLATED),
        seeds=seeds,
        agreeing=agreeing,
        lost=lost,
    )


def too_few_points(count: int, needed: int) -> Finding:
    """The finding for a curve with fewer than `needed` finished points."""
    return Finding(
        "too_few_points",
        "info",
        f"{counted(count, 'finished point')}: at least {needed} are needed to judge a curve.",
        {"points": count, "needed": needed},
    )


def smooth(values: Sequence[float]) -> list[float]:
    """Return the running median of three values: a single step of a training jumps by several
    percentage points, and such a jump is not a peak.

    >>> smooth([0.1, 0.1, 0.4, 0.2, 0.3])
    [0.1, 0.1, 0.2, 0.3, 0.3]
    """
    inner = [median(values[k - 1 : k + 2]) for k in range(1, len(values) - 1)]
    return [values[0], *inner, values[-1]]


def landmarks(values: Sequence[float], min_rise: float = 0.0) -> tuple[int, int, int]:
    """Return the indices of the valley, the peak and the right end.

    Among the points that rise (by at least `min_rise`, too) and fall enough, the peak is the one
    with the largest smaller ratio to the best point before it and the best point after it. Where
    there is none, it is the point with the largest rise.

    >>> landmarks([5.0, 2.0, 4.0, 1.0, 1.5])
    (1, 2, 3)
    """
    indices = range(len(values))
    before = [min(indices[: k + 1], key=values.__getitem__) for k in indices]
    after = [min(indices[k:], key=values.__getitem__) for k in indices]
    rises = [values[k] / values[before[k]] for k in indices]
    falls = [values[k] / values[after[k]] for k in indices]
    high = [values[k] - values[before[k]] >= min_rise for k in indices]
    double = [k for k in indices if rises[k] >= MIN_RISE and falls[k] >= MIN_FALL and high[k]]
    if double:
        peak = max(double, key=lambda k: min(rises[k], falls[k]))
    else:
        peak = max(indices, key=rises.__getitem__)
    return before[peak], peak, after[peak]


def describe_other_measure(
    verdict: CurveVerdict, measure: Measure, over: Over = "width", noun: str = ""
) -> Finding | None:
    """The finding that `measure` shows double descent where the displayed measure does not; None
    where it does not either.
    """
    if verdict.code != "double_descent":
        return None
    valley, peak, right = verdict.valley, verdict.peak, verdict.right
    return Finding(
        "other_measure_double_descent",
        "info",
        f"The {MEASURE_NAMES[measure]} does show double descent: "
        f"{format_value(valley.value, measure)} at {count_x(valley, noun or AXIS_NOUNS[over])}, "
        f"{format_value(peak.value, measure)} at {roughly(peak.x)}, "
        f"{format_value(right.value, measure)} at {roughly(right.x)} "
        f"({whole(verdict.agreeing)} of {counted(verdict.seeds, 'seed')}).",
        {"measure": measure, "agreeing": verdict.agreeing, "seeds": verdict.seeds}
        | {k: verdict.finding.evidence[k] for k in ("valley", "peak", "right")},
    )


def format_value(value: float, measure: Measure) -> str:
    """An error as a percentage, a loss with two digits: 46 % or 0.083."""
    return (percent if measure == "test_error" else short)(value)


def count_x(mark: Landmark, noun: str) -> str:
    """The x value with its noun: 8 hidden units, 6.7 million steps."""
    return counted(mark.x, noun).replace(whole(mark.x), roughly(mark.x), 1)


def _median(point: CurvePoint, measure: str) -> float:
    return median(getattr(point, measure))


def _landmark(point: CurvePoint, over: Over, measure: Measure) -> Landmark:
    return Landmark(getattr(point, over), point.parameters, _median(point, measure))


def _first_below(
    line: Sequence[CurvePoint], over: Over, measure: Measure, figure: str, bound: float
) -> Landmark | None:
    """The empirical threshold: the first point whose training figure is below a bound."""
    below = (point for point in line if _median(point, figure) < bound)
    return next((_landmark(point, over, measure) for point in below), None)


def _count_agreeing(
    line: Sequence[CurvePoint], measure: Measure, peak: int, lower: Sequence[int]
) -> int:
    """Count the seeds in which this peak is above all of these lower points."""
    tops = getattr(line[peak], measure)
    lows = zip(*(getattr(line[index], measure) for index in lower), strict=True)
    return sum(top > max(low) for top, low in zip(tops, lows, strict=True))


def _describe(
    code: str, measure: Measure, noun: str, marks: Sequence[Landmark], seeds: int, agreeing: int
) -> Finding:
    """The finding in words, with the number of seeds behind it. `marks`: valley, peak, right,
    first, last.
    """
    values = [max(mark.value, _FLOOR) for mark in marks]
    rise, fall = values[1] / values[0], values[1] / values[2]
    valley, peak, right, first, last = (format_value(mark.value, measure) for mark in marks)
    what, support = f"the {MEASURE_NAMES[measure]}", f"median of {counted(seeds, 'seed')}"
    up = f"from {valley} at {count_x(marks[0], noun)} to {peak} at {roughly(marks[1].x)}"
    agreement = f"{whole(agreeing)} of {counted(seeds, 'seed')}"
    action = None
    if code == "double_descent":
        text = (
            f"Double descent: {what} rises {up} ({short(rise)} ×), then falls to {right} at "
            f"{roughly(marks[2].x)} ({short(fall)} × lower), in {agreement}."
        )
    elif code == "no_second_descent":
        text = (
            f"No second descent in this range: {what} rises {up} ({short(rise)} ×) and does not "
            f"fall below {right} afterwards ({support}). Extend the range to see whether it does."
        )
    elif code == "unclear_peak":
        more = min(100, max(5, 2 * seeds))
        action = Action(f"Use {more} seeds", {"repeats": more}) if more > seeds else None
        text = (
            f"Unclear: {what} rises {up} and is {right} at {roughly(marks[2].x)}, but only "
            f"{agreement} show this, so it may be chance. Use more seeds."
        )
    elif marks[0] == marks[4]:
        text = (
            f"No peak: {what} falls from {first} at {count_x(marks[3], noun)} to {last} at "
            f"{roughly(marks[4].x)}, its lowest value ({support})."
        )
    else:
        text = (
            f"No peak: {what} goes from {first} at {count_x(marks[3], noun)} to {last} at "
            f"{roughly(marks[4].x)}; its lowest value is {valley} at {roughly(marks[0].x)} "
            f"({support})."
        )
    names = ("valley", "peak", "right", "first", "last")
    evidence = {name: asdict(mark) for name, mark in zip(names, marks, strict=True)}
    evidence |= {"measure": measure, "rise": rise, "fall": fall}
    evidence |= {"seeds": seeds, "agreeing": agreeing}
    level = "warn" if code == "unclear_peak" else "info"
    return Finding(code, level, text, evidence, action)
