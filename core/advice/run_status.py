"""Where a run stands: its progress line, the five numbers above the curves, and how it ended. Pure
functions of History.
"""

from core.base.events import Ended, Scores, error
from core.base.numbers import THIN, duration, percent, short, size, whole
from core.optim.marks import Mark
from core.optim.regularizers import Regularizer
from core.optim.stopping import StoppingRule
from core.runs import pace
from core.runs.history import History

Number = tuple[str, str, str]  # name, value, help
REASONS = {  # beside the stopping rules, which bring their own label
    "epochs": "all epochs are done",
    "stopped": "stopped by hand",
    "diverged": "the loss is no number any more",
    "failed": "an error",
}
NEVER_BEGAN = "It waited for its turn and never began: the lab was ended before."


def progress(history: History, state: str) -> tuple[float, str]:
    """Share done, 0 to 1, and where the run stands in one line. `state` is the runner's word, or
    preparing, where a run goes on that has taken no step yet.
    """
    s = history.started
    if s is None:
        waits = {
            "queued": "Waits for the run before it",
            "unbegun": NEVER_BEGAN,
            "interrupted": "Ended before its first step",
            "aside": "Set aside before its first step",
        }
        return 0.0, waits.get(state, "Preparing data and network …")
    epoch = min(s.epochs, history.step // s.epoch_steps + 1)
    parts = [
        f"Epoch {whole(epoch)} of {whole(s.epochs)}",
        f"step {whole(history.step)} of {whole(s.steps)}",
    ]
    if state == "preparing" or (state == "running" and len(history.ticks) == history.before):
        parts += ["preparing data and network …"]
    elif state == "running":
        left = f"**{duration(pace.seconds_left(history))} left**"
        parts += [left, f"{whole(pace.throughput(history))}{THIN}samples/s"]
        parts += [size(held)] if (held := pace.memory(history)) else []
    return min(1.0, history.step / s.steps), " · ".join(parts)


def resumes(history: History) -> str:
    """Of an interrupted run: where it ended with the lab, and from where it would go on."""
    step, saved = max(history.step, history.saved), history.saved
    there = "there" if saved == step else f"step {whole(saved)}, the last one that was saved"
    way = f"goes on from {there}" if saved else "begins anew, for none was saved yet"
    return f"The lab ended at step {whole(step)}: Resume {way}."


def sentence(ended: Ended) -> str:
    """How the run ended: "Ended after epoch 8: early stopping. Best: epoch 4." """
    if not ended.step and ended.message:
        return ended.message  # such as "Taken out of the queue before it began."
    rule = StoppingRule.members.get(ended.reason)
    reason = rule.label.lower() if rule else REASONS.get(ended.reason, ended.reason)
    reason = f"stopped by {ended.by}" if ended.by else reason
    when = f"after epoch {ended.epochs}" if ended.epochs else f"at step {whole(ended.step)}"
    best = f" Best: epoch {ended.best_epoch}." if ended.best_epoch else ""
    return f"Ended {when}: {reason}.{best}"


def earlier(history: History) -> list[str]:
    """For each chosen rule that let the run go on: where it would have ended it, and what that
    would have cost.
    """
    chosen = (mark for mark in history.marks if mark.rule in history.rules)
    return [foregone(mark) for mark in chosen if not history.fired(mark)]


def foregone(mark: Mark) -> str:
    """Where a rule would have ended a run that went on, and what that would have cost."""
    name = mark.rule.summary
    there = f"{name[0].upper()}{name[1:]}: would have ended it after epoch {whole(mark.epoch)}"
    if mark.kept is None:
        return f"{there}."
    kept = f"{there} with a validation loss of {short(mark.kept, 3)}"
    if not mark.cost:
        return f"{kept}; nothing better came later."
    share = percent(mark.cost / mark.kept) if mark.kept else short(mark.cost)
    return f"{kept}; the best one came later and is {share} lower."


def within(history: History) -> list[str]:
    """What clipping and the noise of the gradient do, each in a few words; empty before the first
    measurement.
    """
    touched = [
        f"{Regularizer.members[kind].label} touched {percent(share)} of the steps"
        for kind, share in pace.clipped(history).items()
    ]
    seen = pace.noise(history)
    if not seen:
        return touched
    scale, variance = seen
    told = f"Gradient noise scale {short(scale)} samples"
    if scale == float("inf"):
        told = "Gradient noise beyond measure: a minibatch shows nothing else"
    return [*touched, told, f"variance of the minibatch gradient {short(variance)}"]


def numbers(history: History) -> list[Number]:
    """The five places: those of the last moments while it goes on, the final ones after a measured
    end.
    """
    ended = history.ended
    if ended and (ended.test or ended.validation):
        return _final(ended, history.started.normalization if history.started else {})
    return _live(history)


def _final(ended: Ended, scale: dict[str, float]) -> list[Number]:
    what, best = _share(ended.validation or ended.test), "with the best epoch's weights."
    spread = scale.get("target_std", 1.0)
    parts = {"Test": ended.test, "Validation": ended.validation, "Training": ended.train}
    return [
        *(
            (f"{name} error", _error(scores, spread), f"{what}, {best}{_unexplained(scores)}")
            for name, scores in parts.items()
        ),
        ("Test loss", short(_loss(ended.test)), best.capitalize()),
        ("Training time", duration(ended.seconds), "Pauses left out."),
    ]


def _live(history: History) -> list[Number]:
    last = next((e.validation for e in reversed(history.epochs) if e.validation), None)
    best = history.epochs[history.best] if history.best is not None else None
    spread = history.started.normalization.get("target_std", 1.0) if history.started else 1.0
    lowest = f" Lowest: {short(_loss(best.validation))}, epoch {best.epoch}." if best else ""
    ratio = "‖Δw‖ / ‖w‖ of one step, geometric mean over the layers. Good: about 1e-3."
    return [
        ("Validation error", _error(last, spread), f"{_share(last)}, after the last epoch."),
        ("Validation loss", short(_loss(last)), f"After the last epoch.{lowest}"),
        ("Training loss", short(pace.recent_loss(history)), "Mean of the last 100 steps."),
        ("Learning rate", short(pace.rate(history)), "Of the last step."),
        ("Update / weight", short(pace.recent_update(history)), ratio),
    ]


def _share(scores: Scores | None) -> str:
    """What an error is."""
    if scores and "r2" in scores:
        return "Root mean square of the misses, in the unit of the value to predict"
    return "Share of wrong answers"


def _error(scores: Scores | None, spread: float) -> str:
    """The share of wrong answers, or how far values are missed; `spread` is the deviation of the
    training values.
    """
    if scores and "r2" in scores:
        return f"± {short(spread * (1 - scores['r2']) ** 0.5, 3)}"
    return percent(error(scores))


def _unexplained(scores: Scores | None) -> str:
    if not (scores and "r2" in scores):
        return ""
    left = percent(1 - scores["r2"])
    return f" {left} of the variance is not explained: R² is {short(scores['r2'], 3)}."


def _loss(scores: Scores | None) -> float | None:
    return scores["loss"] if scores else None
