"""From a class to widgets to a value, for every choice there is and for one that a test invents."""

import re
from typing import ClassVar, Literal

import pytest
from streamlit.testing.v1 import AppTest

from core.base.spec import Call, fields, ranged
from core.data.normalization import Normalization
from core.losses import Loss
from core.network.initializers import Initializer
from core.network.layers import Layer
from core.optim.decays import MultiStep
from core.optim.optimizers import Adam, AdamW, Optimizer
from core.optim.regularizers import Regularizer
from core.optim.schedules import Schedule
from core.optim.stopping import StoppingRule
from pages.kit.form import is_plain
from tests.pages.shown import visit

FAMILIES = [Loss, Initializer, Layer, Optimizer, Regularizer, Schedule, StoppingRule, Normalization]
MEMBERS = [member for family in FAMILIES for member in family.members.values()]


def one_value(value):
    import streamlit as st

    from pages.kit import form

    st.session_state["now"] = form.edit(value, "it")


def shown(value):
    app = AppTest.from_function(one_value, args=(value,), default_timeout=30).run()
    assert not app.exception, app.exception
    return app


def said(app):
    """The value after one more run, and what the page complains of."""
    app.run()
    assert not app.exception, app.exception
    return app.session_state["now"], [m.value for m in app.markdown]


def entry(app, kind, name):
    return next(w for w in app.get(kind) if w.key == f"it.{name}")


@pytest.mark.parametrize("member", MEMBERS, ids=lambda m: f"{m.family}-{m.__name__}")
def test_every_choice_is_drawn_with_one_widget_a_field_and_comes_back_unchanged(member):
    app = shown(member())
    drawn = [
        w
        for kind in ("text_input", "number_input", "toggle", "button_group")
        for w in app.get(kind)
    ]
    assert len(drawn) == sum(map(is_plain, fields(member)))  # a page draws choices in choices
    assert all(w.help for w in drawn)
    assert app.session_state["now"] == member()


@pytest.mark.parametrize("rate", [1e-3, 1 / 3, 0.08333333333333333, 2.5e-7, 10.0, 1.23456789e-5])
def test_a_rate_of_any_digits_is_not_changed_by_being_shown(rate):
    assert shown(Adam(learning_rate=rate)).session_state["now"].learning_rate == rate


@pytest.mark.parametrize(
    ("typed", "rate"),
    [("3e-4", 3e-4), ("0.02", 0.02), ("0,02", 0.02), ("1", 1.0), (" 5e-3 ", 5e-3)],
)
def test_a_rate_is_typed_as_people_write_it(typed, rate):
    app = shown(Adam())
    entry(app, "text_input", "adam.learning_rate").set_value(typed)
    assert said(app) == (Adam(learning_rate=rate), [])


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("fast", "“fast” is not a number"),
        ("", "is not a number"),
        ("20", "at most 10"),
        ("0", "above 0"),
        ("-1", "above 0"),
        ("nan", "finite"),
        ("1e999", "finite"),
        ("$x$ <b>", "is not a number"),
    ],
)
def test_a_rate_that_cannot_be_is_said_and_the_last_good_one_stays(typed, sentence):
    app = shown(Adam(learning_rate=0.02))
    entry(app, "text_input", "adam.learning_rate").set_value(typed)
    value, complaints = said(app)
    assert value == Adam(learning_rate=0.02)
    assert len(complaints) == 1 and sentence in complaints[0].replace("\\", "")
    assert "Traceback" not in complaints[0] and "$x$" not in complaints[0]


@pytest.mark.parametrize(
    ("value", "kind", "name", "typed", "label"),
    [
        (Adam(), "text_input", "learning_rate", "fast", "Learning rate “fast”"),
        (Adam(), "number_input", "beta1", 2.0, "β₁ (momentum) is 2"),
        (MultiStep(), "text_input", "milestones", "60, 30", "Milestones: “60, 30”"),
    ],
)
def test_a_refusal_begins_with_the_label_of_its_field(value, kind, name, typed, label):
    app = shown(value)
    entry(app, kind, f"{value.kind}.{name}").set_value(typed)
    now, (complaint,) = said(app)
    assert now == value and f": {label}" in complaint.replace("\\", "")


