"""What a run shows, in plain words: each rule is a pure function of its history and its experiment.

A finding says the number it rests on and, where one change helps, which. Rules of thumb: an update
of about 1e-3 of the weight a step is good (Karpathy, CS231n 2015), a validation loss that rises
while the training loss falls is overfitting (Prechelt 1998). One epoch says little: on a validation
part of some hundred pictures the median of LATE epochs lay up to 18 % above the best one in runs
that still got better, and 30 to 61 % above it in runs that learned by heart (eleven runs on digits,
three recipes, several seeds and splits); RISE stands between.
"""

from dataclasses import dataclass
from math import isfinite
from statistics import median
from typing import Any

from core.advice.chance_level import guess
from core.advice.run_status import foregone
from core.base.events import Scores, error
from core.base.numbers import percent, short
from core.experiment import Experiment
from core.optim.stopping import Patience, has_early_stopping, with_early_stopping
from core.runs.history import History

GOOD, TINY, LARGE = 1e-3, 1e-4, 3e-2  # update-to-weight ratio of one step
PROBES = 10  # the last ones, of which the median counts
LATE, RISE = 5, 0.2  # epochs after the best whose median counts, and how far it must have risen
BETTER = 0.9  # a validation loss below this share of a guess's shows that something was learned
ORDER = {"warn": 0, "info": 1, "ok": 2}


@dataclass(frozen=True)
class Finding:
    """One sentence; `level` is bad, warn, info or ok. `action` is a button: it sets `path` to
    `value`.
    """

    level: str
    text: str
    action: str = ""
    path: str = ""
    value: Any = None


def findings(
    history: History, experiment: Experiment, *, classes: int | None = None, limit: int = 3
) -> tuple[Finding, ...]:
    """The most urgent findings first; a run that has nothing to say yet says so. `classes` of the
    data: 0 for values, None where it is not known.
    """
    found = [finding for rule in _RULES if (finding := rule(history, experiment))]
    if (risen := overfitting(history, experiment)) and not guesses(history, experiment, classes):
        found.insert(0, risen)
    if not found:
        early = "It ended before there was enough to say."
        soon = "The first sentences come after the first epoch."
        return (Finding("info", early if history.ended else soon),)
    return tuple(sorted(found, key=lambda f: ORDER[f.level])[:limit])


def diverged(history: History, experiment: Experiment) -> Finding | None:
    """Why the run ended, and a tenth of its rate. Not one of `findings`: it comes before them."""
    if not history.ended or history.ended.reason != "diverged":
        return None
    rate = float(f"{experiment.optimizer.learning_rate / 10:.1g}")
    return Finding(
        "bad",
        history.ended.message,
        f"Use a rate of {short(rate)}",
        "optimizer.learning_rate",
        rate,
    )


def overfitting(history: History, experiment: Experiment) -> Finding | None:
    """The validation loss has risen by RISE since its best, as the median of LATE epochs, while the
    training loss fell.
    """
    measured = [e for e in history.epochs if e.validation]
    best = min(measured, key=lambda e: e.validation["loss"], default=None)
    late = measured[-LATE:]
    if best is None or late[0].epoch <= best.epoch or len(late) < LATE:
        return None
    low, now = best.validation["loss"], median(e.validation["loss"] for e in late)
    if not now > (1 + RISE) * low or median(e.train["loss"] for e in late) >= best.train["loss"]:
        return None
    text = (
        f"**Overfitting since epoch {best.epoch}.** Validation loss rose from {short(low, 3)} to "
        f"{short(now, 3)} (median of the last {LATE} epochs) while training loss fell."
    )
    if has_early_stopping(experiment.stopping):
        return Finding("warn", text)
    return Finding("warn", text, "Stop early", "stopping", with_early_stopping(experiment.stopping))


def guesses(history: History, experiment: Experiment, classes: int | None) -> bool:
    """Whether no epoch was better than a guess: then there is nothing that it could have unlearned.
    False where that is not known.
    """
    known = None if classes is None else guess(experiment.loss.kind, classes)
    lowest = min((e.validation["loss"] for e in history.epochs if e.validation), default=None)
    return known is not None and lowest is not None and lowest > BETTER * known


def stopped_layer(history: History, experiment: Experiment) -> Finding | None:
    """One layer moves far less than the others: a small gradient, dead units, or saturated ones."""
    ratios = _ratios(history)
    if len(ratios) < 2:
        return None
    layer = min(ratios, key=ratios.__getitem__)
    if ratios[layer] >= TINY or median(ratios.values()) < 5 * ratios[layer]:
        return None
    times = GOOD / ratios[layer] if ratios[layer] else float("inf")
    small = f"{short(times)} × smaller than the good 1e-3" if isfinite(times) else "exactly 0"
    return Finding("warn", f"**{layer} has nearly stopped.** Its updates are {small}.")


