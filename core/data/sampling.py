"""Sampling: which training samples an epoch uses, and in which order. Choices only.

The drawing is in `samplers.py`. The batch size belongs to the experiment.
"""

from collections.abc import Sequence
from typing import ClassVar, Literal

from core.base.misfit import Misfit
from core.base.spec import Call, Choice


class Sampling(Choice, family="sampling"):
    """n: training samples and draws per epoch. C: classes. n_c: samples of class c."""

    page: ClassVar[str] = "Train"
    supports_values: ClassVar[bool] = True  # whether it also works without classes
    repeats: ClassVar[bool] = True  # whether an epoch can draw a sample more than once

    def call(self) -> Call:
        """Return its sampler of `core.data.samplers`, which takes the training targets."""
        return Call(f"core.data.samplers.{type(self).__name__}Sampler")

    def misfit(self, classes: Sequence[str]) -> Misfit | None:
        """Return why it does not fit these classes (none for values), else None."""
        if classes or self.supports_values:
            return None
        text = (
            f"{self.label} sampling needs classes, but this dataset has values to predict. Use "
            f"{Shuffle.label} instead."
        )
        return Misfit("sampling_needs_classes", text, {"kind": self.kind})


class Shuffle(Sampling):
    """Every sample once per epoch, in a new random order."""

    kind: Literal["shuffle"] = "shuffle"
    label: ClassVar[str] = "Shuffle"
    formula: ClassVar[str] = r"(i_1, \dots, i_n) \text{ a permutation}"
    source: ClassVar[str] = "Bottou 2009"
    technique: ClassVar[str] = "D8"
    repeats: ClassVar[bool] = False


class InOrder(Sampling):
    """Every sample once per epoch, always in the order of the dataset. Where its rows are sorted by
    class, a mini-batch contains one class and the network forgets the others: what shuffling is
    for.
    """

    kind: Literal["in_order"] = "in_order"
    label: ClassVar[str] = "In order"
    formula: ClassVar[str] = r"i_k = k"
    source: ClassVar[str] = "Bottou 2009"
    technique: ClassVar[str] = "D8"
    repeats: ClassVar[bool] = False


class Bootstrap(Sampling):
    """Draws with replacement: per epoch, about 37 % of the samples are missing, others repeat."""

    kind: Literal["bootstrap"] = "bootstrap"
    label: ClassVar[str] = "With replacement"
    formula: ClassVar[str] = r"P(i) = \tfrac1n"
    source: ClassVar[str] = "Efron 1979 (bootstrap); Robbins & Monro 1951"
    technique: ClassVar[str] = "D8"


class Balanced(Sampling):
    """Draws with replacement, all classes equally often, so samples of rare classes repeat."""

    kind: Literal["balanced"] = "balanced"
    label: ClassVar[str] = "Class-balanced"
    formula: ClassVar[str] = r"P(i) = \frac{1}{C\,n_{c(i)}}"
    source: ClassVar[str] = "Shen, Lin & Huang 2016"
    technique: ClassVar[str] = "D8"
    supports_values: ClassVar[bool] = False
