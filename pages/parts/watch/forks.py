"""Fork here: the epoch that is chosen below the loss curve, with a slider or by a click on the
curve.
"""

from collections.abc import Sequence

import streamlit as st

from core.base.events import Epoch
from core.base.numbers import short, whole
from core.jobs import runner
from core.runs.kept_checkpoints import kept
from core.runs.lineage import effective_experiment
from core.runs.score import summarize
from pages.kit import feed, score_form, session
from pages.kit.buttons import button
from pages.kit.forks import open_fork
from pages.kit.form import escape
from pages.kit.job_controls import while_here
from pages.kit.layout import STACK

COLUMNS = {"step": "step", "epoch": "epoch", "time": "seconds"}  # of an Epoch, by x-axis
HELP = (
    "Opens the settings of this run with its weights, optimizer state and random generators after "
    "this epoch. Change settings there: both runs see the same batches and differ in nothing else. "
    "A click on the curve chooses the epoch as well."
)
SLIDER = 220  # px: leaves room for the loss and the button in one row
NEVER = "This run ended before its first epoch, so it cannot be forked."
SLIDER_HELP = (
    "The epoch after which a fork begins. After the last epoch, extend the run instead; from epoch "
    "0, train a new run with the same seeds."
)
SINGLE = "A run of a single epoch cannot be forked, because no epoch follows. Extend it instead."
NOT_YET = "After the first epoch, this run can be forked here."


def forkable(run: str) -> list[Epoch]:
    """Return the completed epochs after which the run can be forked."""
    planned = planned_epochs(run)
    with feed.tail(run).read() as history:  # after the last epoch, a run is extended
        return [epoch for epoch in history.epochs if epoch.epoch < planned]


def planned_epochs(run: str) -> int:
    """Return the epochs of a run with those that it was extended by."""
    return effective_experiment(runner.current().store, run).epochs


def shown_epoch(run: str, epochs: Sequence[Epoch]) -> Epoch:
    """Return the epoch that was chosen last. Until somebody chooses, it is the newest one of a run
    that trains, and the best one of a run that has ended, if validation measures one.
    """
    number = _stored(run)[0]
    if not number and _has_ended(run):
        number = next((epoch.epoch for epoch in reversed(epochs) if epoch.best), 0)
    number = number or epochs[-1].epoch
    return min(epochs, key=lambda epoch: abs(epoch.epoch - number))


def _has_ended(run: str) -> bool:
    with feed.tail(run).read() as history:
        return history.ended is not None


def chosen_place(run: str, against: str) -> float | None:
    """Return where the chosen epoch is on the x-axis; None until somebody chooses one."""
    epochs = forkable(run) if _stored(run)[0] else []
    return getattr(shown_epoch(run, epochs), COLUMNS[against]) if epochs else None


def nearest(epochs: Sequence[Epoch], against: str, place: float) -> int:
    """Return the epoch whose end is nearest to a place on the x-axis."""
    column = COLUMNS[against]
    return min(epochs, key=lambda epoch: abs(getattr(epoch, column) - place)).epoch


def click(run: str, against: str, place: float) -> None:
    """Choose the epoch nearest to a click on the curve. The slider gets another key, so that it
    shows it.
    """
    if epochs := forkable(run):
        _store(run, nearest(epochs, against, place), _stored(run)[1] + 1)


@while_here
def controls(run: str) -> None:
    """Draw the slider, what the run had reached, and the button."""
    epochs = forkable(run)
    if not epochs:
        reason = NEVER if _has_ended(run) else NOT_YET
        st.caption(SINGLE if planned_epochs(run) == 1 else reason)
        return
    epoch, (_, clicks) = shown_epoch(run, epochs), _stored(run)
    first, last = epochs[0].epoch, epochs[-1].epoch
    with st.container(**STACK, gap="medium"):
        if first < last:
            key = f"fork_epoch {run} {last} {clicks}"
            st.slider(
                "Epoch", first, last, epoch.epoch, key=key, on_change=_slide,
                args=(run, key, epoch.epoch),
                width=SLIDER, help=SLIDER_HELP,
            )  # fmt: skip
        st.caption(escape(describe(epoch)), width="stretch", help=origin(run, epoch))
        if button("Fork here", key="fork_here", icon=":material/fork_right:", help=HELP):
            open_fork(run, epoch.epoch)


def describe(epoch: Epoch) -> str:
    """Return the epoch with its loss and score."""
    part, scores = (
        ("validation", epoch.validation) if epoch.validation else ("training", epoch.train)
    )
    score = summarize(scores, score_form.form())
    return f"Epoch {whole(epoch.epoch)}: {part} loss {short(scores['loss'])}, {score}"


def origin(run: str, epoch: Epoch) -> str:
    """Return where the weights of the epoch come from: a checkpoint, or a training that repeats the
    epochs after the nearest one before.
    """
    epochs = [each.epoch for each in kept(runner.current().store, run)]
    before = max((each for each in epochs if each <= epoch.epoch), default=0)
    if before == epoch.epoch:
        return "Its weights are stored."
    start = f"epoch {whole(before)}" if before else "the start"
    return f"Its weights are computed again from {start}."


def _slide(run: str, key: str, drawn: int) -> None:
    """Store the choice. A slider that has only been drawn anew reports the value it was drawn with:
    that is nobody's choice.
    """
    number = session.widget_value(key)
    if number and number != drawn:
        _store(run, number, _stored(run)[1])


def _stored(run: str) -> tuple[int, int]:
    """Return the chosen epoch, 0 for none, and how often a click chose one."""
    epoch, clicks = (session.get_ui(f"fork {run}") or "0 0").split()
    return int(epoch), int(clicks)


def _store(run: str, epoch: int, clicks: int) -> None:
    session.set_ui(f"fork {run}", f"{epoch} {clicks}")
