"""One press that makes a network fit: whatever is proposed does."""

import pytest

from core.network.activations import ReLU
from core.network.build import trace
from core.network.layers import Conv2d, Flatten, Linear, MaxPool, Output
from core.network.mend import mend

PICTURE = (1, 8, 8)


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ((Linear(), Output()), "Put Flatten before it"),
        ((Conv2d(), ReLU(), Linear(), Output()), "Put Flatten before it"),
        ((Conv2d(), Output()), "Put Flatten before it"),
        ((Flatten(), Linear()), "End with an Output layer"),
        ((Conv2d(), ReLU()), "End with Flatten and Output"),
        ((Conv2d(kernel=9), Flatten(), Output()), "Leave it out"),
        ((Flatten(), MaxPool(), Output()), "Leave it out"),
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
