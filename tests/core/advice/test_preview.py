"""Preview: the same pictures before and after, and words that say what can be seen."""

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
def test_without_augmentation_nothing_changes_and_nothing_is_said(normalization):
    found = shown(normalization=normalization)
    assert found.before.shape == (12, 3, 10, 12) and found.before.dtype == np.uint8
    assert np.array_equal(found.before, found.after) and found.words == ("",) * 12


def test_pictures_are_of_the_training_part_and_stay_as_other_settings_change():
    e = Experiment()
    train = COLOUR.inputs[e.split.parts(COLOUR.targets).train]
    one, two, other = shown(Flip()), shown(Crop(), Noise()), shown(Flip(), seed=1)
    for picture in one.before:
        assert (train == picture).all((1, 2, 3)).sum() == 1
    assert np.array_equal(one.before, two.before)
    assert not np.array_equal(one.before, other.before)
    again = shown(Flip())
    assert np.array_equal(one.after, again.after) and one.words == again.words


def test_flip_says_which_are_mirrored():
    found = shown(Flip())
    assert set(found.words) == {"", "mirrored"}
    for before, after, said in zip(*found, strict=True):
        assert np.array_equal(after, before[:, :, ::-1] if said else before)


def test_crop_says_how_far_and_where_to():
    found = shown(Crop(padding=3))
    for before, after, said in zip(*found, strict=True):
        padded = np.pad(before, [(0, 0), (3, 3), (3, 3)])
        down = right = 0
        for far, way in re.findall(r"(\d+) px (\w+)", said):
            down += {"down": 1, "up": -1}.get(way, 0) * int(far)
            right += {"right": 1, "left": -1}.get(way, 0) * int(far)
        expected = padded[:, 3 - down : 13 - down, 3 - right : 15 - right]
        assert np.array_equal(after, expected), said
    assert len(set(found.words)) > 6


def test_cutout_is_zero_after_the_scaling_which_is_shown_as_what_becomes_zero():
    found = shown(Cutout(side=3), normalization=MinMax(low=-2, high=1))
    for before, after, said in zip(*found, strict=True):
        row, column = map(
            int, re.fullmatch(r"cut out around row (\d+), column (\d+)", said).groups()
        )
        changed = (before != after).any(0)
        assert after[:, row - 1, column - 1].tolist() == [170] * 3  # ⅔ of 255
        inside = np.zeros((10, 12), bool)
        inside[max(row - 2, 0) : row + 1, max(column - 2, 0) : column + 1] = True
        assert not changed[~inside].any()


@pytest.mark.parametrize("normalization", [Standardize(), Standardize(per="pixel")])
def test_mixup_says_both_labels_with_their_shares(normalization):
    found = shown(MixUp(alpha=1.0), normalization=normalization, count=40)
    for said in found.words:
        shares = re.findall(r"(\d+) % (cat|dog|cow)", said)
        assert 1 <= len(shares) <= 2 and sum(int(share) for share, _ in shares) == 100
    assert len(set(found.words)) > 30


def test_cutmix_says_the_share_of_the_pixels_that_stay():
    found, said_of_two = shown(CutMix(), count=40), 0
    for before, after, said in zip(*found, strict=True):
        stays = (before == after).all(0).mean()
        shares = [int(share) / 100 for share in re.findall(r"(\d+) %", said)]
        if len(shares) == 2 and stays < 1:  # a permutation may leave a sample its own partner
            assert stays == pytest.approx(shares[0], abs=0.006)
            said_of_two += 1
    assert said_of_two > 25


def test_everything_at_once_is_said_in_the_order_in_which_it_acts():
    found = shown(CutMix(), Noise(), Flip(p=1), Rotation(), count=5)
    for said in found.words:
        assert re.fullmatch(r"mirrored · turned .*° (left|right) · noise 0.1 · \d.*", said)
    assert found.after.dtype == np.uint8 and not np.array_equal(found.before, found.after)


def test_rows_of_numbers_come_back_on_their_own_scale():
    e = Experiment(augmentations=(Noise(deviation=0.1), MixUp()), loss=MSE())
    found = preview(e, ROWS, 5, 0)
    assert found.before.shape == found.after.shape == (5, 3) and found.after.dtype == np.float32
    assert 0 < np.abs(found.after - found.before).max() < 60
    assert all("noise 0.1 · " in said for said in found.words)


def test_what_does_not_fit_raises_the_sentence_of_the_plan():
    with pytest.raises(BadExperiment, match="rows of 3 numbers"):
        preview(Experiment(augmentations=(Flip(),), loss=MSE()), ROWS, 5, 0)


def test_fewer_samples_than_asked_for_are_all_shown():
    few = Samples("few", COLOUR.inputs[:6], COLOUR.targets[:6], COLOUR.classes)
    found = preview(Experiment(augmentations=(MixUp(),)), few, 9, 0)
    assert len(found.before) == len(found.after) == len(found.words) == 4
