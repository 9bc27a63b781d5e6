"""The next trial of a search, as a pure function of its finished trials."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.base.errors import BadExperiment, LabError
from core.experiment import Experiment
from core.studies.search.answer import best_trials, searched, settings_key
from core.studies.search.records import SearchTrial, Stage
from core.studies.search.search import Search
from core.studies.search.space import Picker, Values
from core.studies.search.strategies import ManyStarts, RandomSearch

ATTEMPTS = 100  # draws for one trial before the search gives up
OWN_ATTEMPTS = 10  # of these draws by the strategy, which may repeat itself; the others are random
Draw = Callable[[Search, Sequence[SearchTrial], int, int], Values]
Check = Callable[[Experiment], None]  # raises LabError for an experiment that cannot be trained


@dataclass(frozen=True)
class TrialProposal:
    """The settings of a new trial; `seed` is added to the seeds of the experiment. `experiment` is
    that of the trial, where it was made for this proposal.
    """

    number: int
    stage: Stage
    values: Values
    seed: int
    experiment: Experiment | None = None


def history_of(search: Search, trials: Sequence[SearchTrial], number: int) -> list[SearchTrial]:
    """Return the trials of the search before `number`, as this one may use them: those that are not
    `parallel` earlier count as running, also where they have ended already.
    """
    known = []
    for trial in searched(trials):
        if trial.number <= number - search.parallel:
            known.append(trial)
        elif trial.number < number:
            known.append(
                SearchTrial(trial.number, trial.stage, trial.values, trial.seed, trial.run)
            )
    return known


def is_waiting(search: Search, trials: Sequence[SearchTrial], number: int) -> bool:
    """Whether trial `number` needs the result of a trial that has not ended."""
    return any(
        not trial.is_finished and trial.number <= number - search.parallel
        for trial in searched(trials)
    )


def propose(
    search: Search,
    trials: Sequence[SearchTrial],
    check: Check = lambda experiment: None,
    draw: Draw | None = None,
) -> TrialProposal | None:
    """Return the next trial of the search itself; None when all are proposed. Values that the
    experiment or `check` refuses are drawn again, at random where the strategy finds no others.
    `draw` replaces the draw in this process. Raises BadExperiment (space_refused) when none are
    found.
    """
    number = len(searched(trials))
    if number >= search.strategy.size(search):
        return None
    if isinstance(search.strategy, ManyStarts):
        return TrialProposal(number, "search", {}, number)
    history, refusal = history_of(search, trials, number), None
    for attempt in range(ATTEMPTS):
        is_own = attempt < OWN_ATTEMPTS
        strategy = search.strategy if is_own else RandomSearch()
        try:
            if draw and is_own:
                values = draw(search, history, number, attempt)
                experiment = search.experiment(values)
            else:
                picker = strategy.picker(search, history, number, attempt)
                values, experiment = assemble(search, picker)
            check(experiment)
        except LabError as error:
            refusal = error
            continue
        return TrialProposal(number, "search", values, 0, experiment)
    raise BadExperiment(
        f"In {ATTEMPTS} draws, the search found no settings for trial {number + 1} that can be "
        f"trained. The last ones were refused: {refusal} Narrow the space.",
        code="space_refused",
    )


def assemble(search: Search, picker: Picker) -> tuple[Values, Experiment]:
    """Pick a value of each dimension that the experiment has, in the order in which they are
    applied. Return the values and the experiment. Raises BadExperiment where it refuses them.
    """
    experiment, values = search.base, {}
    for path, dimension in search.dimensions.items():
        if dimension.is_in(experiment):
            values[path] = picker(dimension)
            experiment = dimension.apply(experiment, values[path])
    return values, experiment


def finalists(search: Search, trials: Sequence[SearchTrial]) -> list[TrialProposal]:
    """Return the repeated seeds of the best settings that have not been proposed yet. They have
    seeds that the search itself has not used.
    """
    best = best_trials(trials, search.finalists)
    if len(best) < 2 or isinstance(search.strategy, ManyStarts) or search.against:
        return []
    existing = {(settings_key(trial), trial.seed) for trial in trials if trial.stage == "finalist"}
    number = max([search.trials - 1, *(trial.number for trial in trials)])
    proposals = []
    for seed in range(1, search.repeats + 1):
        for trial in best:
            if (settings_key(trial), seed) not in existing:
                number += 1
                proposals.append(TrialProposal(number, "finalist", trial.values, seed))
    return proposals


def count_trials(search: Search) -> int:
    """Return how many trials a search trains at most, finalists included."""
    count = search.strategy.size(search)
    if isinstance(search.strategy, ManyStarts) or search.against or search.finalists < 2:
        return count
    return count + min(search.finalists, count) * search.repeats
