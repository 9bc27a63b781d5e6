"""Predictions as plain arrays: what a network answers, how sure it is, and which training samples
it sees as most alike.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.analysis.inside.familiarity import QUANTILE
from core.base.finding import Finding
from core.base.numbers import percent, readable, short

TOP = 3  # classes that are listed for each input


@dataclass(frozen=True)
class Prediction:
    """The answer for one input.

    `answer` is a class number, or a value in the unit of the target; `label` is its text.
    `probabilities` (C,), and `top`, the numbers of the most probable classes, are empty for values.
    `nearest` are rows of the training part, nearest first, with their `distances` in the last
    hidden layer. `distance` is the mean of these, and `threshold` is the distance above which an
    input is unlike the training set; both are None while the training set has not been compared.
    """

    name: str
    answer: int | float
    label: str
    probabilities: tuple[float, ...] = ()
    top: tuple[int, ...] = ()
    nearest: tuple[int, ...] = ()
    distances: tuple[float, ...] = ()
    distance: float | None = None
    threshold: float | None = None

    @property
    def probability(self) -> float | None:
        """The probability of the answer; None for values."""
        return self.probabilities[self.top[0]] if self.top else None

    @property
    def is_unfamiliar(self) -> bool | None:
        """Whether the input is unlike anything in the training set; None if that is unknown."""
        return None if self.distance is None else self.distance > self.threshold

    @property
    def finding(self) -> Finding | None:
        """The warning of an input that is unlike the training set; None for others."""
        if not self.is_unfamiliar:
            return None
        distance, threshold = short(self.distance, 3), short(self.threshold, 3)
        text = (
            "Unlike anything in the training set: the mean distance to the nearest training "
            f"samples is {distance}, and {percent(QUANTILE)} of known samples have less than "
            f"{threshold}. The answer is a guess; train with samples like this one."
        )
        evidence = {"distance": self.distance, "threshold": self.threshold}
        return Finding("unfamiliar_input", "warn", text, evidence)


@dataclass(frozen=True)
class Predictions:
    """The answers for N inputs; iterating yields a Prediction for each.

    `scores` are logits (N, C), or values (N, 1) in the unit of the target; `probabilities` are
    (N, C), or (N, 0) for values. `nearest` and `distances` are (N, k), or None.
    """

    names: tuple[str, ...]
    classes: tuple[str, ...]
    scores: np.ndarray
    probabilities: np.ndarray
    nearest: np.ndarray | None = None
    distances: np.ndarray | None = None
    threshold: float | None = None

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[Prediction]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, row: int) -> Prediction:
        facts = {}
        if self.distances is not None:
            facts = {
                "nearest": tuple(self.nearest[row].tolist()),
                "distances": tuple(self.distances[row].tolist()),
                "distance": float(self.distances[row].mean()),
                "threshold": self.threshold,
            }
        if not self.classes:
            value = float(self.scores[row, 0])
            return Prediction(self.names[row], value, readable(value), **facts)
        probabilities = self.probabilities[row]
        top = np.argsort(-self.scores[row], kind="stable")[:TOP]
        return Prediction(
            self.names[row],
            answer=int(top[0]),
            label=self.classes[top[0]],
            probabilities=tuple(probabilities.tolist()),
            top=tuple(top.tolist()),
            **facts,
        )
