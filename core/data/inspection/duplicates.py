"""Twins: rows that stand in a file twice, or in both of two, found by a hash of each row and then
compared. Needs 24 bytes a row beyond the rows.
"""

from dataclasses import dataclass

import numpy as np

BLOCK = 2**21  # bytes of rows that are hashed together


@dataclass(frozen=True)
class Twins:
    """Row `again[i]` is equal to row `first[i]`, which stands before it or in the other file."""

    again: np.ndarray
    first: np.ndarray

    def __len__(self) -> int:
        return len(self.again)


def within(rows: np.ndarray) -> Twins:
    """The rows (N, F) that repeat an earlier one."""
    hashes = fingerprints(rows, rows.dtype)
    order = np.argsort(hashes, kind="stable")
    new = np.ones(len(order), bool)  # in sorted order: begins another hash
    np.not_equal(hashes[order[1:]], hashes[order[:-1]], out=new[1:])
    heads = order[np.flatnonzero(new)][np.cumsum(new) - 1]
    again, first = order[~new], heads[~new]
    return _checked(rows, again, rows, first)


def across(train: np.ndarray, test: np.ndarray) -> Twins:
    """The rows of `test` (`again`) that also stand in `train` (`first`)."""
    dtype = np.result_type(train.dtype, test.dtype)
    known = fingerprints(train, dtype)
    order = np.argsort(known, kind="stable")
    asked = fingerprints(test, dtype)
    places = np.minimum(np.searchsorted(known[order], asked), len(order) - 1)
    again = np.flatnonzero(known[order[places]] == asked)
    return _checked(test, again, train, order[places[again]])


def fingerprints(rows: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """(N, F) -> (N,) uint64: Σ aᵢ·mix(wᵢ) mod 2⁶⁴ over a row's words wᵢ of 8 bytes, as `dtype`.

    aᵢ are odd and drawn (multilinear hashing: Carter & Wegman 1979); `mix` moves high bits down,
    because a factor never does.
    """
    width = rows.shape[1] * dtype.itemsize
    words = -(-width // 8)
    draw = np.random.Generator(np.random.PCG64(0))
    factors = draw.integers(0, 2**64, words, dtype=np.uint64) | np.uint64(1)
    step = max(1, BLOCK // (8 * words))
    found = np.empty(len(rows), np.uint64)
    for start in range(0, len(rows), step):
        block = np.ascontiguousarray(rows[start : start + step], dtype)
        if dtype.kind == "f":
            block = block + dtype.type(0)  # −0 is 0
        filled = np.zeros((len(block), 8 * words), np.uint8)
        filled[:, :width] = block.view(np.uint8)
        mixed = filled.view(np.uint64)
        mixed ^= mixed >> np.uint64(32)
        mixed *= np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
        found[start : start + step] = (mixed * factors).sum(axis=1, dtype=np.uint64)
    return found


def _checked(rows: np.ndarray, again: np.ndarray, others: np.ndarray, first: np.ndarray) -> Twins:
    """Only the pairs that are equal indeed, in the order of `again`."""
    order = np.argsort(again, kind="stable")
    again, first = again[order], first[order]
    same = np.zeros(len(again), bool)
    step = max(1, BLOCK // max(rows[:1].nbytes, 1))
    for start in range(0, len(again), step):
        part = slice(start, start + step)
        same[part] = (rows[again[part]] == others[first[part]]).all(axis=1)
    return Twins(again[same], first[same])
