"""Optuna's samplers behind the Bayesian strategies: the only file that proposes with Optuna, which
takes 0.5 s to import.

Each proposal fills a new study in memory with the trials that count for it. The trials of the lab
are the truth; nothing is stored here, and no code comes from elsewhere.
"""

import warnings
from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, TrialState, create_trial

from core.studies.search.ranges import (
    LogRange,
    NumberRange,
    OneMinusLogRange,
    OptionList,
    WholeRange,
)
from core.studies.search.records import SearchTrial
from core.studies.search.space import STARTUP, Dimension, Picker

if TYPE_CHECKING:
    from core.studies.search.search import Search

optuna.logging.set_verbosity(optuna.logging.ERROR)
STATES = {
    "done": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "stopped": TrialState.PRUNED,
    "failed": TrialState.FAIL,
    "running": TrialState.RUNNING,
}


def tpe_picker(
    search: "Search", history: Sequence[SearchTrial], number: int, attempt: int
) -> Picker:
    """Tree-structured Parzen estimator, for all dimensions together. Running trials count as bad
    (constant liar), so that trials at the same time are not alike.
    """
    sampler = _quiet(
        optuna.samplers.TPESampler,
        multivariate=True,
        group=True,
        constant_liar=True,
        n_startup_trials=STARTUP,
        seed=_seed(search, number, attempt),
    )
    return _picker(search, history, sampler)


def gaussian_process_picker(
    search: "Search", history: Sequence[SearchTrial], number: int, attempt: int
) -> Picker:
    """Gaussian process with a Matérn kernel. It sets the threads of torch while it computes."""
    sampler = _quiet(
        optuna.samplers.GPSampler,
        n_startup_trials=STARTUP,
        deterministic_objective=False,
        seed=_seed(search, number, attempt),
    )
    return _picker(search, history, sampler)


def _quiet(make: Any, **arguments: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return make(**arguments)


def _seed(search: "Search", number: int, attempt: int) -> int:
    return (search.seed * 1_000_003 + number * 101 + attempt) % 2**32


def _picker(
    search: "Search", history: Sequence[SearchTrial], sampler: optuna.samplers.BaseSampler
) -> Picker:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = memory_study(search, history, sampler)
        trial = study.ask()

    def pick(dimension: Dimension) -> Any:
        distribution = distribution_of(dimension)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if isinstance(distribution, CategoricalDistribution):
                index = trial.suggest_categorical(dimension.path, distribution.choices)
                return dimension.values[index]
            low, high, log = distribution.low, distribution.high, distribution.log
            if isinstance(distribution, IntDistribution):
                return trial.suggest_int(dimension.path, low, high, log=log)
            return from_parameter(
                dimension, trial.suggest_float(dimension.path, low, high, log=log)
            )

    return pick


def memory_study(
    search: "Search",
    history: Sequence[SearchTrial],
    sampler: optuna.samplers.BaseSampler | None = None,
) -> optuna.Study:
    """Return a study in memory with these trials."""
    count = 2 if search.against else 1
    study = optuna.create_study(directions=["minimize"] * count, sampler=sampler)
    study.add_trials(frozen_trials(search, history))
    return study


def frozen_trials(search: "Search", history: Sequence[SearchTrial]) -> list[FrozenTrial]:
    """Return the trials as those of Optuna. A diverged one is the worst of all, never NaN."""
    finite = [t.value for t in history if t.value is not None and isfinite(t.value)]
    worst = max(finite, default=1.0)
    return [_frozen(search, trial, worst) for trial in history]


def _frozen(search: "Search", trial: SearchTrial, worst: float) -> FrozenTrial:
    dimensions = {path: search.dimensions[path] for path in trial.values}
    state = STATES[trial.state]
    if state == TrialState.COMPLETE and (trial.value is None or trial.values is None):
        state = TrialState.FAIL
    values = None
    if state == TrialState.COMPLETE:
        diverged = not isfinite(trial.value)
        values = [2 * abs(worst) + 1 if diverged else trial.value]
        if search.against:
            values.append(trial.second or 0.0)
    curve = {epoch: value for epoch, value in enumerate(trial.curve, 1) if isfinite(value)}
    return create_trial(
        state=state,
        values=values,
        params={path: to_parameter(d, trial.values[path]) for path, d in dimensions.items()},
        distributions={path: distribution_of(d) for path, d in dimensions.items()},
        intermediate_values={} if search.against else curve,
        user_attrs={"run": trial.run, "seed": trial.seed},
    )


def distribution_of(dimension: Dimension) -> BaseDistribution:
    """Return the distribution of a dimension. Options are numbered, since Optuna compares them by
    equality: 1 and true would be one option.
    """
    if isinstance(dimension, OptionList):
        return CategoricalDistribution(range(len(dimension.values)))
    assert isinstance(dimension, NumberRange)
    if isinstance(dimension, WholeRange):
        return IntDistribution(dimension.low, dimension.high, log=dimension.log)
    low, high = dimension.low, dimension.high
    if isinstance(dimension, OneMinusLogRange):
        return FloatDistribution(1 - high, 1 - low, log=True)
    return FloatDistribution(low, high, log=isinstance(dimension, LogRange))


def to_parameter(dimension: Dimension, value: Any) -> Any:
    """Return a value of the dimension as its parameter in Optuna."""
    if isinstance(dimension, OptionList):
        return dimension.values.index(value)
    if isinstance(dimension, OneMinusLogRange):
        return min(max(1 - value, 1 - dimension.high), 1 - dimension.low)
    return value


def from_parameter(dimension: NumberRange, parameter: float) -> float:
    """Return the value of a parameter of Optuna, rounded as the lab shows it."""
    return dimension.rounded(
        1 - parameter if isinstance(dimension, OneMinusLogRange) else parameter
    )
