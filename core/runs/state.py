"""RunState: where a run or a study is in its life, and how that is shown. The one table of states.

A folder alone tells seven of them (`stored_state`); who holds the queue adds the live ones.
"""

from collections.abc import Set
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from core.runs.store import Store

Action = Literal["pause", "proceed", "step", "stop", "resume", "delete"]

_AT_WORK: Set[Action] = frozenset({"pause", "stop"})
_HELD: Set[Action] = frozenset({"proceed", "step", "stop"})
_AT_REST: Set[Action] = frozenset({"delete"})
_RESUMABLE: Set[Action] = frozenset({"resume", "delete"})


class RunState(StrEnum):
    """A state with its `label`, `colour` (of a Streamlit badge), `icon` (Material), `symbol` (for
    plain text and tables) and `actions`: what can be done to a run in it.
    """

    label: str
    colour: str
    icon: str
    symbol: str
    actions: Set[Action]

    def __new__(
        cls, value: str, label: str, colour: str, icon: str, symbol: str, actions: Set[Action]
    ):
        state = str.__new__(cls, value)
        state._value_ = value
        state.label, state.colour, state.icon, state.symbol = label, colour, icon, symbol
        state.actions = actions
        return state

    QUEUED = "queued", "Queued", "gray", "schedule", "○", frozenset({"stop"})
    PREPARING = "preparing", "Preparing", "green", "hourglass_top", "●", _AT_WORK
    RUNNING = "running", "Running", "green", "play_circle", "●", _AT_WORK
    PAUSED = "paused", "Paused", "gray", "pause_circle", "‖", _HELD
    STOPPING = "stopping", "Stopping", "gray", "stop_circle", "■", frozenset()
    PREEMPTED = "preempted", "Preempted", "gray", "pause_circle", "‖", _RESUMABLE
    INTERRUPTED = "interrupted", "Interrupted", "yellow", "warning", "!", _RESUMABLE
    NOT_STARTED = "not_started", "Not started", "yellow", "schedule", "!", _RESUMABLE
    STOPPED = "stopped", "Stopped", "gray", "stop_circle", "■", _RESUMABLE
    DONE = "done", "Finished", "gray", "check_circle", "✓", _AT_REST
    DIVERGED = "diverged", "Diverged", "red", "error", "✕", _AT_REST
    FAILED = "failed", "Failed", "red", "error", "✕", _RESUMABLE

    @property
    def is_live(self) -> bool:
        """Whether it is in the queue or at work."""
        return "delete" not in self.actions

    @property
    def is_resumable(self) -> bool:
        """Whether training can go on from its checkpoint, or start for the first time."""
        return "resume" in self.actions

    @property
    def has_result(self) -> bool:
        """Whether it came to an end with weights that count, also when a person ended it."""
        return self in (RunState.DONE, RunState.STOPPED)

    @property
    def badge(self) -> tuple[str, str, str]:
        """Label, colour and icon."""
        return self.label, self.colour, self.icon

    @classmethod
    def of_end(cls, reason: str) -> "RunState":
        """The state after an `Ended` event with this reason; a stopping rule counts as done."""
        ends = (cls.STOPPED, cls.DIVERGED, cls.FAILED)
        return next((state for state in ends if state == reason), cls.DONE)


def stored_state(store: "Store", run: str) -> RunState:
    """What the folder alone tells, without the queue.

    RUNNING means that some process holds it; PREEMPTED that it was saved to free its device;
    NOT_STARTED that it was waiting when the lab ended. NotFound when there is no such run.
    """
    last = store.last(run) or {}
    if last.get("event") == "Ended":
        return RunState.of_end(last.get("reason", ""))
    if store.is_owned(run):
        return RunState.RUNNING
    if last.get("event") in ("Preempted", "SetAside"):  # the second until November 2026
        return RunState.PREEMPTED
    return RunState.INTERRUPTED if last else RunState.NOT_STARTED
