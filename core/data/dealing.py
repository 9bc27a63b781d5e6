"""Dealing: draw the training, validation and test set, class by class, and reduce a training set.

Imports NumPy only, so that it can be pasted into a script. All parts are sorted indices, (n,).
"""

import numpy as np


def deal(
    labels: np.ndarray, validation: float, test: float, *, stratified: bool = True, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the training, validation and test set of samples with these labels (N,), with the
    rounded fractions of N.

    Classes are apportioned by largest remainder (Hamilton 1792). Every class keeps at least one
    training sample if there are enough.
    """
    held = [int(len(labels) * fraction + 0.5) for fraction in (validation, test)]
    groups = group_by_label(labels) if stratified else [np.arange(len(labels))]
    sizes = np.array([len(group) for group in groups])
    room = sizes - 1 if len(labels) - sum(held) >= len(groups) else sizes
    for_test = apportion(held[1], sizes, room)
    for_validation = apportion(held[0], sizes, room - for_test)
    draw = np.random.Generator(np.random.PCG64(seed))
    dealt = [draw.permutation(group) for group in groups]
    cuts = [
        np.split(d, [t, t + v]) for d, t, v in zip(dealt, for_test, for_validation, strict=True)
    ]
    tests, validations, trains = (np.sort(np.concatenate(part)) for part in zip(*cuts, strict=True))
    return trains, validations, tests


def deal_around(
    labels: np.ndarray,
    validation: np.ndarray,
    test: float,
    *,
    stratified: bool = True,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the training, validation and test set of samples of which the sorted indices
    `validation` are the validation set; `test` is the fraction of the others that is held out for
    testing.
    """
    others = np.setdiff1d(np.arange(len(labels)), validation, assume_unique=True)
    train, _, tests = deal(labels[others], 0.0, test, stratified=stratified, seed=seed)
    return others[train], np.asarray(validation, np.int64), others[tests]


def reduce_training(
    train: np.ndarray, labels: np.ndarray, count: int, *, stratified: bool = True, seed: int = 0
) -> np.ndarray:
    """Return `count` of the training samples, in the proportions of the classes.

    The first samples of one fixed order are used: one of every class, then by the method of
    Sainte-Laguë (1910), so a smaller training set is a subset of a larger one.
    """
    draw = np.random.Generator(np.random.PCG64([seed, 1]))
    shuffled = draw.permutation(train)
    groups = group_by_label(labels[shuffled]) if stratified else [np.arange(len(shuffled))]
    turn = np.empty(len(shuffled))
    for group in groups:  # sample j of a class of s has its turn at (j + ½)/s
        turn[group] = (np.arange(len(group)) + 0.5) / len(group)
        turn[group[0]] -= 1
    first = np.argsort(turn, kind="stable")[:count]
    return np.sort(shuffled[first])


def apportion(seats: int, sizes: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Apportion seats to `sizes`, at most `room` each, `seats` in all (or all of the room)."""
    quota = seats * sizes / sizes.sum()
    assigned = np.minimum(np.floor(quota).astype(np.int64), room)
    while (left := min(seats, int(room.sum())) - int(assigned.sum())) > 0:
        open_ = np.flatnonzero(assigned < room)
        first = open_[np.argsort(assigned[open_] - quota[open_], kind="stable")][:left]
        assigned[first] += 1
    return assigned


def group_by_label(labels: np.ndarray) -> list[np.ndarray]:
    """Return the indices of each label, in the order of the labels."""
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
