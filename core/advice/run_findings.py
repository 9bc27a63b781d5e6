"""Findings about a run: each rule is a pure function of its history and its experiment.

Rules of thumb: an update of about 1e-3 of the weight per step is good (Karpathy, CS231n 2015), and
a validation loss that rises while the training loss falls is overfitting (Prechelt 1998). One
epoch is weak evidence: on a validation set of some hundred images, the median of LATE epochs was up
to 18 % above the best epoch in runs that still improved, and 30 to 61 % above it in runs that
overfitted (eleven runs on digits, three recipes, several seeds and splits). RISE is between the
two.
"""

from collections.abc import Callable
from math import isfinite
from statistics import median

from core.advice.chance_level import chance_loss
from core.advice.run_status import counterfactual_stop
from core.base.events import Scores, error
from core.base.finding import Action, Finding
from core.base.numbers import THIN, percent, short, whole
from core.experiment import Experiment
from core.optim.stopping import Patience, has_early_stopping, with_early_stopping
from core.runs.history import History
from core.runs.state import RunState

GOOD, TINY, LARGE = 1e-3, 1e-4, 3e-2  # update-to-weight ratio of one step
PROBES = 10  # the median of the last ones counts
LATE, RISE = 5, 0.2  # epochs after the best whose median counts, and its least relative rise
BETTER = 0.9  # a validation loss below this fraction of uniform guessing shows some learning
NOT_LEARNING = 0.98  # a training loss above this fraction of the first one is no progress
ORDER = {"bad": 0, "warn": 1, "info": 2, "ok": 3}


def list_findings(
    history: History, experiment: Experiment, *, classes: int | None = None, limit: int = 3
) -> tuple[Finding, ...]:
    """Return the most urgent findings first, and one that explains why there is none otherwise.

    `classes` is the number of classes: 0 for regression, None if unknown.
    """
    results = [result for rule in _RULES if (result := rule(history, experiment))]
    overfit = find_overfitting(history, experiment)
    if overfit and not is_at_chance_level(history, experiment, classes):
        results.insert(0, overfit)
    if not results:
        return (_nothing_yet(history),)
    return tuple(sorted(results, key=lambda finding: ORDER[finding.level])[:limit])


def _nothing_yet(history: History) -> Finding:
    if history.ended:
        text = "The run ended before there was enough data for an assessment."
        return Finding("run_too_short", "info", text, {"epochs": len(history.epochs)})
    text = "Findings appear here after the first epochs."
    return Finding("run_too_early", "info", text, {"epochs": len(history.epochs)})


def find_divergence(history: History, experiment: Experiment) -> Finding | None:
    """Why a diverged run ended, with a tenth of its learning rate as the way out.

    It is not one of `list_findings`: Watch shows it instead of the result.
    """
    if not history.ended or history.ended.reason != RunState.DIVERGED:
        return None
    learning_rate = float(f"{experiment.optimizer.learning_rate / 10:.1g}")
    return Finding(
        "diverged",
        "bad",
        history.ended.message,
        {"step": history.ended.step, "learning_rate": experiment.optimizer.learning_rate},
        _set_learning_rate(learning_rate),
    )


def find_overfitting(history: History, experiment: Experiment) -> Finding | None:
    """The validation loss has risen by RISE since its best, as the median of LATE epochs, while the
    training loss fell.
    """
    measured = [epoch for epoch in history.epochs if epoch.validation]
    best = min(measured, key=lambda epoch: epoch.validation["loss"], default=None)
    late = measured[-LATE:]
    if best is None or late[0].epoch <= best.epoch or len(late) < LATE:
        return None
    lowest, recent = best.validation["loss"], median(epoch.validation["loss"] for epoch in late)
    train = median(epoch.train["loss"] for epoch in late)
    if not recent > (1 + RISE) * lowest or train >= best.train["loss"]:
        return None
    stops = has_early_stopping(experiment.stopping)
    advice = (
        "Add weight decay, dropout or data augmentation."
        if stops
        else "Turn on early stopping, or add weight decay."
    )
    text = (
        f"**Overfitting since epoch {whole(best.epoch)}.** Validation loss rose from "
        f"{short(lowest, 3)} to {short(recent, 3)} (median of the last {LATE} epochs) while "
        f"training loss kept falling. {advice}"
    )
    evidence = {"epoch": best.epoch, "best_loss": lowest, "recent_loss": recent, "epochs": LATE}
    turn_on = Action(
        "Turn on early stopping", {"stopping": with_early_stopping(experiment.stopping)}
    )
    return Finding("overfitting", "warn", text, evidence, None if stops else turn_on)


def is_at_chance_level(history: History, experiment: Experiment, classes: int | None) -> bool:
    """Whether no epoch was better than uniform guessing: then a rising loss is no overfitting.
    False if that is unknown.
    """
    chance = None if classes is None else chance_loss(experiment.loss.kind, classes)
    losses = (epoch.validation["loss"] for epoch in history.epochs if epoch.validation)
    lowest = min(losses, default=None)
    return chance is not None and lowest is not None and lowest > BETTER * chance


def find_stalled_layer(history: History, experiment: Experiment) -> Finding | None:
    """One layer learns far more slowly than the others: small gradients, dead or saturated
    units.
    """
    ratios = _update_ratios(history)
    if len(ratios) < 2:
        return None
    layer = min(ratios, key=ratios.__getitem__)
    if ratios[layer] >= TINY or median(ratios.values()) < 5 * ratios[layer]:
        return None
    size = (
        f"{short(GOOD / ratios[layer])}{THIN}× smaller than the recommended 1e-3 of the weights"
        if ratios[layer]
        else "exactly 0"
    )
    text = (
        f"**{layer} has almost stopped learning.** Its updates are {size}. Check it for dead or "
        "saturated units in the map below."
    )
    return Finding("layer_stalled", "warn", text, {"layer": layer, "ratio": ratios[layer]})


