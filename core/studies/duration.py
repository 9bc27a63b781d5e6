"""Expected: how long a study will take on this machine, by timing a small piece of it, or why it
cannot run here.
"""

from dataclasses import dataclass
from pathlib import Path

from core.base.device import resolve, torch_threads
from core.base.errors import LabError
from core.data.load import load
from core.studies.study import Study, Tried, propose

LOOKED_AT = 200  # experiments of a study whose cost is counted one by one


@dataclass(frozen=True)
class Expected:
    """`seconds` in one process for `points`; networks that fit early take less. `says` is the
    problem in words; `problem` why it cannot run here, in one sentence.
    """

    seconds: float = 0.0
    points: int = 0
    says: str = ""
    problem: str = ""


def expected(home: Path, study: Study) -> Expected:
    """Never raises a LabError: it stands in `problem`."""
    try:
        return _expected(home, study)
    except LabError as error:
        return Expected(problem=str(error))


def _expected(home: Path, study: Study) -> Expected:
    from core.studies.work import work_of

    if study.method.gpu:
        resolve(study.base.device)
    history: list[Tried] = []
    costs, counts, largest = 0.0, 0, None
    while len(history) < LOOKED_AT and (experiment := propose(study, history)):
        samples = load(experiment.data, home)
        work = work_of(study.method, experiment, samples, study.repeats)
        if largest is None or sum(work.costs) > sum(largest.costs):
            largest = work
        costs, counts = costs + sum(work.costs), counts + sum(work.counts)
        history.append(Tried(experiment))
    scale = study.size / len(history)
    with torch_threads(largest.threads):
        seconds = largest.probe() * costs * scale
    return Expected(seconds, round(counts * scale), largest.says)
