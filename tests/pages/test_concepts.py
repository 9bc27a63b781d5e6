"""Concepts: every demonstration shows its computed numbers and leads to an experiment."""

import json

import numpy as np
import pytest

from core.base.encoding import decode
from core.base.numbers import short
from core.concepts import (
    batch_norm,
    batches,
    likelihood,
    perceptron,
    polynomials,
    training_loop,
)
from core.concepts.backprop import backprop, random_layers
from core.concepts.regularization import best_weight
from core.concepts.ridge import Ridge, eigenvalues, sample_data
from core.concepts.softmax import divergence
from core.concepts.tools import TOOLS
from core.experiment import Experiment, shipped
from core.jobs import runner
from core.jobs.lane import Lane
from core.network.activations import Activation
from core.network.layers import Layer
from pages.parts.concepts.activations import describe_slope
from pages.parts.concepts.backprop import LABELS, WIDTHS
from tests.pages.shown import visit, well

DEMONSTRATED = [tool for tool in TOOLS if tool.page == "Concepts"]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A lab home in which queued runs never start."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(Lane, "work", lambda *_: None)


def open_concepts(demo=""):
    return visit("concepts", **({"demo": demo} if demo else {}))


def page_text(app):
    elements = [*app.subheader, *app.markdown, *app.caption]
    return "\n".join(element.value.replace("\\", "") for element in elements)


def widget(app, kind, label):
    return next(w for w in app.get(kind) if w.label == label)


def in_address(app):
    """The demonstration that the address names; AppTest gives text or a list of it."""
    value = app.query_params["demo"]
    return value if isinstance(value, str) else value[0]


def test_every_activation_shows_its_maximum_slope():
    app = open_concepts()
    assert "Sigmoid: maximum slope 0.25, so at most 1e-6 of" in page_text(app)
    for member in Layer.members.values():
        if issubclass(member, Activation):
            widget(app, "button_group", "Activation").set_value(member.label)
            assert describe_slope(member()) in page_text(well(app.run()))


def test_a_change_of_scores_or_smoothing_updates_the_softmax_table():
    app = open_concepts("softmax")
    assert "p(cat) = 0.13" in page_text(app) and "0.00" not in str(app.table[0].value)
    assert "KL(q‖p) = 2.04" in page_text(app)
    (table,) = app.table
    assert all(value in str(table.value) for value in ("24.5", "164", "0.18"))
    widget(app, "number_input", "Score for cat").set_value(9.0)
    app.slider[0].set_value(0.1)
    text = page_text(well(app.run()))
    entropy = divergence((9.0, 5.1, -1.7), (0.9 + 0.1 / 3, 0.1 / 3, 0.1 / 3))[1]
    assert "p(cat) = 0.98" in text and f"H(q) {entropy:.2f}" in text


def test_linear_scores_mention_the_published_figure_only_for_its_own_pixels():
    app = open_concepts("scores")
    cells = str(app.table[0].value)
    assert all(score in cells for score in ("−96.8", "437.9", "60.75"))
    assert "61.95" in page_text(app)
    widget(app, "number_input", "Pixel 1").set_value(0.0)
    assert "61.95" not in page_text(well(app.run()))


def test_ridge_shows_condition_number_eigenvalues_and_the_shift_of_each_convention():
    app = open_concepts("ridge")
    x, _ = sample_data()
    assert f"Condition number {short(Ridge(1.0).condition(x), 3)}" in page_text(app)
    assert all(short(value, 3) in page_text(app) for value in eigenvalues(x))
    assert "with λ = 1 " in page_text(app)
    widget(app, "button_group", "Loss").set_value("(1/2n)‖Xw − y‖² + λ‖w‖²")
    assert "with 2nλ = 80 " in page_text(well(app.run()))


def test_backprop_shows_every_quantity_and_its_gradient_formula():
    app = open_concepts("backprop")
    assert "∂L/∂Z₃ = (A₃ − Y)/N" in page_text(app) and len(app.table) == 2
    assert all(f"**{symbol}" in page_text(app) for symbol in ("X", "Wₗ, bₗ", "Zₗ", "Aₗ", "Y", "L"))
    for name in ("X", "W₁", "b₂", "A₃"):
        widget(app, "button_group", "Quantity, in forward order").set_value(name)
        assert f"∂L/∂{name} " in page_text(well(app.run()))


