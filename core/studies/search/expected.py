"""The expected time of a search before it starts, and why it cannot start here. Trains nothing."""

from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import mean

from core.advice.estimate import estimate, guess_seconds
from core.advice.plan import plan
from core.base.errors import BadExperiment, LabError
from core.runs.store import Store
from core.studies.search.pruning import NoPruning
from core.studies.search.search import Search

DRAWS = 12  # settings whose cost is computed: wide and deep networks take longer
PRUNED = 0.4  # of the time of all epochs, where most trials are pruned early
SPREAD = (0.6, 2.0)  # factors of an estimate from similar runs
GUESS = (0.4, 3.0)  # factors of a guess without any


@dataclass(frozen=True)
class ExpectedSearch:
    """Between `low` and `high` seconds for all trials and finalists, `measured` on similar runs or
    guessed; `problem` is why the search cannot start, else empty.
    """

    low: float = 0.0
    high: float = 0.0
    measured: bool = False
    problem: str = ""

    @property
    def seconds(self) -> float:
        """The middle of the range on a logarithmic scale."""
        return (self.low * self.high) ** 0.5


def expected_search(store: Store, search: Search, workers: int = 1) -> ExpectedSearch:
    """Return the expected time with so many trials at the same time."""
    planned = plan(search.base, store.home)
    if planned.problem:
        return ExpectedSearch(problem=planned.problem)
    if not planned.validation:
        return ExpectedSearch(
            problem="A search compares trials on the validation set, and this experiment has none. "
            "Set a validation fraction on the Data page."
        )
    guess = guess_seconds(search.base, planned)
    past = estimate(store, search.base, planned.steps)
    each = past.seconds if past else guess
    each *= relative_cost(search, store.home, guess)
    low, high = SPREAD if past else GUESS
    least = 1.0 if isinstance(search.pruning, NoPruning) else PRUNED
    repeated = search.finalists * search.repeats
    trainings = (least * search.trials + repeated, search.trials + repeated)
    at_once = max(1, min(workers, search.parallel))
    shortest, longest = (count * each / at_once for count in trainings)
    limit = search.seconds + repeated * each * high if search.seconds else longest * high
    return ExpectedSearch(
        low=min(low * shortest, limit), high=min(high * longest, limit), measured=past is not None
    )


def relative_cost(search: Search, home: Path, guess: float) -> float:
    """Return how many times as long as the base a trial takes on average, from the operations of
    some settings of the space, drawn at random.
    """
    random, costs = Random(search.seed), []
    for _ in range(DRAWS if search.space else 0):
        values = {d.path: d.at(random.random()) for d in search.space}
        try:
            experiment = search.experiment(values)
            planned = plan(experiment, home)
        except (BadExperiment, LabError):
            continue
        if not planned.problem:
            costs.append(guess_seconds(experiment, planned))
    return mean(costs) / guess if costs and guess else 1.0
