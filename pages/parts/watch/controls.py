"""The controls in the header of the page Watch: the commands of the run, and how its curves are
drawn.
"""

import streamlit as st

from core.jobs import runner
from core.jobs.kinds import RUN
from core.runs.forecast import LEVEL
from core.runs.state import RunState
from pages.kit import score_form
from pages.kit.job_controls import act, train_next


def actions(run: str, state: RunState, *, has_started: bool) -> None:
    """At most four buttons: the ones that apply in this state."""
    lab, paused = runner.current(), state is RunState.PAUSED
    if state in (RunState.RUNNING, RunState.PAUSED):
        command, label, icon = (
            (lab.proceed, "Continue", "play_arrow") if paused else (lab.pause, "Pause", "pause")
        )
        act(label, icon, command, run, key="pause", shortcut="space")
        why = "Take one training step" if paused else "Pause the run to step through it"
        act("Step", "skip_next", lab.step, run, disabled=not paused, help=why)
    if state is RunState.QUEUED and lab.own_line(run)[:1] not in ([], [(RUN, run)]):
        why = "Let this run come before your other runs in the queue"
        act("Train next", "vertical_align_top", train_next, run, help=why)
    if state.is_live:
        act("Stop", "stop", lab.stop, run, disabled=state is RunState.STOPPING)
    if state.is_resumable and has_started:
        why = "Continue from the last checkpoint"
        act("Resume", "play_arrow", lab.resume, run, key="resume", help=why)
    elif state.is_resumable:
        act("Queue again", "play_arrow", lab.resume, run, key="resume")


def view(*, regression: bool) -> dict[str, object]:
    """How the curves are drawn: rarely changed, so the settings share one popover."""
    with st.popover("View", icon=":material/visibility:"):
        score_form.switch(regression=regression)
        return {
            "log": st.toggle("Log scale", True, key="watch_log", persist_state="session"),
            "smoothing": st.slider(
                "Smoothing", 0.0, 0.99, 0.9, key="watch_smoothing", persist_state="session"
            ),
            "best": st.toggle(
                "Mark the best epoch", True, key="watch_best", persist_state="session"
            ),
            "forecast": st.toggle(
                "Forecast of the final loss",
                True,
                key="watch_forecast",
                persist_state="session",
                help="A band for the validation loss after the last epoch, from the first third "
                f"of the epochs. It is meant to hold in {100 * LEVEL:.0f} of 100 runs.",
            ),
            "marks": ("fired", "chosen", "untaken") if _all_rules() else ("fired", "chosen"),
        }


def _all_rules() -> bool:
    """Whether stopping rules that this run does not use get marks too."""
    return st.toggle(
        "Mark every stopping rule",
        False,
        key="watch_rules",
        persist_state="session",
        help="Also marks the rules that this run does not use, with their default settings. "
        "The gradient norm is measured only if a rule of the run uses it.",
    )
