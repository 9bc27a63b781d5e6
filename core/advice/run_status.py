"""Status of a run: its progress line, the five numbers above the curves, and how it ended. Pure
functions of History.
"""

from dataclasses import replace

from core.base.events import Ended, Scores
from core.base.numbers import THIN, duration, percent, short, size, time_left, whole
from core.base.text import counted
from core.optim.marks import Mark
from core.optim.regularizers import Regularizer
from core.optim.stopping import StoppingRule
from core.runs import pace
from core.runs.history import History
from core.runs.measured import measure_parts, scores_of
from core.runs.score import MEANINGS, Form, describe, is_regression, name, other
from core.runs.state import RunState

Number = tuple[str, str, str]  # label, value, help
LAST = "after the last epoch."
PREPARING = "Preparing data and network …"
FINISHING = "measuring the result"  # after the last step
NEVER_STARTED = "This run was in the queue when the app shut down. Queue it again to start it."
BEFORE_FIRST_STEP: dict[str, str] = {
    RunState.QUEUED: "Waiting in the queue",
    RunState.NOT_STARTED: NEVER_STARTED,
    RunState.INTERRUPTED: "Interrupted before the first step",
    RunState.PREEMPTED: "Preempted before the first step",
}


def progress(history: History, state: str) -> tuple[float, str]:
    """Return the fraction done, 0 to 1, and the progress in one line.

    A run that continues is PREPARING until it has taken a step.
    """
    started = history.started
    if started is None:
        if (again := history.recomputing) and state == RunState.RUNNING:
            at = f"epoch {whole(again.epoch + 1)} of {whole(again.epochs)}"
            return again.epoch / again.epochs, f"Recomputing the state of its parent: {at}"
        return 0.0, BEFORE_FIRST_STEP.get(state, PREPARING)
    epoch = min(started.epochs, int(history.scale.epoch_at(history.step)) + 1)
    parts = [
        f"Epoch {whole(epoch)} of {whole(started.epochs)}",
        f"step {whole(history.step)} of {whole(started.steps)}",
    ]
    has_stepped = len(history.ticks) > history.before
    if state == RunState.PREPARING or (state == RunState.RUNNING and not has_stepped):
        parts.append(PREPARING.lower())
    elif state == RunState.RUNNING:
        left = time_left(pace.seconds_left(history))
        left = FINISHING if history.step >= started.steps else left
        parts += [f"**{left}**"] if left else []
        parts.append(f"{whole(pace.throughput(history))}{THIN}samples/s")
        owner = "process" if started.device == "cpu" else "GPU"
        memory = pace.memory(history)
        parts += [f"{owner} memory {size(memory)}"] if memory else []
    return min(1.0, history.step / started.steps), " · ".join(parts)


def describe_resume(history: History) -> str:
    """Where an interrupted run ended, and from where it would continue."""
    step, saved = max(history.step, history.saved), history.saved
    start = f"The app shut down at step {whole(step)} of this run."
    if not saved:
        return f"{start} No checkpoint was saved, so Resume restarts it from the beginning."
    if saved == step:
        return f"{start} Resume continues from this step."
    return f"{start} Resume continues from the last checkpoint, at step {whole(saved)}."


def describe_end(ended: Ended) -> str:
    """How the run ended: "Early stopping after epoch 8. Best validation loss at epoch 4." """
    if not ended.step and ended.message:
        return ended.message  # such as "Removed from the queue before it started."
    best = f" Best validation loss at epoch {whole(ended.best_epoch)}." if ended.best_epoch else ""
    return f"{_ending(ended)}.{best}"


def _ending(ended: Ended) -> str:
    """Why and when it ended, without a full stop."""
    when = f"after epoch {whole(ended.epochs)}" if ended.epochs else f"at step {whole(ended.step)}"
    if ended.reason == "epochs":
        return f"Finished {'all ' * (ended.epochs > 1)}{counted(ended.epochs, 'epoch')}"
    if rule := StoppingRule.members.get(ended.reason):
        return f"Ended {when} by {_lower(rule.label)}"
    if ended.reason == RunState.STOPPED:
        return f"Stopped {f'by {ended.by}' if ended.by else 'manually'} {when}"
    if ended.reason == RunState.DIVERGED:
        return f"Diverged {when}"
    return f"Failed {when}"


def _lower(label: str) -> str:
    return label[0].lower() + label[1:]


def counterfactual_stops(history: History) -> list[str]:
    """For each chosen rule that only marks: where it would have ended the run, and what that would
    have cost.
    """
    chosen = (mark for mark in history.marks if mark.rule in history.rules)
    return [counterfactual_stop(mark, history) for mark in chosen if history.continued(mark)]


def describe_loss(history: History, loss: float, digits: int = 2) -> str:
    """Return a validation loss as text, "validation loss 0.31", by the names that the page has."""
    return f"validation {loss_name(history)} {loss_value(history, loss, digits)}"


def loss_name(history: History) -> str:
    """Return what a sentence calls the loss: for values their RMSE, as elsewhere on the page."""
    return "RMSE" if history.is_regression else "loss"


def loss_value(history: History, loss: float, digits: int = 2) -> str:
    """Return a loss as a number in the unit of `loss_name`."""
    if history.is_regression:
        return short(history.target_std * loss**0.5, 3)
    return short(loss, digits)


