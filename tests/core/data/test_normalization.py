"""Normalizations: fitted on the training part alone; numpy on the whole array is the referee."""

import math

import numpy as np
import pytest

from core.data.normalization import Normalization, Raw, Standardize, Unit, moments
from core.encoding import build

DRAW = np.random.Generator(np.random.PCG64(3))
IMAGES = DRAW.integers(0, 256, (3000, 1, 20, 20), dtype=np.uint8)
TRAIN = np.sort(DRAW.choice(3000, 2000, replace=False))


@pytest.mark.parametrize("kind", sorted(Normalization.members))
def test_facts_of_the_training_part_alone(kind, tmp_path):
    np.save(tmp_path / "x.npy", IMAGES)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    other = IMAGES.copy()
    other[np.setdiff1d(np.arange(3000), TRAIN)] = 255
    affine = build(Normalization.members[kind], {}).fit(mapped, TRAIN)
    assert affine == build(Normalization.members[kind], {}).fit(other, TRAIN)
    pixels = IMAGES[TRAIN].astype(np.float64)
    normal = pixels * affine.multiply + affine.add
    assert affine.mean == pytest.approx(pixels.mean(), rel=1e-12)
    assert affine.std == pytest.approx(pixels.std(ddof=1), rel=1e-12)
    assert affine.rms == pytest.approx(math.sqrt((normal**2).mean()), rel=1e-12)


def test_what_each_does():
    pixels = IMAGES[TRAIN].astype(np.float64)
    for choice, expected in (
        (Raw(), pixels),
        (Unit(), pixels / 255),
        (Standardize(), (pixels - pixels.mean()) / pixels.std(ddof=1)),
    ):
        affine = choice.fit(IMAGES, TRAIN)
        np.testing.assert_allclose(pixels * affine.multiply + affine.add, expected, atol=1e-12)


def test_floats_far_from_zero_lose_no_digits():
    images = (1e6 + DRAW.normal(size=(1500, 3, 32, 32))).astype(np.float32)
    _, mean, square = moments(images, np.arange(1500))
    reference = images.astype(np.float64)
    assert mean == pytest.approx(reference.mean(), rel=1e-13)
    assert square / images.size == pytest.approx(reference.var(), rel=1e-9)


def test_one_grey_is_centred_and_stays_finite():
    affine = Standardize().fit(np.full((4, 1, 2, 2), 7, np.uint8), np.arange(4))
    assert (affine.multiply, affine.add, affine.rms) == (1.0, -7.0, 0.0)
