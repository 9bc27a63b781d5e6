"""How a training goes at this moment: its pace, its last numbers, and what its probes say of
clipping, noise and memory. Pure functions of History.
"""

from math import exp, isfinite, log

from core.runs.history import History

RECENT = 100  # steps in the training loss that is shown as a number
READINGS = 20  # the last ones, from which the pace is taken
NOISES = 20  # measurements of the gradient's noise whose means are compared


def rate(history: History) -> float | None:
    """The learning rate of the last step."""
    return history.ticks[-1][3] if history.ticks else None


def throughput(history: History) -> float | None:
    """Samples per second, mean of the last readings."""
    recent = history.ticks[-READINGS // 2 :]
    return sum(t[4] for t in recent) / len(recent) if recent else None


def seconds_left(history: History) -> float | None:
    """Until the last planned step, at the pace of the last readings."""
    recent = history.ticks[-READINGS:]
    started = history.started
    if not started or history.ended or len(recent) < 2 or recent[-1][1] == recent[0][1]:
        return None
    pace = (recent[-1][2] - recent[0][2]) / (recent[-1][1] - recent[0][1])  # seconds per step
    return max(0.0, pace) * (started.steps - history.step)


def recent_loss(history: History) -> float | None:
    """Mean training loss of the last RECENT steps."""
    recent = history.losses[-RECENT:]
    return sum(recent) / len(recent) if recent else None


def recent_update(history: History) -> float | None:
    """Update-to-weight ratio of the last probe, geometric mean over the layers."""
    last = history.probes[-1].update.values() if history.probes else ()
    ratios = [v for v in last if isfinite(v) and v > 0]
    return exp(sum(map(log, ratios)) / len(ratios)) if ratios else None


def clipped(history: History) -> dict[str, float]:
    """The share of steps so far that each clipping touched, by its kind."""
    if history.ended and history.ended.clipped:
        return history.ended.clipped
    return history.probes[-1].clipped if history.probes else {}


def memory(history: History) -> float | None:
    """Bytes in use at the last probe; None where it is not known."""
    return (history.probes[-1].memory or None) if history.probes else None


def noise(history: History) -> tuple[float, float] | None:
    """(scale, variance): the gradient noise scale trΣ/‖G‖² in samples, from the means of the last
    NOISES measurements, and trΣ/B, the variance of the minibatch gradient. The scale is infinite
    where nothing but noise was seen; None before the first measurement.
    """
    measured = [p.noise for p in history.probes if p.noise and all(map(isfinite, p.noise))]
    recent = measured[-NOISES:]
    if not recent or not history.started:
        return None
    variance, square = (sum(column) / len(recent) for column in zip(*recent, strict=True))
    variance = max(variance, 0.0)
    scale = variance / square if square > 0 else float("inf")
    return scale, variance / history.started.batch_size
