"""Train: every setting reaches the draft, folded rows say their value, advice is one press away."""

import json

import pytest
import streamlit as st

from core.base.encoding import to_link
from core.experiment import Experiment, Seeds, shipped
from core.jobs import runner
from core.network.initializers import Zeros
from core.network.layers import Linear
from core.optim.optimizers import SGD, AdamW, AveragedMomentum
from core.optim.regularizers import ClipNorm
from core.optim.schedules import Exponential
from core.optim.stopping import Patience
from tests.pages.shown import draft, labelled, press, texts, visit, well

ANOTHER = Experiment(
    name="Another",
    optimizer=SGD(learning_rate=0.0123456789, momentum=0.5),
    schedule=Exponential(gamma=0.7, per="step"),
    regularizers=(ClipNorm(limit=3.0),),
    stopping=(Patience(patience=7),),
    epochs=9,
    batch_size=17,
    seeds=Seeds(order=4),
)


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)

    def opened(experiment=None):
        return visit("train", experiment)

    return opened


@pytest.mark.parametrize("experiment", [Experiment(), ANOTHER])
def test_opening_the_page_changes_nothing(page, experiment):
    app = page(experiment)
    assert draft(app) == experiment
    assert draft(well(app.run())) == experiment


def test_what_is_typed_reaches_the_draft(page):
    app = page()
    labelled(app, "text_input", "Learning rate η").set_value("3e-4")
    labelled(app, "number_input", "Epochs").set_value(3)
    labelled(app, "text_input", "Run name").set_value("  My  run ")
    well(app.run())
    assert draft(app).optimizer == AdamW(learning_rate=3e-4)
    assert (draft(app).epochs, draft(app).name) == (3, "My run")


@pytest.mark.parametrize(
    ("kind", "label", "refused", "valid"),
    [("text_input", "Learning rate η", "1e3", "0.02"), ("number_input", "Epochs", 0, 3)],
)
def test_start_waits_while_a_typed_value_is_refused(page, kind, label, refused, valid):
    app = page()
    labelled(app, kind, label).set_value(refused)
    app.button(key="bar_start").click().run()  # the entry and the press arrive together
    start = well(app).button(key="bar_start")
    assert runner.current().line() == [] and start.disabled
    assert labelled(app, kind, label).value == refused
    warning = next(text for text in texts(app) if text.startswith(":material/warning:"))
    assert warning.endswith(start.help.replace("\\", ""))
    labelled(app, kind, label).set_value(valid).run()
    assert not well(app).button(key="bar_start").disabled
    labelled(app, kind, label).set_value(refused).run()
    elsewhere = well(app.switch_page("concepts.py").run())  # the entry is gone with its page
    assert not elsewhere.button(key="bar_start").disabled


def test_choosing_an_optimizer_shows_its_formula_and_fields(page):
    app = page()
    menus = [*app.selectbox, *app.get("button_group")]  # few stand side by side, many in a list
    next(w for w in menus if w.label == "Optimizer").set_value("sgd").run()
    assert draft(well(app)).optimizer == SGD()
    first, second = SGD.formula.split(r", \qquad ")  # one below the other
    assert any(first in latex.value and second in latex.value for latex in app.latex)
    assert any(w.label == "Momentum β" for w in app.number_input)


def test_folded_rows_show_their_value(page):
    labels = [e.label for e in page(ANOTHER).expander]
    assert any("clip norm 3" in label for label in labels)
    assert any("patience 7" in label for label in labels)
    assert any("different seeds" in label for label in labels)


def test_a_switch_adds_a_regularizer(page):
    app = page()
    labelled(app, "toggle", "Gradient clipping").set_value(True).run()
    assert draft(well(app)).regularizers == (ClipNorm(),)


