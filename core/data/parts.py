"""Parts: the training, validation and test set of a dataset. They are drawn in `dealing.py`."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from core.base.errors import BadData
from core.base.text import counted
from core.data import dealing


@dataclass(frozen=True)
class Parts:
    """Sorted indices into the samples, (n,) int64, each sample at most once.

    `test` is empty if the dataset has its own test set. `dropped` are the samples of the training
    set that are left out.
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    dropped: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))

    def without(self, rows: np.ndarray) -> Self:
        """Return the parts without these samples. Raises BadData if no training sample is left."""
        train, validation, test = (
            np.setdiff1d(part, rows, assume_unique=True)
            for part in (self.train, self.validation, self.test)
        )
        if not len(train):
            raise BadData(
                f"All {counted(len(self.train), 'training sample')} are dropped. Restore some of "
                "them, or use the dataset without corrections.",
                code="no_training_data",
            )
        return type(self)(train, validation, test, np.intersect1d(self.train, rows))


def deal(
    labels: np.ndarray, validation: float, test: float, *, stratified: bool = True, seed: int = 0
) -> Parts:
    """Split samples with these labels (N,) into parts of the rounded fractions of N, as
    `dealing.deal` does. Raises BadData if the training set would be empty.
    """
    _require_training(len(labels), validation, test)
    return Parts(*dealing.deal(labels, validation, test, stratified=stratified, seed=seed))


def deal_around(
    labels: np.ndarray,
    validation: np.ndarray,
    test: float,
    *,
    stratified: bool = True,
    seed: int = 0,
) -> Parts:
    """Split samples of which the sorted indices `validation` are the validation set; `test` is the
    fraction of the others that is held out for testing. Raises BadData as `deal` does.
    """
    _require_training(len(labels) - len(validation), 0.0, test)
    return Parts(*dealing.deal_around(labels, validation, test, stratified=stratified, seed=seed))


def reduce_training(
    parts: Parts, labels: np.ndarray, count: int, *, stratified: bool = True, seed: int = 0
) -> Parts:
    """Return the parts with only `count` training samples, as `dealing.reduce_training` does."""
    train = dealing.reduce_training(parts.train, labels, count, stratified=stratified, seed=seed)
    return Parts(train, parts.validation, parts.test)


def _require_training(total: int, validation: float, test: float) -> None:
    held = [int(total * fraction + 0.5) for fraction in (validation, test)]
    if total - sum(held) < 1:
        raise BadData(
            f"{counted(total, 'sample')} with {held[0]} for validation and {held[1]} for testing "
            "leave none for training. Add samples or reduce these fractions.",
            code="no_training_data",
        )
