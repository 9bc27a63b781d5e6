"""Experiments that contain every choice of every family, with every option of its fields."""

import io
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from core.base.encoding import build
from core.base.spec import Choice, fields
from core.data.augmentations import Augmentation
from core.data.datasets import DataSet
from core.data.library import Library
from core.data.normalization import Normalization
from core.data.reading import Reading
from core.data.ready.points import Computed
from core.data.sampling import Sampling
from core.experiment import Experiment
from core.losses import Loss
from core.network.build import state_shapes
from core.network.initializers import Initializer
from core.network.layers import (
    BatchNorm,
    Branches,
    Conv2d,
    Dropout,
    Flatten,
    GlobalPool,
    Layer,
    Linear,
    MaxPool,
    Output,
    ReLU,
    Residual,
)
from core.optim.optimizers import Optimizer
from core.optim.regularizers import Regularizer
from core.optim.schedules import Schedule
from core.optim.stopping import StoppingRule
from core.weights.library import WeightsLibrary
from core.weights.reading import read_model

TABLE = {
    "data": {"kind": "blobs", "points": 80},
    "network": (Linear(units=5), ReLU(), Output()),
    "epochs": 3,
    "batch_size": 16,
    "device": "cpu",
}


CNN = (Conv2d(maps=3), ReLU(), MaxPool(), Flatten(), Output())


IMAGES = TABLE | {
    "data": {"kind": "digits"},
    "network": CNN,
    "split": {"validation": 0.02, "test": 0.02, "fraction": 0.03},
    "epochs": 2,
}


VALUES = TABLE | {"data": {"kind": "sine", "points": 60}, "loss": "mse"}


HOMES: list[Path] = []  # the one of the weights to start from, once the scripts are written


def experiment(base: dict[str, Any], **changes: Any) -> Experiment:
    return build(Experiment, base | changes)


def variants(member: type[Choice]) -> Iterator[Choice]:
    """The choice, and the choice with every other option of each of its fields."""
    yield member()
    for fact in fields(member):
        options = fact.options or ((True, False) if fact.type is bool else ())
        for option in options:
            if option != fact.default:
                yield member(**{fact.name: option})


def of_family(family: type[Choice]) -> Iterator[Choice]:
    return chain.from_iterable(variants(member) for member in family.members.values())


def optimizers() -> Iterator[Experiment]:
    for chosen in of_family(Optimizer):
        yield experiment(TABLE, optimizer=chosen)
        yield experiment(IMAGES, optimizer=chosen, epochs=1)
    normalized = (Linear(units=5), BatchNorm(), ReLU(), Output())
    averages = {"optimizer": "schedule_free_adamw", "regularizers": [{"kind": "ema"}]}
    yield experiment(TABLE, network=normalized, **averages)


def schedules() -> Iterator[Experiment]:
    for chosen in of_family(Schedule):
        yield experiment(TABLE, schedule=chosen)
    for kind in Schedule.members:
        yield experiment(TABLE, schedule={"kind": kind, "warmup": 1.5})
    yield experiment(TABLE, schedule={"kind": "plateau", "patience": 0, "improvement": 0.5})


def losses() -> Iterator[Experiment]:
    for chosen in of_family(Loss):
        yield experiment(TABLE, loss=chosen)
    yield experiment(TABLE, loss={"kind": "cross_entropy", "smoothing": 0.1})
    yield experiment(VALUES)


def accumulations() -> Iterator[Experiment]:
    """Gradients in parts: plain, mixed, with penalties, repeated."""
    yield experiment(TABLE, accumulation=3)
    yield experiment(TABLE, accumulation=4, regularizers=({"kind": "l2"}, {"kind": "sam"}))
    yield experiment(IMAGES, accumulation=2, augmentations=({"kind": "mixup"},), epochs=1)