def too_large(history: History, experiment: Experiment) -> Finding | None:
    """A layer is thrown about: each step changes it by several per cent, also after the first
    twentieth of the run.
    """
    if not history.started or history.step < history.started.steps / 20:
        return None
    ratios = _ratios(history)
    layer = max(ratios, key=ratios.__getitem__, default="")
    if not layer or ratios[layer] <= LARGE:
        return None
    share = max(1e-6, min(1 / 3, LARGE / ratios[layer]))
    rate = float(f"{experiment.optimizer.learning_rate * share:.1g}")
    size = percent(ratios[layer]) if ratios[layer] < 1 else f"{short(ratios[layer])} × its size"
    text = f"**{layer} changes by {size} a step.** About 0.1 % is usual."
    return Finding("warn", text, f"Use a rate of {short(rate)}", "optimizer.learning_rate", rate)


def no_progress(history: History, experiment: Experiment) -> Finding | None:
    """After two epochs the training loss is where it began."""
    epochs = history.epochs
    if len(epochs) < 2 or epochs[-1].train["loss"] < 0.98 * history.losses[0]:
        return None
    loss = short(epochs[-1].train["loss"])
    text = f"**Nothing is learned yet.** The loss is still {loss}, as at the first step."
    rate = float(f"{experiment.optimizer.learning_rate * 3:.1g}")
    return Finding("warn", text, f"Use a rate of {short(rate)}", "optimizer.learning_rate", rate)


def improving(history: History, experiment: Experiment) -> Finding | None:
    """The last epoch is the best: go on, or give a run that has ended more epochs."""
    if len(history.epochs) < 2 or history.best != len(history.epochs) - 1:
        return None
    loss = short(history.epochs[-1].validation["loss"])
    if history.ended and history.ended.reason != "epochs":
        return None
    if history.ended:
        text = f"**Still improving at the end.** Validation loss fell to {loss} in the last epoch."
        return Finding(
            "info", text, f"Train {2 * experiment.epochs} epochs", "epochs", 2 * experiment.epochs
        )
    return Finding("ok", f"**Still improving.** Validation loss is lowest now: {loss}.")


def ghost(history: History, experiment: Experiment) -> Finding | None:
    """Where early stopping would have ended a run that went on, and whether that was worth it."""
    marks = [mark for mark in history.marks if isinstance(mark.rule, Patience)]
    if not marks or history.fired(marks[0]) or overfitting(history, experiment):
        return None
    text = foregone(marks[0])
    if marks[0].cost or has_early_stopping(experiment.stopping):
        return Finding("info", text)
    return Finding("info", text, "Turn on", "stopping", with_early_stopping(experiment.stopping))


def gap(history: History, experiment: Experiment) -> Finding | None:
    """How far the answers on known and on new samples lie apart, with the best epoch's weights.

    While it goes on the training error is the mean over the epoch, with dropout on and weights
    that still moved; the end measures both parts anew, and then those numbers count.
    """
    if history.best is None:
        return None
    e, end = history.epochs[history.best], history.ended
    measured = end is not None and error(end.train) is not None
    parts = (end.train, end.validation) if measured else (e.train, e.validation)
    train, validation = map(error, parts)
    if train is None or validation is None:
        return None
    number = end.best_epoch if measured and end.best_epoch else e.epoch
    first = "Best" if end else "Best so far"
    what = wrong(parts[1])
    text = f"{percent(validation)} {what} on validation and {percent(train)} on training"
    return Finding("info", f"{first}: epoch {number}, {text}.")


def wrong(scores: Scores) -> str:
    """What an error is a share of, in one word: answers that are wrong, or variance of the values
    that is left unexplained.
    """
    return "wrong" if "accuracy" in scores else "unexplained"


def _ratios(history: History) -> dict[str, float]:
    """Median update-to-weight ratio of each layer over the last probes."""
    recent = history.probes[-PROBES:]
    seen = {
        layer: [p.update[layer] for p in recent if isfinite(p.update.get(layer, float("nan")))]
        for layer in history.layers
    }
    return {layer: median(values) for layer, values in seen.items() if values}


_RULES = (stopped_layer, too_large, no_progress, improving, ghost, gap)
