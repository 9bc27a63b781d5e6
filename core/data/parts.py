"""Parts: pictures dealt class by class to training, validation and test, by largest remainder; and
training parts of a smaller size.
"""

from dataclasses import dataclass

import numpy as np

from core.base.errors import BadData
from core.base.text import counted


@dataclass(frozen=True)
class Parts:
    """Indices into the set, (n,) int64, sorted; together every picture once, if all are trained on.

    `test` is empty for a given test set.
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def divide(
    labels: np.ndarray, validation: float, test: float, *, stratified: bool = True, seed: int = 0
) -> Parts:
    """Deal pictures with these labels (N,): totals are the rounded shares of N, so are classes.

    The method is Hamilton's of 1792 for seats. A class keeps at least one picture to train on as
    long as there are as many of those as classes. Raises BadData when the training part would be
    empty.
    """
    total = len(labels)
    held = [int(total * share + 0.5) for share in (validation, test)]
    if total - sum(held) < 1:
        kept = f"{held[0]} for validation and {held[1]} for test"
        raise BadData(
            f"{counted(total, 'picture')}, split into {kept}, leave none to train on: "
            "give more pictures, or make these shares smaller."
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


def thinned(
    parts: Parts, labels: np.ndarray, kept: int, *, stratified: bool = True, seed: int = 0
) -> Parts:
    """The same parts with `kept` training pictures, in each class as many as its share says.

    Pictures come in one fixed order, of which the first ones are kept: one of every class, then by
    Sainte-Laguë's rule of 1910, which no larger number takes a seat from. So a smaller training
    part lies within a larger one.
    """
    draw = np.random.Generator(np.random.PCG64([seed, 1]))
    shuffled = draw.permutation(parts.train)
    groups = _groups(labels[shuffled]) if stratified else [np.arange(len(shuffled))]
    turn = np.empty(len(shuffled))
    for group in groups:  # picture j of a class with s of them has its turn at (j + ½)/s
        turn[group] = (np.arange(len(group)) + 0.5) / len(group)
        turn[group[0]] -= 1
    first = np.argsort(turn, kind="stable")[:kept]
    return Parts(np.sort(shuffled[first]), parts.validation, parts.test)


def apportion(seats: int, sizes: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Seats in proportion to `sizes`, at most `room` each, exactly `seats` in all (or all room)."""
    quota = seats * sizes / sizes.sum()
    given = np.minimum(np.floor(quota).astype(np.int64), room)
    while (left := min(seats, int(room.sum())) - int(given.sum())) > 0:
        open_ = np.flatnonzero(given < room)
        first = open_[np.argsort(given[open_] - quota[open_], kind="stable")][:left]
        given[first] += 1
    return given


def _groups(labels: np.ndarray) -> list[np.ndarray]:
    """The indices of each label, labels in order."""
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
