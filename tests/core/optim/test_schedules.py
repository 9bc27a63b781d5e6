"""Every schedule against its closed form at every step, and against torch's own scheduler; warm-up
before any of them; the plateau against torch on made losses.
"""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler as twins

from core.optim.schedules import (
    Constant,
    Cosine,
    CosineRestarts,
    Exponential,
    InverseSquareRoot,
    LinearDecay,
    MultiStep,
    OneCycle,
    Plateau,
    PolynomialDecay,
    Schedule,
    StableDecay,
    Staircase,
    Triangular,
)

EPOCH, STEPS, BASE = 7, 42, 0.3
EVERY = [cls() for cls in Schedule.members.values()] + [
    Exponential(gamma=0.5, per="step"),
    Exponential(gamma=1.0),
    Staircase(gamma=0.5, every=2),
    Staircase(gamma=0.3, every=5, per="step"),
    LinearDecay(lowest=0.25),
    LinearDecay(per="epoch"),
    PolynomialDecay(power=0.5),
    PolynomialDecay(power=3.0, lowest=0.1, per="epoch"),
    Cosine(lowest=0.1),
    Cosine(lowest=1.0),
    Cosine(per="epoch"),
    OneCycle(rise=0.5, first=0.1, last=0.01, shape="straight"),
    OneCycle(rise=0.21, last=1.0),
    MultiStep(gamma=0.5, milestones="1, 2,5"),
    InverseSquareRoot(timescale=0.3),
    StableDecay(decay=0.5, shape="square_root", lowest=0.1),
    StableDecay(decay=1.0, per="epoch"),
    Triangular(half_cycle=1.0, lowest=0.0),
    Triangular(half_cycle=0.6, lowest=0.25, halving=True),
    CosineRestarts(first_cycle=2),
    CosineRestarts(first_cycle=1, growth=2, lowest=0.1),
]


def table(schedule: Schedule) -> list[float]:
    return [
        schedule.learning_rate(BASE, k, steps=STEPS, epoch_steps=EPOCH) for k in range(STEPS + 1)
    ]


