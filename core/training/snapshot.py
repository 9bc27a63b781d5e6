"""The state of a training between two events: everything that the rest of it depends on."""

from typing import TYPE_CHECKING

from core.base.events import from_json, to_json
from core.training.endpoints import averaged
from core.training.setup_state import State, collect_setup

if TYPE_CHECKING:
    from core.training.loop import Training


def collect_state(training: "Training") -> State:
    """Return the state, which is safe for `torch.load(weights_only=True)`."""
    return {
        **collect_setup(training.setup),
        "best": training.best,
        "best_epoch": training.best_epoch,
        "averaged": averaged(training),
        "margins": training.margins.state(),
        "history": [to_json(epoch) for epoch in training.history],
        "epoch_so_far": training.meter.epoch_so_far,
        "step": training.step,
        "seconds": training.watch.seconds,
        "rules_from": training.rules.counted_from,
    }


def restore(training: "Training", state: State) -> None:
    """Give a new training the progress of this state. Its setup has restored its own part."""
    training.best, training.best_epoch = state["best"], state["best_epoch"]
    training.margins.load_state(state.get("margins"))
    training.history = [from_json(line) for line in state["history"]]
    losses = [epoch.validation["loss"] for epoch in training.history if epoch.best]
    training.best_loss = min(losses, default=float("inf"))
    training.update_plateau_factor()
    training.step = state["step"]
    training.watch.start_at(state["seconds"])
