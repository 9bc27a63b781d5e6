"""Control of a running job: pause, proceed, step, change settings, stop and leave.

A command is given in one thread and obeyed in another one, or passed on to another process.
"""

import threading
from collections.abc import Callable
from typing import Any

PAUSE, PROCEED, STEP = "pause", "proceed", "step"
CHANGE = "change "  # the beginning of a command; a JSON object of changed fields follows
PRUNE_TRIAL = "prune trial "  # the beginning of a command; the number of a trial follows
GO, STOP, LEAVE = "go", "stop", "leave"  # continue; end the job; save it, unfinished
STOP_BY_TEACHER = "stop by teacher"
PRUNE = "stop by search"  # of a trial that is worse than others
STOPS = {STOP: "", STOP_BY_TEACHER: "the teacher", PRUNE: "the search"}  # by whom else


class Control:
    """The commands for one job. `word` is GO until the job is to end; `steps` is how many single
    steps a paused job may still take; `changes` are the changes of settings that wait for it;
    `pruned` are the trials of a search that a person has ended.
    """

    def __init__(self) -> None:
        self.paused, self.steps, self.word = False, 0, GO
        self.changes: list[str] = []
        self.pruned: set[int] = set()
        self.changed = threading.Condition()
        self._relay: Callable[[str], None] | None = None

    def tell(self, command: str) -> None:
        """Give PAUSE, PROCEED, STEP, LEAVE, one of STOPS, CHANGE with changes, or PRUNE_TRIAL
        with the number of a trial; any other text is ignored.
        """
        with self.changed:
            if command in (PAUSE, PROCEED):
                self.paused, self.steps = command == PAUSE, 0
            elif command == STEP:
                self.steps += 1
            elif command.startswith(CHANGE):
                self.changes.append(command.removeprefix(CHANGE))
            elif command.startswith(PRUNE_TRIAL):
                self.pruned.add(int(command.removeprefix(PRUNE_TRIAL)))
            elif command in (*STOPS, LEAVE):
                self.word = command
            if self._relay:
                self._relay(command)
            self.changed.notify_all()

    def forward_to(self, relay: Callable[[str], None]) -> None:
        """Send every command there too, beginning with those that are in force now."""
        with self.changed:
            self._relay = relay
            commands = [PAUSE] * self.paused + [STEP] * self.steps
            commands += [CHANGE + change for change in self.changes]
            commands += [f"{PRUNE_TRIAL}{number}" for number in sorted(self.pruned)]
            for command in [*commands, *([self.word] if self.word != GO else [])]:
                relay(command)

    def poll_control(self, training: Any) -> str:
        """Return the word for the job, which calls this between two steps; a paused job blocks. It
        gets the changes of its settings as `training.requests`, and takes no step before it has
        made them and called this again. A search gets the trials to end as `training.pruned`.
        """
        with self.changed:
            self.changed.wait_for(
                lambda: self.word != GO or not self.paused or self.steps or self.changes
            )
            if self.changes:
                training.requests, self.changes = [*training.requests, *self.changes], []
            elif self.paused and self.steps:
                self.steps -= 1
            if self.pruned:
                training.pruned = frozenset(self.pruned)
            training.single_steps = self.paused
            return self.word