def test_backprop_computes_with_typed_inputs_and_weights():
    app = open_concepts("backprop")
    x, layers = np.eye(4, 5), random_layers(WIDTHS)
    layers[2] = (np.full((3, 4), 0.5), layers[2][1])
    app.session_state["kept backprop 0 X"] = json.dumps(x.tolist())
    app.session_state["kept backprop 0 W3"] = json.dumps(layers[2][0].tolist())
    loss, _ = backprop(x, LABELS, layers)
    widget(app, "button_group", "Quantity, in forward order").set_value("W₃")
    well(app.run())
    assert any(f"L = {loss:.4f}" in title.value for title in app.subheader)
    assert "3 × 4" in page_text(app)


def test_optimizers_state_the_limit_of_the_learning_rate_and_the_steps_of_each():
    app = open_concepts("optimizers")
    text = page_text(app)
    assert "keeps 0.78 of the error" in text and "2/λ = 0.667" in text
    assert "Gradient descent 18, Nesterov 26, Adam 81, Momentum 85" in text
    widget(app, "select_slider", "Learning rate η").set_value(0.8)
    assert "Gradient descent diverges near the minimum" in page_text(well(app.run()))
    widget(app, "toggle", "Twelve starts").set_value(True)
    assert "4 of 12 starts" in page_text(well(app.run())) and "8 diverge" in page_text(app)


def test_autodiff_shows_the_numbers_of_the_lecture_at_every_step_of_both_modes():
    app = open_concepts("autodiff")
    assert "f = 40, and its gradient by (x0, x1, x2) is (17, 10, 0)" in page_text(app)
    steps = app.slider[0].max
    for step in (0, 3, int(steps) - 3):
        app.slider[0].set_value(step)
        well(app.run())
    widget(app, "button_group", "Derivatives by").set_value("Forward mode")
    assert "3 passes" in page_text(well(app.run()))
    assert "∂v7/∂x0 is 17" in page_text(app)
    chosen = widget(app, "selectbox", "Expression f (choose one or type your own)")
    chosen.set_value("cos(x) * sin(y) + x/y")
    assert "its gradient by (x, y) is (" in page_text(well(app.run()))
    widget(app, "number_input", "y").set_value(0.0)
    assert "no finite value" in page_text(well(app.run()))


def test_convolution_shows_the_multiplications_of_the_selected_pixel():
    app = open_concepts("convolution")
    assert "8 × 8 pixels become 6 × 6" in page_text(app) and "= **−0.19**" in page_text(app)
    widget(app, "number_input", "Kernels").set_value(3)
    assert "8 × 8 pixels become 3 × 6 × 6" in page_text(well(app.run()))
    assert "30 parameters" in page_text(app) and "= 972 multiplications" in page_text(app)
    widget(app, "number_input", "Map").set_value(3)
    assert "Map 3, row 3, column 3" in page_text(well(app.run()))
    widget(app, "number_input", "Dilation").set_value(3)
    widget(app, "number_input", "Padding").set_value(0)
    widget(app, "number_input", "Kernels").set_value(1)
    assert "8 × 8 pixels become 2 × 2" in page_text(well(app.run()))
    widget(app, "button_group", "Operation").set_value("Max pooling")
    assert "8 × 8 pixels become 4 × 4" in page_text(well(app.run()))
    assert "the largest of" in page_text(app)
    app.session_state["kept convolution strokes"] = json.dumps([[40, 140, 240, 140]])
    widget(app, "button_group", "Image").set_value("Drawing")
    assert "20 × 20 pixels become 10 × 10" in page_text(well(app.run()))


def test_signals_are_measured_anew_for_every_choice():
    app = open_concepts("signals")
    assert f"w¹⁵ = {short(0.8**15, 3)}: the signal vanishes" in page_text(app)
    assert "the gradient vanishes" in page_text(app)
    widget(app, "toggle", "Residual").set_value(True)
    assert "the gradient keeps its size" in page_text(well(app.run()))


def test_penalties_give_a_separable_problem_a_minimum():
    app = open_concepts("regularization")
    assert f"minimum at w = {short(best_weight(0.03), 3)}" in page_text(app)
    widget(app, "select_slider", "Penalty strength λ").set_value(0.0)
    assert "without limit" in page_text(well(app.run()))
    assert "0.25" in str(app.table[0].value)


def test_margin_losses_and_the_likelihood():
    app = open_concepts("margins")
    assert all(value in str(app.table[0].value) for value in ("0.474", "0.25", "0.607"))
    widget(app, "button_group", "Correct class y").set_value("−1")
    assert "At margin m = −0.5" in page_text(well(app.run()))


def test_typed_probabilities_give_the_loss_and_gradients_of_the_lecture():
    app = open_concepts("backprop")
    widget(app, "button_group", "Numbers").set_value("Typed A₃")
    app = well(app.run())
    assert "L = 1.1394" in page_text(app) and "0.3374" in page_text(app)
    cells = " ".join(str(table.value) for table in app.table)
    assert all(value in cells for value in ("−0.7133", "−1.3284", "0.1090", "−0.1624"))


