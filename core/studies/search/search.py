"""Search: one frozen value with what is varied, how the next trial is chosen, and what counts as
best. Pure: no torch, no files.
"""

from contextlib import suppress
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from core.base.errors import BadExperiment
from core.base.spec import Value, ranged
from core.base.text import join_words, uncapitalize
from core.experiment import Experiment
from core.studies.axes import Repeats
from core.studies.search.pruning import MedianRule, NoPruning, Pruning
from core.studies.search.space import Dimension, Values, apply, in_order
from core.studies.search.strategies import ManyStarts, SearchStrategy, Tpe
from core.studies.values import refuse
from core.studies.variable_fields import walk

Goal = Literal["validation_loss", "validation_error"]
Cost = Literal["", "seconds", "parameters", "multiply_adds"]
GOALS = {"validation_loss": "Validation loss", "validation_error": "Validation error"}
COSTS = {
    "": "None",
    "seconds": "Training time",
    "parameters": "Parameters",
    "multiply_adds": "Multiply-adds",
}
MAX_TRIALS = 5000


class Search(Value):
    """`base` is the experiment that all trials share and `space` what differs between them.

    Trial k is chosen from the results of the trials up to k − `parallel`, however many of them run
    at the same time, so that a search has the same trials on any number of processes.
    """

    name: str = Field("", max_length=60, description="Name of the search in lists.")
    about: str = Field("", max_length=300, description="What it is for, in a sentence or two.")
    base: Experiment = Experiment()
    space: tuple[Dimension, ...] = Field((), max_length=20)
    strategy: SearchStrategy = Tpe()
    pruning: Pruning = MedianRule()
    trials: int = ranged(30, 1, MAX_TRIALS, help="Number of settings to try.")
    seconds: float = ranged(0, 0, 1e7, unit="s", label="Time budget",
                            help="No further trial starts after it; 0: no limit.")  # fmt: skip
    parallel: int = ranged(
        4,
        1,
        1000,
        unit="trials",
        label="Trials at a time",
        help="A trial is chosen from the results of those that are this many earlier. At most so "
        "many trials run at the same time.",
    )
    goal: Goal = ranged("validation_loss", option_labels=GOALS, help="What the search minimizes.")
    against: Cost = ranged(
        "", label="Second goal", option_labels=COSTS,
        help="Also minimized: the answer is the front of settings that no other beats in both.",
    )  # fmt: skip
    finalists: int = ranged(3, 0, 20, help="How many of the best settings are trained again.")
    repeats: int = ranged(5, 2, 100, unit="seeds", help="Seeds for each finalist.")
    seed: int = ranged(0, 0, 2**31 - 1, help="Seed of the choice of trials.")

    @field_validator("base")
    @classmethod
    def _from_the_start(cls, base: Experiment) -> Experiment:
        """A search trains every trial from its first step."""
        return base.unforked

    @model_validator(mode="after")
    def _check(self) -> Self:
        paths = [dimension.path for dimension in self.space]
        if twice := sorted({path for path in paths if paths.count(path) > 1}):
            raise refuse(
                "duplicate_dimension",
                f"The search varies {', '.join(twice)} twice. Remove one of them.",
            )
        if not self.space and not isinstance(self.strategy, ManyStarts):
            raise refuse(
                "no_dimensions",
                "The search varies nothing. Choose at least one setting, or the strategy many "
                "starts, which varies the seeds alone.",
            )
        if self.against and not isinstance(self.pruning, NoPruning):
            raise refuse(
                "pruning_with_two_goals",
                "A search with two goals cannot end trials early: a small network learns more "
                "slowly, but it is cheap. Set pruning to none.",
            )
        self.strategy.check(self.space)
        for dimension in self.space:
            self._check_dimension(dimension)
        return self

    def _check_dimension(self, dimension: Dimension) -> None:
        base = self._having(dimension)
        if dimension.path.split(".")[0] in ("loss", "split", "data", "label_noise", "seeds"):
            raise refuse(
                "not_comparable",
                f"The search varies {dimension.path}, so that its trials would be measured in "
                "different ways and could not be compared. Remove it from the space.",
            )
        if base is None:
            raise refuse(
                "unknown_path",
                f"The search varies {dimension.path[:80]}, which is no setting of the experiment. "
                "Choose one of those that the Search page lists.",
            )
        for value in dimension.ends:
            try:
                dimension.apply(base, value)
            except BadExperiment as error:
                raise refuse(
                    "dimension_value", f"{dimension.path} at {value} is not possible: {error}"
                ) from None

    def _having(self, dimension: Dimension) -> Experiment | None:
        """Return the base, or the base with one option of another dimension, that has this
        setting: β₂ exists where the optimizer is Adam.
        """
        if dimension.is_in(self.base):
            return self.base
        for other in in_order(self.space):
            if dimension.path.startswith(f"{other.path}."):
                for value in other.ends:
                    with suppress(BadExperiment):
                        if dimension.is_in(changed := other.apply(self.base, value)):
                            return changed
        return None

    @cached_property
    def dimensions(self) -> dict[str, Dimension]:
        """The dimensions by their path, in the order in which they are applied."""
        return {dimension.path: dimension for dimension in in_order(self.space)}

    def experiment(self, values: Values, seed: int = 0) -> Experiment:
        """Return the experiment with these values and with the seeds of repetition `seed`. Raises
        BadExperiment where it refuses them.
        """
        experiment = apply(self.space, self.base, values)
        return Repeats(count=1).apply(experiment, seed) if seed else experiment

    @property
    def summary(self) -> str:
        """A few words for lists."""
        known = {  # without its owner, which is obvious but for parts of a list
            path: label if path.count(".") > 1 else fact.label
            for label, path, fact, _ in walk(self.base)
        }
        titles = [uncapitalize(known.get(one.path, one.title)) for one in self.space]
        return f"{self.strategy.label} · {join_words(titles) or 'seeds'}"
