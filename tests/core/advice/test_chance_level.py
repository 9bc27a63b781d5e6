"""What a guess costs, against the losses that torch gives to a network that knows nothing."""

from math import log

import pytest
import torch

from core.advice.chance_level import cost, guess, too_sure
from core.losses import Loss


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_a_uniform_answer_costs_ln_c(classes):
    nothing, targets = torch.zeros(classes, classes), torch.arange(classes)
    loss = Loss.pick("cross_entropy").call().make()
    assert loss(nothing, targets).item() == pytest.approx(guess("cross_entropy", classes))


@pytest.mark.parametrize("classes", [2, 10])
def test_an_answer_of_zeros_costs_a_cth_of_the_squares(classes):
    nothing, targets = torch.zeros(classes, classes), torch.arange(classes)
    loss = Loss.pick("mse").call().make()
    assert loss(nothing, targets).item() == pytest.approx(guess("mse", classes))


def test_what_is_not_known_is_not_said():
    assert guess("another", 10) is None and guess("cross_entropy", 0) is None
    assert cost("another", 10) == "" and too_sure(1e9, "another", 10) == ("", "")


@pytest.mark.parametrize(
    ("first", "level"),
    [(0.1, ""), (1.4, ""), (1.6, "info"), (2.9, "info"), (3.1, "warn"), (float("nan"), "")],
)
def test_far_above_a_guess_is_a_warning_and_a_little_above_is_said(first, level):
    found, text = too_sure(first * log(10), "cross_entropy", 10)
    assert found == level and bool(text) == bool(level)
    assert not text or "guessing costs ln 10 = 2.30" in text
