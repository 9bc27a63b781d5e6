"""Whether a run is better than guessing. Pure functions.

Guessing is the most frequent class, which uniform guessing cannot beat, and for values their mean.
What a part of n samples measures scatters by √(p(1 − p)/n): two of these count as no difference.
"""

from math import sqrt

from core.advice.chance_level import chance_loss
from core.base.events import Scores, error
from core.base.numbers import percent, short, whole
from core.experiment import Experiment
from core.runs.history import History
from core.runs.measured import NAMES, scores_of

BETTER = 0.9  # a loss below this fraction of that of guessing shows some learning
NOT_LEARNING = 0.98  # a training loss above this fraction of the first one is no progress
SETTLED = 1.1  # a loss up to this multiple of that of guessing may be guessing itself
FALLING = 0.95  # a loss below this fraction of that of the middle epoch has not settled


def is_guessing(history: History, experiment: Experiment, classes: int | None) -> bool:
    """Whether the best epoch is no better than guessing on the validation set, or on the training
    set where there is none. False if that is unknown.
    """
    part, scores = judged_part(history)
    guess = guess_accuracy(history, part, classes)
    if guess is not None and scores and "accuracy" in scores:
        return scores["accuracy"] <= guess + _scatter(history, part, guess)
    chance = None if classes is None else chance_loss(experiment.loss.kind, classes)
    return chance is not None and scores is not None and scores["loss"] > BETTER * chance


def has_made_no_progress(history: History) -> bool:
    """Whether the training loss is still where it began."""
    first = history.losses[0] if history.losses else float("nan")
    return bool(history.epochs) and history.epochs[-1].train["loss"] >= NOT_LEARNING * first


def is_still_falling(history: History, experiment: Experiment, classes: int | None) -> bool:
    """Whether the loss of a regression is above that of guessing and falls clearly in the second
    half of the epochs: the start was worse than guessing, and the run is too short to show what it
    learns. For classes the accuracy shows that, whatever the start was.
    """
    chance = chance_loss(experiment.loss.kind, classes) if classes == 0 else None
    if chance is None or len(history.epochs) < 2:
        return False
    middle = history.epochs[(len(history.epochs) - 1) // 2].train["loss"]
    last = history.epochs[-1].train["loss"]
    return SETTLED * chance < last < FALLING * middle


def guess_accuracy(history: History, part: str, classes: int | None) -> float | None:
    """Return the accuracy of always answering the most frequent class; None if that is unknown."""
    started = history.started
    if not classes or not started or not started.sizes.get(part):
        return None
    return max(1 / classes, started.common.get(part, 0.0))


def learned_only_the_training_set(history: History, classes: int | None) -> bool:
    """Whether the training set is predicted far better than by guessing."""
    return _is_far_better(history, "train", scores_of(history, "train"), classes)


def is_far_better_than_guessing(history: History, classes: int | None) -> bool:
    """Whether the part that shows whether a run has learned is predicted far better than by
    guessing. False for values and if that is unknown.
    """
    return _is_far_better(history, *judged_part(history), classes)


def _is_far_better(history: History, part: str, scores: Scores | None, classes: int | None) -> bool:
    guess = guess_accuracy(history, part, classes)
    if guess is None or not scores or "accuracy" not in scores:
        return False
    return scores["accuracy"] > guess + max(0.1, 2 * _scatter(history, part, guess))


def compare_with_guessing(history: History, classes: int | None) -> str:
    """Return the score beside that of guessing in one sentence; empty if it is unknown."""
    part, scores = judged_part(history)
    guess, wrong = guess_accuracy(history, part, classes), error(scores)
    if wrong is None or (guess is None and "accuracy" in (scores or {})):
        return ""
    if guess is None:
        score = short(1 - wrong).replace("-", "−")
        compared = "worse" if wrong > 1 else "hardly better"
        return f"It predicts {compared} than the mean of the targets (R² {score})."
    number = whole(len(history.epochs))
    return (
        f"After {number} epoch{'s' * (len(history.epochs) > 1)} the {NAMES[part]} error is "
        f"{percent(wrong)}, and guessing gives {percent(1 - guess)}."
    )


def judged_part(history: History) -> tuple[str, Scores | None]:
    """Return the part that shows whether a run has learned, and its scores."""
    scores = scores_of(history, "validation")
    return ("validation", scores) if scores else ("train", scores_of(history, "train"))


def _scatter(history: History, part: str, guess: float) -> float:
    """Return two standard errors of the accuracy of guessing on this part."""
    return 2 * sqrt(guess * (1 - guess) / history.started.sizes[part])
