"""One press that makes a network fit: whatever is proposed does."""

import pytest

from core.advice.network_fix import mend
from core.network.activations import ReLU
from core.network.build import trace
from core.network.layers import (
    Branches,
    Conv2d,
    Flatten,
    GroupNorm,
    Linear,
    MaxPool,
    Output,
    Residual,
)  # fmt: skip

PICTURE = (1, 8, 8)
END = (Flatten(), Output())


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ((Linear(), Output()), "Put Flatten before it"),
        ((Conv2d(), ReLU(), Linear(), Output()), "Put Flatten before it"),
        ((Conv2d(), Output()), "Put Flatten before it"),
        ((Flatten(), Linear()), "End with an Output layer"),
        ((Conv2d(), ReLU()), "End with Flatten and Output"),
        ((Conv2d(kernel=9), Flatten(), Output()), "Keep the picture size"),
        ((Flatten(), MaxPool(), Output()), "Leave it out"),
        ((Residual(layers=(Conv2d(kernel=9),)), *END), "Keep the picture size"),
        ((Residual(layers=(Linear(),)), Output()), "Put Flatten before the block"),
        ((Residual(layers=(Conv2d(maps=1, padding=1), Linear())), *END), "Leave it out"),
        ((Residual(layers=(Conv2d(),)), *END), "Keep the picture size"),
        ((Flatten(), Residual(layers=(Output(),)), Output()), "Make it Linear"),
        ((Residual(layers=(Flatten(),)), Output()), "Put Flatten before it"),
        ((Residual(layers=(MaxPool(size=16),)), *END), "Leave the whole block out"),
        ((Branches(branches=((), (MaxPool(size=16),))), *END), "Leave it out"),
        ((Branches(branches=((), (Residual(layers=(Conv2d(),)),))), *END), "Keep the picture size"),
        (
            (Branches(branches=((), (Conv2d(padding=1),)), join="sum"), *END),
            "Put the branches in a row",
        ),
        ((Conv2d(maps=6, padding=1), GroupNorm(groups=4), *END), "Set its groups to 3"),
    ],
)
def test_the_proposal_makes_it_fit(layers, words):
    said, mended = mend(layers, PICTURE, 10)
    assert said == words
    assert not any(fact.problem for fact in trace(mended, PICTURE, 10))


def test_of_two_faults_the_first_is_mended_first():
    layers = (Linear(), Conv2d(), Flatten(), Output())
    _, mended = mend(layers, PICTURE, 10)
    assert [f.index for f in trace(mended, PICTURE, 10) if f.problem] == [2]


@pytest.mark.parametrize("layers", [(), (Flatten(), Output())])
def test_nothing_is_proposed_where_nothing_is_wrong(layers):
    assert mend(layers, PICTURE, 10) is None


def test_nothing_is_proposed_where_one_layer_is_not_enough():
    assert mend((Conv2d(kernel=9),), PICTURE, 10) is None
