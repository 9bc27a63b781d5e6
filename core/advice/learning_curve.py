"""The verdict on a learning curve, the test error or loss against the number of training samples:
whether more data would still help. Pure functions; no torch.
"""

from collections.abc import Sequence
from dataclasses import asdict
from math import isfinite
from statistics import median

from core.advice.study_verdict import (
    MEASURE_NAMES,
    MIN_AGREEMENT,
    CurveVerdict,
    Landmark,
    Measure,
    format_value,
    too_few_points,
)
from core.base.finding import Finding
from core.base.numbers import percent, roughly, short, whole
from core.base.text import counted
from core.descent.point import CurvePoint

MIN_GAIN = 1.05  # smallest factor between the last two points at which more data still helps
MIN_POINTS = 2


def judge_learning_curve(points: Sequence[CurvePoint], measure: Measure) -> CurveVerdict:
    """Judge the points of one line, medians over seeds: the change from the fewest samples to the
    most, and what the last step brought. More data helps where the last step lowers the measure by
    a twentieth or more in two thirds of the seeds.
    """
    line = sorted(points, key=lambda point: point.samples)
    finite = [point for point in line if isfinite(median(getattr(point, measure)))]
    lost, seeds = len(line) - len(finite), len(finite[0].norm) if finite else 0
    if len(finite) < MIN_POINTS:
        return CurveVerdict(too_few_points(len(finite), MIN_POINTS), seeds=seeds, lost=lost)
    marks = [Landmark(p.samples, p.parameters, median(getattr(p, measure))) for p in finite]
    pairs = zip(getattr(finite[-2], measure), getattr(finite[-1], measure), strict=False)
    agreeing = sum(new < old for old, new in pairs)
    return CurveVerdict(
        finding=_describe(marks, measure, seeds, agreeing),
        valley=min(marks, key=lambda mark: mark.value),
        seeds=seeds,
        agreeing=agreeing,
        lost=lost,
    )


def _describe(marks: Sequence[Landmark], measure: Measure, seeds: int, agreeing: int) -> Finding:
    first, before, last = marks[0], marks[-2], marks[-1]
    agreed = agreeing >= MIN_AGREEMENT * seeds
    helps = agreed and before.value >= MIN_GAIN * last.value > 0
    gain = before.value - last.value
    head, advice = (
        ("More data helps", "Collect more data if you can.")
        if helps
        else ("More data hardly helps", "Change the model or its training instead.")
    )
    text = (
        f"{head}: the {MEASURE_NAMES[measure]} is {format_value(first.value, measure)} with "
        f"{counted(first.x, 'training sample')} and {format_value(last.value, measure)} with "
        f"{roughly(last.x)}. The last {whole(last.x - before.x)} samples "
        f"{_describe_change(gain, measure)} (lower in {whole(agreeing)} of "
        f"{counted(seeds, 'seed')}). {advice}"
    )
    evidence = {
        "measure": measure,
        "first": asdict(first),
        "before": asdict(before),
        "last": asdict(last),
        "gain": gain,
        "seeds": seeds,
        "agreeing": agreeing,
    }
    code = "more_data_helps" if helps else "more_data_hardly_helps"
    return Finding(code, "info", text, evidence)


def _describe_change(gain: float, measure: Measure) -> str:
    """lowered it by 1.1 percentage points, raised it by 0.02."""
    points = percent(abs(gain)).rstrip("%").rstrip()
    size = f"{points} percentage points" if measure == "test_error" else short(abs(gain))
    return f"{'lowered' if gain >= 0 else 'raised'} it by {size}"
