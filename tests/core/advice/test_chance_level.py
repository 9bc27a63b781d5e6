"""The loss at chance level, compared with the losses that torch gives to an ignorant network."""

from math import log

import pytest
import torch

from core.advice.chance_level import chance_loss, check_initial_loss, describe_chance
from core.losses import Loss


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_uniform_scores_cost_ln_c(classes):
    nothing, targets = torch.zeros(classes, classes), torch.arange(classes)
    loss = Loss.pick("cross_entropy").call().make()
    assert loss(nothing, targets).item() == pytest.approx(chance_loss("cross_entropy", classes))


@pytest.mark.parametrize("classes", [2, 10])
def test_scores_of_zero_cost_one_cth_of_the_squares(classes):
    nothing, targets = torch.zeros(classes, classes), torch.arange(classes)
    loss = Loss.pick("mse").call().make()
    assert loss(nothing, targets).item() == pytest.approx(chance_loss("mse", classes))


def test_an_unknown_loss_has_no_chance_level():
    assert chance_loss("another", 10) is None and chance_loss("cross_entropy", 0) is None
    assert describe_chance("another", 10) == ""
    assert check_initial_loss(1e9, "another", 10) is None


@pytest.mark.parametrize(
    ("first", "level"),
    [(0.1, ""), (1.4, ""), (1.6, "info"), (2.9, "info"), (3.1, "warn"), (float("nan"), "")],
)
def test_a_loss_above_chance_level_is_noted_and_one_far_above_it_is_a_warning(first, level):
    found = check_initial_loss(first * log(10), "cross_entropy", 10)
    assert (found.level if found else "") == level
    if found:
        assert found.code == "initial_loss_high"
        assert found.evidence == {"initial": first * log(10), "chance": pytest.approx(log(10))}
        assert "ln 10 = 2.30" in found.text
