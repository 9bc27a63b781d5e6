"""Parts: split samples into training, validation and test sets, class by class, and reduce them."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from core.base.errors import BadData
from core.base.text import counted


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
    """Split samples with these labels (N,) into parts of the rounded fractions of N.

    Classes are apportioned by largest remainder (Hamilton 1792). Every class keeps at least one
    training sample if there are enough. Raises BadData if the training set would be empty.
    """
    total = len(labels)
    held = [int(total * fraction + 0.5) for fraction in (validation, test)]
    if total - sum(held) < 1:
        raise BadData(
            f"{counted(total, 'sample')} with {held[0]} for validation and {held[1]} for testing "
            "leave none for training. Add samples or reduce these fractions.",
            code="no_training_data",
        )
    groups = _groups(labels) if stratified else [np.arange(total)]
    sizes = np.array([len(group) for group in groups])
    room = sizes - 1 if total - sum(held) >= len(groups) else sizes
    for_test = apportion(held[1], sizes, room)
    for_validation = apportion(held[0], sizes, room - for_test)
    draw = np.random.Generator(np.random.PCG64(seed))
    dealt = [draw.permutation(group) for group in groups]
    cuts = [
        np.split(d, [t, t + v]) for d, t, v in zip(dealt, for_test, for_validation, strict=True)
    ]
    tests, validations, trains = (np.sort(np.concatenate(part)) for part in zip(*cuts, strict=True))
    return Parts(trains, validations, tests)


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
    others = np.setdiff1d(np.arange(len(labels)), validation, assume_unique=True)
    dealt = deal(labels[others], 0.0, test, stratified=stratified, seed=seed)
    return Parts(others[dealt.train], np.asarray(validation, np.int64), others[dealt.test])


def reduce_training(
    parts: Parts, labels: np.ndarray, count: int, *, stratified: bool = True, seed: int = 0
) -> Parts:
    """Return the parts with only `count` training samples, in the proportions of the classes.

    The first samples of one fixed order are used: one of every class, then by the method of
    Sainte-Laguë (1910), so a smaller training set is a subset of a larger one.
    """
    draw = np.random.Generator(np.random.PCG64([seed, 1]))
    shuffled = draw.permutation(parts.train)
    groups = _groups(labels[shuffled]) if stratified else [np.arange(len(shuffled))]
    turn = np.empty(len(shuffled))
    for group in groups:  # sample j of a class of s has its turn at (j + ½)/s
        turn[group] = (np.arange(len(group)) + 0.5) / len(group)
        turn[group[0]] -= 1
    first = np.argsort(turn, kind="stable")[:count]
    return Parts(np.sort(shuffled[first]), parts.validation, parts.test)


def apportion(seats: int, sizes: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Apportion seats to `sizes`, at most `room` each, `seats` in all (or all of the room)."""
    quota = seats * sizes / sizes.sum()
    assigned = np.minimum(np.floor(quota).astype(np.int64), room)
    while (left := min(seats, int(room.sum())) - int(assigned.sum())) > 0:
        open_ = np.flatnonzero(assigned < room)
        first = open_[np.argsort(assigned[open_] - quota[open_], kind="stable")][:left]
        assigned[first] += 1
    return assigned


def _groups(labels: np.ndarray) -> list[np.ndarray]:
    """Return the indices of each label, in the order of the labels."""
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
