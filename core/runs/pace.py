"""The present state of a training: its pace, its latest numbers, and its probes of clipping, noise
and memory. Pure functions of History.
"""

from collections.abc import Sequence
from math import exp, isfinite, log

from core.runs.history import History

RECENT = 100  # steps behind the displayed training loss
READINGS = 20  # latest readings that determine the pace
NOISES = 20  # measurements of the gradient noise that are averaged


def rate(history: History) -> float | None:
    """Return the learning rate of the last step."""
    return history.ticks[-1][3] if history.ticks else None


def throughput(history: History) -> float | None:
    """Return samples per second, the mean of the last readings."""
    recent = history.ticks[-READINGS // 2 :]
    return sum(t[4] for t in recent) / len(recent) if recent else None


def seconds_left(history: History) -> float | None:
    """Return the seconds until the last planned step, at the pace of the last readings."""
    if not history.started or history.ended:
        return None
    readings = [(step, seconds) for _, step, seconds, *_ in history.ticks[-READINGS:]]
    return remaining(readings, history.started.steps)


def remaining(readings: Sequence[tuple[int, float]], steps: int) -> float | None:
    """Return the seconds until step `steps`, at the pace of the READINGS (step, seconds); a single
    one counts from the start. None without any.
    """
    if not readings:
        return None
    (begin, began), (step, seconds) = readings[0] if len(readings) > 1 else (0, 0.0), readings[-1]
    if step <= begin:
        return None
    return max(0.0, (seconds - began) / (step - begin)) * max(0, steps - step)


def recent_loss(history: History) -> float | None:
    """Return the mean training loss of the last RECENT steps."""
    recent = history.losses[-RECENT:]
    return sum(recent) / len(recent) if recent else None


def recent_update(history: History) -> float | None:
    """Return the update-to-weight ratio of the last probe, geometric mean over the layers."""
    last = history.probes[-1].update.values() if history.probes else ()
    finite = [v for v in last if isfinite(v)]
    ratios = [v for v in finite if v > 0]  # a layer without updates would make the mean 0
    if not ratios:
        return 0.0 if finite else None
    return exp(sum(map(log, ratios)) / len(ratios))


def clipped(history: History) -> dict[str, float]:
    """Return the fraction of steps so far that each kind of clipping changed."""
    if history.ended and history.ended.clipped:
        return history.ended.clipped
    return history.probes[-1].clipped if history.probes else {}


def memory(history: History) -> float | None:
    """Return the bytes in use at the last probe; None if unknown."""
    return (history.probes[-1].memory or None) if history.probes else None


def noise(history: History) -> tuple[float, float] | None:
    """Return the gradient noise scale trΣ/‖G‖² in samples, from the means of the last NOISES
    measurements, and trΣ/B, the variance of the mini-batch gradient (McCandlish et al. 2018). The
    scale is infinite if only noise was measured. None before the first measurement.
    """
    measured = [p.noise for p in history.probes if p.noise and all(map(isfinite, p.noise))]
    recent = measured[-NOISES:]
    if not recent or not history.started:
        return None
    variance, square = (sum(column) / len(recent) for column in zip(*recent, strict=True))
    variance = max(variance, 0.0)
    scale = variance / square if square > 0 else float("inf")
    return scale, variance / history.started.batch_size
