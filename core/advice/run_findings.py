"""Findings about a run: each rule is a pure function of its history and its experiment.

Rules of thumb: an update of about 1e-3 of the weight per step is good (Karpathy, CS231n 2015), and
a validation loss that rises while the training loss falls is overfitting (Prechelt 1998). One
epoch is weak evidence: on a validation set of some hundred images, the median of LATE epochs was up
to 18 % above the best epoch in runs that still improved, and 30 to 61 % above it in runs that
overfitted (eleven runs on digits, three recipes, several seeds and splits). RISE is between the
two.
"""

from collections.abc import Callable
from statistics import median

from core.advice.guessing import has_made_no_progress, is_guessing
from core.advice.input_scale import check_input_scale
from core.advice.not_learning import LARGE, TINY, find_not_learning, recent_medians, train_longer
from core.advice.run_status import (
    counterfactual_stop,
    describe_loss,
    loss_name,
    loss_value,
)
from core.advice.small_validation import check_small_validation
from core.base.events import error
from core.base.finding import Action, Finding
from core.base.numbers import THIN, percent, short, whole
from core.base.text import counted
from core.experiment import Experiment
from core.optim.stopping import Patience, has_early_stopping, with_early_stopping
from core.runs.history import History
from core.runs.score import Form, describe, is_regression, name, value
from core.runs.state import RunState

GOOD = 1e-3  # update-to-weight ratio of one step
LATE, RISE = 5, 0.2  # epochs after the best whose median counts, and its least relative rise
ORDER = {"bad": 0, "warn": 1, "info": 2, "ok": 3}


def list_findings(
    history: History,
    experiment: Experiment,
    *,
    classes: int | None = None,
    form: Form = "error",
    limit: int = 3,
) -> tuple[Finding, ...]:
    """Return the most urgent findings first, and one that explains why there is none otherwise.

    `classes` is the number of classes: 0 for regression, None if unknown. A run that is no better
    than guessing has that one finding: its best epoch and its progress would be chance. With only a
    handful of validation samples, none is based on them.
    """
    if small := find_small_validation(history, experiment):
        rules = (find_input_scale, find_stalled_layer, find_large_updates)
        others = [result for rule in rules if (result := rule(history, experiment))]
        stalled = has_made_no_progress(history)
        if stalled and (cause := find_not_learning(history, experiment, classes)):
            others = [cause]
        return tuple(filter(None, (small, *others)))[:limit]
    if cause := find_not_learning(history, experiment, classes):
        return (cause,)
    results = [result for rule in _RULES if (result := rule(history, experiment))]
    overfit = find_overfitting(history, experiment)
    if overfit and not is_guessing(history, experiment, classes):
        results.insert(0, overfit)
    if gap := find_generalization_gap(history, form):
        results.append(gap)
    if not results:
        return (_nothing_yet(history),)
    return tuple(sorted(results, key=lambda finding: ORDER[finding.level])[:limit])


def _nothing_yet(history: History) -> Finding:
    epochs = len(history.epochs)
    code, level, text = (
        ("run_without_findings", "ok", f"No problem found after {counted(epochs, 'epoch')}.")
        if epochs
        else ("run_too_short", "info", "The run ended before its first epoch was measured.")
        if history.ended
        else ("run_too_early", "info", "Findings appear here after the first epoch.")
    )
    return Finding(code, level, text, {"epochs": epochs})


def find_divergence(history: History, experiment: Experiment) -> Finding | None:
    """Why a diverged run ended, with a lower learning rate as the way out: a tenth of that of the
    run, and at most the usual one of its optimizer. A tenth alone can diverge again, of SGD at 10
    for example.

    It is not one of `list_findings`: Watch shows it instead of the result.
    """
    if not history.ended or history.ended.reason != RunState.DIVERGED:
        return None
    usual = type(experiment.optimizer)().learning_rate
    learning_rate = min(float(f"{experiment.optimizer.learning_rate / 10:.1g}"), usual)
    return Finding(
        "diverged",
        "bad",
        history.ended.message,
        {"step": history.ended.step, "learning_rate": experiment.optimizer.learning_rate},
        _set_learning_rate(learning_rate),
    )


def find_small_validation(history: History, experiment: Experiment) -> Finding | None:
    """The validation set is too small to judge the run by."""
    if not history.epochs or not history.started:
        return None
    sizes = history.started.sizes
    return check_small_validation(
        experiment.split,
        validation=sizes.get("validation", 0),
        train=sizes.get("train", 0),
        classes=not is_regression(history.epochs[0].train),
    )


