"""What optimizers, schedules, regularizers and stopping rules do in a run: by hand, or against the
same run without them.
"""

import copy
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from core.base.events import Epoch, Step
from core.data.augmentations import MixUp
from core.data.samples import Samples
from core.data.split import Split
from core.network.layers import Flatten, Output
from core.optim.marks import marks
from core.optim.optimizers import LBFGS, SGD, Adam, AdamW, AveragedMomentum
from core.optim.regularizers import (
    EMA,
    L2,
    SAM,
    SWA,
    ClipNorm,
    ClipValue,
    GradientVariance,
    WeightDecay,
)
from core.optim.schedule_free import ScheduleFreeAdamW
from core.optim.schedules import Constant, Exponential, Plateau
from core.optim.stopping import (
    AbsoluteChange,
    GradientNorm,
    RelativeChange,
    StoppingRule,
)
from core.training.loop import train
from core.training.metrics import evaluate
from tests.core.bars import PLAIN, bars, experiment, losses, of


@pytest.fixture(scope="module")
def data() -> Samples:
    """The bars."""
    return bars()


def test_both_forms_of_momentum_give_the_same_run_at_scaled_learning_rates(
    data: Samples,
) -> None:
    """While a schedule changes the rate, and across a resume."""
    mean, total = AveragedMomentum(learning_rate=0.2, momentum=0.75), SGD(momentum=0.75)
    runs = [
        experiment(optimizer=optimizer, schedule=Exponential(gamma=0.7))
        for optimizer in (mean, total.model_copy(update={"learning_rate": 0.05}))
    ]
    first, second = (list(train(e, data)) for e in runs)
    assert losses(first) == pytest.approx(losses(second), rel=1e-4)
    rates = [[e.learning_rate for e in of(Step, events)][-1] for events in (first, second)]
    assert rates == pytest.approx([0.2 * 0.7**3, 0.05 * 0.7**3])


