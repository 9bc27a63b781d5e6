"""The expected time of a study on this machine, from timing a small part of it, or why it cannot
run here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from core.base.device import resolve, torch_threads
from core.base.errors import BadExperiment, LabError
from core.data.dataset import Facts
from core.data.ready.download import Progress
from core.studies.study import Study, StudyTrial, propose
from core.studies.timing import Measuring
from core.training.checks import part_sizes
from core.training.inputs import load_inputs

if TYPE_CHECKING:
    from core.studies.executor import Executor

MAX_TRIALS = 200  # experiments of a study whose cost is counted individually
FASTEST, SLOWEST = 0.7, 2.0  # of the measured time, for networks that fit early or late
PREPARATION = 2.0  # seconds: data, and a process for each worker


@dataclass(frozen=True)
class Expected:
    """`seconds` of computing in one process for `points`, and `sharing`: how many times as long
    they take beside the other programs of this machine. `description` is the problem in words;
    `problem` is why the study cannot run here, else empty.
    """

    seconds: float = 0.0
    points: int = 0
    description: str = ""
    problem: str = ""
    sharing: float = 1.0

    @property
    def low(self) -> float:
        """The fewest seconds that the study is likely to take while the machine is as busy as
        now.
        """
        return FASTEST * self.seconds * self.sharing

    @property
    def high(self) -> float:
        """The most seconds while the machine is as busy as now."""
        return SLOWEST * self.seconds * self.sharing + PREPARATION


def expected(home: Path, study: Study) -> Measuring[Expected]:
    """Measure the expected time. A LabError becomes the `problem`."""
    try:
        return (yield from _expected(home, study))
    except LabError as error:
        return Expected(problem=str(error))


def first_executors(
    home: Path, study: Study, progress: Progress | None = None
) -> Iterator["Executor"]:
    """Yield the executors of the first experiments of the study. Raises LabError for the first one
    that cannot run here; computes nothing.
    """
    from core.studies.executor import make_executor

    if study.method.gpu:
        resolve(study.base.device)
    history: list[StudyTrial] = []
    while len(history) < MAX_TRIALS and (experiment := propose(study, history)):
        samples = load_inputs(experiment, home, progress)
        check_measured_part(study, samples.facts)
        yield make_executor(study.method, experiment, samples, study.repeats)
        history.append(StudyTrial(experiment))


def check_measured_part(study: Study, facts: Facts) -> None:
    """Raise BadExperiment where the changes of a study are compared on a set without samples."""
    if not (axis := study.comparison):
        return
    _, validation, test = part_sizes(study.base, facts)
    if {"validation": validation, "test": test}[axis.measured_on]:
        return
    raise BadExperiment(
        f"This experiment has no {axis.measured_on} set, on which the changes are to be compared. "
        "Measure them on another set, or hold out samples on the Data page.",
        code="nothing_held_out",
    )


def _expected(home: Path, study: Study) -> Measuring[Expected]:
    costs, counts, trials, largest = 0.0, 0, 0, None
    for executor in first_executors(home, study):
        if largest is None or sum(executor.costs) > sum(largest.costs):
            largest = executor
        costs, counts = costs + sum(executor.costs), counts + sum(executor.counts)
        trials += 1
        yield
    scale = study.size / trials
    with torch_threads(largest.threads):
        seconds_per_cost = yield from largest.probe()
    return Expected(
        seconds=seconds_per_cost * costs * scale,
        points=round(counts * scale),
        description=largest.description,
        sharing=sharing(psutil.getloadavg()[0], psutil.cpu_count() or 1),
    )


def sharing(load: float, cores: int) -> float:
    """Return how many times as long one more process takes where `load` others compute.

    >>> sharing(0.5, 2), sharing(11.0, 2)
    (1.0, 6.0)
    """
    return max(1.0, (load + 1) / cores)
