"""Network: layers are opened, changed, moved, copied, deleted; a misfit is shown at its layer."""

import json

import pytest

from core.base.encoding import decode
from core.data.normalization import Raw, Standardize
from core.experiment import Experiment
from core.jobs import runner
from core.network.activations import ReLU, Tanh
from core.network.chains import walk_layers
from core.network.initializers import Formula, Normal, Xavier, Zeros
from core.network.layers import BatchNorm, Flatten, Layer, Linear, Output
from core.network.presets import DeepMLP, LeNet, Perceptron, Preset, Small, SoftmaxRegression
from tests.core.network.test_new_layer import new
from tests.pages.shown import draft, press, texts, visit, well

__all__ = ["new"]

PLAIN = (Flatten(), Linear(units=30), ReLU(), Output())


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)

    def opened(layers=PLAIN, **more):
        return visit("network", Experiment(network=layers, **more))

    return opened


def layers(app):
    return decode(Experiment, app.session_state["draft"]).network


def metric(app, label):
    return next(m for m in app.metric if m.label == label).value


def tab(app, name):
    next(w for w in app.get("button_group") if w.key == "network_before").set_value(name)
    return well(app.run())


def test_every_layer_is_a_row_with_its_shape(page):
    app = page()
    rows = [b.label for b in app.button if b.key and b.key.startswith("open ")]
    assert rows == ["Flatten", "Linear", "ReLU", "Output"]
    for shape in ("64", "30", "10"):
        assert f":small[{shape}]" in texts(app)
    assert layers(app) == PLAIN


def test_an_open_layer_shows_its_fields_and_a_change_reaches_the_draft(page):
    app = press(page(), "open 1")
    next(w for w in app.number_input if w.label == "Units").set_value(50).run()
    assert layers(well(app)) == (Flatten(), Linear(units=50), ReLU(), Output())
    assert ":small[50]" in texts(app)
    assert "Units" not in [w.label for w in press(app, "open 1").number_input]


def test_a_number_of_an_open_layer_is_stored_when_the_page_is_left(page):
    app = press(page(), "open 1")
    next(w for w in app.number_input if w.label == "Units").set_value(50)
    app.switch_page("train.py").run()  # one answer for both
    assert layers(well(app)) == (Flatten(), Linear(units=50), ReLU(), Output())


@pytest.mark.parametrize(
    ("what", "place"),
    [("arrow_upward", 0), ("arrow_downward", 2), ("content_copy", 1), ("content_copy", 2)],
)
def test_a_number_counts_when_the_press_of_a_button_arrives_with_it(page, what, place):
    app = press(page(), "open 1")
    next(w for w in app.number_input if w.label == "Units").set_value(50)
    app.button(key=f"{what} 2").set_value(True)
    assert layers(well(app.run()))[place] == Linear(units=50)


def test_two_presses_that_arrive_together_both_count(page):
    app = press(page(), "open 1")
    for what in ("content_copy", "alt_route"):
        app.button(key=f"{what} 2").set_value(True)
    together = layers(well(app.run()))
    kinds = [layer.kind for layer in walk_layers(together)]
    assert kinds.count("linear") == 2 and len(together) == len(PLAIN) + 1
    assert any(layer.chains() for layer in together)


@pytest.mark.parametrize(
    ("what", "result"),
    [
        ("Move up", (Linear(units=30), Flatten(), ReLU(), Output())),
        ("Move down", (Flatten(), ReLU(), Linear(units=30), Output())),
        ("Duplicate", (Flatten(), Linear(units=30), Linear(units=30), ReLU(), Output())),
        ("Delete", (Flatten(), ReLU(), Output())),
    ],
)
def test_changes_of_a_layer_can_be_undone(page, what, result):
    app = press(press(page(), "open 1"), what)
    assert layers(app) == result
    assert layers(press(app, "Undo")) == PLAIN
    assert layers(press(app, "Redo")) == result


def test_the_first_layer_cannot_move_up_and_the_last_one_not_down(page):
    app = press(page(), "open 0")
    assert next(b for b in app.button if b.help == "Move up").disabled
    app = press(app, "open 3")
    assert next(b for b in app.button if b.help == "Move down").disabled


