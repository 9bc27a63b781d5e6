"""Every schedule against its closed form at every step, and against torch's own scheduler."""

import math

import pytest
import torch

from core.optim.schedules import Constant, Cosine, Exponential, Schedule

EPOCH, STEPS, BASE = 7, 42, 0.3
EVERY = [cls() for cls in Schedule.members.values()] + [
    Exponential(gamma=0.5, per="step"),
    Exponential(gamma=1.0),
    Cosine(lowest=0.1),
    Cosine(lowest=1.0),
]


def rates(schedule: Schedule) -> list[float]:
    return [schedule.rate(BASE, k, steps=STEPS, epoch_steps=EPOCH) for k in range(STEPS + 1)]


def closed_form(schedule: Schedule) -> list[float]:
    if isinstance(schedule, Constant):
        return [BASE] * (STEPS + 1)
    if isinstance(schedule, Exponential):
        counts = [k if schedule.per == "step" else k // EPOCH for k in range(STEPS + 1)]
        return [BASE * schedule.gamma**k for k in counts]
    if isinstance(schedule, Cosine):
        low = BASE * schedule.lowest
        return [
            low + (BASE - low) * (1 + math.cos(math.pi * k / STEPS)) / 2 for k in range(STEPS + 1)
        ]
    raise AssertionError(f"{schedule!r} has no closed form here: write one")


def by_torch(schedule: Schedule) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE)
    per_epoch = isinstance(schedule, Exponential) and schedule.per == "epoch"
    if isinstance(schedule, Constant):
        twin = torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)
    elif isinstance(schedule, Exponential):
        twin = torch.optim.lr_scheduler.ExponentialLR(optimizer, schedule.gamma)
    else:
        twin = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS, BASE * schedule.lowest)
    result = [BASE]
    for k in range(1, STEPS + 1):
        optimizer.step()
        if not per_epoch or k % EPOCH == 0:
            twin.step()
        result.append(optimizer.param_groups[0]["lr"])
    return result


@pytest.mark.parametrize("schedule", EVERY, ids=repr)
def test_rates_equal_the_closed_form_and_torch(schedule: Schedule) -> None:
    assert rates(schedule) == pytest.approx(closed_form(schedule), rel=1e-12, abs=1e-15)
    assert rates(schedule) == pytest.approx(by_torch(schedule), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("schedule", EVERY, ids=repr)
def test_the_first_step_has_the_full_rate_and_none_is_negative(schedule: Schedule) -> None:
    assert rates(schedule)[0] == pytest.approx(BASE, rel=1e-15)
    assert all(0 <= rate <= BASE * (1 + 1e-12) for rate in rates(schedule))


def test_the_deck_s_fixed_against_decaying_rate() -> None:
    schedule = Exponential(gamma=0.99, per="step")
    assert schedule.rate(1.0, 99, steps=200, epoch_steps=10) == pytest.approx(0.99**99)


@pytest.mark.parametrize("cls", Schedule.members.values())
def test_facts_for_menus_stand_at_the_class(cls: type[Schedule]) -> None:
    assert cls.label and cls.doc() and cls.formula and cls.source and cls.technique
