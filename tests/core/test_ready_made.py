"""Each ready-made comparison shows what its card claims, with a margin, for more than one seed."""

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
from core.data.samples import Samples
from core.experiment import Experiment, comparisons, shipped
from core.training.inputs import load_inputs
from core.training.loop import Training, train
from core.weights.library import INCLUDED, WeightsLibrary

NO_HOME = Path("/nowhere")  # the data is included or generated
SEEDS = (0, 1)
seeds = pytest.mark.parametrize("seed", SEEDS)


@dataclass(frozen=True)
class Outcome:
    """A finished run."""

    training: Training
    epochs: list[Epoch]
    ended: Ended

    @property
    def accuracy(self) -> float:
        return self.epochs[-1].validation["accuracy"]

    @property
    def loss(self) -> float:
        return self.epochs[-1].validation["loss"]


@cache
def data(text: str) -> Samples:
    return load_inputs(Experiment.model_validate_json(text), NO_HOME)


def run(name: str, seed: int, epochs: int = 0) -> Outcome:
    """Train a ready-made experiment with this seed for weights, order and dropout, for fewer epochs
    if fewer are enough.
    """
    e = shipped()[name]
    seeds = e.seeds.model_copy(update={"initialization": seed, "order": seed, "dropout": seed})
    e = e.model_copy(update={"seeds": seeds, "epochs": epochs or e.epochs, "device": "cpu"})
    training = train(e, data(encode(shipped()[name])))
    training.budget.is_open = False  # probes change nothing, and take half of so short a training
    events = list(training)
    return Outcome(training, [x for x in events if isinstance(x, Epoch)], events[-1])


def test_grokking_learns_the_rule_long_after_the_training_examples() -> None:
    epochs = run("grokking", seed=0, epochs=1000).epochs
    early, late = epochs[249], epochs[-1]
    assert early.train["accuracy"] == late.train["accuracy"] == 1
    assert early.validation["accuracy"] < 0.05 and late.validation["accuracy"] > 0.4


def curvature(training: Training, rounds: int = 20) -> float:
    """Return the largest eigenvalue of the Hessian of the training loss, by power iteration."""
    setup = training.setup
    model, weights = setup.model.eval(), list(setup.model.parameters())
    x, y = setup.train.batch(torch.arange(len(setup.train)))
    loss = nn.functional.cross_entropy(model(x), y)
    gradients = torch.autograd.grad(loss, weights, create_graph=True)
    generator = torch.Generator().manual_seed(0)
    v = [torch.randn(w.shape, generator=generator) for w in weights]
    eigenvalue = 0.0
    for _ in range(rounds):
        length = sum(a.square().sum() for a in v).sqrt()
        v = [a / length for a in v]
        product = sum((a * b).sum() for a, b in zip(gradients, v, strict=True))
        products = torch.autograd.grad(product, weights, retain_graph=True)
        eigenvalue = sum((a * b).sum() for a, b in zip(products, v, strict=True)).item()
        v = list(products)
    return eigenvalue


def test_compared_experiments_share_data_and_seeds_and_describe_themselves() -> None:
    for names in comparisons().values():
        experiments = [shipped()[name] for name in names]
        assert len(experiments) > 1 and len({e.name for e in experiments}) == len(experiments)
        assert len({(e.data, e.split, e.label_noise, e.seeds) for e in experiments}) == 1
        assert (
            len({encode(e.model_copy(update={"name": "", "about": ""})) for e in experiments}) > 1
        )
        assert len(experiments[0].about) <= 54 and all(len(e.about) <= 90 for e in experiments)


def test_compared_experiments_differ_in_at_most_three_settings() -> None:
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
def test_thirty_sigmoid_layers_do_not_train_and_the_remedies_do(seed: int) -> None:
    epochs = zip(comparisons()["deep"], (5, 5, 2), strict=True)  # residual blocks need no more
    sigmoid, relu, residual = (run(name, seed, most) for name, most in epochs)
    assert sigmoid.accuracy < 0.2 and relu.accuracy > 0.35 and residual.accuracy > 0.75
    start = first_step(sigmoid.training.setup.experiment, data(encode(shipped()["deep-1-sigmoid"])))
    assert start.layers[0].gradient < 1e-6 * start.layers[-1].gradient