def test_the_address_names_the_demonstration_and_its_topic_is_open():
    app = open_concepts("polynomials")
    assert widget(app, "button_group", "Topic").value == "Generalization"
    assert widget(app, "button_group", "Demonstration").value == "Bias and variance"
    widget(app, "button_group", "Topic").set_value("Losses")
    assert in_address(well(app.run())) == "softmax"
    widget(app, "button_group", "Demonstration").set_value("Likelihood and KL")
    assert in_address(well(app.run())) == "likelihood"
    widget(app, "button_group", "Topic").set_value("Generalization")
    assert in_address(well(app.run())) == "polynomials"
    assert in_address(open_concepts("nonsense")) == DEMONSTRATED[0].kind


def test_batches_state_the_noise_of_each_size_and_the_limit():
    app = open_concepts("batches")
    one, some = (short(batches.gradient_deviation(b, (-2.2, 1.6))) for b in (1, 8))
    assert f"scatters by {one} " in page_text(app) and f"8 samples by {some}" in page_text(app)
    assert "320 updates" in page_text(app)
    widget(app, "select_slider", "Learning rate η").set_value(2.0)
    assert "diverged" in page_text(well(app.run()))


def test_the_gap_between_cross_entropy_and_entropy_is_the_divergence():
    app = open_concepts("likelihood")
    expected = likelihood.kl_divergence(0.7, 0.4)
    assert f"KL(q‖p) {expected:.4f}" in page_text(app)
    widget(app, "slider", "Tosses n").set_value(3)
    well(app.run())
    widget(app, "slider", "Heads k").set_value(0)
    assert "H(q) 0.0000" in page_text(well(app.run()))


def test_dropout_without_scaling_changes_the_mean():
    app = open_concepts("dropout")
    assert "multiplied by 2" in page_text(app) and str(app.table[0].value).count("9.30") == 2
    widget(app, "toggle", "Scale by 1/(1 − p)").set_value(False)
    assert "4.65" in str(well(app.run()).table[0].value)


def test_batch_normalization_shows_its_averages_and_refuses_a_batch_of_one():
    app = open_concepts("batch_norm")
    state = batch_norm.history(batch_norm.draw_batches(5, 8))[-1]
    text = page_text(app)
    assert f"Running mean {state.mean:.3f}, running variance {state.variance:.3f}" in text
    widget(app, "slider", "Batch size").set_value(1)
    assert "at least 2" in page_text(well(app.run()))


def test_the_perceptron_rule_states_its_bound_only_for_separable_classes():
    app = open_concepts("perceptron")
    assert f"= {short(perceptron.make_problem(0.1).bound, 3)} updates" in page_text(app)
    widget(app, "slider", "Gap between the classes").set_value(-0.5)
    widget(app, "slider", "Samples seen").set_value(0)
    assert "Novikoff" not in page_text(well(app.run()))


def test_polynomials_state_the_exact_parts_of_the_error():
    app = open_concepts("polynomials")
    row = polynomials.expected_errors(3, 20, 0.5)
    assert f"variance {short(row.variance, 3)}" in page_text(app)
    widget(app, "slider", "Degree").set_value(9)
    assert "overfitting" in page_text(well(app.run()))


def test_the_training_loop_marks_the_missing_lines_in_its_code():
    app = open_concepts("loop")
    assert app.code[0].value == training_loop.code(frozenset({"zero_grad"}))
    widget(app, "button_group", "Leave out").set_value([])
    assert well(app.run()).code[0].value == training_loop.code()


@pytest.mark.parametrize("tool", DEMONSTRATED, ids=lambda tool: tool.kind)
def test_every_demonstration_leads_to_an_experiment(tool):
    app = open_concepts(tool.kind)
    (button,) = (b for b in app.button if str(b.key).startswith("lead "))
    name = button.key.removeprefix("lead ")
    button.click()
    assert [title.value for title in well(app.run()).title] == ["Train"]
    assert decode(Experiment, app.session_state["draft"]) == shipped()[name]


def test_the_table_of_techniques_can_be_searched():
    app = open_concepts("techniques")
    assert len(app.expander) > 20 and "| --- |" not in page_text(app), "all are closed"
    app.text_input[0].set_value("nesterov")
    assert "Nesterov momentum" in page_text(well(app.run()))
    app.text_input[0].set_value("polyak sgd")
    assert "SGD with momentum" in page_text(
        well(app.run())
    ) and "Nesterov momentum" not in page_text(app)
    app.text_input[0].set_value("xyzzy")
    app = well(app.run())
    assert not app.expander and "xyzzy" in page_text(app)
