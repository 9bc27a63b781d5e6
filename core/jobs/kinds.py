"""JobKind: what the queue needs to know about a run, a study and a search, one object for each.

`KINDS` maps the name of a kind to its object; between pages, queue and child processes only the
name travels.
"""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.base.control import GO
from core.base.encoding import decode
from core.base.errors import BadInput, LabError, NotFound
from core.base.events import Ended, Preempted, to_json
from core.runs.store import Store

if TYPE_CHECKING:
    from core.experiment import Experiment
    from core.studies.search.search import Search
    from core.studies.study import Study

RUN, STUDY, SEARCH = "run", "study", "search"
Pace = tuple[int, float | None]  # steps, and seconds from start to end where they are known


class JobKind(ABC):
    """One kind of job. `execute` has the same contract for each kind: it writes the job's own
    folder, calls `poll_control(work)` between two steps and obeys the answer
    (core/base/control.py), gives every event to `watch`, and raises only LabError, when another
    process holds the job.
    """

    name: str

    @abstractmethod
    def store(self, home: Path | str | None) -> Store:
        """Return the folder of all jobs of this kind."""

    @abstractmethod
    def decode(self, text: str) -> Any:
        """Return the value to compute, from its JSON text. BadExperiment for an invalid one."""

    @abstractmethod
    def device(self, value: Any) -> str:
        """Return the device that the value asks for: auto, cpu, cuda or cuda:1."""

    @abstractmethod
    def execute(
        self,
        home: Path | str | None,
        job: str,
        poll_control: Callable[[Any], str] = lambda work: GO,
        watch: Callable[[Any], None] = lambda event: None,
        progress: Callable[[float, str], None] | None = None,
    ) -> Ended | None:
        """Compute the job in this thread, from its last checkpoint or point. Return its end, or
        None when it was left unfinished.
        """

    def estimate(self, store: Store, job: str) -> Pace:
        """Return the steps, and the seconds as far as earlier jobs of this kind tell."""
        return 0, None

    def missing(self, store: Store, job: str) -> str:
        """Say in one sentence what keeps the job from continuing here; empty for nothing."""
        return ""


class RunKind(JobKind):
    """One training run of an experiment."""

    name = RUN

    def store(self, home: Path | str | None) -> Store:
        return Store(home)

    def decode(self, text: str) -> "Experiment":
        from core.experiment import Experiment

        return decode(Experiment, text)

    def device(self, value: "Experiment") -> str:
        return value.device

    def execute(self, home, job, poll_control=lambda work: GO, watch=lambda event: None,
                progress=None) -> Ended | None:  # fmt: skip
        from core.studies import trainer

        return trainer.execute(
            Store(home), job, poll_control=poll_control, watch=watch, progress=progress
        )

    def estimate(self, store: Store, job: str) -> Pace:
        from core.advice.estimate import estimate
        from core.advice.plan import plan
        from core.runs.lineage import effective_experiment

        with contextlib.suppress(NotFound, BadInput):
            experiment = effective_experiment(store, job)
            steps = plan(experiment, store.home).steps
            known = estimate(store, experiment, steps)
            before = experiment.fork.step if experiment.fork else 0
            return before + steps, known.seconds if known else None
        return 0, None

    def missing(self, store: Store, job: str) -> str:
        from core.data.load import lacking
        from core.runs.lineage import store_with
        from core.training.inputs import missing_weights

        experiment = self.decode(store.experiment(job))
        if missing := lacking(experiment.data, store.home):
            return missing
        if store.checkpoints(job):  # the checkpoint has the weights
            return ""
        if experiment.fork and experiment.fork.epoch:
            try:
                store_with(store, experiment.fork.run)
            except NotFound as error:
                return str(error)
            return ""
        return missing_weights(experiment, store.home)


