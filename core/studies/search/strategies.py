"""Strategies: which values a search tries next. Choices and pure functions; no torch."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from core.base.spec import Choice
from core.studies.search.space import Dimension, NumberRange
from core.studies.values import refuse

STARTUP = 10  # random trials before the Bayesian strategies begin


class SearchStrategy(Choice, family="search strategy"):
    """How the values of the next trial are chosen."""

    page: ClassVar[str] = "Search"
    technique: ClassVar[str] = "S3"

    def check(self, space: Sequence[Dimension]) -> None:
        """Raise a pydantic error if the strategy cannot search this space."""


class RandomSearch(SearchStrategy):
    """Draws every value independently. With n trials, each dimension is tried at n different
    values, however many dimensions there are.
    """

    kind: Literal["random"] = "random"
    label: ClassVar[str] = "Random search"
    source: ClassVar[str] = "Bergstra & Bengio 2012"


class GridSearch(SearchStrategy):
    """Tries every combination of a few values of each dimension, for comparison: it wastes trials,
    because n trials in d dimensions try only n^(1/d) values of each, and most combinations repeat
    a value of the dimension that matters.
    """

    kind: Literal["grid"] = "grid"
    label: ClassVar[str] = "Grid"
    source: ClassVar[str] = "Bergstra & Bengio 2012"


class Tpe(SearchStrategy):
    """Bayesian search by density estimates: after 10 random trials, it draws values that are likely
    among the best results and unlikely among the others, for all dimensions together.
    """

    kind: Literal["tpe"] = "tpe"
    label: ClassVar[str] = "Bayesian (TPE)"
    formula: ClassVar[str] = r"v = \arg\max_v\; \ell(v) / g(v)"
    source: ClassVar[str] = "Bergstra et al. 2011; Watanabe 2023; Akiba et al. 2019 (Optuna)"


class GaussianProcess(SearchStrategy):
    """Bayesian search by a Gaussian process: predicts the result of any values with its
    uncertainty, and tries those with the highest expected improvement. For numbers only.
    """

    kind: Literal["gaussian_process"] = "gaussian_process"
    label: ClassVar[str] = "Bayesian (Gaussian process)"
    formula: ClassVar[str] = r"v = \arg\max_v\; \mathbb{E}[\max(0, f_\mathrm{best} - f(v))]"
    source: ClassVar[str] = "Snoek, Larochelle & Adams 2012; Akiba et al. 2019 (Optuna)"

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

    def check(self, space: Sequence[Dimension]) -> None:
        if space:
            raise refuse(
                "many_starts_vary_seeds",
                f"Many starts vary the seeds alone, but the space has {space[0].path}. Remove all "
                "settings from the space, or use another strategy.",
            )
