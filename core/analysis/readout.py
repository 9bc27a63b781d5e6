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
        parts += [left, f"{whole(history.throughput)}{THIN}pictures/s"]
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
    return _final(ended) if ended and (ended.test or ended.validation) else _live(history)


def _final(ended: Ended) -> list[Number]:
    what, best = _share(ended.validation or ended.test), "with the best epoch's weights."
    return [
        ("Test error", percent(error(ended.test)), f"{what}, {best}"),
        ("Validation error", percent(error(ended.validation)), f"{what}, {best}"),
        ("Training error", percent(error(ended.train)), f"{what}, {best}"),
        ("Test loss", short(_loss(ended.test)), best.capitalize()),
        ("Training time", duration(ended.seconds), "Pauses left out."),
    ]


def _live(history: History) -> list[Number]:
    last = next((e.validation for e in reversed(history.epochs) if e.validation), None)
    best = history.epochs[history.best] if history.best is not None else None
    lowest = f" Lowest: {short(_loss(best.validation))}, epoch {best.epoch}." if best else ""
    ratio = "‖Δw‖ / ‖w‖ of one step, geometric mean over the layers. Good: about 1e-3."
    return [
        ("Validation error", percent(error(last)), f"{_share(last)}, after the last epoch."),
        ("Validation loss", short(_loss(last)), f"After the last epoch.{lowest}"),
        ("Training loss", short(history.recent_loss), "Mean of the last 100 steps."),
        ("Learning rate", short(history.rate), "Of the last step."),
        ("Update / weight", short(history.recent_update), ratio),
    ]


def _share(scores: Scores | None) -> str:
    """What an error is a share of."""
    if scores and "r2" in scores:
        return "Share of the targets' variance that is not explained (1 − R²)"
    return "Share of wrong answers"


def _loss(scores: Scores | None) -> float | None:
    return scores["loss"] if scores else None
