"""Strategies: which values a search tries next. Choices and pure functions; no torch.

A strategy gives a picker for each trial: a function that returns the value of one dimension. Its
random numbers depend on the seed of the search and the number of the trial alone.
"""

from collections.abc import Sequence
from math import prod
from random import Random
from typing import TYPE_CHECKING, ClassVar, Literal

from core.base.spec import Choice
from core.studies.search.ranges import NumberRange
from core.studies.search.space import Dimension, Picker
from core.studies.values import refuse

if TYPE_CHECKING:
    from core.studies.search.records import SearchTrial
    from core.studies.search.search import Search


MOST_VALUES = 100  # of a dimension in a grid


class SearchStrategy(Choice, family="search strategy"):
    """How the values of the next trial are chosen."""

    page: ClassVar[str] = "Search"
    technique: ClassVar[str] = "S3"

    def check(self, space: Sequence[Dimension]) -> None:
        """Raise a pydantic error if the strategy cannot search this space."""

    needs_separate_process: ClassVar[bool] = False  # its computation disturbs a training

    def size(self, search: "Search") -> int:
        """Return the maximum number of trials that it proposes."""
        return search.trials

    def picker(
        self, search: "Search", history: Sequence["SearchTrial"], number: int, attempt: int
    ) -> Picker:
        """Return how trial `number` is chosen after these trials, those that count as running
        included. `attempt` counts from 0 how often its values were refused.
        """
        raise NotImplementedError


class RandomSearch(SearchStrategy):
    """Draws every value independently. With n trials, each dimension is tried at n different
    values, however many dimensions there are.
    """

    kind: Literal["random"] = "random"
    label: ClassVar[str] = "Random search"
    source: ClassVar[str] = "Bergstra & Bengio 2012"

    def picker(self, search, history, number, attempt) -> Picker:
        source = Random(f"{search.seed} {number} {attempt}")
        return lambda dimension: dimension.at(source.random())


class GridSearch(SearchStrategy):
    """Tries every combination of a few values of each dimension, for comparison: it wastes trials,
    because n trials in d dimensions try only n^(1/d) values of each, and most combinations repeat
    a value of the dimension that matters.
    """

    kind: Literal["grid"] = "grid"
    label: ClassVar[str] = "Grid"
    source: ClassVar[str] = "Bergstra & Bengio 2012"

    def counts(self, search: "Search") -> dict[str, int]:
        """Return the number of values of each dimension: as many as fit into the trials, one more
        for each dimension in turn.
        """
        most = {path: distinct(dimension) for path, dimension in search.dimensions.items()}
        counts, grows = dict.fromkeys(most, 1), True
        while grows:
            grows = False
            for path, limit in most.items():
                larger = prod(counts.values()) // counts[path] * (counts[path] + 1)
                if counts[path] < limit and larger <= search.trials:
                    counts[path], grows = counts[path] + 1, True
        return counts

    def size(self, search: "Search") -> int:
        return prod(self.counts(search).values())

    def picker(self, search, history, number, attempt) -> Picker:
        counts, rest, picked = self.counts(search), number, {}
        for path, count in counts.items():
            rest, index = divmod(rest, count)
            picked[path] = search.dimensions[path].at((index + 0.5) / count)
        return lambda dimension: picked[dimension.path]


class Tpe(SearchStrategy):
    """Bayesian search by density estimates: after 10 random trials, it draws values that are likely
    among the best results and unlikely among the others, for all dimensions together.
    """

    kind: Literal["tpe"] = "tpe"
    label: ClassVar[str] = "Bayesian (TPE)"
    formula: ClassVar[str] = r"v = \arg\max_v\; \ell(v) / g(v)"
    source: ClassVar[str] = "Bergstra et al. 2011; Watanabe 2023; Akiba et al. 2019 (Optuna)"

    def picker(self, search, history, number, attempt) -> Picker:
        from core.studies.search.optuna_samplers import tpe_picker  # takes 0.5 s

        return tpe_picker(search, history, number, attempt)


class GaussianProcess(SearchStrategy):
    """Bayesian search by a Gaussian process: predicts the result of any values with its
    uncertainty, and tries those with the highest expected improvement. For numbers only.
    """

    kind: Literal["gaussian_process"] = "gaussian_process"
    label: ClassVar[str] = "Bayesian (Gaussian process)"
    formula: ClassVar[str] = r"v = \arg\max_v\; \mathbb{E}[\max(0, f_\mathrm{best} - f(v))]"
    source: ClassVar[str] = "Snoek, Larochelle & Adams 2012; Akiba et al. 2019 (Optuna)"
    needs_separate_process: ClassVar[bool] = True  # it sets the threads of torch

    def picker(self, search, history, number, attempt) -> Picker:
        from core.studies.search.optuna_samplers import gaussian_process_picker

        return gaussian_process_picker(search, history, number, attempt)

    def check(self, space: Sequence[Dimension]) -> None:
        others = [d.path for d in space if not isinstance(d, NumberRange)]
        if others:
            raise refuse(
                "numbers_only",
                f"A Gaussian process searches numbers only, but {', '.join(others)} is a list of "
                "options. Use the strategy tpe, or remove it from the space.",
            )


class ManyStarts(SearchStrategy):
    """Trains the same settings from other initial weights, order and dropout, and keeps the best
    network. It shows how much of a difference between trials is chance.
    """

    kind: Literal["many_starts"] = "many_starts"
    label: ClassVar[str] = "Many starts"
    source: ClassVar[str] = "Bouthillier et al. 2021"

    def picker(self, search, history, number, attempt) -> Picker:
        raise AssertionError("there are no dimensions")

    def check(self, space: Sequence[Dimension]) -> None:
        if space:
            raise refuse(
                "many_starts_vary_seeds",
                f"Many starts vary the seeds alone, but the space has {space[0].path}. Remove all "
                "settings from the space, or use another strategy.",
            )


def distinct(dimension: Dimension) -> int:
    """Return how many different values a grid has of a dimension at most."""
    return len({dimension.at((k + 0.5) / MOST_VALUES) for k in range(MOST_VALUES)})