@pytest.mark.parametrize("kind", list(Layer.members))
def test_a_layer_of_every_kind_can_be_added(page, kind):
    app = press(page(), f"add {kind}")
    assert layers(app) == (*PLAIN[:3], Layer.pick(kind), PLAIN[3])


def test_a_new_activation_is_in_the_menus_and_has_a_curve(page, new):
    app = tab(press(page(), "add test_bump"), "Activation")
    assert layers(app) == (*PLAIN[:3], new["Bump"](), PLAIN[3])
    assert next(w for w in app.selectbox if w.label == "Activation").value == "test_bump"
    app = press(app, "Use Bump in all layers")
    assert [layer.kind for layer in layers(app)].count("test_bump") == 2


@pytest.mark.parametrize("kind", list(Preset.members))
def test_every_preset_is_used_or_refused_with_a_reason(page, kind):
    app = press(page(), f"preset {kind}")
    wanted = Preset.pick(kind).layers((1, 8, 8))
    refused = [text for text in texts(app) if "Choose " in text]
    assert (layers(app), bool(refused)) in [(wanted, False), (PLAIN, True)]
    if kind in ("softmax", "small"):
        assert layers(app) == wanted


def test_a_misfit_is_shown_at_its_layer_and_disables_the_start(page):
    app = page((Linear(), ReLU(), Output()))
    assert any("needs a flat input" in text and "Flatten" in text for text in texts(app))
    start = next(b for b in app.button if b.key == "bar_start")
    assert start.disabled and "Layer 1" in start.help.replace("\\", "")
    drawn = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert [s["line"]["dash"] for s in drawn["layout"]["shapes"] if s["type"] == "rect"] == ["dash"]
    assert metric(app, "Initial loss") == "–"


def test_an_empty_network_offers_presets(page):
    app = page(())
    assert any("Start from a preset" in text for text in texts(app))
    assert layers(press(app, "preset softmax here")) == SoftmaxRegression().layers((1, 8, 8))


def test_undo_takes_back_one_change_after_the_other_on_any_page(page):
    app = press(press(page(), "open 1"), "Delete")
    app.switch_page("train.py").run()
    next(w for w in app.number_input if w.label == "Epochs").set_value(7).run()
    app = press(app.switch_page("network.py").run(), "Undo")
    assert draft(app).epochs == 150 and layers(app) != PLAIN
    app = press(app.switch_page("train.py").run(), "Undo: Linear\\: delete")
    assert layers(app) == PLAIN and app.toast[0].value == "Undo: Linear\\: delete"


def test_an_initial_loss_far_above_chance_is_a_warning(page):
    app = page((Flatten(), Output()), initializer=Normal(std=1.0))
    assert any("(ln 10 = 2.30)" in text for text in texts(app))
    assert any(text.startswith(":small[**Initial loss") for text in texts(app))
    assert not any("**Initial loss" in text for text in texts(page(initializer=Xavier())))


def test_inputs_that_are_not_normalized_are_standardized_with_one_press(page):
    app = page(normalization=Raw())
    assert any("root mean square" in text for text in texts(app))
    assert draft(press(app, "Standardize the inputs")).normalization == Standardize()


def test_the_initial_loss_is_measured(page):
    app = page(initializer=Zeros())
    assert metric(app, "Initial loss") == "2.3"
    assert any("gives the same output" in text for text in texts(app))
    app = page(Small().layers((1, 8, 8)))
    assert 1.5 < float(metric(app, "Initial loss")) < 8


def test_a_formula_without_a_value_for_a_layer_is_reported_on_the_page(page):
    app = page(initializer=Formula(std="1/(layer - 1)"))
    assert any("layer = 1, depth = " in text for text in texts(app))


def test_the_initializer_is_chosen_on_the_tab(page):
    app = tab(page(), "Initialization")
    menu = next(w for w in app.selectbox if w.label == "Initialization")
    menu.set_value("xavier").run()
    assert decode(Experiment, well(app).session_state["draft"]).initializer == Xavier()


