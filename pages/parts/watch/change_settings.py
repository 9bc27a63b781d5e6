"""Change settings of a paused run: it goes on with them at its next step, and the change is
recorded with the run.
"""

from typing import Any

import streamlit as st

from core.advice.fork_notes import note_on_change
from core.base.errors import LabError
from core.experiment import Experiment
from core.jobs import runner
from core.optim.regularizers import Regularizer
from core.optim.schedules import Schedule
from core.optim.stopping import StoppingRule
from core.runs import forks
from core.runs.history import History
from pages.kit import form, lesson, person, session
from pages.kit.buttons import button
from pages.kit.layout import describe_error, finding

HELP = "Change the learning rate and other settings of this run, from its next step on"
UNPAUSED = "Pause the run to change its settings"
HINT = (
    "Changes apply from the next step on. They are recorded with the run, and the chart marks them."
)
FAMILIES = {
    "regularizers": (Regularizer, "Regularization"),
    "stopping": (StoppingRule, "Stopping rules"),
}
WIDTH = 132  # least width of a field in px


def popover(run: str, experiment: Experiment, history: History, *, paused: bool) -> None:
    """Draw the popover, which opens while the run is paused; the row of buttons keeps its place.
    `experiment` has the changes so far.
    """
    lock = form.escape(lesson.training_lock())
    why = person.barred(run) or lock or ("" if paused else UNPAUSED)
    with st.popover(
        "Change settings", icon=":material/tune:", help=why or HELP, disabled=bool(why),
        key="watch_change",
    ):  # fmt: skip
        if why:
            return
        new = fields(experiment, f"change {run} {len(history.changes)}")
        edits = differences(experiment, new)
        problem = refusal(experiment, new, completed=len(history.epochs))
        if problem:
            finding("bad", form.escape(problem))
        elif note := note_on_change(experiment, new, history):
            finding(note.level, note.text)
        st.caption(HINT)
        look = {"type": "primary", "disabled": not edits or bool(problem)}
        if button("Apply", key="change_apply", icon=":material/check:", **look):
            apply(run, edits)


def fields(experiment: Experiment, key: str) -> Experiment:
    """Draw the settings that can change while a run is paused; return them as they are now."""
    st.markdown(f"**{experiment.optimizer.label}**")
    optimizer = form.edit(experiment.optimizer, f"{key} optimizer", width=WIDTH)
    schedule = form.choose(
        Schedule, experiment.schedule, f"{key} schedule", label="Schedule", segments=False
    )
    schedule = form.edit(schedule, f"{key} schedule", width=WIDTH)
    epochs = form.edit_field(experiment, "epochs", f"{key} epochs", width=WIDTH)
    new = {"optimizer": optimizer, "schedule": schedule, "epochs": epochs}
    for name, (family, title) in FAMILIES.items():
        values = getattr(experiment, name)
        with st.expander(f"**{title}** :gray[{len(values) or 'none'}]", key=f"{key} {name} row"):
            new[name] = form.several(family, values, f"{key} {name}")
    return experiment.model_copy(update=new)


def differences(old: Experiment, new: Experiment) -> dict[str, Any]:
    """Return the changed fields by their paths: those of the optimizer one by one, others whole."""
    before, after = old.model_dump(mode="json"), new.model_dump(mode="json")
    fields = {
        f"optimizer.{name}": value
        for name, value in after["optimizer"].items()
        if before["optimizer"][name] != value
    }
    names = ("schedule", "epochs", *FAMILIES)
    return fields | {name: after[name] for name in names if before[name] != after[name]}


def refusal(old: Experiment, new: Experiment, *, completed: int) -> str:
    """Return why a run cannot go on with the new settings; empty if it can."""
    try:
        forks.check_change(old, new, completed=completed)
    except LabError as error:
        return str(error)
    return ""


def apply(run: str, edits: dict[str, Any]) -> None:
    """Give the changes to the run; show why if they are refused."""
    try:
        runner.current().change(run, edits, by=person.me())
    except LabError as error:
        session.notice(describe_error(error))
    else:
        session.notice("The changes apply from the next step on. Press Continue.")
    st.rerun()
