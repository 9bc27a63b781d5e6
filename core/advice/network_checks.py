"""Doubts about a network and its first weights: each rule gives Advice, or nothing.

Layers within blocks count as the others do. Pure: it knows the experiment and how large its data
and its network are.
"""

from core.advice.training_checks import Advice, plain
from core.experiment import Experiment
from core.network.initializers import He, Xavier
from core.network.layers import (
    Activation,
    BatchNorm,
    ReLU,
    Sigmoid,
    StepFunction,
    Tanh,
    every,
)  # fmt: skip

SIGMOIDS = 4  # so many leave 1/256 of the gradient at the most


def _symmetry(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    if not e.initializer.symmetric:
        return []
    text = (
        f"**{e.initializer.label} never break symmetry:** all units of a layer stay equal, so it "
        "learns like one unit."
    )
    return [Advice("warn", text, "initializer", "he", "Use He")]


def _step(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    """Steps inside of blocks are told of, but not taken away."""
    if all(layer.trains for layer in every(e.network) if isinstance(layer, Activation)):
        return []
    text = (
        "**Gradients cannot train a step:** its derivative is 0 wherever it has one, so no weight "
        "before it learns."
    )
    *before, last = e.network
    if isinstance(last, StepFunction):
        return [Advice("warn", text, "network", plain(before), "Leave it out")]
    others = [Sigmoid() if isinstance(layer, StepFunction) else layer for layer in e.network]
    if any(isinstance(layer, StepFunction) for layer in every(tuple(others))):
        return [Advice("warn", text)]
    return [Advice("warn", text, "network", plain(others), "Use Sigmoid")]


def _bounded_scores(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    if (
        not e.network
        or not isinstance(e.network[-1], Activation)
        or isinstance(e.network[-1], StepFunction)
    ):
        return []
    text = (
        f"**{e.network[-1].label} bends the scores:** the loss takes scores of any size, and so "
        "cannot get all that it asks for."
    )
    return [Advice("warn", text, "network", plain(e.network[:-1]), "Leave it out")]


def _batch_of_one(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    norm = any(isinstance(layer, BatchNorm) for layer in every(e.network))
    if not norm or (e.batch_size > 1 and (not pictures or pictures % e.batch_size != 1)):
        return []
    where = "every batch has" if e.batch_size == 1 else "the last batch of an epoch has"
    text = f"**Batch normalization compares pictures of a batch,** but {where} one only."
    better = next(b for b in range(max(2, e.batch_size), 65_537) if pictures % b != 1)
    better = max(better, 32) if not pictures else better
    return [Advice("warn", text, "batch_size", better, f"Use {better}")]


def _activation(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    kinds = {type(layer) for layer in every(e.network)}
    if isinstance(e.initializer, Xavier) and ReLU in kinds:
        text = "**Xavier suits tanh;** ReLU halves the signal, which He makes up for."
        return [Advice("info", text, "initializer", "he", "Use He")]
    if isinstance(e.initializer, He) and kinds & {Tanh, Sigmoid} and ReLU not in kinds:
        text = "**He suits ReLU;** for tanh and sigmoid Xavier keeps the signal level."
        return [Advice("info", text, "initializer", "xavier", "Use Xavier")]
    return []


def _depth(e: Experiment, pictures: int, parameters: int) -> list[Advice]:
    sigmoids = sum(isinstance(layer, Sigmoid) for layer in every(e.network))
    if sigmoids < SIGMOIDS:
        return []
    text = (
        f"**{sigmoids} sigmoid layers:** each passes at most a quarter of the gradient on. ReLU "
        "does not."
    )
    return [Advice("warn", text)]


RULES = (_symmetry, _step, _bounded_scores, _batch_of_one, _depth, _activation)
