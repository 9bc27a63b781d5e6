"""Duplicates against a plain implementation: a dictionary of rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.data.inspection import duplicates


def plain(rows: np.ndarray) -> list[tuple[int, int]]:
    first: dict[tuple, int] = {}
    pairs = ((place, first.setdefault(tuple(row), place)) for place, row in enumerate(rows))
    return [(again, early) for again, early in pairs if again != early]


TABLES = st.one_of(
    arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 19)), elements=st.integers(0, 2)),
    arrays(
        np.float32,
        st.tuples(st.integers(1, 40), st.integers(1, 5)),
        elements=st.sampled_from([0.0, -0.0, 0.5, 1e30]),
    ),
)


@given(TABLES)
def test_repeated_rows_are_found(rows):
    found = duplicates.within(rows)
    assert list(zip(found.repeat.tolist(), found.original.tolist(), strict=True)) == plain(rows)


@given(TABLES, st.randoms())
def test_rows_in_both_files_are_found(rows, random):
    place = random.randrange(len(rows))
    train, test = rows[: place + 1], rows[place:]
    found = duplicates.across(train, test)
    known = {tuple(row) for row in train}
    assert found.repeat.tolist() == [i for i, row in enumerate(test) if tuple(row) in known]
    np.testing.assert_array_equal(train[found.original], test[found.repeat])


def test_files_of_different_types_are_compared_by_value():
    train = np.array([[1, 2], [3, 4]], np.uint8)
    test = np.array([[3, 4], [3, 4.5]], np.float32)
    found = duplicates.across(train, test)
    assert (found.repeat.tolist(), found.original.tolist()) == ([0], [1])


def test_different_rows_of_equal_hash_are_not_duplicates(monkeypatch):
    monkeypatch.setattr(
        duplicates, "fingerprints", lambda rows, dtype: np.zeros(len(rows), np.uint64)
    )
    rows = np.array([[1], [2], [1], [3]], np.uint8)
    found = duplicates.within(rows)
    assert (found.repeat.tolist(), found.original.tolist()) == ([2], [0])


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_every_single_change_changes_the_hash(dtype):
    """Also in the highest byte of a word, where a product alone would keep only eight bits."""
    rows = np.zeros((785, 784), dtype)
    rows[np.arange(1, 785), np.arange(784)] = 1
    assert len(np.unique(duplicates.fingerprints(rows, rows.dtype))) == 785
    many = np.random.Generator(np.random.PCG64(0)).integers(0, 256, (20_000, 8)).astype(dtype)
    hashes = duplicates.fingerprints(many, many.dtype)
    assert len(np.unique(hashes)) == len(np.unique(many, axis=0))


def test_the_block_size_changes_nothing(monkeypatch):
    rows = np.random.Generator(np.random.PCG64(0)).integers(0, 2, (300, 9)).astype(np.uint8)
    whole = duplicates.within(rows)
    monkeypatch.setattr(duplicates, "BLOCK", 100)
    parts = duplicates.within(rows)
    np.testing.assert_array_equal(whole.repeat, parts.repeat)
    np.testing.assert_array_equal(whole.original, parts.original)
