"""Splits: disjoint, complete, exact, stratified, seeded."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from core.base.errors import BadData
from core.data.split import Split

fractions = st.sampled_from([0.0, 0.01, 0.05, 0.1, 0.15, 0.2, 0.33, 0.45])


@given(
    st.lists(st.integers(0, 6), min_size=30, max_size=400),
    fractions,
    fractions,
    st.booleans(),
    st.integers(0, 99),
)
@settings(max_examples=200)
def test_every_sample_is_used_once_with_exact_totals(labels, validation, test, stratified, seed):
    labels = np.array(labels)
    parts = Split(validation=validation, test=test, stratified=stratified, seed=seed).parts(labels)
    everything = np.concatenate([parts.train, parts.validation, parts.test])
    assert np.array_equal(np.sort(everything), np.arange(len(labels)))
    assert len(parts.validation) == int(len(labels) * validation + 0.5)
    assert len(parts.test) == int(len(labels) * test + 0.5)
    for part in (parts.train, parts.validation, parts.test):
        assert part.dtype == np.int64 and (np.diff(part) > 0).all()
    if stratified:
        check_strata(labels, parts, validation + test)


def check_strata(labels, parts, held: float):
    """Each class is within one sample of its fraction, if all have room for both, rounded up."""
    sizes = np.unique(labels, return_counts=True)[1]
    if len(parts.train) >= len(sizes):
        assert set(labels[parts.train]) == set(labels)
    if (held * sizes + 2 <= sizes - 1).all():
        for part in (parts.validation, parts.test):
            exact = len(part) * sizes / len(labels)
            dealt = [(labels[part] == label).sum() for label in np.unique(labels)]
            assert (np.abs(dealt - exact) < 1 + 1e-9).all()


def test_seventy_fifteen_fifteen():
    labels = np.arange(10_000) % 10
    parts = Split().parts(labels)
    for part, size in ((parts.train, 700), (parts.validation, 150), (parts.test, 150)):
        assert np.bincount(labels[part]).tolist() == [size] * 10


def test_the_seed_decides_and_repeats():
    labels = np.arange(200) % 4
    first, again, other = (Split(seed=s).parts(labels) for s in (7, 7, 8))
    assert np.array_equal(first.test, again.test) and np.array_equal(first.train, again.train)
    assert not np.array_equal(first.test, other.test)


def test_the_split_is_shuffled():
    parts = Split(validation=0.2, test=0.0, stratified=False).parts(np.zeros(1000, int))
    assert 400 < parts.validation.mean() < 600


def test_a_separate_test_set_leaves_the_test_fraction_to_training():
    parts = Split(validation=0.1, test=0.3).parts(np.arange(100) % 2, has_test=True)
    assert (len(parts.train), len(parts.validation), len(parts.test)) == (90, 10, 0)


def test_a_rare_class_is_trained_on():
    labels = np.array([0] * 97 + [1, 1, 2])
    parts = Split(validation=0.45, test=0.45).parts(labels)
    assert {1, 2} <= set(labels[parts.train]) and len(parts.train) == 10


def test_a_split_without_training_data_is_refused():
    with pytest.raises(BadData, match="2 samples") as caught:
        Split(validation=0.4, test=0.5).parts(np.array([0, 1]))
    assert caught.value.code == "no_training_data"
    with pytest.raises(ValidationError, match="no training data"):
        Split(validation=0.5, test=0.5)


FRACTIONS = (0.004, 0.01, 0.03, 0.1, 0.25, 0.5, 0.51, 0.8, 0.999, 1.0)


@given(
    st.lists(st.integers(0, 6), min_size=10, max_size=300),
    fractions,
    st.booleans(),
    st.integers(0, 99),
)
@settings(max_examples=100)
def test_smaller_fractions_are_subsets_and_leave_the_other_parts(
    labels, validation, stratified, seed
):
    labels = np.array(labels)
    how = dict(validation=validation, test=0.1, stratified=stratified, seed=seed)
    whole = Split(**how).parts(labels)
    larger = set()
    for fraction in FRACTIONS:
        parts = Split(**how, fraction=fraction).parts(labels)
        assert np.array_equal(parts.validation, whole.validation)
        assert np.array_equal(parts.test, whole.test)
        assert len(parts.train) == max(1, int(len(whole.train) * fraction + 0.5))
        assert larger <= set(parts.train) <= set(whole.train)
        assert parts.train.dtype == np.int64 and (np.diff(parts.train) > 0).all()
        larger = set(parts.train)
    assert np.array_equal(parts.train, whole.train)


@pytest.mark.parametrize("fraction", FRACTIONS)
def test_a_fraction_keeps_the_class_proportions_and_one_of_each(fraction):
    labels = np.repeat(np.arange(4), [1000, 600, 390, 10])
    kept = Split(validation=0, test=0, fraction=fraction).parts(labels).train
    found, exact = np.bincount(labels[kept], minlength=4), fraction * np.bincount(labels)
    assert (found[np.argsort(-exact)[: len(kept)]] >= 1).all()
    assert (np.abs(found - exact) < 2).all()


def test_a_fraction_is_drawn_by_the_seed_and_not_the_first_rows():
    labels = np.zeros(1000, int)
    rows = [
        Split(validation=0, test=0, fraction=0.1, seed=s).parts(labels).train for s in (1, 1, 2)
    ]
    assert np.array_equal(rows[0], rows[1]) and not np.array_equal(rows[0], rows[2])
    assert 400 < rows[0].mean() < 600
