"""The chunks of a study in progress: which are left, in which order they are computed, and how much
of the work is done. No files written, no processes.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.base.device import torch_threads
from core.base.encoding import encode
from core.experiment import Experiment
from core.studies.chunk_work import executor_of
from core.studies.executor import Executor
from core.studies.study import Study, StudyTrial, propose
from core.studies.timing import finish
from core.training.inputs import load_inputs

Task = tuple[int, int]  # index of the proposal, index of its chunk


@dataclass(frozen=True)
class Proposal:
    """A proposed experiment and its executor."""

    trial: StudyTrial
    executor: Executor

    @property
    def experiment(self) -> Experiment:
        return self.trial.experiment


class ChunkQueue:
    """`tasks` are the chunks to compute; `written` counts the points of each chunk that are stored,
    `completed` is the fraction of each chunk that is computed.
    """

    def __init__(
        self,
        study: Study,
        home: Path,
        written: Counter[Task],
        progress: Callable[[float, str], None] | None = None,
    ):
        self.study, self.home, self.written, self.progress = study, home, written, progress
        self.proposals: list[Proposal] = []
        self.tasks: deque[Task] = deque()
        self.completed: dict[Task, float] = {}

    @property
    def remaining(self) -> int:
        """Queued chunks plus experiments that are not proposed yet."""
        return len(self.tasks) + self.study.size - len(self.proposals)

    def refill(self) -> bool:
        """Queue the chunks of the next incomplete experiment; False when there is none."""
        study = self.study
        while experiment := propose(study, [proposal.trial for proposal in self.proposals]):
            load_inputs(experiment, self.home, self.progress)  # shows the progress of a download
            executor = executor_of(self.home, encode(study), encode(experiment))
            number = len(self.proposals)
            self.proposals.append(Proposal(StudyTrial(experiment), executor))
            for chunk, count in enumerate(executor.counts):
                if self.written[number, chunk] < count:
                    self.tasks.append((number, chunk))
                else:
                    self.completed[number, chunk] = 1.0
            if self.tasks:
                return True
        return False

    def has_tasks(self) -> bool:
        """Whether a chunk is left, after a refill if necessary."""
        return bool(self.tasks) or self.refill()

    def in_order(self) -> bool:
        """Whether the next chunks must be computed in order by one process."""
        return self.proposals[self.tasks[0][0]].executor.in_order

    def pop_first(self) -> Task:
        return self.tasks.popleft()

    def pop_longest(self) -> Task:
        """Take the chunk at the end, which is the longest, so that processes finish at about the
        same time; or the next one where chunks must come in order.
        """
        return self.tasks.popleft() if self.in_order() else self.tasks.pop()

    def estimate_seconds(self) -> float:
        """Estimate the remaining seconds in one process with a probe of the first experiment."""
        executor = self.proposals[0].executor
        queued = sum(executor.costs[chunk] for _, chunk in self.tasks)
        later = sum(executor.costs) * (self.study.size - len(self.proposals))
        with torch_threads(executor.threads):
            return finish(executor.probe()) * (queued + later)

    def fraction(self) -> float:
        """The completed fraction of all work; later proposals are assumed to cost the same."""
        costs = {
            (number, chunk): cost
            for number, proposal in enumerate(self.proposals)
            for chunk, cost in enumerate(proposal.executor.costs)
        }
        total = sum(costs.values()) * self.study.size / len(self.proposals)
        return sum(self.completed.get(task, 0.0) * cost for task, cost in costs.items()) / total