def closed_form(schedule: Schedule) -> list[float]:
    """Written out for every step from 0 to the end."""
    if isinstance(schedule, Constant | Plateau):
        return [BASE] * (STEPS + 1)
    if isinstance(schedule, OneCycle):
        return [_one_cycle(schedule, k / STEPS) for k in range(STEPS + 1)]
    if isinstance(schedule, MultiStep):
        drops = [int(part) for part in schedule.milestones.split(",")]
        epochs = [k // EPOCH for k in range(STEPS + 1)]
        return [BASE * schedule.gamma ** sum(m <= epoch for m in drops) for epoch in epochs]
    if isinstance(schedule, InverseSquareRoot):
        s = schedule.timescale * EPOCH
        return [BASE * (s / (s + k)) ** 0.5 for k in range(STEPS + 1)]
    if isinstance(schedule, Triangular):
        return [_triangle(schedule, k) for k in range(STEPS + 1)]
    if isinstance(schedule, CosineRestarts):
        low, ends = schedule.lowest, [0]
        while ends[-1] <= STEPS:
            cycle = schedule.first_cycle * EPOCH * schedule.growth ** (len(ends) - 1)
            ends.append(ends[-1] + cycle)
        places = [
            (k - start) / (end - start)
            for start, end in pairwise(ends)
            for k in range(start, min(end, STEPS + 1))
        ]
        return [BASE * (low + (1 - low) * math.cos(math.pi * x / 2) ** 2) for x in places]
    per_step = schedule.per == "step"
    if isinstance(schedule, Exponential | Staircase):
        every = getattr(schedule, "every", 1)
        counts = [k if per_step else k // EPOCH for k in range(STEPS + 1)]
        return [BASE * schedule.gamma ** (k // every) for k in counts]
    left = {
        LinearDecay: lambda x: x,
        PolynomialDecay: lambda x: x ** getattr(schedule, "power", 1),
        Cosine: lambda x: (1 - math.cos(math.pi * x)) / 2,
        StableDecay: lambda x: _decay_at_the_end(schedule, x),
    }[type(schedule)]
    low, last = schedule.lowest, STEPS // EPOCH
    share = [1 - k / STEPS if per_step else 1 - (k // EPOCH) / last for k in range(STEPS + 1)]
    return [BASE * (low + (1 - low) * left(x)) for x in share]


def _triangle(s: Triangular, step: int) -> float:
    """Between valleys at even half cycles and peaks at odd ones."""
    x = step / (s.half_cycle * EPOCH)
    peaks = [0 if n % 2 == 0 else 0.5 ** (n // 2 * s.halving) for n in range(20)]
    return BASE * (s.lowest + (1 - s.lowest) * np.interp(x, range(20), peaks))


def _decay_at_the_end(s: StableDecay, left: float) -> float:
    x = min(1.0, left / s.decay)
    return x if s.shape == "straight" else 1 - (1 - x) ** 0.5


def _one_cycle(s: OneCycle, done: float) -> float:
    ends, x = ((s.first, 1), done / s.rise)
    if done > s.rise:
        ends, x = ((1, s.last), (done - s.rise) / (1 - s.rise))
    return BASE * np.interp(
        x if s.shape == "straight" else math.sin(math.pi * x / 2) ** 2, [0, 1], ends
    )


def by_torch(schedule: Schedule) -> list[float]:
    """The rates of torch's scheduler of this name, stepped as often as ours counts."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE)
    per_epoch = getattr(schedule, "per", "step") == "epoch"
    per_epoch = per_epoch or isinstance(schedule, MultiStep)
    twin = _twin(schedule, optimizer, STEPS // EPOCH if per_epoch else STEPS)
    result = [optimizer.param_groups[0]["lr"]]
    for k in range(1, STEPS + 1):
        optimizer.step()
        if not per_epoch or k % EPOCH == 0:
            twin.step()
        result.append(optimizer.param_groups[0]["lr"])
    return result


def _twin(s: Schedule, optimizer: torch.optim.Optimizer, length: int) -> twins.LRScheduler:
    match s:
        case Constant() | Plateau():
            return twins.ConstantLR(optimizer, factor=1.0)
        case Exponential():
            return twins.ExponentialLR(optimizer, s.gamma)
        case Staircase():
            return twins.StepLR(optimizer, s.every, s.gamma)
        case LinearDecay():
            return twins.LinearLR(optimizer, 1.0, s.lowest, length)
        case PolynomialDecay() if s.lowest == 0:
            return twins.PolynomialLR(optimizer, length, s.power)
        case PolynomialDecay():  # torch's has no lowest rate
            low = s.lowest
            return twins.LambdaLR(
                optimizer, lambda k: low + (1 - low) * (1 - k / length) ** s.power
            )
        case Cosine():
            return twins.CosineAnnealingLR(optimizer, length, BASE * s.lowest)
        case MultiStep():
            return twins.MultiStepLR(optimizer, [*map(int, s.milestones.split(","))], s.gamma)
        case InverseSquareRoot():  # torch has none
            return twins.LambdaLR(optimizer, lambda k: (1 + k / s.timescale / EPOCH) ** -0.5)
        case StableDecay():
            decay = round(s.decay * length)
            if s.shape == "straight" and s.lowest == 0 and decay == s.decay * length:
                stable = twins.ConstantLR(optimizer, 1.0)
                fall = twins.LinearLR(optimizer, 1.0, s.lowest, decay)
                return twins.SequentialLR(optimizer, [stable, fall], [length - decay])
            return twins.LambdaLR(
                optimizer,
                lambda k: s.lowest + (1 - s.lowest) * _decay_at_the_end(s, 1 - k / length),
            )
        case Triangular():
            return twins.CyclicLR(
                optimizer,
                BASE * s.lowest,
                BASE,
                s.half_cycle * EPOCH,
                mode="triangular2" if s.halving else "triangular",
                cycle_momentum=False,
            )
        case CosineRestarts():
            return twins.CosineAnnealingWarmRestarts(
                optimizer, s.first_cycle * EPOCH, s.growth, BASE * s.lowest
            )
        case OneCycle():  # torch counts the last step itself: one more, and the peak one earlier
            return twins.OneCycleLR(
                optimizer,
                max_lr=BASE,
                total_steps=STEPS + 1,
                pct_start=(s.rise * STEPS + 1) / (STEPS + 1),
                div_factor=1 / s.first,
                final_div_factor=s.first / s.last,
                anneal_strategy="cos" if s.shape == "cosine" else "linear",
                cycle_momentum=False,
            )
    raise AssertionError(f"{s!r} has no twin here: name one")


@pytest.mark.parametrize("schedule", EVERY, ids=repr)
def test_rates_equal_the_closed_form_and_torch(schedule: Schedule) -> None:
    assert table(schedule) == pytest.approx(closed_form(schedule), rel=1e-9, abs=1e-12)
    assert table(schedule) == pytest.approx(by_torch(schedule), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("schedule", EVERY, ids=repr)
def test_learning_rates_are_between_zero_and_the_full_rate(schedule: Schedule) -> None:
    firsts = {OneCycle: "first", Triangular: "lowest"}
    first = getattr(schedule, firsts.get(type(schedule), ""), 1.0)
    assert table(schedule)[0] == pytest.approx(first * BASE, rel=1e-12)
    assert all(0 <= rate <= BASE * (1 + 1e-12) for rate in table(schedule))


@pytest.mark.parametrize("schedule", EVERY, ids=repr)
@pytest.mark.parametrize("epochs", [0.5, 1.0, 2.0])
def test_warm_up_rises_in_equal_steps_to_the_start_of_the_schedule(schedule, epochs) -> None:
    """Torch's LinearLR, then the schedule by itself over what is left of the run."""
    warm = round(epochs * EPOCH)
    warmed = table(schedule.model_copy(update={"warmup": epochs}))
    alone = [
        schedule.learning_rate(BASE, k, steps=STEPS - warm, epoch_steps=EPOCH)
        for k in range(STEPS + 1 - warm)
    ]
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=alone[0])
    rise, rising = twins.LinearLR(optimizer, 1 / (warm + 1), 1.0, warm), []
    for _ in range(warm):
        rising.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        rise.step()
    assert warmed == pytest.approx([*rising, *alone], rel=1e-9, abs=1e-15)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(alone[0])  # no jump where they join
    stairs = np.diff([0, *warmed[: warm + 1]])
    assert stairs == pytest.approx(stairs[0])


def test_a_warm_up_longer_than_the_run_fills_the_run() -> None:
    rates = table(Cosine(warmup=1000))
    assert rates == pytest.approx([BASE * (k + 1) / (STEPS + 1) for k in range(STEPS)] + [BASE])


SMOOTH = [
    LinearDecay(), PolynomialDecay(), Cosine(), OneCycle(), OneCycle(shape="straight"),
    StableDecay(), InverseSquareRoot(), Triangular(half_cycle=1.0),
    Cosine(warmup=1.0), OneCycle(warmup=1.0),
]  # fmt: skip


@pytest.mark.parametrize("schedule", SMOOTH, ids=repr)
def test_schedules_are_continuous_where_two_parts_join(schedule: Schedule) -> None:
    """With ten times the steps the largest change is about a tenth."""

    def largest(steps: int) -> float:
        counts = {"steps": steps, "epoch_steps": steps // 6}
        rates = [schedule.learning_rate(BASE, k, **counts) for k in range(steps + 1)]
        return max(abs(a - b) for a, b in pairwise(rates))

    assert largest(6000) == pytest.approx(largest(600) / 10, rel=0.1)


def test_an_exponential_schedule_decays_per_step() -> None:
    schedule = Exponential(gamma=0.99, per="step")
    assert schedule.learning_rate(1.0, 99, steps=200, epoch_steps=10) == pytest.approx(0.99**99)


@pytest.mark.parametrize("cls", Schedule.members.values())
def test_every_schedule_declares_the_facts_of_its_menu_entry(cls: type[Schedule]) -> None:
    assert cls.label and cls.doc() and cls.formula and cls.source and cls.technique
    assert cls().summary


@pytest.mark.parametrize("text", ["", "30,", "60, 30", "30, 30", "0, 5", "1.5", "-3", "a", "٣"])
def test_milestones_that_do_not_rise_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"“{text}”"):
        MultiStep(milestones=text)
