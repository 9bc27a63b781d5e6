"""The charts of the Concepts page contain the computed numbers."""

import numpy as np
import pytest

from core.concepts.ridge import Ridge, relative_distances, sample_data
from core.concepts.softmax import softmax_table
from core.figures import concepts
from core.network.activations import Activation, Sigmoid
from core.network.layers import Layer

EVERY = [m() for m in Layer.members.values() if issubclass(m, Activation)]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_activation_is_drawn_with_its_slope_and_the_selected_one_last(mode):
    selected = next(a for a in EVERY if isinstance(a, Sigmoid))
    curves = concepts.curves(selected, [a for a in EVERY if a is not selected])
    figure = concepts.activations(curves, mode)
    assert len(figure.data) == 2 * len(EVERY)
    value, slope = figure.data[-2:]
    assert value.name == slope.name == "Sigmoid"
    at = list(value.x).index(0.0)
    assert (value.y[at], slope.y[at]) == (0.5, 0.25)
    assert slope.xaxis == "x2" and value.line.dash != slope.line.dash


def test_predicted_probabilities_are_drawn_beside_their_targets():
    rows = softmax_table((3.2, 5.1, -1.7), 0)
    figure = concepts.probabilities(("cat", "car", "frog"), rows, (1, 0, 0), "light")
    assert figure.data[0].text == ("0.13", "0.87", "9.7e-4")
    assert list(figure.data[1].y) == [1, 0, 0]


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("selected", ["X", "W₁", "b₂", "A₃"])
def test_the_network_names_every_quantity_and_highlights_the_selected_one(selected, mode):
    figure = concepts.layers((5, 7, 4, 3), selected, mode)
    labels = " ".join(note.text for note in figure.layout.annotations)
    assert labels.count("<b>") == 1 and f"<b>{selected}</b>" in labels
    plain = labels.replace("<b>", "").replace("</b>", "")
    assert plain == "W₁, b₁ W₂, b₂ W₃, b₃ X Z₁ → A₁ Z₂ → A₂ Z₃ → A₃"
    assert [len(t.y) for t in figure.data if t.mode == "markers"] == [5, 7, 4, 3]


@pytest.mark.parametrize("convention", ["sum", "mean"])
def test_descent_reaches_the_closed_form_within_the_bound_of_the_condition_number(convention):
    x, y = sample_data()
    ridge = Ridge(0.1, convention)
    distances = relative_distances(x, y, ridge, steps=200)
    kappa = ridge.condition(x)
    bound = ((kappa - 1) / (kappa + 1)) ** np.arange(201)
    assert distances[0] == pytest.approx(1) and distances[-1] < 1e-3
    assert all(distances <= bound * (1 + 1e-6) + 1e-12)
    assert list(concepts.descent(distances, "light").data[0].y) == distances


def test_the_columns_have_the_requested_correlation_and_are_centred():
    for correlation in (0.0, 0.95):
        x, y = sample_data(correlation, rows=4000)
        assert np.corrcoef(x.T)[0, 1] == pytest.approx(correlation, abs=4 / 4000**0.5)
        assert x.mean(0) == pytest.approx([0, 0], abs=1e-12) and y.mean() == pytest.approx(0)


def test_the_selected_strength_is_marked_on_the_curve_of_its_convention():
    x, y = sample_data()
    figure = concepts.condition(x, y, Ridge(0.1, "mean"), "dark")
    assert list(figure.data[2].x) == [0.1]
    assert figure.data[2].y[0] == pytest.approx(Ridge(0.1, "mean").condition(x))
    assert all(a >= b for a, b in zip(figure.data[0].y, figure.data[0].y[1:], strict=False))
