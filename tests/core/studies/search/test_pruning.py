"""Pruning against Optuna's own pruners: the same trials end at the same epochs."""

from collections.abc import Callable, Sequence

import numpy as np
import optuna
import pytest

from core.base.events import Epoch
from core.studies.search.pruning import Hyperband, MedianRule, NoPruning, Pruning
from core.studies.search.records import SearchTrial
from core.studies.search.trial_work import TrialResult

EPOCHS, TRIALS = 60, 40
optuna.logging.set_verbosity(optuna.logging.ERROR)


def curves(seed: int, monotone: bool) -> np.ndarray:
    """The goal of TRIALS made-up trials after each epoch, (TRIALS, EPOCHS)."""
    random = np.random.default_rng(seed)
    floor, rate = random.lognormal(0, 1, (2, TRIALS, 1))
    made = floor + np.exp(-0.1 * rate * np.arange(EPOCHS)) + random.normal(0, 0.2, (TRIALS, EPOCHS))
    return np.minimum.accumulate(made, 1) if monotone else made


def ends_here(pruning: Pruning, results: np.ndarray) -> list[int]:
    """Return how many epochs each trial gets, one trial after another."""
    finished: list[SearchTrial] = []
    for number, curve in enumerate(results):
        result = TrialResult("validation_loss", pruning.bounds(finished, number, EPOCHS))
        for epoch, value in enumerate(curve, 1):
            result.add(Epoch(epoch, epoch, {}, {"loss": float(value)}, best=False))
            if result.is_pruned:
                break
        state = "pruned" if result.is_pruned else "done"
        trial = SearchTrial(number, "search", {}, 0, "", state, curve=tuple(result.curve))
        finished.append(trial)
    return [len(trial.curve) for trial in finished]


def ends_in_optuna(pruner_of: Callable[[int], optuna.pruners.BasePruner], results: np.ndarray,
                   groups: int) -> Sequence[int]:  # fmt: skip
    """Return the same of Optuna; trial k is compared with those of group k modulo `groups`."""
    studies = [optuna.create_study(pruner=pruner_of(group)) for group in range(groups)]
    ends = []
    for number, curve in enumerate(results):
        study = studies[number % groups]
        trial, epoch = study.ask(), 0
        for epoch, value in enumerate(curve, 1):
            trial.report(float(value), epoch)
            if epoch < EPOCHS and trial.should_prune():
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                break
        else:
            study.tell(trial, float(curve[-1]))
        ends.append(epoch)
    return ends


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("first", "warmup"), [(5, 0.1), (1, 0.0), (8, 0.5)])
def test_the_median_rule_is_that_of_optuna(seed: int, first: int, warmup: float) -> None:
    results = curves(seed, monotone=False)
    found = ends_here(MedianRule(first=first, warmup=warmup), results)
    steps = int(np.ceil(warmup * EPOCHS))
    assert found == ends_in_optuna(
        lambda group: optuna.pruners.MedianPruner(n_startup_trials=first, n_warmup_steps=steps),
        results, groups=1,
    )  # fmt: skip
    assert min(found) < EPOCHS == max(found)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("factor", [2, 3, 4])
def test_a_bracket_of_hyperband_is_successive_halving_of_optuna(seed: int, factor: int) -> None:
    results = curves(seed, monotone=True)  # Optuna compares the last results, the lab the best ones
    rule = Hyperband(factor=factor, least=0.05)
    found = ends_here(rule, results)
    assert found == ends_in_optuna(
        lambda bracket: optuna.pruners.SuccessiveHalvingPruner(
            min_resource=round(0.05 * EPOCHS), reduction_factor=factor,
            min_early_stopping_rate=bracket,
        ),
        results, groups=rule.brackets,
    )  # fmt: skip
    assert min(found) < EPOCHS == max(found)


def test_without_pruning_every_trial_gets_all_epochs() -> None:
    assert set(ends_here(NoPruning(), curves(0, monotone=False))) == {EPOCHS}