@seeds
def test_fine_tuning_needs_fewer_points_than_a_training_from_scratch(seed: int) -> None:
    scratch, frozen, tuned = (run(name, seed) for name in comparisons()["fine-tuning"])
    first, second, third = (each.ended.test["accuracy"] for each in (scratch, frozen, tuned))
    assert third > second + 0.03 and third > first + 0.1
    start = tuned.training.experiment.start
    stored = WeightsLibrary(INCLUDED.parent).about(start.digest)
    assert stored.facts.title == start.title
    source = Experiment.model_validate_json(stored.facts.experiment)
    assert source.network == tuned.training.experiment.network


@seeds
def test_zero_weights_never_break_symmetry(seed: int) -> None:
    ended = run("digits-zeros", seed, 3)
    assert ended.accuracy < 0.2
    first = next(ended.training.setup.model.parameters())
    assert torch.equal(first, first[:1].expand_as(first))


@seeds
def test_a_perceptron_step_does_not_learn_and_logistic_regression_does(seed: int) -> None:
    step, logistic = (run(name, seed, 10) for name in comparisons()["perceptron"])
    assert step.accuracy < 0.3 and logistic.accuracy > 0.85
    assert len({epoch.validation["loss"] for epoch in step.epochs}) == 1


@seeds
def test_lsuv_restores_a_vanishing_signal(seed: int) -> None:
    before, after = (run(name, seed, 4) for name in comparisons()["lsuv"])
    assert before.accuracy < 0.2 and after.accuracy > 0.6
    ratios = [
        first_step(
            o.training.setup.experiment, data(encode(shipped()["lsuv-1-before"]))
        ).signal_ratio
        for o in (before, after)
    ]
    assert ratios[0] < 1e-3 and 0.2 < ratios[1] < 5


@seeds
def test_a_decaying_learning_rate_settles_and_a_constant_one_stays_noisy(seed: int) -> None:
    constant, decaying = (run(name, seed, 40).epochs[-20:] for name in comparisons()["rate"])
    jumps = [
        sum(abs(a.validation["loss"] - b.validation["loss"]) for a, b in pairwise(epochs))
        for epochs in (constant, decaying)
    ]
    means = [sum(e.validation["loss"] for e in epochs) / 20 for epochs in (constant, decaying)]
    assert jumps[1] < 0.6 * jumps[0] and means[1] < 0.95 * means[0]


@seeds
def test_momentum_makes_more_progress_at_the_same_learning_rate(seed: int) -> None:
    without, with_ = (run(name, seed, 15) for name in comparisons()["momentum"])
    assert with_.loss < 0.4 * without.loss


@seeds
def test_four_remedies_reduce_memorization(seed: int) -> None:
    none, *remedies = (run(name, seed, 45) for name in comparisons()["by-heart"])
    assert none.epochs[-1].train["accuracy"] == 1.0
    assert len(remedies) == 4 and remedies[-1].ended.reason == "patience"
    assert all(remedy.ended.validation["loss"] < 0.92 * none.loss for remedy in remedies)


@seeds
def test_clipping_prevents_divergence(seed: int) -> None:
    off, on = (run(name, seed) for name in comparisons()["clipping"])
    assert off.ended.reason == "diverged" and off.ended.step < 30
    assert on.ended.reason == "epochs" and on.epochs[-1].validation["r2"] > 0.9
    assert on.ended.clipped["clip_norm"] > 0.5


@seeds
def test_small_batches_learn_more_in_the_same_epochs(seed: int) -> None:
    small, large = (run(name, seed) for name in comparisons()["batch"])
    assert small.accuracy > large.accuracy + 0.02 and small.loss < 0.4 * large.loss


@seeds
def test_sharpness_aware_steps_find_flatter_minima_that_generalize_better(seed: int) -> None:
    sharp, flat = (run(name, seed) for name in comparisons()["flat"])
    assert curvature(flat.training) < 0.6 * curvature(sharp.training)
    assert flat.loss < 0.93 * sharp.loss
