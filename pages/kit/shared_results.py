"""Results of short tasks that all sessions share: each is computed once, outside the pages, when a
page needs it, and is then cached in this process. Draws nothing.
"""

from typing import Any

from core.access import ownership
from core.jobs import runner, tasks
from core.jobs.tasks import TaskState

CACHE_SIZE = 200  # results that are cached
LASTING = (TaskState.DONE, TaskState.FAILED)  # nobody waits for a task that was stopped


class SharedResults:
    """The results of the tasks of one `kind` (core/jobs/measure.py), by the text of the task."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.tasks: dict[tuple[str, str], str] = {}  # the IDs of those at work
        self.results: dict[tuple[str, str], dict[str, Any]] = {}

    def find(self, text: str) -> dict[str, Any] | None:
        """Return what was found, or {"problem": sentence} for a task that failed; None before."""
        key = self._key(text)
        id = self.tasks.get(key)  # other sessions change both dictionaries meanwhile
        if key in self.results or not id:
            return self.results.get(key)
        task = self._work().look(id)
        if task is None or task["over"]:  # a forgotten task is started again
            self.tasks.pop(key, None)
        if task and task["state"] in LASTING:
            if len(self.results) > CACHE_SIZE:
                self.results.clear()
            self.results[key] = task["found"] or {"problem": task["problem"]}
        return self.results.get(key)

    def start(self, text: str) -> None:
        """Compute the result, unless it is known or at work."""
        key = self._key(text)
        if self.find(text) is None and key not in self.tasks:
            self.tasks[key] = self._work().begin(self.kind, text, by=ownership.LAB)

    def _work(self) -> tasks.Tasks:
        return tasks.current(runner.current().store.home)

    def _key(self, text: str) -> tuple[str, str]:
        return str(runner.current().store.home), text
