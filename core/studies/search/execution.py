"""Runs a search trial by trial and writes its folder. Knows no page and no thread.

The log is the truth. A search that resumes goes on with the trials that have no end, each from the
checkpoint of its run, and proposes the further ones from those that have one.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from core.base.control import GO, LEAVE, STOPS
from core.base.encoding import encode
from core.base.errors import BadExperiment, LabError
from core.base.events import Ended
from core.base.text import counted
from core.experiment import Experiment
from core.network.build import trace
from core.studies.owned import compute_owned
from core.studies.places.choose import open_place
from core.studies.places.place import Piece, Place
from core.studies.search.answer import searched
from core.studies.search.folder import Searches
from core.studies.search.proposal import (
    TrialProposal,
    count_trials,
    finalists,
    is_waiting,
    propose,
)
from core.studies.search.proposal_work import draw_elsewhere
from core.studies.search.records import (
    SearchStarted,
    SearchTrial,
    TrialEnded,
    TrialStarted,
)
from core.studies.search.search import Search
from core.studies.search.trial_log import SearchWatch, TrialLog
from core.studies.search.trial_work import STOP_TRIAL, trial_piece

POLL_SECONDS = 0.1  # between two questions to the control while other processes compute
MAX_STARTS = 3  # of a trial at the same step, after which it counts as failed


def create(home: Path | str | None, search: Search) -> str:
    """Create the folder of a search and return its ID; it waits until it is executed."""
    return Searches(home).create(encode(search))


def execute(
    home: Path | str | None,
    search_id: str,
    poll_control: Callable[[Any], str] = lambda execution: GO,
    watch: SearchWatch = lambda event: None,
    *,
    processes: int = 0,
    progress: Callable[[float, str], None] | None = None,
) -> Ended | None:
    """Train the trials that the search lacks, in this thread or in `processes` further ones (0: the
    default of studies), and write every result. The trials do not depend on the number.

    `poll_control(execution)` is called every few steps and may block; `watch` receives every event.
    Returns the last event: Ended, or None when the search was left interrupted. Errors end the
    search as failed; only BadInput is raised, when another process computes it.
    """
    from core.studies.sweeps import workers

    store = Searches(home)

    def compute() -> Ended | None:
        execution = _Execution(store, search_id, poll_control, watch)
        return execution.run(processes or workers(), progress)

    return compute_owned(store, search_id, compute, watch)


class _Execution:
    """The execution of a search in progress. `pruned` are the numbers of the trials that a person
    has ended; the control sets it.
    """

    def __init__(
        self,
        store: Searches,
        search_id: str,
        poll_control: Callable[[Any], str],
        watch: SearchWatch,
    ):
        self.store, self.id, self.poll_control = store, search_id, poll_control
        self.search, self.runs = store.search(search_id), store.runs(search_id)
        self.log = TrialLog(store, search_id, self.search, watch)
        self.pruned: frozenset[int] = frozenset()
        self.single_steps = False
        self.place: Place | None = None
        separate = self.search.strategy.needs_separate_process
        self._draw = partial(draw_elsewhere, store.home) if separate else None
        self.word = GO  # the last command of the control
        self.pieces: dict[Piece, SearchTrial] = {}  # that are trained now
        self._experiments: dict[int, Experiment] = {}  # of their trials, by number

    def run(self, processes: int, progress: Callable[[float, str], None] | None) -> Ended | None:
        self._load_data(progress)
        total = count_trials(self.search)
        width = max(1, min(processes, self.search.parallel, total - self.log.count_ended()))
        with open_place(
            self._poll,
            processes=width,
            device=self.search.base.device,
            label=f"search {self.id}",
        ) as place:
            self.place = place
            self.log.append(
                SearchStarted(
                    self.search.base.data.summary,
                    total,
                    place.capacity,
                    time.time(),
                    self.log.seconds(),
                )
            )
            while self._poll() == GO and self._send_trials(place):
                for piece, outcome in place.receive(POLL_SECONDS):
                    self._take(piece, outcome)
        if self.word == LEAVE:
            return None
        if self.word in STOPS:
            by = STOPS[self.word]
            return self._end("stopped", f"Stopped{f' by {by}' if by else ''}.", by)
        return self._end("done", f"Finished {counted(self.log.count_ended(), 'trial')}.")

    def _end(self, reason: str, message: str, by: str = "") -> Ended:
        return Ended(reason, message, self.log.count_ended(), 0, seconds=self.log.seconds(), by=by)

    def _load_data(self, progress: Callable[[float, str], None] | None) -> None:
        """Load the data, which all trials share, and check that there is something to minimize."""
        from core.data.load import load

        base = self.search.base
        self.samples = load(base.data, self.store.home, progress)
        if self.samples.validation is None and not base.split.validation:
            raise BadExperiment(
                "The search needs a validation set to compare its trials, but the validation "
                "fraction is 0. Set it under Data > Split, for example to 0.15.",
                code="no_validation_set",
            )

    def _check(self, experiment: Experiment) -> None:
        from core.training.checks import check_experiment

        check_experiment(experiment, self.samples.facts)

    # --- which trial comes next

    def _send_trials(self, place: Place) -> bool:
        """Send as many trials as the place can train now; False when none is left or at work."""
        while place.free > 0 and (trial := self._next_trial()):
            epochs = self._experiment(trial).epochs
            bounds = {}
            if trial.stage == "search":
                earlier = [t for t in self.log.history(trial.number) if t.is_finished]
                bounds = self.search.pruning.bounds(earlier, trial.number, epochs)
            piece = trial_piece(self.runs, trial.run, self.search.goal, bounds)
            self.pieces[piece] = trial
            place.send(piece)
        return bool(self.pieces)

    def _next_trial(self) -> SearchTrial | None:
        """Return the next trial to train: one that was interrupted, or a new one."""
        at_work = {trial.number for trial in self.pieces.values()}
        for trial in [*self.log.trials.values()]:
            if not trial.is_finished and trial.number not in at_work and self._restart(trial):
                return self.log.trials[trial.number]
        known = list(self.log.trials.values())
        number = len(searched(known))
        if not self._is_time_over():
            if is_waiting(self.search, known, number):
                return None
            if proposal := propose(self.search, known, self._check, self._draw):
                return self._begin(proposal)
        if any(not trial.is_finished for trial in searched(known)):
            return None
        proposals = finalists(self.search, known)
        return self._begin(proposals[0]) if proposals else None

    def _begin(self, proposal: TrialProposal) -> SearchTrial:
        """Create the run of a new trial."""
        experiment = proposal.experiment
        if experiment is None:
            experiment = self.search.experiment(proposal.values, proposal.seed)
        self._experiments[proposal.number] = experiment
        run = self.runs.create(encode(experiment))
        started = TrialStarted(
            proposal.number, proposal.stage, proposal.values, proposal.seed, run, self.log.seconds()
        )
        self.log.append(started)
        return self.log.trials[proposal.number]

    def _restart(self, trial: SearchTrial) -> bool:
        """Note that an interrupted trial resumes; False for one that counts as failed, because its
        run is damaged, or because it was started several times and came no further.
        """
        try:
            self.runs.experiment(trial.run)
            step = (self.runs.last(trial.run, "step") or {}).get("step", 0)
        except LabError as error:
            self.log.fail(trial, str(error), error.code)
            return False
        starts = trial.starts if step == trial.step else 0
        if starts >= MAX_STARTS:
            message = (
                f"The process of this trial ended {MAX_STARTS} times without an error, probably "
                "because memory ran out. The search continues without it."
            )
            self.log.fail(trial, message, "run_died")
            return False
        again = TrialStarted(
            trial.number, trial.stage, trial.values, trial.seed, trial.run, self.log.seconds(), step
        )
        self.log.append(again)
        return True

    def _is_time_over(self) -> bool:
        """Whether the rest of the time budget is needed for the finalists."""
        if not self.search.seconds:
            return False
        done = [trial for trial in self.log.trials.values() if trial.is_complete]
        each = sum(trial.seconds for trial in done) / len(done) if done else 0.0
        repeats = count_trials(self.search) - self.search.strategy.size(self.search)
        return self.log.seconds() + each * repeats >= self.search.seconds

    # --- results

    def _take(self, piece: Piece, outcome: Any) -> None:
        """Write the result of a trial, or note the end of its piece."""
        trial = self.pieces[piece]
        if isinstance(outcome, Exception):
            code = getattr(outcome, "code", "")
            self._forget(piece)
            self.log.fail(trial, str(outcome), code)
        elif outcome is None:
            self._forget(piece)
        elif not self.log.trials[trial.number].is_finished:
            facts = self._facts(trial)
            second = {**facts, "seconds": outcome["duration"]}.get(self.search.against)
            values = {**outcome, "curve": tuple(outcome["curve"])}
            values["parameters"] = outcome["parameters"] or facts["parameters"]
            self.log.append_end(
                TrialEnded(
                    number=trial.number,
                    second=second,
                    multiply_adds=facts["multiply_adds"],
                    **values,
                )
            )

    def _forget(self, piece: Piece) -> None:
        self._experiments.pop(self.pieces.pop(piece).number, None)

    def _experiment(self, trial: SearchTrial) -> Experiment:
        if trial.number not in self._experiments:
            self._experiments[trial.number] = self.search.experiment(trial.values, trial.seed)
        return self._experiments[trial.number]

    def _facts(self, trial: SearchTrial) -> dict[str, int]:
        network = self._experiment(trial).network
        layers = trace(network, self.samples.shape, self.samples.outputs)
        return {
            "parameters": sum(layer.parameters for layer in layers),
            "multiply_adds": sum(layer.multiply_adds for layer in layers),
        }

    # --- the control

    def _poll(self) -> str:
        """Ask the control whether to continue, which may block, and return its command."""
        start = time.monotonic()
        self.word = self.poll_control(self) if self.word == GO else self.word
        self.log.paused_seconds += time.monotonic() - start
        if self.place:
            self._obey(self.place)
        return self.word

    def _obey(self, place: Place) -> None:
        """End the trials that a person has stopped."""
        for piece, trial in self.pieces.items():
            if trial.number in self.pruned:
                place.tell(piece, STOP_TRIAL)
