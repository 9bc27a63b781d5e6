"""Train: every setting reaches the draft, folded rows say their value, advice is one press away."""

import json

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import runner
from core.encoding import decode, encode, to_link
from core.events import Ended
from core.experiment import Experiment, Seeds
from core.network.initializers import Zeros
from core.network.layers import Linear
from core.optim.optimizers import SGD, AdamW
from core.optim.regularizers import ClipNorm
from core.optim.schedules import Exponential
from core.optim.stopping import Patience
from core.store import Store
from tests.conftest import ROOT, write

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
        app = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=60)
        if experiment:
            app.session_state["draft"] = encode(experiment)
        app.run()
        return well(app.switch_page("train.py").run())

    return opened


def well(app):
    assert not app.exception, app.exception
    return app


def draft(app):
    return decode(Experiment, app.session_state["draft"])


def labelled(app, kind, label):
    return next(w for w in app.get(kind) if w.label == label)


def texts(app):
    return [element.value for element in [*app.markdown, *app.caption]]


@pytest.mark.parametrize("experiment", [Experiment(), ANOTHER])
def test_looking_changes_nothing(page, experiment):
    app = page(experiment)
    assert draft(app) == experiment
    assert draft(well(app.run())) == experiment


def test_what_is_typed_reaches_the_draft(page):
    app = page()
    labelled(app, "text_input", "Learning rate η").set_value("3e-4")
    labelled(app, "number_input", "Epochs").set_value(3)
    labelled(app, "text_input", "Name of the run").set_value("  My  run ")
    well(app.run())
    assert draft(app).optimizer == AdamW(learning_rate=3e-4)
    assert (draft(app).epochs, draft(app).name) == (3, "My run")


def test_another_optimizer_comes_with_its_formula_and_its_own_fields(page):
    app = page()
    menus = [*app.selectbox, *app.get("button_group")]  # few stand side by side, many in a list
    next(w for w in menus if w.label == "Optimizer").set_value("sgd").run()
    assert draft(well(app)).optimizer == SGD()
    assert SGD.formula in [latex.value.strip("$\n ") for latex in app.latex]
    assert any(w.label == "Momentum β" for w in app.number_input)


def test_folded_rows_say_their_value(page):
    labels = [e.label for e in page(ANOTHER).expander]
    assert any("clip 3" in label for label in labels)
    assert any("patience 7" in label for label in labels)
    assert any("seeds differ" in label for label in labels)


def test_a_switch_adds_a_regularizer(page):
    app = page()
    labelled(app, "toggle", "Gradient clipping").set_value(True).run()
    assert draft(well(app)).regularizers == (ClipNorm(),)


def test_the_schedule_is_drawn_over_the_whole_run(page):
    app = page(ANOTHER)
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    rates = chart["data"][0]["y"]
    assert rates[0] == pytest.approx(0.0123456789)
    steps = 9 * -(-1257 // 17)  # epochs × steps an epoch: 70 % of 1 797 pictures in batches of 17
    assert chart["data"][0]["x"][-1] == steps
    assert rates[-1] == pytest.approx(0.0123456789 * 0.7**steps)


def test_advice_is_taken_with_one_press_and_every_widget_shows_it(page):
    app = page(Experiment(optimizer=AdamW(learning_rate=5.0)))
    button = next(b for b in app.button if b.label.startswith("Use 0.01"))
    well(button.click().run())
    assert draft(app).optimizer.learning_rate == 0.01
    assert labelled(app, "text_input", "Learning rate η").value == "0.01"


def test_zeros_are_warned_of(page):
    assert any(
        "Zeros never break symmetry" in t for t in texts(page(Experiment(initializer=Zeros())))
    )


def test_what_does_not_build_cannot_be_started_and_says_why(page):
    app = page(Experiment(network=(Linear(),)))
    start = next(b for b in app.button if b.key == "bar_start")
    assert start.disabled and "Flatten" in start.help
    assert any("Flatten" in text for text in texts(app))


def test_a_name_is_data_and_no_markup(page):
    app = page(Experiment(name="# :red[x] $y$ [z](http://w) <b>"))
    assert not any(":red[x]" in t or "](http" in t or "$y$" in t for t in texts(app))


def test_what_lies_beyond_its_range_is_said_and_the_start_takes_what_stays(page):
    app = page()
    labelled(app, "number_input", "Epochs").set_value(0)
    well(app.run())
    (said,) = (text.replace("\\", "") for text in texts(app) if "at least 1" in text)
    assert "From 1 to 100\u202f000. 150 stays." in said
    assert draft(app).epochs == 150


def test_a_link_is_a_whole_address_and_says_that_the_data_is_not_in_it(page, monkeypatch):
    monkeypatch.setattr(type(st.context), "url", property(lambda self: "http://here:8501/train"))
    app = page(ANOTHER)
    (link,) = (code.value for code in app.code)
    assert link == f"http://here:8501/train?e={to_link(ANOTHER)}"
    assert any("The data is not in it" in text for text in texts(app))


def test_a_time_too_short_to_measure_is_no_zero(page, tmp_path):
    here = Store(tmp_path)
    write(
        here, here.create(encode(Experiment())), [Ended("epochs", "Done.", 10**6, 1, seconds=1.0)]
    )
    time = next(m for m in page(Experiment(epochs=1)).metric if m.label == "Time")
    assert time.value == "under 1 s"


def test_the_time_is_that_of_the_last_run_of_its_kind(page, tmp_path):
    def time(app):
        return next(m for m in app.metric if m.label == "Time")

    assert time(page()).value == "–"
    here, steps = Store(tmp_path), 150 * 40  # epochs × steps an epoch
    past = Experiment(name="*Past*", epochs=10)
    write(here, here.create(encode(past)), [Ended("epochs", "Done.", 400, 10, seconds=4.0)])
    shown = time(page(Experiment(epochs=150, batch_size=past.batch_size)))
    assert shown.value == f"≈ {steps * 4 // 400 // 60} min 0 s" and "\\*Past" in shown.delta
