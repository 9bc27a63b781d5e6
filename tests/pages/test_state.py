"""The draft in the session: edited, taken back, opened from a link, never lost to a broken one."""

import pytest
from streamlit.testing.v1 import AppTest

from core.encoding import decode, encode, to_link
from core.experiment import Experiment, shipped

SHARED = Experiment(name="From a friend", epochs=7)


def page():
    import streamlit as st

    from pages.ui import state

    st.caption(state.draft().name)
    st.caption(state.key("widget"))
    st.caption(state.take_notice() or "no notice")
    if st.button("one field"):
        state.edit("epochs", 3)
    if st.button("redrawn field"):
        state.edit("epochs", 4, redraw=True)
    st.button("undo", on_click=state.undo, disabled=not state.can_undo())
    st.button("redo", on_click=state.redo, disabled=not state.can_redo())


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    return AppTest.from_function(page, default_timeout=30)


def said(app):
    assert not app.exception, app.exception
    return [c.value for c in app.caption]


def stored(app):
    return decode(Experiment, app.session_state["draft"])


def test_the_first_draft_can_be_trained_as_it_is(app):
    app.run()
    assert stored(app) == shipped()["digits"]


def test_an_edit_by_a_widget_keeps_the_keys_and_one_by_a_button_renews_them(app):
    before = said(app.run())[1]
    app.button[0].click().run()
    assert stored(app).epochs == 3 and said(app)[1] == before
    app.button[1].click().run()
    assert stored(app).epochs == 4
    assert said(app.run())[1] != before


def test_changes_are_taken_back_and_made_again(app):
    app.run()
    assert [b.disabled for b in app.button[2:]] == [True, True]
    for button in (0, 1):
        app.button[button].click().run()
    for epochs, press in [(3, 2), (shipped()["digits"].epochs, 2), (3, 3), (4, 3)]:
        app.run()  # a button's own state is drawn one run later
        app.button[press].click().run()
        assert stored(app).epochs == epochs
    app.run()
    assert app.button[3].disabled and not app.button[2].disabled


def test_a_new_change_forgets_what_was_taken_back(app):
    app.run()
    app.button[0].click().run()
    app.button[2].click().run()
    app.button[1].click().run()
    assert app.run().button[3].disabled


def test_a_link_is_opened_once_and_later_edits_stay(app):
    app.query_params["e"] = to_link(SHARED)
    assert "no notice" not in said(app.run())
    assert stored(app) == SHARED
    app.button[0].click().run()
    assert stored(app).epochs == 3 and stored(app).name == "From a friend"
    assert "no notice" in said(app)


@pytest.mark.parametrize("token", ["x", "eJw", "%%%", to_link(SHARED)[:-9], "A" * 5000])
def test_a_broken_link_is_said_and_the_draft_stays(app, token):
    app.query_params["e"] = token
    name, _, notice = said(app.run())
    assert name == "Digits"
    assert notice.endswith(".") and notice != "no notice"


def test_a_draft_of_another_version_is_said_and_replaced(app):
    app.session_state["draft"] = '{"no such field": 1}'
    name, _, notice = said(app.run())
    assert name == "Digits" and "no such field" in notice


def test_only_strings_and_numbers_are_kept(app):
    app.query_params["e"] = to_link(SHARED)
    app.run()
    app.button[1].click().run()
    kept = app.session_state.to_dict()
    assert {type(value) for value in kept.values()} <= {str, int, bool}
    assert encode(stored(app)) == kept["draft"]
