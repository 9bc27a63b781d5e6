"""What the charts of the Concepts page hold."""

import numpy as np
import pytest

from core.concepts.ridge import Ridge
from core.concepts.softmax import softmax_table
from core.figures import concepts
from core.network.activations import Activation, Sigmoid
from core.network.layers import Layer

EVERY = [m() for m in Layer.members.values() if issubclass(m, Activation)]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_activation_is_drawn_with_its_slope_and_the_chosen_one_last(mode):
    chosen = next(a for a in EVERY if isinstance(a, Sigmoid))
    shown = concepts.curves(chosen, [a for a in EVERY if a is not chosen])
    drawn = concepts.activations(shown, mode)
    assert len(drawn.data) == 2 * len(EVERY)
    value, slope = drawn.data[-2:]
    assert value.name == slope.name == "Sigmoid"
    at = list(value.x).index(0.0)
    assert (value.y[at], slope.y[at]) == (0.5, 0.25)
    assert slope.xaxis == "x2" and value.line.dash != slope.line.dash


def test_shares_stand_beside_what_is_asked_for():
    rows = softmax_table((3.2, 5.1, -1.7), 0)
    drawn = concepts.shares(("cat", "car", "frog"), rows, (1, 0, 0), "light")
    assert drawn.data[0].text == ("0.13", "0.87", "0.00")
    assert list(drawn.data[1].y) == [1, 0, 0]


@pytest.mark.parametrize("convention", ["sum", "mean"])
def test_descent_arrives_at_the_closed_form_as_fast_as_the_condition_number_says(convention):
    x, y = concepts.ridge_data()
    ridge = Ridge(0.1, convention)
    away = concepts.distances(x, y, ridge)
    kappa = ridge.condition(x)
    bound = ((kappa - 1) / (kappa + 1)) ** np.arange(len(away))
    assert away[0] == pytest.approx(1) and all(away <= bound * (1 + 1e-6) + 1e-12)
    assert away[-1] < 1e-3


def test_the_columns_are_as_alike_as_asked_and_centred():
    for likeness in (0.0, 0.95):
        x, y = concepts.ridge_data(likeness, rows=4000)
        assert np.corrcoef(x.T)[0, 1] == pytest.approx(likeness, abs=4 / 4000**0.5)
        assert x.mean(0) == pytest.approx([0, 0], abs=1e-12) and y.mean() == pytest.approx(0)


def test_the_chosen_strength_is_marked_on_its_own_line():
    x, y = concepts.ridge_data()
    drawn = concepts.condition(x, y, Ridge(0.1, "mean"), "dark")
    assert list(drawn.data[2].x) == [0.1]
    assert drawn.data[2].y[0] == pytest.approx(Ridge(0.1, "mean").condition(x))
    assert all(a >= b for a, b in zip(drawn.data[0].y, drawn.data[0].y[1:], strict=False))