def test_one_wrong_field_does_not_undo_the_others():
    app = shown(AdamW())
    entry(app, "text_input", "adamw.learning_rate").set_value("20")
    entry(app, "number_input", "adamw.beta1").set_value(0.5)
    value, complaints = said(app)
    assert value == AdamW(beta1=0.5) and len(complaints) == 1


def test_a_number_beyond_its_limit_is_refused_on_the_server_too():
    app = shown(Adam())
    entry(app, "number_input", "adam.beta1").set_value(1.0)
    value, complaints = said(app)
    assert value == Adam() and "below 1" in complaints[0]


def test_the_browser_is_told_no_limits_for_it_would_say_nothing():
    app = shown(Adam())
    for field in app.number_input:
        assert not field.proto.has_min and not field.proto.has_max


@pytest.mark.parametrize("member", MEMBERS, ids=lambda m: f"{m.family}-{m.__name__}")
def test_the_help_names_papers_and_the_meaning_of_the_letters(member):
    from pages.kit.form import explain

    told = explain(member)
    assert not re.search(r"\bdecks? [A-Z]\b", told)
    papers = [part for part in member.source.split("; ") if not part.startswith("deck")]
    assert all(part in told for part in papers)
    if member.family == "optimizer":
        assert "θ: the weights" in told
        assert r"\hat m" not in told or "m̂ and v̂" in told


def menus(values):
    import streamlit as st

    from core.optim.optimizers import Adam, Optimizer
    from core.optim.regularizers import Regularizer
    from pages.kit import form

    st.session_state["chosen"] = form.choose(
        Optimizer, Adam(learning_rate=0.5), "opt", label="Optimizer"
    )
    st.session_state["several"] = form.several(Regularizer, values, "reg")


def test_another_kind_begins_with_its_defaults_and_the_same_one_keeps_its_fields():
    app = AppTest.from_function(menus, args=((),), default_timeout=30).run()
    assert app.session_state["chosen"] == Adam(learning_rate=0.5)
    app.get_by_key("opt.kind").set_value("adamw").run()
    assert app.session_state["chosen"] == AdamW()
    app.get_by_key("opt.kind").set_value("adam").run()
    assert app.session_state["chosen"] == Adam(learning_rate=0.5)


def test_of_several_each_kind_is_switched_alone():
    from core.optim.regularizers import L2, ClipNorm

    app = AppTest.from_function(menus, args=((L2(strength=0.5),),), default_timeout=30).run()
    assert app.session_state["several"] == (L2(strength=0.5),)
    app.toggle(key="reg.clip_norm").set_value(True).run()
    assert app.session_state["several"] == (L2(strength=0.5), ClipNorm())
    app.toggle(key="reg.l2").set_value(False).run()
    assert app.session_state["several"] == (ClipNorm(),)


@pytest.fixture
def invented():
    """An optimizer that no file of the lab knows."""

    class Lion(Optimizer):
        """The sign of a momentum, nothing else."""

        kind: Literal["test_lion"] = "test_lion"
        label: ClassVar[str] = "Lion of the test"
        formula: ClassVar[str] = r"\theta \leftarrow \theta - \eta\,\mathrm{sign}(m)"
        memory: float = ranged(0.9, 0, 1, symbol="μ", help="How much of the old direction stays.")

        def call(self) -> Call:
            return Call("torch.optim.SGD", {"lr": self.learning_rate, "momentum": self.memory})

    yield Lion
    del Optimizer.members["test_lion"]


def test_a_new_class_appears_on_the_train_page_with_no_edit_anywhere(
    invented, tmp_path, monkeypatch
):
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    app = visit("train")
    menu = next(w for w in [*app.selectbox, *app.get("button_group")] if w.label == "Optimizer")
    menu.set_value("test_lion").run()
    assert not app.exception, app.exception
    assert any("Lion of the test" in c.value for c in app.caption)
    assert any(w.label == "Memory μ" for w in app.number_input)
    assert invented.formula in [m.value.strip("$\n ") for m in app.get("latex") or app.latex]


def test_other_peoples_text_has_no_sign_left_that_means_something():
    from pages.kit.form import escape

    signs = "\\`*_{}[]()#+-.!|<>$:~^&"
    assert escape(signs) == "".join(f"\\{sign}" for sign in signs)
    assert escape("Größe 8 × 8, 50 %") == "Größe 8 × 8, 50 %"
    assert ":material/" not in escape(":material/home:").replace("\\", "")
    assert len(escape("a" * 5000)) == 400