def test_the_schedule_is_drawn_over_the_whole_run(page, monkeypatch):
    monkeypatch.setenv("LAB_LIVE", "poll")  # the chart is in what the server sends
    app = page(ANOTHER)
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    rates = chart["data"][0]["y"]
    assert rates[0] == pytest.approx(0.0123456789)
    steps = 9 * -(-1257 // 17)  # epochs × steps an epoch: 70 % of 1 797 pictures in batches of 17
    assert chart["data"][0]["x"][-1] == steps
    assert rates[-1] == pytest.approx(0.0123456789 * 0.7**steps)


def test_the_button_of_a_suggestion_updates_every_widget(page):
    app = page(Experiment(optimizer=AdamW(learning_rate=5.0)))
    button = next(b for b in app.button if b.label.startswith("Use 0.01"))
    well(button.click().run())
    assert draft(app).optimizer.learning_rate == 0.01
    assert labelled(app, "text_input", "Learning rate η").value == "0.01"


def test_zeros_as_initial_weights_are_reported(page):
    assert any(
        "Zeros as initial weights" in t for t in texts(page(Experiment(initializer=Zeros())))
    )


def test_a_network_that_does_not_fit_cannot_be_started(page):
    app = page(Experiment(network=(Linear(),)))
    start = next(b for b in app.button if b.key == "bar_start")
    assert start.disabled and "Flatten" in start.help
    assert any("Flatten" in text for text in texts(app))


def test_a_name_is_not_rendered_as_markdown(page):
    app = page(Experiment(name="# :red[x] $y$ [z](http://w) <b>"))
    assert not any(":red[x]" in t or "](http" in t or "$y$" in t for t in texts(app))


def test_a_value_out_of_range_is_reported_and_the_last_valid_one_is_kept(page):
    app = page()
    labelled(app, "number_input", "Epochs").set_value(0)
    well(app.run())
    said, _in_bar = (text.replace("\\", "") for text in texts(app) if "at least 1" in text)
    assert said.endswith("from 1 to 100\u202f000. The last valid entry remains in use: 150.]")
    assert draft(app).epochs == 150


def test_a_shared_link_is_a_full_address_without_data(page, monkeypatch):
    monkeypatch.setattr(type(st.context), "url", property(lambda self: "http://here:8501/train"))
    app = page(ANOTHER)
    link = next(code.value for code in app.code if "?e=" in code.value)
    assert link == f"http://here:8501/train?e={to_link(ANOTHER)}"
    assert any("does not contain the" in text for text in texts(app))


def test_the_line_of_pytorch_constructs_the_chosen_optimizer(page):
    code = [c.value for c in page(Experiment(optimizer=AveragedMomentum())).code]
    assert "torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)" in code


@pytest.mark.parametrize(("optimizer", "said"), [(SGD(), "10 times η·g"), (AdamW(), "")])
def test_the_note_distinguishes_the_two_forms_of_momentum(page, optimizer, said):
    found = [
        text for text in texts(page(Experiment(optimizer=optimizer))) if "constant gradient" in text
    ]
    assert [said in text for text in found] == [True] * bool(said)


@pytest.mark.parametrize(("kind", "size"), [("Single sample (SGD)", 1), ("Full batch", 1257)])
def test_the_batch_is_a_single_sample_a_mini_batch_or_everything(page, kind, size):
    app = page()
    labelled(app, "button_group", "Batch").set_value(kind).run()
    assert draft(well(app)).batch_size == size
    assert not [w for w in app.number_input if w.label.startswith("Batch size")]
    labelled(app, "button_group", "Batch").set_value("Mini-batch").run()
    assert draft(well(app)).batch_size == 32


def test_the_schedule_can_be_drawn_by_epoch(page, monkeypatch):
    monkeypatch.setenv("LAB_LIVE", "poll")  # the chart is in what the server sends
    app = page(ANOTHER)
    labelled(app, "button_group", "X-axis").set_value("epoch").run()
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert chart["data"][0]["x"][-1] == 9 and "epoch" in chart["layout"]["xaxis"]["title"]["text"]


def test_the_row_of_stopping_rules_shows_which_only_mark(page):
    labels = [e.label for e in page(Experiment(stopping=(Patience(only_mark=True),))).expander]
    assert any("mark only" in label for label in labels)


def test_an_experiment_for_a_missing_device_is_shown(page):
    app = well(page(Experiment(device="cuda:7")))
    assert not any("free" in metric.delta for metric in app.metric)
    app.switch_page("network.py").run()
    well(app)


def test_a_recipe_can_be_previewed_used_and_undone(page):
    app = page(ANOTHER)
    labelled(app, "selectbox", "Recipe").set_value("flat-2-sam").run()
    about = shipped()["flat-2-sam"].about
    assert any(about in text.replace("\\", "") for text in texts(well(app)))
    assert draft(app) == ANOTHER
    app.button(key="use_recipe").click().run()
    made, wanted = draft(well(app)), shipped()["flat-2-sam"]
    assert (made.optimizer, made.regularizers) == (wanted.optimizer, wanted.regularizers)
    assert (made.name, made.network, made.seeds) == (ANOTHER.name, ANOTHER.network, ANOTHER.seeds)
    assert draft(well(app.run())) == made
    assert draft(press(app, "Undo")) == ANOTHER


def test_the_draft_is_shown_as_code_and_its_last_change_is_marked(page):
    app = page()
    assert not [code for code in app.code if "nn.Sequential" in code.value]  # computed when open
    app.session_state["fold As code"] = True
    app = well(app.run())
    before = next(code.value for code in app.code if "nn.Sequential" in code.value)
    assert "lr=0.001" in before and [c for c in app.code if "keras.Input" in c.value]
    labelled(app, "text_input", "Learning rate η").set_value("3e-4")
    app = well(app.run())
    marked = next(code.value for code in app.code if code.language == "diff").splitlines()
    assert "-LEARNING_RATE = 0.001" in marked and "+LEARNING_RATE = 0.0003" in marked
    assert all(line[0] in "+-" for line in marked) and len(marked) == 4


def test_a_level_chooses_how_many_settings_are_shown(page):
    app = page(ANOTHER)
    fields = ("selectbox", "button_group", "number_input", "text_input", "toggle")

    def shown():
        return {w.label for kind in fields for w in app.get(kind)} - {"Run name", "X-axis"}

    standard, rows = shown(), [row.label for row in app.expander]
    app.selectbox(key="level_menu").set_value("first_steps").run()
    few = shown()
    assert {"Optimizer", "Learning rate η", "Schedule", "Epochs", "Loss"} <= few < standard
    assert len(few & standard) < len(standard) / 2 and draft(app) == ANOTHER
    assert any("clip norm 3" in text and "patience 7" in text for text in texts(app))
    assert len(app.expander) < len(rows)
    app.selectbox(key="level_menu").set_value("everything").run()
    assert shown() == standard
    assert sum(row.proto.expanded for row in app.expander if row.label in rows) >= 3
