"""Augmentations that destroy small images are found, and their milder forms are not."""

import pytest

from core.advice.augmentation_checks import check_augmentations
from core.advice.suggestions import apply_action
from core.data.augmentations import Augmentation, Crop, Cutout, Flip, Noise
from core.experiment import Experiment


def findings(*augmentations, shape=(1, 8, 8)):
    return check_augmentations(Experiment(augmentations=augmentations), shape)


@pytest.mark.parametrize(
    ("augmentation", "shape", "code", "milder"),
    [
        (Crop(padding=4), (1, 8, 8), "crop_destroys", Crop(padding=1)),
        (Crop(padding=9), (3, 32, 28), "crop_destroys", Crop(padding=3)),
        (Cutout(side=6), (1, 8, 8), "cutout_destroys", Cutout(side=4)),
        (Noise(deviation=2), (5,), "noise_destroys", Noise(deviation=0.1)),
    ],
)
def test_a_destroying_augmentation_has_a_milder_form(augmentation, shape, code, milder):
    (found,) = findings(augmentation, shape=shape)
    assert (found.code, found.level) == (code, "warn")
    changed = apply_action(Experiment(augmentations=(augmentation,)), found.action)
    assert changed.augmentations == (milder,)
    assert check_augmentations(changed, shape) == []


def test_the_fraction_that_is_cut_off_is_that_of_the_largest_shift():
    assert findings(Crop(padding=4))[0].evidence["lost"] == 0.75


def test_usual_augmentations_are_not_questioned():
    usual = [cls() for cls in Augmentation.members.values() if cls is not Flip]
    assert findings(*usual, shape=(3, 32, 32)) == []


def test_mirrored_digits_are_questioned():
    assert [found.code for found in findings(Flip())] == ["flip_on_characters"]
