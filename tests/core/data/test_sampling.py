"""Sampling: what an epoch's order holds, against its formula."""

import numpy as np
import pytest
import torch
from scipy import stats

from core.data.sampling import Balanced, Bootstrap, InOrder, Sampling, Shuffle

LABELS = torch.tensor([7] * 5 + [2] * 45 + [4] * 150)  # classes 2, 4 and 7, unsorted


def orders(sampling: Sampling, epochs: int, seed: int = 0) -> np.ndarray:
    generator = torch.Generator().manual_seed(seed)
    sampler = sampling.call().make(LABELS)
    return np.stack([sampler.order(generator).numpy() for _ in range(epochs)])


def test_shuffle_is_torch_s_permutation_of_the_same_generator():
    generator = torch.Generator().manual_seed(3)
    expected = [torch.randperm(200, generator=generator).numpy() for _ in range(3)]
    assert np.array_equal(orders(Shuffle(), 3, seed=3), expected)


@pytest.mark.parametrize("cls", Sampling.members.values())
def test_an_epoch_has_as_many_draws_as_samples_anew_each_time_and_by_its_seed(cls):
    first, again, other = (orders(cls(), 2, seed) for seed in (1, 1, 2))
    assert first.shape == (2, 200) and first.min() >= 0 and first.max() < 200
    assert first.dtype == np.int64
    assert np.array_equal(first, again)
    draws = cls is not InOrder
    assert np.array_equal(first, other) != draws and np.array_equal(first[0], first[1]) != draws
    assert draws or np.array_equal(first[0], np.arange(200))


def test_with_replacement_every_sample_is_as_likely_and_a_third_does_not_come():
    drawn = orders(Bootstrap(), 400)
    counts = np.bincount(drawn.ravel(), minlength=200)
    assert stats.chisquare(counts).pvalue > 1e-4
    missing = np.array([200 - len(set(epoch)) for epoch in drawn]) / 200
    assert missing.mean() == pytest.approx((1 - 1 / 200) ** 200, abs=0.01)


def test_balanced_draws_every_class_alike_and_every_sample_of_it_alike():
    drawn = orders(Balanced(), 400).ravel()
    labels = LABELS.numpy()
    by_class = [int((labels[drawn] == label).sum()) for label in (2, 4, 7)]
    assert sum(by_class) == 80_000 and stats.chisquare(by_class).pvalue > 1e-4
    for label in (2, 4, 7):
        rows = np.flatnonzero(labels == label)
        assert stats.chisquare(np.bincount(drawn, minlength=200)[rows]).pvalue > 1e-4


def test_balanced_wants_classes_and_says_the_way_out():
    assert Balanced().misfit(("a",)) is None
    assert Balanced().misfit(()).code == "sampling_needs_classes"
    assert Shuffle().misfit(()) is None is Bootstrap().misfit(())


@pytest.mark.parametrize("cls", Sampling.members.values())
def test_facts_for_menus_stand_at_the_class(cls):
    assert cls.label and cls.doc() and cls.formula and cls.source and cls.technique == "D8"
