"""Normalizations: fitted on the training part alone; numpy on the whole array is the referee."""

import numpy as np
import pytest

from core.base.encoding import build
from core.base.errors import BadExperiment
from core.data.normalization import Center, Fixed, MinMax, Normalization, Raw, Standardize, Unit
from core.data.statistics import statistics

DRAW = np.random.Generator(np.random.PCG64(3))
IMAGES = DRAW.integers(0, 256, (3000, 2, 20, 20), dtype=np.uint8)
IMAGES[:, 1, 3, 4] = 9  # a pixel that never changes
TRAIN = np.sort(DRAW.choice(3000, 2000, replace=False))
WAYS = [
    build(member, {"per": per})
    for member in Normalization.members.values()
    for per in ("set", "channel", "pixel")
    if "per" in member.model_fields
] + [build(m, {}) for m in Normalization.members.values() if "per" not in m.model_fields]


@pytest.mark.parametrize("choice", WAYS, ids=lambda c: c.summary)
def test_facts_of_the_training_part_alone(choice, tmp_path):
    np.save(tmp_path / "x.npy", IMAGES)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    other = IMAGES.copy()
    other[np.setdiff1d(np.arange(3000), TRAIN)] = 255
    affine, same = choice.fit(mapped, TRAIN), choice.fit(other, TRAIN)
    np.testing.assert_array_equal(affine.multiply, same.multiply)
    np.testing.assert_array_equal(affine.add, same.add)
    pixels = IMAGES[TRAIN].astype(np.float64)
    normal = pixels * affine.multiply + affine.add
    assert affine.mean == pytest.approx(pixels.mean(), rel=1e-12)
    assert affine.std == pytest.approx(pixels.std(ddof=1), rel=1e-12)
    assert affine.std_n == pytest.approx(pixels.std(), rel=1e-12)
    assert affine.raw_rms == pytest.approx(np.sqrt((pixels**2).mean()), rel=1e-12)
    assert affine.after_mean == pytest.approx(normal.mean(), rel=1e-9, abs=1e-12)
    assert affine.after_std == pytest.approx(normal.std(), rel=1e-9)
    assert affine.rms == pytest.approx(np.sqrt((normal**2).mean()), rel=1e-12)
    assert affine.rms**2 == pytest.approx(affine.after_mean**2 + affine.after_std**2, rel=1e-12)


AXES = {"set": (0, 1, 2, 3), "channel": (0, 2, 3), "pixel": (0,)}


@pytest.mark.parametrize("per", AXES)
def test_standardize_and_min_max_by_the_formula(per):
    pixels, axes = IMAGES[TRAIN].astype(np.float64), AXES[per]
    low, high = pixels.min(axes, keepdims=True), pixels.max(axes, keepdims=True)
    affine = MinMax(low=-1, high=1, per=per).fit(IMAGES, TRAIN)
    changing = np.where(high > low, high - low, 1)
    expected = -1 + 2 * (pixels - low) / changing
    np.testing.assert_allclose(pixels * affine.multiply + affine.add, expected, atol=1e-12)

    mean, std = pixels.mean(axes, keepdims=True), pixels.std(axes, ddof=1, keepdims=True)
    affine = Standardize(per=per).fit(IMAGES, TRAIN)
    expected = (pixels - mean) / np.where(std > 0, std, 1)
    np.testing.assert_allclose(pixels * affine.multiply + affine.add, expected, atol=1e-11)
    assert affine.constant == (1 if per == "pixel" else 0)

    affine = Center(per=per).fit(IMAGES, TRAIN)
    np.testing.assert_allclose(pixels * affine.multiply + affine.add, pixels - mean, atol=1e-11)


def test_columns_of_a_table_as_scikit_learn_scales_them():
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    rows = np.c_[DRAW.normal(5, 3, 400), DRAW.uniform(1000, 9000, 400)].astype(np.float32)
    affine = MinMax(per="channel").fit(rows, np.arange(300))
    reference = MinMaxScaler().fit(rows[:300].astype(np.float64)).transform(rows)
    np.testing.assert_allclose(rows * affine.multiply + affine.add, reference, rtol=1e-6, atol=1e-7)
    affine = Standardize(per="pixel").fit(rows, np.arange(300))
    reference = StandardScaler().fit(rows[:300].astype(np.float64)).transform(rows)
    shrink = np.sqrt(299 / 300)  # scikit-learn divides by N
    np.testing.assert_allclose(
        rows * affine.multiply + affine.add, reference * shrink, rtol=1e-5, atol=1e-6
    )


def test_what_the_fixed_ones_do():
    pixels = IMAGES[TRAIN].astype(np.float64)
    for choice, expected in (
        (Raw(), pixels),
        (Unit(), pixels / 255),
        (Fixed(), (pixels / 255 - 0.5) / 0.5),
        (Fixed(mean=0.1307, std=0.3081), (pixels / 255 - 0.1307) / 0.3081),
    ):
        affine = choice.fit(IMAGES, TRAIN)
        np.testing.assert_allclose(pixels * affine.multiply + affine.add, expected, atol=1e-12)


def test_limits_in_the_wrong_order_are_refused():
    with pytest.raises(BadExperiment, match="l is 2 and u is 1"):
        build(MinMax, {"low": 2, "high": 1})


def test_floats_far_from_zero_lose_no_digits():
    images = (1e6 + DRAW.normal(size=(1500, 3, 32, 32))).astype(np.float32)
    reference = images.astype(np.float64)
    for per, axes in AXES.items():
        found = statistics(images, np.arange(1500), per=per)
        shape = found.mean.shape or ()
        np.testing.assert_allclose(found.mean, reference.mean(axes).reshape(shape), rtol=1e-13)
        np.testing.assert_allclose(
            found.square / found.count, reference.var(axes).reshape(shape), rtol=1e-8
        )
        together = found.combined
        assert together.mean == pytest.approx(reference.mean(), rel=1e-13)
        assert together.square / images.size == pytest.approx(reference.var(), rel=1e-8)


def test_one_grey_is_centred_and_stays_finite():
    affine = Standardize().fit(np.full((4, 1, 2, 2), 7, np.uint8), np.arange(4))
    assert (affine.multiply, affine.add, affine.rms) == (1.0, -7.0, 0.0)
