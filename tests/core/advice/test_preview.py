"""Preview: the same images before and after augmentation, and descriptions of the changes."""

import re

import numpy as np
import pytest

from core.advice.preview import preview
from core.base.errors import BadExperiment
from core.data.augmentations import Augmentation, Crop, CutMix, Cutout, Flip, MixUp, Noise, Rotation
from core.data.normalization import MinMax, Normalization, Standardize
from core.data.samples import Samples
from core.experiment import Experiment
from core.losses import MSE

DRAW = np.random.default_rng(0)
COLOUR = Samples(
    "colour",
    DRAW.integers(0, 256, (200, 3, 10, 12)).astype(np.uint8),
    DRAW.integers(0, 3, 200),
    ("cat", "dog", "cow"),
)
ROWS = Samples(
    "rows",
    DRAW.normal(50, 9, (100, 3)).astype(np.float32),
    DRAW.normal(size=100).astype(np.float32),
    (),
)


def shown(*augmentations: Augmentation, count: int = 12, seed: int = 0, **changes: object):
    return preview(Experiment(augmentations=augmentations, **changes), COLOUR, count, seed)


@pytest.mark.parametrize("normalization", [cls() for cls in Normalization.members.values()])
def test_without_augmentation_nothing_changes_and_nothing_is_described(normalization):
    found = shown(normalization=normalization)
    assert found.before.shape == (12, 3, 10, 12) and found.before.dtype == np.uint8
    assert np.array_equal(found.before, found.after) and found.descriptions == ("",) * 12


def test_images_come_from_the_training_set_and_stay_when_other_settings_change():
    e = Experiment()
    train = COLOUR.inputs[e.split.parts(COLOUR.targets).train]
    one, two, other = shown(Flip()), shown(Crop(), Noise()), shown(Flip(), seed=1)
    for image in one.before:
        assert (train == image).all((1, 2, 3)).sum() == 1
    assert np.array_equal(one.before, two.before)
    assert not np.array_equal(one.before, other.before)
    again = shown(Flip())
    assert np.array_equal(one.after, again.after) and one.descriptions == again.descriptions


def test_flip_describes_which_images_are_mirrored():
    found = shown(Flip())
    assert set(found.descriptions) == {"", "mirrored"}
    for before, after, text in zip(*found, strict=True):
        assert np.array_equal(after, before[:, :, ::-1] if text else before)


def test_crop_describes_distance_and_direction():
    found = shown(Crop(padding=3))
    for before, after, text in zip(*found, strict=True):
        padded = np.pad(before, [(0, 0), (3, 3), (3, 3)])
        down = right = 0
        for far, way in re.findall(r"(\d+) px (\w+)", text):
            down += {"down": 1, "up": -1}.get(way, 0) * int(far)
            right += {"right": 1, "left": -1}.get(way, 0) * int(far)
        expected = padded[:, 3 - down : 13 - down, 3 - right : 15 - right]
        assert np.array_equal(after, expected), text
    assert len(set(found.descriptions)) > 6


def test_cutout_is_zero_after_the_scaling_which_is_shown_as_what_becomes_zero():
    found = shown(Cutout(side=3), normalization=MinMax(low=-2, high=1))
    for before, after, text in zip(*found, strict=True):
        row, column = map(
            int, re.fullmatch(r"cut out around row (\d+), column (\d+)", text).groups()
        )
        changed = (before != after).any(0)
        assert after[:, row - 1, column - 1].tolist() == [170] * 3  # ⅔ of 255
        inside = np.zeros((10, 12), bool)
        inside[max(row - 2, 0) : row + 1, max(column - 2, 0) : column + 1] = True
        assert not changed[~inside].any()


@pytest.mark.parametrize("normalization", [Standardize(), Standardize(per="pixel")])
def test_mixup_describes_both_labels_with_their_fractions(normalization):
    found = shown(MixUp(alpha=1.0), normalization=normalization, count=40)
    for text in found.descriptions:
        shares = re.findall(r"(\d+) % (cat|dog|cow)", text)
        assert 1 <= len(shares) <= 2 and sum(int(share) for share, _ in shares) == 100
    assert len(set(found.descriptions)) > 30


def test_cutmix_describes_the_fraction_of_pixels_that_stay():
    found, mixed = shown(CutMix(), count=40), 0
    for before, after, text in zip(*found, strict=True):
        stays = (before == after).all(0).mean()
        shares = [int(share) / 100 for share in re.findall(r"(\d+) %", text)]
        if len(shares) == 2 and stays < 1:  # a permutation may leave a sample its own partner
            assert stays == pytest.approx(shares[0], abs=0.006)
            mixed += 1
    assert mixed > 25


def test_several_augmentations_are_described_in_the_order_in_which_they_act():
    found = shown(CutMix(), Noise(), Flip(p=1), Rotation(), count=5)
    for text in found.descriptions:
        assert re.fullmatch(r"mirrored · rotated .*° (left|right) · noise 0.1 · \d.*", text)
    assert found.after.dtype == np.uint8 and not np.array_equal(found.before, found.after)


def test_rows_of_numbers_keep_the_scale_of_the_data():
    e = Experiment(augmentations=(Noise(deviation=0.1), MixUp()), loss=MSE())
    found = preview(e, ROWS, 5, 0)
    assert found.before.shape == found.after.shape == (5, 3) and found.after.dtype == np.float32
    assert 0 < np.abs(found.after - found.before).max() < 60
    assert all("noise 0.1 · " in text for text in found.descriptions)


def test_an_augmentation_that_does_not_fit_is_refused_with_the_code_of_the_plan():
    with pytest.raises(BadExperiment) as caught:
        preview(Experiment(augmentations=(Flip(),), loss=MSE()), ROWS, 5, 0)
    assert caught.value.code == "augmentation_needs_images"


def test_all_samples_are_shown_if_there_are_fewer_than_requested():
    few = Samples("few", COLOUR.inputs[:6], COLOUR.targets[:6], COLOUR.classes)
    found = preview(Experiment(augmentations=(MixUp(),)), few, 9, 0)
    assert len(found.before) == len(found.after) == len(found.descriptions) == 4
