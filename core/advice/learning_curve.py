"""Learning: what a learning curve says, the test error or loss against the number of training rows:
how much more data brought, and whether still more would. Pure functions; knows no torch.
"""

from collections.abc import Sequence
from math import isfinite
from statistics import median

from core.advice.study_verdict import AGREEING, WHAT, Measure, Place, Verdict, said
from core.base.numbers import percent, roughly, short, whole
from core.base.text import counted
from core.descent.point import Point

LITTLE = 1.05  # least factor between the last two points at which more data still helps


def learning(points: Sequence[Point], measure: Measure) -> Verdict:
    """What the points of one line show, medians over seeds: from the fewest rows to the most, and
    what the last step of it did. More data helps where that takes off at least a twentieth in two
    thirds of the seeds.
    """
    line = sorted(points, key=lambda point: point.samples)
    kept = [point for point in line if isfinite(median(getattr(point, measure)))]
    lost, seeds = len(line) - len(kept), len(kept[0].norm) if kept else 0
    if len(kept) < 2:
        text = f"{counted(len(kept), 'point')} so far: a learning curve wants at least 2."
        return Verdict("short", text, lost=lost, seeds=seeds)
    places = [Place(p.samples, p.parameters, median(getattr(p, measure))) for p in kept]
    first, before, last = places[0], places[-2], places[-1]
    pairs = zip(getattr(kept[-2], measure), getattr(kept[-1], measure), strict=False)
    falling = sum(new < old for old, new in pairs)
    agreed = falling >= AGREEING * seeds
    helps = agreed and before.value >= LITTLE * last.value > 0
    word = "More data helps" if helps else "More data helps little by now"
    rows = whole(last.at - before.at)
    text = (
        f"{word}: {WHAT[measure]} {said(first, measure)} with {counted(first.at, 'training row')}, "
        f"{said(last, measure)} with {roughly(last.at)}; the last {rows} of them "
        f"{_change(before.value - last.value, measure)} (lower in {whole(falling)} of "
        f"{counted(seeds, 'seed')})."
    )
    best = min(places, key=lambda place: place.value)
    return Verdict("learning", text, valley=best, seeds=seeds, agreeing=falling, lost=lost)


def _change(gain: float, measure: Measure) -> str:
    """took off 1.1 points, added 0.02."""
    points = percent(abs(gain)).rstrip("%").rstrip()
    size = f"{points} percentage points" if measure == "test_error" else short(abs(gain))
    return f"{'took off' if gain >= 0 else 'added'} {size}"
