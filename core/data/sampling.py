"""Sampling: which training samples an epoch uses, and in which order. Choices only; the drawing is
in `samplers.py`. The batch size is the experiment's: 1 is pure stochastic descent, all is plain.
"""

from collections.abc import Sequence
from typing import ClassVar, Literal

from core.base.spec import Call, Choice


class Sampling(Choice, family="sampling"):
    """n: training samples, and as many draws an epoch. C: classes, n_c: samples of class c."""

    page: ClassVar[str] = "Train"
    for_values: ClassVar[bool] = True  # whether it also fits targets that are no classes

    def call(self) -> Call:
        """Its sampler: an object of `core.data.samplers`, made with the training targets."""
        return Call(f"core.data.samplers.{type(self).__name__}Sampler")

    def problem(self, classes: Sequence[str]) -> str | None:
        """Why it cannot draw samples of these classes (none: values), and the way out."""
        if classes or self.for_values:
            return None
        return (
            f"{self.label} sampling wants classes, but this data has values to predict: choose "
            f"{Shuffle.label}."
        )


class Shuffle(Sampling):
    """Every sample once an epoch, in a new chance order."""

    kind: Literal["shuffle"] = "shuffle"
    label: ClassVar[str] = "Shuffle"
    formula: ClassVar[str] = r"(i_1, \dots, i_n) \text{ a permutation}"
    source: ClassVar[str] = "Bottou 2009"
    technique: ClassVar[str] = "D8"


class Bootstrap(Sampling):
    """Draws with replacement: in one epoch 37 % of the samples do not come, others come several
    times.
    """

    kind: Literal["bootstrap"] = "bootstrap"
    label: ClassVar[str] = "With replacement"
    formula: ClassVar[str] = r"P(i) = \tfrac1n"
    source: ClassVar[str] = "Efron 1979 (bootstrap); Robbins & Monro 1951"
    technique: ClassVar[str] = "D8"


class Balanced(Sampling):
    """Draws with replacement, every class as often: rare classes are seen again and again."""

    kind: Literal["balanced"] = "balanced"
    label: ClassVar[str] = "Class-balanced"
    formula: ClassVar[str] = r"P(i) = \frac{1}{C\,n_{c(i)}}"
    source: ClassVar[str] = "Shen, Lin & Huang 2016"
    technique: ClassVar[str] = "D8"
    for_values: ClassVar[bool] = False