def find_overfitting(history: History, experiment: Experiment) -> Finding | None:
    """The validation loss has risen by RISE since its best, as the median of LATE epochs, while the
    training loss fell. A loss that scatters below the training loss at an error that is no higher
    is none.
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
    now = median(error(epoch.validation) for epoch in late)
    if recent < train and now <= error(best.validation):
        return None
    stops = has_early_stopping(experiment.stopping)
    advice = (
        "Add weight decay, dropout or data augmentation."
        if stops
        else "Turn on early stopping, or add weight decay."
    )
    text = (
        f"**Overfitting since epoch {whole(best.epoch)}.** Validation {loss_name(history)} rose "
        f"from {loss_value(history, lowest, 3)} to {loss_value(history, recent, 3)} (median of the "
        f"last {LATE} epochs) while training loss kept falling. {advice}"
    )
    evidence = {"epoch": best.epoch, "best_loss": lowest, "recent_loss": recent, "epochs": LATE}
    turn_on = Action(
        "Turn on early stopping", {"stopping": with_early_stopping(experiment.stopping)}
    )
    return Finding("overfitting", "warn", text, evidence, None if stops else turn_on)


def find_stalled_layer(history: History, experiment: Experiment) -> Finding | None:
    """One layer learns far more slowly than the others: small gradients, dead or saturated
    units.
    """
    ratios = recent_medians(history, "update")
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
    ratios = recent_medians(history, "update")
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


def find_input_scale(history: History, experiment: Experiment) -> Finding | None:
    """The inputs are far from the scale that weights and learning rate assume."""
    if not history.epochs:
        return None
    return check_input_scale(history.input_rms, experiment.normalization)


def find_improvement(history: History, experiment: Experiment) -> Finding | None:
    """The last epoch is the best: wait, or give a run that used all of its epochs more of them."""
    if len(history.epochs) < 2 or history.best != len(history.epochs) - 1:
        return None
    if history.ended and history.ended.reason != "epochs":
        return None
    loss = history.epochs[-1].validation["loss"]
    evidence = {"epoch": history.epochs[-1].epoch, "loss": loss}
    if not history.ended:
        text = f"**Still improving.** The latest epoch is the best: {describe_loss(history, loss)}."
        return Finding("improving", "ok", text, evidence)
    text = (
        f"**Still improving at the end.** The last epoch is the best: "
        f"{describe_loss(history, loss)}. Train longer."
    )
    return Finding("improving_at_end", "info", text, evidence, train_longer(experiment))


def find_counterfactual_stop(history: History, experiment: Experiment) -> Finding | None:
    """Where early stopping would have ended a run that continued, and what that would have cost."""
    marks = [mark for mark in history.marks if isinstance(mark.rule, Patience)]
    if not marks or not history.continued(marks[0]) or find_overfitting(history, experiment):
        return None
    mark = marks[0]
    evidence = {"epoch": mark.epoch, "loss": mark.kept, "cost": mark.cost}
    text = counterfactual_stop(mark, history)
    if mark.cost or has_early_stopping(experiment.stopping):
        return Finding("early_stopping_mark", "info", text, evidence)
    action = Action(
        "Turn on early stopping", {"stopping": with_early_stopping(experiment.stopping)}
    )
    return Finding("early_stopping_mark", "info", text, evidence, action)


def find_generalization_gap(history: History, form: Form = "error") -> Finding | None:
    """The scores on the training and validation sets with the best epoch's weights.

    While a run trains, the training score is the mean over the epoch, with dropout on and weights
    that still moved. The end measures both sets again, and then those numbers count.
    """
    if history.best is None:
        return None
    epoch, end = history.epochs[history.best], history.ended
    std = history.target_std
    final = end is not None and value(end.train, form) is not None
    parts = (end.train, end.validation) if final else (epoch.train, epoch.validation)
    train, validation = (value(scores, form, std) for scores in parts)
    if train is None or validation is None:
        return None
    number = end.best_epoch if final and end.best_epoch else epoch.epoch
    title = "Best epoch" if end else "Best epoch so far"
    label = name(form, regression=is_regression(parts[1]))
    shown = [describe(scores, form, std) for scores in parts]
    text = (
        f"**{title}: {whole(number)}.** Validation {label} {shown[1]}, training {label} {shown[0]}."
    )
    evidence = {"epoch": number, "validation": validation, "train": train, "form": form}
    return Finding("generalization_gap", "info", text, evidence)


def _set_learning_rate(value: float) -> Action:
    return Action(f"Use learning rate {short(value)}", {"optimizer.learning_rate": value})


Rule = Callable[[History, Experiment], Finding | None]
_RULES: tuple[Rule, ...] = (
    find_input_scale,
    find_stalled_layer,
    find_large_updates,
    find_improvement,
    find_counterfactual_stop,
)
