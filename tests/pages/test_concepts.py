"""Concepts: every demonstration shows its computed numbers and leads to an experiment."""

import pytest

from core.base.encoding import decode
from core.base.numbers import short
from core.concepts.ridge import Ridge, eigenvalues, sample_data
from core.concepts.softmax import divergence
from core.experiment import Experiment, shipped
from core.jobs import runner
from core.jobs.lane import Lane
from core.network.activations import Activation
from core.network.layers import Layer
from pages.parts.concepts.activations import describe_slope
from tests.pages.shown import visit, well


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


@pytest.mark.parametrize("demo", ["activations", "softmax", "scores", "ridge", "backprop"])
def test_every_demonstration_leads_to_an_experiment(demo):
    app = open_concepts(demo)
    (button,) = (b for b in app.button if str(b.key).startswith("lead "))
    name = button.key.removeprefix("lead ")
    button.click()
    assert [title.value for title in well(app.run()).title] == ["Train"]
    assert decode(Experiment, app.session_state["draft"]) == shipped()[name]


def test_the_table_of_techniques_can_be_searched():
    app = open_concepts("techniques")
    assert "Nesterov momentum" in page_text(app) and "Kaiming" not in page_text(app)
    app.text_input[0].set_value("polyak sgd")
    assert "SGD with momentum" in page_text(
        well(app.run())
    ) and "Nesterov momentum" not in page_text(app)
    app.text_input[0].set_value("xyzzy")
    app = well(app.run())
    assert not app.expander and "xyzzy" in page_text(app)