def initializers() -> Iterator[Experiment]:
    for chosen in of_family(Initializer):
        yield experiment(IMAGES, initializer=chosen, epochs=1)
    yield experiment(TABLE, initializer={"kind": "he", "bias": 0.25})
    inner = Residual(layers=(Linear(units=5, initial_bias=-0.3), ReLU()))
    biased = (Conv2d(maps=3, initial_bias=0.1), Flatten(), inner, Output(bias_from_data=True))
    yield experiment(IMAGES, network=biased, epochs=1, initializer="pytorch")
    yield experiment(VALUES, network=(Output(bias_from_data=True),), initializer="lsuv")
    wider = Residual(layers=(Conv2d(maps=4, padding=1), ReLU(), Conv2d(maps=4, padding=1)))
    for placed in ("fixup", {"kind": "formula", "std": "0.4*fan_in^(-1/2)/(layer + depth)"}):
        network = (wider, wider, Flatten(), Output())
        yield experiment(IMAGES, network=network, epochs=1, initializer=placed)


def layers() -> Iterator[Experiment]:
    for chosen in of_family(Layer):
        flat, image = chosen.misfit((6,)) is None, chosen.misfit((8, 6, 6)) is None
        if chosen.is_output:
            yield experiment(TABLE, network=(chosen,))
        if flat and not chosen.is_output:
            yield experiment(TABLE, network=(Linear(units=8), chosen, Flatten(), Output()))
        if image and not chosen.is_output:
            after = () if len(chosen.output((8, 6, 6), 10)) == 1 else (Flatten(),)
            network = (Conv2d(maps=8), chosen, *after, Output())
            yield experiment(IMAGES, network=network, epochs=1)
    block = (Conv2d(maps=4, padding=1, stride=2), BatchNorm(), ReLU(), Dropout(p=0.2))
    shrinking = Residual(layers=block, drop=0.3)
    branches = Branches(branches=((Conv2d(maps=2, padding=1),), ()))
    yield experiment(IMAGES, network=(shrinking, GlobalPool(), Output()), epochs=1)
    yield experiment(IMAGES, network=(branches, shrinking, GlobalPool(), Output()), epochs=1)


def regularizers() -> Iterator[Experiment]:
    network = (Conv2d(maps=3), BatchNorm(), ReLU(), Dropout(p=0.1), GlobalPool(), Output())
    for chosen in of_family(Regularizer):
        yield experiment(IMAGES, network=network, regularizers=(chosen,))
    every = tuple(member() for member in Regularizer.members.values())
    yield experiment(IMAGES, network=network, regularizers=every)
    penalty = {"kind": "elastic", "strength": 0.01, "biases": 0.02, "activities": 0.03}
    yield experiment(TABLE, regularizers=(penalty,))
    yield experiment(TABLE, optimizer="lbfgs", regularizers=(penalty,))
    by_layer = {"kind": "weight_decay", "strength": 0.5, "depth_factor": 0.5, "layers": "norm1 3"}
    yield experiment(IMAGES, network=network, regularizers=(by_layer | {"biases": True},))
    swa = ({"kind": "swa", "start": 0.3}, {"kind": "clip_norm", "limit": 0.1})
    yield experiment(IMAGES, network=network, regularizers=swa)
    split = {"validation": 0, "test": 0.2}
    yield experiment(TABLE, split=split, regularizers=({"kind": "ema", "beta": 0.5},))


def augmentations() -> Iterator[Experiment]:
    for chosen in of_family(Augmentation):
        yield experiment(IMAGES, augmentations=(chosen,), epochs=1)
    every = tuple(member() for member in Augmentation.members.values())
    yield experiment(IMAGES, augmentations=every)
    for member in Augmentation.members.values():
        if member.supports_tables:
            yield experiment(VALUES, augmentations=(member(),))
    variance = ({"kind": "gradient_variance"},)
    yield experiment(TABLE, augmentations=("mixup",), regularizers=variance)


