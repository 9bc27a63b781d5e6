"""Where a run stands: its progress line, the five numbers above the curves, and how it ended. Pure
functions of History.
"""

from core.events import Ended, Scores, error
from core.history import History
from core.numbers import THIN, duration, percent, short, whole
from core.optim.stopping import StoppingRule

Number = tuple[str, str, str]  # name, value, help
REASONS = {  # beside the stopping rules, which bring their own label
    "epochs": "all epochs are done",
    "stopped": "stopped by hand",
    "diverged": "the loss is no number any more",
    "failed": "an error",
}
NEVER_BEGAN = "It waited for its turn and never began: the lab was ended before."


def progress(history: History, state: str) -> tuple[float, str]:
    """Share done, 0 to 1, and where the run stands in one line. `state` is the runner's word."""
    s = history.started
    if s is None:
        waits = {
            "queued": "Waits for the run before it",
            "unbegun": NEVER_BEGAN,
            "interrupted": "Ended before its first step",
        }
        return 0.0, waits.get(state, "Preparing data and network …")
    epoch = min(s.epochs, history.step // s.epoch_steps + 1)
    parts = [
        f"Epoch {whole(epoch)} of {whole(s.epochs)}",
        f"step {whole(history.step)} of {whole(s.steps)}",
    ]
    if state == "running":
        left = f"**{duration(history.seconds_left)} left**"
        parts += [left, f"{whole(history.throughput)}{THIN}samples/s"]
    return min(1.0, history.step / s.steps), " · ".join(parts)


def sentence(ended: Ended) -> str:
    """How the run ended: "Ended after epoch 8: early stopping. Best: epoch 4." """
    if not ended.step and ended.message:
        return ended.message  # such as "Taken out of the queue before it began."
    rule = StoppingRule.members.get(ended.reason)
    reason = rule.label.lower() if rule else REASONS.get(ended.reason, ended.reason)
    when = f"after epoch {ended.epochs}" if ended.epochs else f"at step {whole(ended.step)}"
    best = f" Best: epoch {ended.best_epoch}." if ended.best_epoch else ""
    return f"Ended {when}: {reason}.{best}"


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
        ("Training loss", short(history.recent_loss), "Mean of the last 100 steps."),
        ("Learning rate", short(history.rate), "Of the last step."),
        ("Update / weight", short(history.recent_update), ratio),
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
