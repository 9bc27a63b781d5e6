"""Points and curves: scikit-learn's where it has them, else the closed form; noise as large as it
says; equal choices, equal samples.
"""

from pathlib import Path

import numpy as np
import pytest
from numpy.polynomial.chebyshev import chebval

from core.base.encoding import decode, encode
from core.data.datasets import DataSet
from core.data.load import load
from core.data.ready.curves import CurveDataset, Polynomial, Sine, Steps
from core.data.ready.points import Blobs, Circles, Computed, Moons, Plane, Spirals, Xor

ALL = [cls for cls in DataSet.members.values() if issubclass(cls, Computed)]
PLANES = [cls for cls in ALL if issubclass(cls, Plane)]
CURVES = [cls for cls in ALL if issubclass(cls, CurveDataset)]


def of(choice: Computed):
    return load(choice, Path("/nowhere"))


def test_the_family_has_points_and_curves():
    assert {Moons, Circles, Spirals, Blobs, Xor} == set(PLANES)
    assert {Sine, Steps, Polynomial} == set(CURVES)


@pytest.mark.parametrize("cls", ALL)
@pytest.mark.parametrize("points", [20, 301])
def test_samples_are_what_the_facts_say(cls, points):
    choice = cls(points=points)
    facts, found = choice.facts(Path()), of(choice)
    assert (found.shape, found.classes, len(found)) == (facts.shape, facts.classes, points)
    assert facts.rows == points and not facts.has_images and choice.is_available(Path("/nowhere"))
    assert found.inputs.dtype == np.float32 and found.targets.shape == (points,)
    assert found.targets.dtype == (np.int64 if facts.classes else np.float32)
    assert len(found.columns) == facts.shape[0] and not found.has_test
    assert f"{points} points" in choice.summary and decode(DataSet, encode(choice)) == choice


@pytest.mark.parametrize("cls", ALL)
def test_the_seed_alone_decides_what_is_drawn(cls):
    again, other = decode(DataSet, encode(cls(seed=3))), cls(seed=4)
    assert np.array_equal(of(cls(seed=3)).inputs, of(again).inputs)
    assert np.array_equal(of(cls(seed=3)).targets, of(again).targets)
    assert not np.array_equal(of(again).inputs, of(other).inputs)


@pytest.mark.parametrize("cls", PLANES)
def test_classes_are_as_many_as_can_be_equal(cls):
    sizes = np.bincount(of(cls(points=601)).targets)
    assert len(sizes) == len(cls().classes) and sizes.sum() == 601
    assert cls is Xor or np.ptp(sizes) <= 1


@pytest.mark.parametrize("points", [40, 41])
def test_moons_are_scikit_learn_s(points):
    from sklearn import datasets as reference

    wanted, targets = reference.make_moons(points, shuffle=False, noise=None)
    found = of(Moons(points=points, noise=0))
    assert np.allclose(found.inputs, wanted, atol=1e-6) and np.array_equal(found.targets, targets)


@pytest.mark.parametrize("factor", [0.2, 0.5])
def test_circles_are_scikit_learn_s(factor):
    from sklearn import datasets as reference

    wanted, targets = reference.make_circles(51, shuffle=False, noise=None, factor=factor)
    found = of(Circles(points=51, noise=0, factor=factor))
    assert np.allclose(found.inputs, wanted, atol=1e-6) and np.array_equal(found.targets, targets)


@pytest.mark.parametrize("clouds", [2, 5])
def test_blobs_are_scikit_learn_s_around_the_roots_of_one(clouds):
    from sklearn import datasets as reference

    roots = np.roots([1, *[0] * (clouds - 1), -1])
    roots = roots[np.argsort(np.angle(roots) % (2 * np.pi - 1e-9))]
    centers = np.stack([roots.real, roots.imag], axis=1)
    wanted, targets = reference.make_blobs(
        [10] * clouds, centers=centers, cluster_std=0, shuffle=False
    )
    found = of(Blobs(points=10 * clouds, noise=0, clouds=clouds))
    assert np.allclose(found.inputs, wanted, atol=1e-6) and np.array_equal(found.targets, targets)


@pytest.mark.parametrize(("turns", "arms"), [(1.5, 2), (0.5, 3)])
def test_an_arm_of_a_spiral_winds_as_often_as_it_says(turns, arms):
    found = of(Spirals(points=200 * arms, noise=0, turns=turns, arms=arms))
    for arm in range(arms):
        z = found.inputs[found.targets == arm].astype(np.float64) @ [1, 1j]
        angle = np.unwrap(np.angle(z * np.exp(-2j * np.pi * arm / arms)))  # from the arm's own axis
        assert angle[-1] == pytest.approx(2 * np.pi * turns, rel=1e-5)
        assert np.allclose(np.abs(z), np.linspace(0, 1, 201)[1:], atol=1e-6)


def test_xor_has_two_opposite_quarters_of_a_square_each():
    found = of(Xor(points=4000, noise=0))
    quarter = (found.inputs > 0) @ [1, 2]  # 0 … 3, both negative first
    assert np.array_equal(found.targets, np.array([0, 1, 1, 0])[quarter])
    assert np.abs(found.inputs).max() <= 1
    assert np.histogram2d(*found.inputs.T, bins=4, range=[[-1, 1]] * 2)[0].min() > 250 - 5 * 16


@pytest.mark.parametrize("cls", PLANES)
def test_the_noise_is_as_large_as_it_says(cls):
    exact, noisy = of(cls(points=4000, noise=0)), of(cls(points=4000, noise=0.5))
    added = (noisy.inputs - exact.inputs).ravel()
    assert added.std() == pytest.approx(0.5, rel=0.04) and abs(added.mean()) < 0.03
    assert np.array_equal(exact.targets, noisy.targets)


X = np.linspace(-1, 1, 999)


@pytest.mark.parametrize("degree", [1, 3, 12])
def test_a_polynomial_is_chebyshev_s(degree):
    wanted = chebval(X, [0] * degree + [1])
    assert np.allclose(Polynomial(degree=degree).without_noise(X), wanted, atol=1e-9)


@pytest.mark.parametrize("steps", [1, 4])
def test_steps_go_up_by_equal_amounts_at_equal_places(steps):
    y = Steps(steps=steps).without_noise(X)
    assert np.allclose(np.unique(y), np.linspace(-1, 1, steps + 1))
    wide = [np.mean(y == level) for level in np.unique(y)]
    assert np.allclose(wide, 1 / (steps + 1), atol=2e-3) and (np.diff(y) >= 0).all()


def test_a_sine_has_as_many_waves_as_it_says():
    y = Sine(waves=3).without_noise(X[:-1])
    assert np.allclose(y[:333], y[333:666], atol=0.05)
    assert np.argmax(np.abs(np.fft.rfft(y))) == 3
    assert Sine(waves=1).without_noise(np.array([0.5])) == pytest.approx([1])


@pytest.mark.parametrize("cls", CURVES)
def test_values_lie_on_the_curve_with_noise_on_them_and_leave_the_gap(cls):
    found = of(cls(points=4000, noise=0.3, gap=0.4))
    x = found.inputs[:, 0]
    assert np.abs(x).min() >= 0.4 and np.abs(x).max() <= 1
    assert np.abs(np.abs(x).mean() - 0.7) < 0.02 and abs(np.sign(x).mean()) < 0.08
    added = found.targets - cls().without_noise(x.astype(np.float64))
    assert np.std(added[np.abs(x) < 0.99]) == pytest.approx(0.3, rel=0.06)