def find_large_updates(history: History, experiment: Experiment) -> Finding | None:
    """Each step changes a layer by several per cent, also after the first twentieth of the run."""
    if not history.started or history.step < history.started.steps / 20:
        return None
    ratios = _update_ratios(history)
    layer = max(ratios, key=ratios.__getitem__, default="")
    if not layer or ratios[layer] <= LARGE:
        return None
    factor = max(1e-6, min(1 / 3, LARGE / ratios[layer]))
    learning_rate = float(f"{experiment.optimizer.learning_rate * factor:.1g}")
    size = percent(ratios[layer]) if ratios[layer] < 1 else f"{short(ratios[layer])}{THIN}×"
    text = (
        f"**Updates of {layer} are too large.** Each step changes its weights by {size} of their "
        f"norm; about 0.1{THIN}% is recommended. Lower the learning rate."
    )
    evidence = {"layer": layer, "ratio": ratios[layer]}
    return Finding("updates_too_large", "warn", text, evidence, _set_learning_rate(learning_rate))


def find_no_progress(history: History, experiment: Experiment) -> Finding | None:
    """After two epochs the training loss is where it began."""
    epochs = history.epochs
    if len(epochs) < 2 or epochs[-1].train["loss"] < NOT_LEARNING * history.losses[0]:
        return None
    first, last = history.losses[0], epochs[-1].train["loss"]
    text = (
        f"**The model is not learning yet.** Training loss is {short(last, 3)} after "
        f"{whole(len(epochs))} epochs and was {short(first, 3)} at the first step. Raise the "
        "learning rate."
    )
    learning_rate = float(f"{experiment.optimizer.learning_rate * 3:.1g}")
    evidence = {"first_loss": first, "loss": last, "epochs": len(epochs)}
    return Finding("no_progress", "warn", text, evidence, _set_learning_rate(learning_rate))


def find_improvement(history: History, experiment: Experiment) -> Finding | None:
    """The last epoch is the best: wait, or give a run that used all of its epochs more of them."""
    if len(history.epochs) < 2 or history.best != len(history.epochs) - 1:
        return None
    if history.ended and history.ended.reason != "epochs":
        return None
    loss = history.epochs[-1].validation["loss"]
    evidence = {"epoch": history.epochs[-1].epoch, "loss": loss}
    if not history.ended:
        text = (
            f"**Still improving.** The latest epoch has the lowest validation loss, {short(loss)}."
        )
        return Finding("improving", "ok", text, evidence)
    more = 2 * experiment.epochs
    text = (
        f"**Still improving at the end.** The last epoch has the lowest validation loss, "
        f"{short(loss)}. Train longer."
    )
    action = Action(f"Train for {whole(more)} epochs", {"epochs": more})
    return Finding("improving_at_end", "info", text, evidence, action)


def find_counterfactual_stop(history: History, experiment: Experiment) -> Finding | None:
    """Where early stopping would have ended a run that continued, and what that would have cost."""
    marks = [mark for mark in history.marks if isinstance(mark.rule, Patience)]
    if not marks or history.fired(marks[0]) or find_overfitting(history, experiment):
        return None
    mark = marks[0]
    evidence = {"epoch": mark.epoch, "loss": mark.kept, "cost": mark.cost}
    text = counterfactual_stop(mark)
    if mark.cost or has_early_stopping(experiment.stopping):
        return Finding("early_stopping_mark", "info", text, evidence)
    action = Action(
        "Turn on early stopping", {"stopping": with_early_stopping(experiment.stopping)}
    )
    return Finding("early_stopping_mark", "info", text, evidence, action)


def find_generalization_gap(history: History, experiment: Experiment) -> Finding | None:
    """Errors on the training and validation sets with the best epoch's weights.

    While a run trains, the training error is the mean over the epoch, with dropout on and weights
    that still moved. The end measures both sets again, and then those numbers count.
    """
    if history.best is None:
        return None
    epoch, end = history.epochs[history.best], history.ended
    final = end is not None and error(end.train) is not None
    parts = (end.train, end.validation) if final else (epoch.train, epoch.validation)
    train, validation = map(error, parts)
    if train is None or validation is None:
        return None
    number = end.best_epoch if final and end.best_epoch else epoch.epoch
    title = "Best epoch" if end else "Best epoch so far"
    text = f"**{title}: {whole(number)}.** {_errors(parts[1], validation, train)}"
    evidence = {"epoch": number, "validation": validation, "train": train}
    return Finding("generalization_gap", "info", text, evidence)


def _errors(scores: Scores, validation: float, train: float) -> str:
    """Both errors in one sentence; for regression they are fractions of the target variance."""
    if "accuracy" in scores:
        return f"Validation error {percent(validation)}, training error {percent(train)}."
    return f"Unexplained variance: validation {percent(validation)}, training {percent(train)}."


def _set_learning_rate(value: float) -> Action:
    return Action(f"Use learning rate {short(value)}", {"optimizer.learning_rate": value})


def _update_ratios(history: History) -> dict[str, float]:
    """Return each layer's median update-to-weight ratio over the last probes."""
    recent = history.probes[-PROBES:]
    ratios = {
        layer: [p.update[layer] for p in recent if isfinite(p.update.get(layer, float("nan")))]
        for layer in history.layers
    }
    return {layer: median(values) for layer, values in ratios.items() if values}


Rule = Callable[[History, Experiment], Finding | None]
_RULES: tuple[Rule, ...] = (
    find_stalled_layer,
    find_large_updates,
    find_no_progress,
    find_improvement,
    find_counterfactual_stop,
    find_generalization_gap,
)