class StudyKind(JobKind):
    """One study: many trained networks, or a sweep of a closed form."""

    name = STUDY

    def store(self, home: Path | str | None) -> Store:
        from core.studies.folder import Studies

        return Studies(home)

    def decode(self, text: str) -> "Study":
        from core.studies.study import Study

        return decode(Study, text)

    def device(self, value: "Study") -> str:
        """A study that is computed on the processor alone takes no GPU from others."""
        return value.base.device if value.method.gpu else "cpu"

    def execute(self, home, job, poll_control=lambda work: GO, watch=lambda event: None,
                progress=None) -> Ended | None:  # fmt: skip
        from core.studies import sweeps

        return sweeps.execute(home, job, poll_control, watch, progress=progress)


class SearchKind(JobKind):
    """One search for the best settings: many trials, each an ordinary training."""

    name = SEARCH

    def store(self, home: Path | str | None) -> Store:
        from core.studies.search.folder import Searches

        return Searches(home)

    def decode(self, text: str) -> "Search":
        from core.studies.search.search import Search

        return decode(Search, text)

    def device(self, value: "Search") -> str:
        return value.base.device

    def execute(self, home, job, poll_control=lambda work: GO, watch=lambda event: None,
                progress=None) -> Ended | None:  # fmt: skip
        from core.studies.search import execution

        return execution.execute(home, job, poll_control, watch, progress=progress)

    def estimate(self, store: Store, job: str) -> Pace:
        from core.studies.search.expected import expected_search

        with contextlib.suppress(NotFound, BadInput):
            expected = expected_search(Store(store.home), self.decode(store.experiment(job)))
            return 0, expected.seconds if expected.measured else None
        return 0, None

    def missing(self, store: Store, job: str) -> str:
        from core.data.load import lacking

        return lacking(self.decode(store.experiment(job)).base.data, store.home)


KINDS: dict[str, JobKind] = {kind.name: kind for kind in (RunKind(), StudyKind(), SearchKind())}


def kind_of(home: Path | str | None, job: str) -> JobKind:
    """Return the kind of the job with this id. NotFound when there is none."""
    for kind in KINDS.values():
        with contextlib.suppress(NotFound):
            kind.store(home).path(job)
            return kind
    raise NotFound(
        f"No run, study or search {str(job)[:60]!r} is stored here. List them with "
        "`python -m core runs` or `python -m core studies`.",
        code="job_not_found",
    )


# --- what is written for a job by another process than its own


def end(store: Store, job: str, reason: str, message: str) -> None:
    """Write the end of a job whose process could not do it itself."""
    with contextlib.suppress(LabError, OSError), store.own(job):
        last = store.last(job) or {}
        store.append(job, to_json(Ended(reason, message, last.get("step", 0), 0)))


def preempt(store: Store, job: str) -> None:
    """Write that a job was saved and freed its device; nothing for one that has ended."""
    with contextlib.suppress(LabError, OSError), store.own(job):
        last = store.last(job) or {}
        if last.get("event") != Ended.__name__:
            store.append(job, to_json(Preempted(last.get("step", 0))))


def seconds_left(store: Store, job: str, expects: Pace, worked: float) -> float | None:
    """Return the seconds that a job still needs after `worked` seconds of work.

    Its own last events count, by the formulas of its page; before there are some, its expected
    `expects` as long as the job keeps to that. None where neither tells.
    """
    from core.runs import pace
    from core.studies import records

    steps, seconds = expects
    left = None
    with contextlib.suppress(LabError, OSError):
        last = store.last(job, "seconds") or {}
        if last.get("event") == "Record":
            left = records.remaining(last["seconds"], last["share"])
        elif last.get("event") == "TrialEnded":
            left = records.remaining(last["seconds"], last["fraction"])
        elif last.get("event") in ("Step", "Epoch"):
            ticks = reversed(store.recent(job, "losses", pace.READINGS))
            left = pace.remaining([(tick["step"], tick["seconds"]) for tick in ticks], steps)
    if left is not None:
        return left
    return None if seconds is None or worked >= seconds else seconds - worked
