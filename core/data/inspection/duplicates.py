"""Duplicates: rows that occur twice in one file, or in both of two files.

Rows are hashed, and rows of equal hash are compared. Needs 24 bytes per row besides the rows.
Missing values (NaN) equal each other.
"""

from dataclasses import dataclass

import numpy as np

BLOCK = 2**21  # bytes of rows that are hashed in one go


@dataclass(frozen=True)
class Duplicates:
    """Row `repeat[i]` equals row `original[i]`, which comes before it or is in the other file."""

    repeat: np.ndarray
    original: np.ndarray

    def __len__(self) -> int:
        return len(self.repeat)


def within(rows: np.ndarray) -> Duplicates:
    """Find the rows (N, F) that repeat an earlier one."""
    hashes = fingerprints(rows, rows.dtype)
    order = np.argsort(hashes, kind="stable")
    is_new = np.ones(len(order), bool)  # in sorted order: the first row of its hash
    np.not_equal(hashes[order[1:]], hashes[order[:-1]], out=is_new[1:])
    heads = order[np.flatnonzero(is_new)][np.cumsum(is_new) - 1]
    repeat, original = order[~is_new], heads[~is_new]
    return _verified(rows, repeat, rows, original)


def across(train: np.ndarray, test: np.ndarray) -> Duplicates:
    """Find the rows of `test` (`repeat`) that are also in `train` (`original`)."""
    dtype = np.result_type(train.dtype, test.dtype)
    hashes = fingerprints(train, dtype)
    order = np.argsort(hashes, kind="stable")
    wanted = fingerprints(test, dtype)
    positions = np.minimum(np.searchsorted(hashes[order], wanted), len(order) - 1)
    repeat = np.flatnonzero(hashes[order[positions]] == wanted)
    return _verified(test, repeat, train, order[positions[repeat]])


def fingerprints(rows: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Hash each row of (N, F), taken as `dtype`: Σ aᵢ·mix(wᵢ) mod 2⁶⁴, (N,) uint64.

    wᵢ are the row's words of 8 bytes and aᵢ random odd factors (multilinear hashing: Carter &
    Wegman 1979). `mix` moves high bits down, which multiplying never does.
    """
    width = rows.shape[1] * dtype.itemsize
    words = -(-width // 8)
    draw = np.random.Generator(np.random.PCG64(0))
    factors = draw.integers(0, 2**64, words, dtype=np.uint64) | np.uint64(1)
    step = max(1, BLOCK // (8 * words))
    hashes = np.empty(len(rows), np.uint64)
    for start in range(0, len(rows), step):
        block = np.ascontiguousarray(rows[start : start + step], dtype)
        if dtype.kind == "f":
            block = np.where(np.isnan(block), dtype.type(np.nan), block + dtype.type(0))  # −0 is 0
        filled = np.zeros((len(block), 8 * words), np.uint8)
        filled[:, :width] = block.view(np.uint8)
        mixed = filled.view(np.uint64)
        mixed ^= mixed >> np.uint64(32)
        mixed *= np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
        hashes[start : start + step] = (mixed * factors).sum(axis=1, dtype=np.uint64)
    return hashes


def _verified(
    rows: np.ndarray, repeat: np.ndarray, others: np.ndarray, original: np.ndarray
) -> Duplicates:
    """Keep the pairs that are truly equal, in the order of `repeat`."""
    order = np.argsort(repeat, kind="stable")
    repeat, original = repeat[order], original[order]
    same = np.zeros(len(repeat), bool)
    step = max(1, BLOCK // max(rows[:1].nbytes, 1))
    for start in range(0, len(repeat), step):
        part = slice(start, start + step)
        first, second = rows[repeat[part]], others[original[part]]
        equal = first == second
        if first.dtype.kind == second.dtype.kind == "f":
            equal |= np.isnan(first) & np.isnan(second)
        same[part] = equal.all(axis=1)
    return Duplicates(repeat[same], original[same])