def counterfactual_stop(mark: Mark, history: History) -> str:
    """Where a rule would have ended a run that continued, and what that would have cost."""
    rule = f"The stopping rule “{mark.rule.summary}”"
    start = f"{rule} would have ended this run after epoch {whole(mark.epoch)}"
    if mark.kept is None:
        return f"{start}."
    start = f"{start}, with {describe_loss(history, mark.kept, 3)}"
    if not mark.cost:
        return f"{start}. No later epoch was better."
    ratio = (mark.kept - mark.cost) / mark.kept if mark.kept else 1.0
    saving = percent(1 - (max(ratio, 0.0) ** 0.5 if history.is_regression else ratio))
    saving = saving.replace(f"<{THIN}", "less than ")
    return f"{start}. The best epoch came later, and its value is {saving} lower."


def describe_gradients(history: History) -> list[str]:
    """The effect of clipping and the gradient noise, a few words each; empty before the first
    measurement.
    """
    clipped = [
        f"{Regularizer.members[kind].label}: {percent(fraction)} of the steps"
        for kind, fraction in pace.clipped(history).items()
    ]
    diverged = history.ended and history.ended.reason == RunState.DIVERGED
    noise = None if diverged else pace.noise(history)  # of gradients that overflow
    if not noise:
        return clipped
    scale, variance = noise
    size = "1 sample" if short(scale) == "1" else f"{short(scale)} samples"
    if scale == float("inf"):
        size = "too large to measure (no signal above the noise)"
    return [
        *clipped,
        f"Gradient noise scale: {size}",
        f"mini-batch gradient variance: {short(variance)}",
    ]


def describe_no_epoch(*, live: bool) -> str:
    """Return the sentence in place of the curves of runs without an epoch. `live`: whether one of
    them is still trained.
    """
    return "No epoch has been completed yet." if live else "No epoch was completed."


def explain_missing_noise(history: History) -> str:
    """Return why the gradient noise of this run is not shown."""
    if not history.ended:
        return "Gradient noise: not measured yet"
    if history.ended.reason == RunState.DIVERGED:
        return "Gradient noise: not available, because the training diverged"
    return "Gradient noise: not measured before the run ended"


def numbers(history: History, form: Form = "error") -> list[Number]:
    """The five numbers above the curves: the latest ones while the run trains, those of the weights
    that it keeps after its end. `form` of the scores as in `core/runs/score.py`.
    """
    ended = history.ended
    if ended and ended.reason == RunState.STOPPED and history.epochs:
        parts = {part: scores_of(history, part) for part in ("train", "validation", "test")}
        ended = replace(ended, **parts)
    if ended and (ended.test or ended.validation or ended.train):
        return _final(history, ended, form)
    return _latest(history, form)


def _final(history: History, ended: Ended, form: Form) -> list[Number]:
    parts = {"test": "Test", "validation": "Validation", "train": "Training"}
    std, known = history.target_std, measure_parts(history)  # as in the result sentence
    texts = {
        title: known[part].describe(form, interval=False)
        if part in known
        else describe(getattr(ended, part), form, std)
        for part, title in parts.items()
    }
    regression = is_regression(ended.validation or ended.test or ended.train)
    label = name(form, regression=regression)
    best = f"{MEANINGS[label]}, with the weights of the best epoch."
    if regression:
        second = name(other(form), regression=True)
        last = (f"Test {second}", describe(ended.test, other(form), std), f"{MEANINGS[second]}.")
    else:
        loss = "Mean loss on the test set, with the weights of the best epoch."
        last = ("Test loss", short(_loss(ended.test)), loss)
    return [
        *((f"{title} {label}", text, best) for title, text in texts.items()),
        last,
        ("Training time", duration(ended.seconds), "Without pauses."),
    ]


def _latest(history: History, form: Form) -> list[Number]:
    epoch = history.epochs[-1] if history.epochs else None
    last = next((e.validation for e in reversed(history.epochs) if e.validation), None)
    std, regression = history.target_std, is_regression(epoch.train if epoch else None)
    label = name(form, regression=regression)
    score = (f"Validation {label}", describe(last, form, std), f"{MEANINGS[label]}, {LAST}")
    if regression:
        second = name(other(form), regression=True)
        losses = [
            (
                f"Validation {second}",
                describe(last, other(form), std),
                f"{MEANINGS[second]}, {LAST}",
            ),
            (f"Training {label}", describe(epoch.train, form, std), f"{MEANINGS[label]}, {LAST}"),
        ]
    else:
        best = history.epochs[history.best] if history.best is not None else None
        lowest = (
            f" Lowest: {short(_loss(best.validation))} at epoch {whole(best.epoch)}."
            if best
            else ""
        )
        recent = "Mean of the last 100 steps."
        losses = [
            ("Validation loss", short(_loss(last)), f"After the last epoch.{lowest}"),
            ("Training loss", short(pace.recent_loss(history)), recent),
        ]
    ratio = "‖Δw‖ / ‖w‖ of one step, geometric mean over the layers. About 1e-3 is good."
    return [
        score,
        *losses,
        ("Learning rate", short(pace.rate(history)), "At the last step."),
        ("Update / weight", short(pace.recent_update(history)), ratio),
    ]


def _loss(scores: Scores | None) -> float | None:
    return scores["loss"] if scores else None
