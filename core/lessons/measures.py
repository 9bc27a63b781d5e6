"""The numbers of a run that a lesson can name. Knows no torch and no page.

A number that a run does not have (the validation loss of a run without a validation set) is absent
from its numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import hypot, isfinite, log10, sqrt
from statistics import fmean

from core.base.events import Epoch, Scores, error
from core.base.numbers import MISSING, percent, short, whole
from core.runs.history import History

FLAT = 1e-30  # gradient norms below it count as 0: no ratio is formed


@dataclass(frozen=True)
class RunMeasure:
    """A number of a run: its `label` in a sentence, how it is written, and how it is computed."""

    label: str
    write: Callable[[float], str]
    compute: Callable[[History], float | None]
    is_fraction: bool = False  # entered and shown in percent


def write_number(value: float) -> str:
    """Return a loss or a ratio as text.

    >>> write_number(2.3026), write_number(0.00041)
    ('2.3', '4.1e-4')
    """
    return short(value, 2 if abs(value) < 1 or value > 99 else 3).removesuffix(".0")


def _first_loss(history: History) -> float | None:
    return history.losses[0] if history.losses else None


def _last(part: str, name: str) -> Callable[[History], float | None]:
    def compute(history: History) -> float | None:
        return _score(getattr(history.epochs[-1], part), name) if history.epochs else None

    return compute


def _score(scores: Scores | None, name: str) -> float | None:
    return error(scores) if name == "error" else (scores or {}).get(name)


def _best(name: str) -> Callable[[History], float | None]:
    def compute(history: History) -> float | None:
        best = _best_epoch(history)
        return _score(best.validation, name) if best else None

    return compute


def _best_epoch(history: History) -> Epoch | None:
    return history.epochs[history.best] if history.best is not None else None


def _best_number(history: History) -> float | None:
    best = _best_epoch(history)
    return float(best.epoch) if best else None


def _gap(history: History) -> float | None:
    train, validation = (_last(part, "error")(history) for part in ("train", "validation"))
    return None if train is None or validation is None else validation - train


def _loss_growth(history: History) -> float | None:
    """Final validation loss by the lowest one."""
    lowest, final = _best("loss")(history), _last("validation", "loss")(history)
    return final / lowest if lowest and final is not None else None


def _loss_noise(history: History) -> float | None:
    """Root mean square of the differences of successive step losses, over the last quarter."""
    losses = history.losses[-max(2, len(history.losses) // 4) :]
    changes = [after - before for before, after in pairwise(losses)]
    return sqrt(fmean(change**2 for change in changes)) if changes else None


def _gradient_ratio(history: History) -> float | None:
    """Norm of the first layer's gradient by that of the last layer, at the first step."""
    if not history.probes or not history.layers:
        return None
    norms = history.probes[0].gradient
    first, last = (norms.get(history.layers[i]) for i in (0, -1))
    return first / last if first is not None and last and last > FLAT else None


def _weight_norm(history: History) -> float | None:
    return hypot(*history.probes[-1].weight.values()) if history.probes else None


def _worst_loss(history: History) -> float | None:
    """The largest step loss as a power of ten; 99 for a loss that was not finite."""
    finite = [loss for loss in history.losses if isfinite(loss)]
    if len(finite) < len(history.losses) or (history.ended and history.ended.reason == "diverged"):
        return 99.0
    return log10(max(finite)) if finite and max(finite) > 0 else None


MEASURES: dict[str, RunMeasure] = {
    "initial_loss": RunMeasure("training loss of the first step", write_number, _first_loss),
    "final_training_loss": RunMeasure("final training loss", write_number, _last("train", "loss")),
    "final_training_error": RunMeasure(
        "final training error", percent, _last("train", "error"), True
    ),
    "final_validation_loss": RunMeasure(
        "final validation loss", write_number, _last("validation", "loss")
    ),
    "final_validation_error": RunMeasure(
        "final validation error", percent, _last("validation", "error"), True
    ),
    "best_epoch": RunMeasure("best epoch", whole, _best_number),
    "best_validation_loss": RunMeasure("lowest validation loss", write_number, _best("loss")),
    "best_validation_error": RunMeasure(
        "validation error of the best epoch", percent, _best("error"), True
    ),
    "epochs": RunMeasure("completed epochs", whole, lambda history: float(len(history.epochs))),
    "steps": RunMeasure("steps", whole, lambda history: float(history.step)),
    "error_gap": RunMeasure("validation error minus training error", percent, _gap, True),
    "loss_growth": RunMeasure(
        "final validation loss divided by the lowest one", write_number, _loss_growth
    ),
    "loss_noise": RunMeasure("change of the loss from step to step", write_number, _loss_noise),
    "gradient_ratio": RunMeasure(
        "gradient norm of the first layer divided by that of the last one",
        write_number,
        _gradient_ratio,
    ),
    "weight_norm": RunMeasure("norm of all weights", write_number, _weight_norm),
    "log10_largest_loss": RunMeasure("power of ten of the largest loss", write_number, _worst_loss),
}
Numbers = dict[str, float]


def measure(history: History) -> Numbers:
    """Return the finite numbers of a run by name."""
    values = {name: each.compute(history) for name, each in MEASURES.items()}
    return {name: v for name, v in values.items() if v is not None and isfinite(v)}


def write_measure(name: str, numbers: Numbers) -> str:
    """Return a number of a run as text; "–" where the run does not have it."""
    return MEASURES[name].write(numbers[name]) if name in numbers else MISSING
