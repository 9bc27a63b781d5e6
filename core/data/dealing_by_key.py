"""Dealing by key: draw the training, validation and test set by the group, the time or the
identifier of each sample.

Imports NumPy only, so that it can be pasted into a script. All parts are sorted indices, (n,).
"""

from hashlib import blake2b

import numpy as np


def deal_groups(
    groups: np.ndarray, validation: float, test: float, *, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the training, validation and test set of samples with these group numbers (N,), so
    that no group is in two parts.

    Groups are drawn in random order. Each goes to the part that lacks most samples to its rounded
    fraction of N, of those that it exceeds by at most half of the group, else to the training set.
    A part with a fraction gets at least one group; there must be as many groups.
    """
    _, groups = np.unique(groups, return_inverse=True)
    sizes = np.bincount(groups)
    held = [int(len(groups) * fraction + 0.5) for fraction in (validation, test)]
    lacking = [len(groups) - sum(held), *held]
    empty = {part for part in range(3) if lacking[part]}
    part_of = np.zeros(len(sizes), np.int64)
    order = np.random.Generator(np.random.PCG64(seed)).permutation(len(sizes))
    for drawn, group in enumerate(order.tolist()):
        if len(empty) == len(order) - drawn:  # the last groups: one for each part without any
            open_ = sorted(empty)
        else:
            open_ = [part for part in range(3) if lacking[part] >= sizes[group] / 2] or [0]
        part = max(open_, key=lambda part: lacking[part])
        part_of[group] = part
        lacking[part] -= int(sizes[group])
        empty.discard(part)
    return _parts(part_of[groups])


def deal_in_order(
    times: np.ndarray, validation: float, test: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the training, validation and test set of samples with these times (N,), as rising
    numbers: all validation samples are later than those for training, and all test samples later
    still.

    Samples of one time stay together, so the cuts are the ones closest to the rounded fractions of
    N. A part with a fraction gets at least one time; there must be as many times.
    """
    _, times = np.unique(times, return_inverse=True)
    ends = np.cumsum(np.bincount(times))  # samples up to each time
    held = [int(len(times) * fraction + 0.5) for fraction in (validation, test)]
    last = len(ends) - bool(held[1])  # times that are left for training and validation
    second = len(ends) if not held[1] else _cut(ends, len(times) - held[1], 1 + bool(held[0]), last)
    first = second if not held[0] else _cut(ends, len(times) - sum(held), 1, second - 1)
    return _parts((times >= first).astype(np.int64) + (times >= second))


def _cut(ends: np.ndarray, wanted: int, least: int, most: int) -> int:
    """Return the number of times, from `least` to `most`, that has the closest to `wanted`
    samples.
    """
    return least + int(np.abs(ends[least - 1 : most] - wanted).argmin())


def deal_hashed(
    places: np.ndarray, validation: float, test: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the training, validation and test set of samples with these numbers of `hash_places`,
    (N,): the smallest ones are for testing, the next ones for validation. A part may be empty.
    """
    return _parts(np.where(places < test, 2, (places < test + validation).astype(np.int64)))


def hash_places(keys: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return a number in [0, 1) for each key (N,), which depends on this key and the seed alone:
    the first 53 bits of BLAKE2b (RFC 7693) of "seed:key", divided by 2⁵³.
    """
    digests = (blake2b(f"{seed}:{key}".encode(), digest_size=8).digest() for key in keys.tolist())
    return np.array([(int.from_bytes(digest) >> 11) / 2**53 for digest in digests])


def _parts(part: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the indices of the samples of part 0, 1 and 2."""
    trains, validations, tests = (np.flatnonzero(part == number) for number in range(3))
    return trains, validations, tests