def test_data_that_is_not_available_leaves_a_dash_and_loads_nothing(page, monkeypatch):
    monkeypatch.delenv("LAB_TORCHVISION", raising=False)
    app = page(LeNet().layers((1, 28, 28)), data={"kind": "mnist"})
    assert metric(app, "Initial loss") == "–"
    assert any("61\u202f706" in text for text in texts(app))


def test_a_table_lists_the_layers_with_weights(page):
    app = page((Flatten(), Linear(units=30), BatchNorm(), ReLU(), Output()))
    table = app.dataframe[0].value
    assert list(table["Parameters"]) == [64 * 30 + 30, 60, 310]


def test_a_misfit_is_fixed_with_one_press(page):
    app = press(page((Linear(), ReLU(), Output())), "Insert Flatten before it")
    assert layers(app) == (Flatten(), Linear(), ReLU(), Output())
    assert not next(b for b in app.button if b.key == "bar_start").disabled


def test_a_preset_is_configured_before_it_is_used(page):
    app = press(page(), "set deep_mlp")
    next(w for w in app.number_input if w.label == "Depth (layers)").set_value(5).run()
    next(w for w in app.selectbox if w.label == "Activation").set_value("tanh").run()
    assert any("5 weight layers, " in text for text in texts(well(app)))
    app = press(app, "use deep_mlp")
    assert layers(app) == DeepMLP(depth=5, activation="tanh").layers((1, 8, 8))


def test_a_preset_that_does_not_fit_with_these_fields_cannot_be_used(page):
    app = page((Output(),), data={"kind": "moons"})
    app = press(app, "set small_resnet")
    assert any("needs images" in text for text in texts(app))
    assert next(b for b in app.button if b.key == "use small_resnet").disabled


def test_the_tab_shows_the_activation_that_is_open(page):
    app = tab(press(page((Flatten(), Linear(), Tanh(), ReLU(), Output())), "open 2"), "Activation")
    menu = next(w for w in app.selectbox if w.label == "Activation")
    assert menu.value == "tanh"
    curve = json.loads(app.get("plotly_chart")[1].proto.spec)
    assert [line["name"] for line in curve["data"]] == ["output z", "slope dz/da"]
    app = press(app, "Use Tanh in all layers")
    assert [layer.kind for layer in layers(app)] == ["flatten", "linear", "tanh", "tanh", "output"]


def test_the_step_shows_why_gradients_cannot_train_it(page):
    app = tab(page(Perceptron().layers((1, 8, 8))), "Activation")
    assert any("derivative is 0" in text for text in texts(app))
    app = press(app, "improve_start")
    assert layers(app) == (Flatten(), Output())
    assert any("Delete Step" in info.value for info in app.info)


def test_the_weights_are_drawn_with_their_expected_standard_deviation(page):
    app = tab(page(initializer=Xavier()), "Initialization")
    drawn = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")[1:]]
    assert len(drawn) == 2 and all(len(one["layout"]["shapes"]) == 3 for one in drawn)
    assert any("expected 0.15" in text for text in texts(app))  # √(2/(64 + 30))


def test_a_bad_start_is_improved_with_one_press_and_that_can_be_undone(page):
    deep = DeepMLP(depth=12, width=20, activation="sigmoid").layers((1, 8, 8))
    app = page(deep, initializer=Normal(std=0.01))
    app = press(app, "improve_start")
    improved = decode(Experiment, app.session_state["draft"])
    assert improved.network != deep
    assert any(isinstance(layer, BatchNorm) for layer in improved.network)
    assert not any(
        b.key == "improve_start" and b.label == "Find a better start" for b in app.button
    )
    back = decode(Experiment, press(app, "Undo").session_state["draft"])
    assert back.network == deep and back.initializer == Normal(std=0.01)


@pytest.mark.parametrize("kind", ["Volumes", "Graph"])
def test_both_diagrams_end_with_a_dashed_box_at_a_misfit(page, kind):
    app = page((Linear(), ReLU(), Output()))
    next(w for w in app.get("button_group") if w.key == "network_diagram").set_value(kind)
    drawn = json.loads(well(app.run()).get("plotly_chart")[0].proto.spec)
    dashed = [s for s in drawn["layout"]["shapes"] if s.get("line", {}).get("dash") == "dash"]
    assert len(dashed) == 1
