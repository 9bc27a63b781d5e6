"""Label noise: an exact number of labels, every other class equally likely, training set only."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.data.label_noise import LabelNoise, add_noise

CLASSES = tuple("abcde")


@given(
    count=st.integers(0, 300),
    classes=st.integers(2, 7),
    share=st.floats(0, 1),
    seed=st.integers(0, 2**31 - 1),
)
def test_exactly_the_rounded_fraction_is_changed_and_returned(count, classes, share, seed):
    labels = np.arange(count) * 7 % classes
    kept = labels.copy()
    result, changed = add_noise(labels, classes, share, seed)
    assert np.array_equal(labels, kept)
    assert np.array_equal(np.flatnonzero(result != labels), changed)
    assert len(changed) == int(share * count + 0.5)
    assert result.dtype == labels.dtype
    assert not count or (result.min() >= 0 and result.max() < classes)


def test_every_other_class_is_equally_likely_for_every_label():
    labels = np.arange(60_000) % 5
    result, changed = add_noise(labels, 5, 0.5, 1)
    for label in range(5):
        became = np.bincount(result[changed][labels[changed] == label], minlength=5)
        assert became[label] == 0
        assert stats.chisquare(np.delete(became, label)).pvalue > 1e-4
    hit = np.bincount(labels[changed], minlength=5)  # 6,000 of each, without stratification
    assert (np.abs(hit - 6000) < 4.5 * np.sqrt(12_000 * 0.5 * 0.5)).all()


def test_the_seed_decides_and_a_larger_fraction_includes_a_smaller_one():
    labels = np.arange(500) % 4
    some, first = add_noise(labels, 4, 0.2, 3)
    more, second = add_noise(labels, 4, 0.6, 3)
    again, _ = add_noise(labels, 4, 0.2, 3)
    other, _ = add_noise(labels, 4, 0.2, 4)
    assert set(first) < set(second) and np.array_equal(some[first], more[first])
    assert np.array_equal(some, again) and not np.array_equal(some, other)


def test_only_training_rows_change():
    targets = np.arange(200) % 5
    rows = np.arange(0, 200, 2)
    result, changed = LabelNoise(share=0.3).apply(targets, rows, CLASSES)
    assert len(changed) == 30 and set(changed) <= set(rows)
    assert np.array_equal(np.flatnonzero(result != targets), changed)
    assert np.array_equal(targets, np.arange(200) % 5)


def test_no_noise_gives_the_same_array():
    targets = np.arange(9) % 3
    result, changed = LabelNoise().apply(targets, np.arange(4), CLASSES)
    assert result is targets and len(changed) == 0


@pytest.mark.parametrize("classes", [(), ("only",)])
def test_noise_needs_two_classes(classes):
    assert LabelNoise().misfit(classes) is None
    assert LabelNoise(share=0.1).misfit(classes).code == "noise_needs_classes"
    assert LabelNoise(share=0.1).misfit(("a", "b")) is None
