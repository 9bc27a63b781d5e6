"""One change that makes a network fit: whatever is suggested does."""

import pytest

from core.advice.network_fix import check_fit, suggest_fix
from core.network.activations import ReLU
from core.network.build import trace
from core.network.layers import (
    Branches,
    Conv2d,
    Flatten,
    GroupNorm,
    Layer,
    Linear,
    MaxPool,
    Output,
    Residual,
)  # fmt: skip

IMAGE = (1, 8, 8)
END = (Flatten(), Output())


def apply(action):
    return tuple(map(Layer.pick, action.changes["network"]))


def branches(*inner, **more):
    return Branches(branches=((), inner), **more)


def block(*inner, **more):
    return Residual(layers=inner, **more)


KEPT = Conv2d(kernel=9, padding=4)
SAME, ONE_MAP = Conv2d(padding=1), Conv2d(maps=1, padding=1)


@pytest.mark.parametrize(
    ("layers", "fixed"),
    [
        ((Linear(), Output()), (Flatten(), Linear(), Output())),
        ((Conv2d(), ReLU(), Linear(), Output()), (Conv2d(), ReLU(), Flatten(), Linear(), Output())),
        ((Conv2d(), Output()), (Conv2d(), Flatten(), Output())),
        ((Flatten(), Linear()), (Flatten(), Linear(), Output())),
        ((Conv2d(), ReLU()), (Conv2d(), ReLU(), Flatten(), Output())),
        ((Conv2d(kernel=9), *END), (KEPT, *END)),
        ((Flatten(), MaxPool(), Output()), END),
        ((block(Conv2d(kernel=9)), *END), (block(KEPT), *END)),
        ((block(Linear()), Output()), (Flatten(), block(Linear()), Output())),
        ((block(ONE_MAP, Linear()), *END), (block(ONE_MAP), *END)),
        ((block(Conv2d()), *END), (block(SAME), *END)),
        ((Flatten(), block(Output()), Output()), (Flatten(), block(Linear(units=10)), Output())),
        ((block(Flatten()), Output()), (Flatten(), block(Flatten()), Output())),
        ((block(MaxPool(size=16)), *END), END),
        ((branches(MaxPool(size=16)), *END), (branches(), *END)),
        ((branches(block(Conv2d())), *END), (branches(block(SAME)), *END)),
        ((branches(SAME, join="sum"), *END), (branches(SAME), *END)),
        (
            (Conv2d(maps=6, padding=1), GroupNorm(groups=4), *END),
            (Conv2d(maps=6, padding=1), GroupNorm(groups=3), *END),
        ),
    ],
)
def test_the_suggestion_makes_it_fit(layers, fixed):
    found = check_fit(layers, IMAGE, 10)
    assert found.level == "bad" and found.code and found.action.label
    assert apply(found.action) == fixed
    assert not any(fact.misfit for fact in trace(fixed, IMAGE, 10))
    assert check_fit(fixed, IMAGE, 10) is None


def test_of_two_misfits_the_first_is_fixed_first():
    layers = (Linear(), Conv2d(), Flatten(), Output())
    fixed = apply(suggest_fix(layers, IMAGE, 10))
    assert [f.index for f in trace(fixed, IMAGE, 10) if f.misfit] == [2]


@pytest.mark.parametrize("layers", [(), END])
def test_nothing_is_suggested_if_nothing_is_wrong(layers):
    assert check_fit(layers, IMAGE, 10) is None and suggest_fix(layers, IMAGE, 10) is None


def test_nothing_is_suggested_if_one_change_is_not_enough():
    found = check_fit((Conv2d(kernel=9),), IMAGE, 10)
    assert (found.code, found.action) == ("kernel_too_large", None)
    assert found.evidence == {"shape": [1, 8, 8], "padding": 1, "layer": "1"}
