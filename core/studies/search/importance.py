"""How much each setting of a search matters (PED-ANOVA, Watanabe, Bansal & Hutter 2023), computed
by Optuna on the scale of each dimension.
"""

import warnings
from collections.abc import Sequence
from math import isfinite

from core.studies.search.ranges import OptionList
from core.studies.search.records import SearchTrial
from core.studies.search.search import Search
from core.studies.search.space import Dimension


def importances(search: Search, trials: Sequence[SearchTrial]) -> dict[str, float]:
    """Return the importance of each dimension by its path, from the complete trials of the search:
    0 or more, without a sum that means something. A dimension that some of them do not have, such
    as a field of one optimizer, is left out.
    """
    complete = [
        trial
        for trial in trials
        if trial.stage == "search" and trial.is_complete and isfinite(trial.value)
    ]
    shared = {
        dimension.path: dimension
        for dimension in search.space
        if all(dimension.path in trial.values for trial in complete)
    }
    if len(complete) < 2 or not shared:
        return {}
    if len({trial.value for trial in complete}) == 1:  # nothing distinguishes good ones
        return dict.fromkeys(shared, 0.0)
    return _evaluate(shared, complete)


def _evaluate(
    dimensions: dict[str, Dimension], complete: Sequence[SearchTrial]
) -> dict[str, float]:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    distributions = {
        path: optuna.distributions.CategoricalDistribution(range(len(dimension.values)))
        if isinstance(dimension, OptionList)
        else optuna.distributions.FloatDistribution(0.0, 1.0)
        for path, dimension in dimensions.items()
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study = optuna.create_study()
        for trial in complete:
            params = {path: _parameter(d, trial.values[path]) for path, d in dimensions.items()}
            study.add_trial(
                optuna.trial.create_trial(
                    value=trial.value, params=params, distributions=distributions
                )
            )
        evaluator = optuna.importance.PedAnovaImportanceEvaluator()
        found = evaluator.evaluate(study, params=list(dimensions))
    return {path: max(0.0, found.get(path, 0.0)) for path in dimensions}


def _parameter(dimension: Dimension, value: object) -> float | int:
    """Return a value as its index among the options, or as its fraction of the range."""
    if isinstance(dimension, OptionList):
        return dimension.values.index(value)
    return min(max(dimension.fraction(value), 0.0), 1.0)
