"""Concepts: every demonstration answers with its numbers and leads to the real thing."""

import pytest
from streamlit.testing.v1 import AppTest

from core.base.encoding import decode
from core.experiment import Experiment, shipped
from core.jobs import runner
from core.jobs.lane import Lane
from core.network.activations import Activation
from core.network.layers import Layer
from tests.conftest import ROOT
from tests.pages.shown import well


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """The home of this test's lab, where nothing is ever trained."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)
    monkeypatch.setattr(Lane, "work", lambda *_: None)


def opened(demo=""):
    app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=60).run()
    if demo:
        app.query_params["demo"] = demo
    return well(app.switch_page("concepts.py").run())


def told(app):
    elements = [*app.subheader, *app.markdown, *app.caption]
    return "\n".join(element.value.replace("\\", "") for element in elements)


def entry(app, kind, label):
    return next(w for w in app.get(kind) if w.label == label)


def test_every_activation_says_what_its_slope_does():
    app = opened()
    assert "slope at most 0.25; after ten layers 1e-6 is left" in told(app)
    labels = [m.label for m in Layer.members.values() if issubclass(m, Activation)]
    for label in labels:
        entry(app, "button_group", "Activation").set_value(label)
        assert f"{label}: slope" in told(well(app.run()))
    entry(app, "button_group", "Activation").set_value("Step (perceptron)")
    assert "no weight before it ever moves" in told(well(app.run()))


def test_softmax_gives_the_numbers_of_the_deck_and_answers_a_change():
    app = opened("softmax")
    assert "p(cat) = 0.13, so this picture costs −log p = 2.04" in told(app)
    (table,) = app.table
    assert list(table.value["exp z"]) == ["24.53", "164", "0.18"] or "24.53" in str(table.value)
    entry(app, "number_input", "Score of cat").set_value(9.0)
    app.slider[0].set_value(0.1)
    assert "p(cat) = 0.98" in told(well(app.run())) and "cannot fall below" in told(app)


def test_linear_scores_are_those_of_the_deck_with_the_note_on_its_slip():
    app = opened("scores")
    shown = str(app.table[0].value)
    assert all(score in shown for score in ("−96.8", "437.9", "60.75"))
    assert "The deck prints 61.95 for ship" in told(app)
    entry(app, "number_input", "Pixel 1").set_value(0.0)
    assert "The deck prints" not in told(well(app.run()))


def test_ridge_says_condition_number_eigenvalues_and_both_shifts():
    app = opened("ridge")
    assert "Condition number" in told(app) and "eigenvalues of XᵀX" in told(app)
    assert "with λ = 1;" in told(app)
    entry(app, "button_group", "Loss").set_value("(1/2n)‖Xw − y‖² + λ‖w‖²")
    assert "with 2nλ = 80;" in told(well(app.run()))


def test_backprop_shows_every_quantity_and_its_rule():
    app = opened("backprop")
    assert "∂L/∂Z3 = (A3 − Y)/N" in told(app) and len(app.table) == 2
    for name in ("X", "W1", "b2", "A3"):
        entry(app, "button_group", "On the way from the input to the loss").set_value(name)
        assert f"∂L/∂{name} " in told(well(app.run()))


@pytest.mark.parametrize("demo", ["activations", "softmax", "scores", "ridge", "backprop"])
def test_every_demonstration_leads_to_an_experiment(demo):
    app = opened(demo)
    (button,) = (b for b in app.button if str(b.key).startswith("lead "))
    name = button.key.removeprefix("lead ")
    button.click()
    assert [title.value for title in well(app.run()).title] == ["Train"]
    assert decode(Experiment, app.session_state["draft"]) == shipped()[name]


def test_the_table_of_techniques_is_searched():
    app = opened("techniques")
    assert "Nesterov momentum" in told(app) and "Kaiming" not in told(app)
    app.text_input[0].set_value("polyak sgd")
    assert "SGD with momentum" in told(well(app.run())) and "Nesterov momentum" not in told(app)
    app.text_input[0].set_value("xyzzy")
    assert "Nothing here is called “xyzzy”" in told(well(app.run()))
