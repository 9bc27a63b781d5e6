"""How a training ends: all parts measured with the weights that count, and why it ended, in one
sentence.
"""

from typing import TYPE_CHECKING

from core.base.events import Ended, Scores
from core.training.metrics import evaluate
from core.training.setup import State

if TYPE_CHECKING:
    from core.training.loop import Training


def ended(training: "Training", reason: str) -> Ended:
    """All parts measured with the best epoch's weights, the last ones without validation."""
    setup, last = training.setup, training.setup.weights()
    diverged = reason == "diverged"
    kept = training.best or (None if diverged else averaged(training) or last)
    best_epoch = training.best_epoch or (None if diverged else training.epoch or None)
    measured: list[Scores | None] = [None, None, None]
    if kept is not None:
        setup.model.load_state_dict(kept)
        parts = (setup.train, setup.validation, setup.test)
        measured = [evaluate(setup.model, part, setup.criterion) for part in parts]
        setup.model.load_state_dict(kept if diverged else last)
    step = training.bad_step if diverged else training.step
    seconds = training.watch.seconds
    share = training.budget.spent / max(seconds, 1e-9)
    place = (message(training, reason), step, training.epoch, best_epoch)
    return Ended(reason, *place, *measured, seconds, share, setup.clipped())


def averaged(training: "Training") -> State | None:
    """The averaged weights where they are what counts: no epoch is the best one."""
    setup = training.setup
    if training.best or all(t.average() is None for t in setup.transforms):
        return None
    with setup.averaged():
        return setup.weights()


def message(training: "Training", reason: str) -> str:
    """Why it ended."""
    if reason == "epochs":
        count = training.experiment.epochs
        return f"All {count} epochs are done." if count > 1 else "The one epoch is done."
    if reason == "diverged":
        kept = f" The weights of epoch {training.best_epoch} are kept." if training.best else ""
        rate = training.rate(training.bad_step - 1)
        return (
            f"Stopped at step {training.bad_step}: the loss is {training.bad_loss}. Choose a "
            f"smaller learning rate (it was {rate:.3g}), clip the gradient, or take another "
            f"initialization.{kept}"
        )
    rule = next(rule for rule in training.experiment.stopping if rule.kind == reason)
    return f"{rule.label} ended it after epoch {training.epoch}: {rule.summary}."