def data() -> Iterator[Experiment]:
    for chosen in of_family(Normalization):
        yield experiment(IMAGES, normalization=chosen, epochs=1)
        yield experiment(TABLE, normalization=chosen)
    for chosen in of_family(Sampling):
        yield experiment(IMAGES, sampling=chosen, epochs=1)
    for member in DataSet.members.values():
        if issubclass(member, Computed):
            loss = "cross_entropy" if member().classes else "mse"
            yield experiment(TABLE, data=member(points=60), loss=loss)
    yield experiment(IMAGES, data={"kind": "digits", "size": 28}, epochs=1)
    yield experiment(TABLE, data={"kind": "modular_addition", "modulus": 7})
    for noise in (0.1, 1.0):
        yield experiment(TABLE, label_noise={"share": noise, "seed": 3})
    corrected = {"base": TABLE["data"], "kind": "corrected", "dropped": (3, 5, 8, 13)}
    yield experiment(TABLE, data=corrected)
    corrected |= {"relabeled": ((1, 0), (2, 2), (40, 1))}
    yield experiment(TABLE, data=corrected, label_noise={"share": 0.3})
    for split in (
        {"validation": 0}, {"test": 0}, {"validation": 0, "test": 0}, {"stratified": False},
        {"fraction": 0.4, "seed": 5}, {"fraction": 0.01},
    ):  # fmt: skip
        yield experiment(TABLE, split=split)
        yield experiment(VALUES, split=split)
    yield experiment(TABLE, split={"method": "hash"})
    rows = (f"{k * 7 % 31},{k * k % 17},{2000 + k * 13 % 24},{'ab'[k % 2]}" for k in range(60))
    reading = Reading(columns={"who": {"role": "split_key"}})
    text = "\n".join(["x,y,who,label", *rows]).encode()
    digest, _ = Library(HOMES[-1]).add(text, names=("keyed.csv",), reading=reading)
    for method in ("groups", "time", "hash"):
        split = {"method": method, "seed": 2, "fraction": 0.8}
        yield experiment(TABLE, data={"kind": "spreadsheets", "digest": digest}, split=split)


def endings() -> Iterator[Experiment]:
    for chosen in of_family(StoppingRule):
        yield experiment(TABLE, stopping=(chosen,))
    yield experiment(TABLE, stopping=({"kind": "patience", "patience": 1, "improvement": 5.0},))
    yield experiment(TABLE, stopping=({"kind": "gradient_norm", "limit": 1e6},))
    every = ({"kind": "absolute_change", "limit": 1e3}, {"kind": "relative_change"}, "patience")
    yield experiment(TABLE, stopping=every)
    too_fast = {"kind": "sgd", "learning_rate": 10.0}
    for normalization in ("none", "standardize"):
        yield experiment(IMAGES, optimizer=too_fast, normalization=normalization, loss="mse")
    seeds = {"initialization": 4, "order": 5, "dropout": 6, "augmentation": 7}
    yield experiment(IMAGES, seeds=seeds, network=(Dropout(), *CNN), augmentations=("crop",))
    yield experiment(IMAGES, precision="bfloat16")


def cut_short() -> Iterator[Experiment]:
    yield experiment(TABLE, stopping=({"kind": "time"}, {"kind": "patience"}))
    yield experiment(IMAGES)


def starts() -> Iterator[Experiment]:
    chain_of_layers = (
        Conv2d(maps=4), BatchNorm(), ReLU(), Conv2d(maps=4), BatchNorm(), ReLU(), Flatten(),
        Linear(units=6), Output(),
    )  # fmt: skip
    base = IMAGES | {"network": chain_of_layers, "epochs": 3}
    shapes = state_shapes(chain_of_layers, (1, 8, 8), 10)
    draw = torch.Generator().manual_seed(3)
    weights = {
        name: torch.rand(shape, generator=draw) if shape else torch.zeros((), dtype=torch.int64)
        for name, shape in shapes.items()
    }
    model = read_model(io.BytesIO(save(weights)), "start.safetensors")
    digest = WeightsLibrary(HOMES[-1]).add(model)
    start = {"kind": "weights", "digest": digest}
    yield experiment(base, start=start)
    yield experiment(base, start=start | {"frozen": ("conv1", "norm1"), "new_layers": ("output",)})
    yield experiment(base, start=start | {"depth_factor": 0.5, "rates": (("conv2", 0.1),)})
    slowly = start | {"unfreeze_every": 1, "frozen": ("conv1",)}
    swa = {"kind": "swa", "start": 0.3}
    more = {"regularizers": ("weight_decay", swa), "stopping": ("gradient_norm",)}
    yield experiment(base, start=slowly, **more)
    yield experiment(base, start=start | {"new_layers": ("linear1",)}, initializer="lsuv")
    for kind in ("muon", "averaged_momentum"):
        yield experiment(base, start=start | {"depth_factor": 0.5}, optimizer=kind)


FAMILIES = (
    optimizers, schedules, losses, accumulations, initializers, layers, regularizers, augmentations,
    data, endings, cut_short, starts,
)  # fmt: skip
