"""The plateau schedule reduces the rate where torch does; the other schedules ignore losses."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import lr_scheduler as twins

from core.optim.schedules import (
    Plateau,
    Schedule,
)
from tests.core.optim.test_schedules import BASE, EVERY

LOSSES = st.lists(st.floats(0, 10), max_size=60)


@given(LOSSES, st.integers(0, 4), st.sampled_from([0.1, 0.5]), st.sampled_from([0.0, 1e-4, 0.1]))
def test_a_plateau_reduces_the_rate_where_torch_does(losses, patience, gamma, improvement) -> None:
    schedule = Plateau(patience=patience, gamma=gamma, improvement=improvement, lowest=0.02)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE)
    twin = twins.ReduceLROnPlateau(
        optimizer, factor=gamma, patience=patience, threshold=improvement, min_lr=0.02 * BASE, eps=0
    )
    for k, loss in enumerate(losses, 1):
        twin.step(loss)
        assert BASE * schedule.plateau_factor(losses[:k]) == pytest.approx(
            optimizer.param_groups[0]["lr"]
        )


def test_a_plateau_waits_for_its_patience_after_every_reduction() -> None:
    schedule = Plateau(gamma=0.5, patience=1)
    cuts = [schedule.plateau_factor([3, 2, 2.5, 2.1, 2.2, 2.3, 1.0][:k]) for k in range(8)]
    assert cuts == [1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25]


def test_a_loss_of_nan_is_not_an_improvement() -> None:
    assert Plateau(gamma=0.5, patience=1).plateau_factor([float("nan")] * 2) == 0.5


@pytest.mark.parametrize("schedule", [s for s in EVERY if not isinstance(s, Plateau)], ids=repr)
def test_schedules_fixed_before_training_ignore_losses(schedule: Schedule) -> None:
    assert schedule.plateau_factor([3.0, 2.0, 5.0, 5.0, 5.0] * 9) == 1.0
