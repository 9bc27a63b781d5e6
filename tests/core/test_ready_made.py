"""The ready-made comparisons show what their cards claim, with a margin, for more than one seed."""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import nn

from core.advice.first_step import first_step
from core.base.encoding import encode
from core.base.events import Ended, Epoch
from core.data.load import load
from core.data.samples import Samples
from core.experiment import Experiment, comparisons, shipped
from core.training.loop import Training, train

NOWHERE = Path("/nowhere")
SEEDS = (0, 1)
seeds = pytest.mark.parametrize("seed", SEEDS)


@dataclass(frozen=True)
class Outcome:
    """A run to its end."""

    training: Training
    epochs: list[Epoch]
    ended: Ended

    @property
    def right(self) -> float:
        return self.epochs[-1].validation["accuracy"]

    @property
    def loss(self) -> float:
        return self.epochs[-1].validation["loss"]


@cache
def data(text: str) -> Samples:
    return load(Experiment.model_validate_json(text).data, NOWHERE)


def run(name: str, seed: int, epochs: int = 0) -> Outcome:
    """The shipped experiment from other first weights and in another order, for fewer epochs where
    fewer show it.
    """
    e = shipped()[name]
    drawn = e.seeds.model_copy(update={"initialization": seed, "order": seed, "dropout": seed})
    e = e.model_copy(update={"seeds": drawn, "epochs": epochs or e.epochs, "device": "cpu"})
    training = train(e, data(encode(shipped()[name])))
    events = list(training)
    return Outcome(training, [x for x in events if isinstance(x, Epoch)], events[-1])


def curvature(training: Training, rounds: int = 20) -> float:
    """The largest eigenvalue of the Hessian of the training loss, by power iteration."""
    setup = training.setup
    model, weights = setup.model.eval(), list(setup.model.parameters())
    x, y = setup.train.batch(torch.arange(len(setup.train)))
    loss = nn.functional.cross_entropy(model(x), y)
    slope = torch.autograd.grad(loss, weights, create_graph=True)
    generator = torch.Generator().manual_seed(0)
    v = [torch.randn(w.shape, generator=generator) for w in weights]
    found = 0.0
    for _ in range(rounds):
        length = sum(a.square().sum() for a in v).sqrt()
        v = [a / length for a in v]
        product = sum((a * b).sum() for a, b in zip(slope, v, strict=True))
        turned = torch.autograd.grad(product, weights, retain_graph=True)
        found = sum((a * b).sum() for a, b in zip(turned, v, strict=True)).item()
        v = list(turned)
    return found


def test_what_is_compared_is_the_same_data_and_says_what_it_shows() -> None:
    for names in comparisons().values():
        every = [shipped()[name] for name in names]
        assert len(every) > 1 and len({e.name for e in every}) == len(every)
        assert len({(e.data, e.split, e.label_noise, e.seeds) for e in every}) == 1
        assert len({encode(e.model_copy(update={"name": "", "about": ""})) for e in every}) > 1
        assert len(every[0].about) <= 54 and all(len(e.about) <= 90 for e in every)


def test_what_is_compared_differs_in_few_settings() -> None:
    for names in comparisons().values():
        for first, other in pairwise([shipped()[names[0]], shipped()[name]] for name in names[1:]):
            changed = {
                field
                for a, b in (first, other)
                for field in Experiment.model_fields
                if getattr(a, field) != getattr(b, field)
            }
            assert len(changed - {"name", "about"}) <= 3


@seeds
def test_thirty_sigmoid_layers_do_not_train_and_the_cures_do(seed: int) -> None:
    sigmoid, relu, residual = (run(name, seed, 10) for name in comparisons()["deep"])
    assert sigmoid.right < 0.2 and relu.right > 0.35 and residual.right > 0.75
    start = first_step(sigmoid.training.setup.experiment, data(encode(shipped()["deep-1-sigmoid"])))
    assert start.layers[0].gradient < 1e-6 * start.layers[-1].gradient


@seeds
def test_zeros_never_break_symmetry(seed: int) -> None:
    ended = run("digits-zeros", seed, 3)
    assert ended.right < 0.2
    first = next(ended.training.setup.model.parameters())
    assert torch.equal(first, first[:1].expand_as(first))


@seeds
def test_the_perceptron_s_step_does_not_learn_and_logistic_regression_does(seed: int) -> None:
    step, logistic = (run(name, seed, 10) for name in comparisons()["perceptron"])
    assert step.right < 0.3 and logistic.right > 0.85
    assert len({epoch.validation["loss"] for epoch in step.epochs}) == 1


@seeds
def test_lsuv_brings_back_a_signal_that_dies(seed: int) -> None:
    before, after = (run(name, seed, 12) for name in comparisons()["lsuv"])
    assert before.right < 0.2 and after.right > 0.6
    ratios = [
        first_step(
            o.training.setup.experiment, data(encode(shipped()["lsuv-1-before"]))
        ).signal_ratio
        for o in (before, after)
    ]
    assert ratios[0] < 1e-3 and 0.2 < ratios[1] < 5


@seeds
def test_a_falling_rate_settles_and_a_fixed_one_jumps(seed: int) -> None:
    fixed, falling = (run(name, seed).epochs[-20:] for name in comparisons()["rate"])
    jumps = [
        sum(abs(a.validation["loss"] - b.validation["loss"]) for a, b in pairwise(epochs))
        for epochs in (fixed, falling)
    ]
    means = [sum(e.validation["loss"] for e in epochs) / 20 for epochs in (fixed, falling)]
    assert jumps[1] < 0.6 * jumps[0] and means[1] < 0.95 * means[0]


@seeds
def test_momentum_goes_further_at_the_same_rate(seed: int) -> None:
    without, with_ = (run(name, seed, 15) for name in comparisons()["momentum"])
    assert with_.loss < 0.4 * without.loss


@seeds
def test_four_cures_for_learning_by_heart(seed: int) -> None:
    none, *cures = (run(name, seed, 45) for name in comparisons()["by-heart"])
    assert none.epochs[-1].train["accuracy"] == 1.0
    assert len(cures) == 4 and cures[-1].ended.reason == "patience"
    assert all(cure.ended.validation["loss"] < 0.92 * none.loss for cure in cures)


@seeds
def test_clipping_saves_what_explodes(seed: int) -> None:
    off, on = (run(name, seed) for name in comparisons()["clipping"])
    assert off.ended.reason == "diverged" and off.ended.step < 30
    assert on.ended.reason == "epochs" and on.epochs[-1].validation["r2"] > 0.9
    assert on.ended.clipped["clip_norm"] > 0.5


@seeds
def test_small_batches_get_further_in_the_same_epochs(seed: int) -> None:
    small, large = (run(name, seed) for name in comparisons()["batch"])
    assert small.right > large.right + 0.02 and small.loss < 0.4 * large.loss


@seeds
def test_sharpness_aware_steps_end_flatter_and_generalize_better(seed: int) -> None:
    sharp, flat = (run(name, seed) for name in comparisons()["flat"])
    assert curvature(flat.training) < 0.6 * curvature(sharp.training)
    assert flat.loss < 0.93 * sharp.loss
