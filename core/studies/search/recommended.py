"""The strategy and the pruning that suit a search, with the reason. Pure functions; no torch."""

from importlib.util import find_spec

from core.base.text import counted
from core.studies.search.pruning import Hyperband, MedianRule, NoPruning, Pruning
from core.studies.search.ranges import NumberRange
from core.studies.search.search import Search
from core.studies.search.strategies import (
    GaussianProcess,
    ManyStarts,
    RandomSearch,
    SearchStrategy,
    Tpe,
)

FEW, MANY = 15, 40  # trials below which models learn too little, and from which Hyperband pays off
SMOOTH = 4  # dimensions up to which a Gaussian process needs fewer trials than density estimates


def recommended_strategy(search: Search) -> tuple[SearchStrategy, str]:
    """Return the strategy for this space and this number of trials, and why."""
    trials, dimensions = counted(search.trials, "trial"), counted(len(search.space), "setting")
    if not search.space:
        return ManyStarts(), "No setting is varied, so the trials differ in their seeds alone."
    if search.trials < FEW:
        return RandomSearch(), f"{trials} are too few to learn from, so values are drawn at random."
    numbers = all(isinstance(dimension, NumberRange) for dimension in search.space)
    numbers = numbers and find_spec("scipy") is not None  # which the Gaussian process computes with
    if numbers and len(search.space) <= SMOOTH and search.trials < MANY and not search.against:
        return GaussianProcess(), f"{dimensions}, all of them numbers: a smooth model learns most."
    return Tpe(), f"{trials} of {dimensions}: it learns from good and bad trials which to try next."


def recommended_pruning(search: Search) -> Pruning:
    """Return the median rule for few trials, Hyperband for many, and none for two goals: small
    networks learn more slowly.
    """
    if search.against or isinstance(search.strategy, ManyStarts):
        return NoPruning()
    return Hyperband() if search.trials >= MANY else MedianRule()