def test_the_learning_rate_is_reduced_on_a_plateau_of_the_validation_loss(data: Samples) -> None:
    schedule = Plateau(gamma=0.5, patience=1, improvement=0.3)
    training = train(
        experiment(optimizer=SGD(learning_rate=0.08), schedule=schedule, epochs=9), data
    )
    training.single_steps = True
    events = list(training)
    losses = [e.validation["loss"] for e in of(Epoch, events)]
    used = [e.learning_rate for e in of(Step, events)]
    assert used == [0.08 * schedule.plateau_factor(losses[: k // 7]) for k in range(9 * 7)]
    assert used[-1] < 0.08


def test_l_bfgs_on_the_full_batch_needs_few_steps(data: Samples) -> None:
    """Softmax regression is convex: the gradient vanishes."""
    e = experiment(
        network=(Flatten(), Output()), optimizer=LBFGS(), schedule=Constant(), epochs=30,
        regularizers=(L2(strength=1e-2),), batch_size=65_536,
    )  # fmt: skip
    training = train(e, data)
    first, *_, last = losses(list(training))
    _, _, total = training.compute_gradient(
        *training.setup.batch(torch.arange(len(training.setup.train)))
    )
    slope = max(p.grad.abs().max().item() for p in training.setup.model.parameters())
    assert last < 0.5 * first and slope < 1e-4 and total.item() > last


def test_adam_with_the_regularizer_equals_adamw_with_its_decay(data: Samples) -> None:
    """Adam with the regularizer and AdamW with its own decay are the same run."""
    with_rule = experiment(
        optimizer=Adam(learning_rate=1e-2), regularizers=(WeightDecay(strength=0.1, biases=True),)
    )
    with_own = experiment(optimizer=AdamW(learning_rate=1e-2, weight_decay=0.1))
    assert losses(list(train(with_rule, data))) == pytest.approx(
        losses(list(train(with_own, data))), rel=1e-3
    )


def test_the_last_event_has_the_fraction_of_clipped_steps(data: Samples) -> None:
    rules = (ClipNorm(limit=1e-3), ClipValue(limit=1e3))
    assert list(train(experiment(regularizers=rules), data))[-1].clipped == {
        "clip_norm": 1.0,
        "clip_value": 0.0,
    }


def test_sam_equals_the_algorithm_of_its_paper(data: Samples) -> None:
    """One epoch of plain SGD, written by hand (Foret et al. 2020, algorithm 1)."""
    e = experiment(
        network=PLAIN, optimizer=SGD(learning_rate=0.1, momentum=0), schedule=Constant(),
        regularizers=(SAM(radius=0.2),), epochs=1,
    )  # fmt: skip
    ours, twin = train(e, data), train(e, data).setup
    list(ours)
    model, order = twin.model, torch.randperm(len(twin.train), generator=twin.order)
    weights = list(model.parameters())
    for rows in order.split(16):
        x, y = twin.train.batch(rows)
        here = [w.detach().clone() for w in weights]
        gradients = torch.autograd.grad(twin.criterion(model(x), y), weights)
        norm = sum(g.square().sum() for g in gradients).sqrt()
        with torch.no_grad():
            for w, g in zip(weights, gradients, strict=True):
                w += 0.2 * g / norm
        gradients = torch.autograd.grad(twin.criterion(model(x), y), weights)
        with torch.no_grad():
            for w, old, g in zip(weights, here, gradients, strict=True):
                w.copy_(old - 0.1 * g)
    for a, b in zip(ours.setup.model.parameters(), weights, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def test_batch_statistics_use_only_the_first_gradient_of_sam(data: Samples) -> None:
    moved = [train(experiment(regularizers=r), data) for r in ((), (SAM(),))]
    for training in moved:
        training.compute_gradient(*training.setup.batch(torch.arange(16)))
    plain, aware = moved
    again = partial(aware.compute_gradient, *aware.setup.batch(torch.arange(16)))
    before = copy.deepcopy(aware.setup.model.state_dict())
    aware.setup.transforms[0].recompute_gradient(again)
    after, other = aware.setup.model.state_dict(), plain.setup.model.state_dict()
    for name, value in before.items():
        if not name.endswith("num_batches_tracked"):
            assert torch.equal(value, after[name]) and torch.equal(value, other[name]), name


@pytest.mark.parametrize("augmentations", [(), (MixUp(),)], ids=["plain", "mixed"])
def test_the_variance_penalty_equals_that_of_separate_parts(
    data: Samples, augmentations: tuple
) -> None:
    e = experiment(
        network=PLAIN, augmentations=augmentations,
        regularizers=(GradientVariance(strength=0.7, parts=3),),
    )  # fmt: skip
    training = train(e, data)
    setup = training.setup
    x, y, mix = setup.batch(torch.arange(16))
    loss, _, total = training.compute_gradient(x, y, mix)
    gradients = []
    for at in np.array_split(np.arange(16), 3):
        setup.model.zero_grad()
        outputs = setup.model(x[at])
        if mix:
            each = nn.functional.cross_entropy(outputs, mix.first[at], reduction="none")
            other = nn.functional.cross_entropy(outputs, mix.second[at], reduction="none")
            part = (mix.fraction[at] * each + (1 - mix.fraction[at]) * other).mean()
        else:
            part = nn.functional.cross_entropy(outputs, y[at])
        part.backward()
        gradients.append(torch.cat([p.grad.flatten() for p in setup.model.parameters()]))
    expected = 0.7 * torch.stack(gradients).double().var(0).sum().item()
    assert (total - loss).item() == pytest.approx(expected, rel=1e-4) and expected > 1e-4


def test_averaged_weights_are_evaluated_and_do_not_change_training(
    data: Samples,
) -> None:
    """The mean changes no loss; what is kept and scored is the mean."""
    plain, held = (train(experiment(regularizers=r), data) for r in ((), (EMA(beta=0.9),)))
    events, other = list(plain), list(held)
    assert losses(events) == losses(other)
    last = [w.setup.model.state_dict() for w in (plain, held)]
    assert all(torch.equal(last[0][name], last[1][name]) for name in last[0])
    assert [e.validation for e in of(Epoch, events)] != [e.validation for e in of(Epoch, other)]
    held.setup.model.load_state_dict(held.state()["best"])
    scored = evaluate(held.setup.model, held.setup.validation, held.setup.criterion)
    assert scored == other[-1].validation


def test_schedule_free_weights_are_evaluated_with_recomputed_statistics(data: Samples) -> None:
    e = experiment(optimizer=ScheduleFreeAdamW(), schedule=Constant(), epochs=2, batch_size=37)
    training = train(e, data)
    last = of(Epoch, list(training))[-1]
    setup = training.setup
    setup.model.load_state_dict(setup.optimizer.average())
    torch.optim.swa_utils.update_bn([x for x, _ in setup.train.in_order(37)], setup.model)
    scored = evaluate(setup.model, setup.validation, setup.criterion)
    assert scored == pytest.approx(last.validation, rel=1e-5)


def test_swa_is_the_mean_of_the_last_epochs_with_recomputed_statistics(data: Samples) -> None:
    e = experiment(
        regularizers=(SWA(start=0.5),), split=Split(validation=0.0, test=0.3),
        optimizer=SGD(), schedule=Constant(), batch_size=37,
    )  # fmt: skip
    training, ends = train(e, data), []
    training.single_steps = True
    for event in training:
        if isinstance(event, Epoch):
            ends.append(training.setup.weights())
    setup, kept = training.setup, training.state()["averaged"]
    for name, value in setup.model.named_parameters():
        mean = (ends[2][name] + ends[3][name]) / 2
        torch.testing.assert_close(kept[name], mean, rtol=1e-5, atol=1e-7)
        assert not torch.equal(kept[name], value)
    setup.model.load_state_dict(kept)
    batches = [x for x, _ in setup.train.in_order(37)]
    torch.optim.swa_utils.update_bn(batches, setup.model)
    for name, value in setup.model.state_dict().items():
        if "running" in name:
            torch.testing.assert_close(kept[name], value, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "rule",
    [
        AbsoluteChange(limit=0.02),
        RelativeChange(limit=0.05, difference="absolute"),
        GradientNorm(limit=0.3),
    ],
)
def test_every_rule_ends_a_full_batch_run_at_its_mark_and_is_named(
    data: Samples, rule: StoppingRule
) -> None:
    slow = SGD(learning_rate=0.1, momentum=0.0)
    plain = dict(network=PLAIN, batch_size=65_536, epochs=80, optimizer=slow)
    ended = list(train(experiment(stopping=(rule,), **plain), data))
    assert ended[-1].reason == rule.kind and 2 < ended[-1].epochs < 80
    assert rule.label in ended[-1].message and rule.summary in ended[-1].message
    measured = experiment(stopping=(GradientNorm(limit=0.0),), **plain)
    went_on = of(Epoch, list(train(measured, data)))
    assert len(went_on) == 80
    (mark,) = marks([rule], went_on)
    assert (mark.epoch, mark.step) == (ended[-1].epochs, ended[-1].step)


def test_the_gradient_norm_is_that_of_the_whole_training_part(data: Samples) -> None:
    e = experiment(stopping=(GradientNorm(limit=0.0),), epochs=2)
    training = train(e, data)
    told = [event.gradient for event in of(Epoch, list(training))]
    setup, model = training.setup, training.setup.model
    model.zero_grad()
    model.eval()
    x, y = setup.train.batch(torch.arange(len(setup.train)))
    nn.functional.cross_entropy(model(x), y).backward()
    norm = sum(p.grad.square().sum() for p in model.parameters()).sqrt().item()
    assert told[-1] == pytest.approx(norm, rel=1e-4) and told[0] != told[1]
    plain = train(e.model_copy(update={"stopping": ()}), data)
    events = list(plain)
    assert [event.gradient for event in of(Epoch, events)] == [None, None]
    for name, value in setup.weights().items():
        assert torch.equal(value, plain.setup.weights()[name]), name
