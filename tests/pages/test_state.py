"""The draft: edited, taken back, kept on disk under the address, opened from a link, never lost to
a broken one.
"""

from types import SimpleNamespace

import pytest
from streamlit.runtime.state import SafeSessionState, SessionState
from streamlit.testing.v1 import AppTest

from core.base.encoding import decode, encode, to_link
from core.base.errors import NotFound, Unavailable
from core.experiment import Experiment, shipped
from core.jobs import runner
from core.network.initializers import Xavier, Zeros
from core.runs.draft_store import Drafts
from pages.kit import address, person, session

SHARED = Experiment(name="From a friend", epochs=7)


def test_values_are_read_without_a_point_at_which_streamlit_may_break_off(monkeypatch):
    """`session._values` needs a private attribute; without it, presses could be lost."""

    def break_off() -> None:
        raise AssertionError("this run was broken off")

    safe = SafeSessionState(SessionState(), break_off)
    monkeypatch.setattr(
        session, "get_script_run_ctx", lambda **_: SimpleNamespace(session_state=safe)
    )
    session.set_ui("name", "value")
    assert session.get_ui("name") == "value"
    with pytest.raises(AssertionError):
        safe["name"] = "value"


def page():
    import streamlit as st

    from pages.kit import address, session, state

    address.open_page()
    st.caption(state.draft().name)
    st.caption(state.key("widget"))
    st.caption(session.shown_notice() or "no notice")
    if st.button("one field"):
        state.edit("epochs", 3)
    if st.button("redrawn field"):
        state.edit("initializer", "xavier", redraw=True)
    st.button("undo", on_click=state.undo, disabled=not state.undo_name())
    st.markdown(state.undo_name())
    st.button("redo", on_click=state.redo, disabled=not state.redo_name())
    if st.button("zeros"):
        state.edit("initializer", "zeros", redraw=True)
    if st.button("another"):
        state.set_draft('{"name": "Another", "epochs": 9}', "Another one")
    address.close_page()


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    monkeypatch.setattr(runner, "_current", None)
    return tmp_path


@pytest.fixture
def app(home):
    return tab()


def tab(**address):
    """A new visit of this address."""
    opened = AppTest.from_function(page, default_timeout=30)
    for name, said in address.items():
        opened.query_params[name] = said
    return opened


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
    assert stored(app).initializer == Xavier()
    assert said(app.run())[1] != before


def press(app, *names):
    for name in names:
        app.run()  # a button's own state is drawn one run later
        next(b for b in app.button if b.label == name).click().run()
    return app.run()


def possible(app):
    return [not b.disabled for b in app.button if b.label in ("undo", "redo")]


def test_changes_are_undone_and_redone(app):
    first = shipped()["digits"].initializer
    press(app, "redrawn field", "zeros")
    for name, wanted in [("undo", Xavier()), ("undo", first), ("redo", Xavier())]:
        assert stored(press(app, name)).initializer == wanted
    assert possible(app) == [True, True]
    assert stored(press(app, "redo")).initializer == Zeros() and possible(app) == [True, False]


def named_change(app):
    return app.markdown[0].value


def test_every_change_of_the_draft_is_a_step_with_a_name(app):
    first = shipped()["digits"]
    assert named_change(press(app, "one field")) == f"Epochs: {first.epochs} → 3"
    assert named_change(press(app, "redrawn field")).startswith("Initializer: ")
    assert named_change(press(app, "another")) == "Another one"
    assert (stored(app).name, stored(app).epochs) == ("Another", 9)
    assert stored(press(app, "undo")) == first.model_copy(
        update={"epochs": 3, "initializer": Xavier()}
    )
    assert stored(press(app, "undo", "undo")) == first and not named_change(app)
    assert stored(press(app, "redo", "redo", "redo")).name == "Another"


def test_fifty_steps_are_kept(app):
    press(app, *["redrawn field", "zeros"] * 26)
    for _ in range(50):
        next(b for b in app.button if b.label == "undo").click().run()
    assert possible(app.run()) == [False, True]
    assert stored(app).initializer == Zeros()  # that of the second of 52 changes


def test_an_opened_link_is_undone(app):
    press(app, "one field")
    app.query_params["e"] = to_link(SHARED)
    assert stored(app.run()) == SHARED
    assert stored(press(app, "undo")).epochs == 3


@pytest.mark.parametrize("in_new_window", ["link", "address"])
def test_what_replaces_the_draft_in_a_new_window_is_undone(sit, app, in_new_window):
    shared = {"e": to_link(SHARED)}
    if in_new_window == "address":
        sit("ben")
        shared = {"d": named(press(tab(), "zeros"))}
        sit("ann")
    name = named(press(app, "one field"))
    opened = tab(**shared).run()
    assert stored(opened).epochs != 3 and named(opened) not in (name, shared.get("d"))
    assert named_change(opened)
    assert stored(press(opened, "undo")).epochs == 3
    assert stored(tab(d=name).run()).epochs == 3


def test_a_new_change_forgets_what_was_taken_back(app):
    assert not possible(press(app, "redrawn field", "undo", "zeros"))[1]


# --- the draft outlives the page


def named(app, what="d"):
    value = app.query_params[what]
    return value if isinstance(value, str) else value[-1]


def test_looking_writes_nothing_and_keeps_the_address(app, home):
    app.run()
    assert "d" not in app.query_params and not (home / "drafts").exists()


def test_a_changed_draft_is_there_again_after_a_reload(app):
    name = named(press(app, "one field"))
    again = tab(d=name, run="x").run()
    assert stored(again).epochs == 3 and "no notice" in said(again)
    press(again, "redrawn field")
    assert named(again) == name and named(again, "run") == "x"
    assert stored(tab(d=name).run()).initializer == Xavier()


def test_an_address_that_a_change_of_page_emptied_names_the_draft_again(app):
    name = named(press(app, "one field"))
    app.query_params.clear()
    assert named(app.run()) == name


def test_two_tabs_on_one_address_do_not_overwrite_each_other(app):
    name = named(press(app, "one field"))
    other = press(tab(d=name), "redrawn field")  # goes on with it
    press(app, "zeros")  # so this one gets a draft of its own
    assert named(other) == name != named(app)
    kept = [stored(tab(d=named(one)).run()).initializer for one in (other, app)]
    assert kept == [Xavier(), Zeros()]


@pytest.mark.parametrize(
    "name", ["0123456789abcdef01234567", "../../secret", "", "x" * 5000, "0" * 15]
)
def test_an_address_that_names_no_draft_says_so_and_names_none(home, name):
    app = tab(d=name)
    shown, _, notice = said(app.run())
    with pytest.raises(NotFound) as error:
        Drafts(home).read(name)
    assert shown == "Digits" and notice == (str(error.value) if name else "no notice")
    assert error.value.code == "draft_not_found"
    assert "d" not in app.query_params or not name


@pytest.mark.parametrize("text", ["", "{", '{"no such field": 1}', "[" * 99_999])
def test_a_damaged_draft_is_said_and_takes_no_page_with_it(home, text):
    name = Drafts(home).write("", "whole", "")
    (home / "drafts" / f"{name}.json").write_text(text)
    shown, _, notice = said(tab(d=name).run())
    assert shown == "Digits" and notice.endswith(".") and notice != "no notice"


def test_a_disk_that_takes_nothing_keeps_the_draft_in_the_page(app, home):
    (home / "drafts").write_text("a file where the folder should be")
    app.run()
    app.button[0].click().run()
    with pytest.raises(Unavailable) as error:
        Drafts(home).write("", "{}", "")
    assert error.value.code == "draft_not_writable"
    assert stored(app).epochs == 3 and said(app.run())[2] == str(error.value)


# --- where people are told apart


@pytest.fixture
def sit(monkeypatch):
    monkeypatch.setenv("LAB_MODE", "class")
    sitting = ["ann"]
    monkeypatch.setattr(person, "account", lambda: sitting[0])
    return lambda who: sitting.__setitem__(0, who)


def test_somebody_else_s_draft_opens_as_a_copy_and_stays_as_it_is(sit, app):
    name = named(press(app, "one field"))
    sit("ben")
    copy = tab(d=name).run()
    assert stored(copy).epochs == 3 and said(copy)[2] == address.COPIED and named(copy) != name
    press(copy, "zeros")
    assert stored(tab(d=named(copy)).run()).initializer == Zeros()
    sit("ann")
    again = tab(d=name).run()
    assert stored(again).initializer != Zeros() and "no notice" in said(again)
    assert named(press(again, "zeros")) == name


@pytest.mark.parametrize("what", ["run", "study"])
def test_who_looks_at_a_run_keeps_their_own_draft(sit, app, home, what):
    anns = named(press(app, "one field"))
    sit("ben")
    first = tab(d=anns, **{what: "x"}).run()
    assert stored(first) == shipped()["digits"] and "d" not in first.query_params
    bens = named(press(tab(), "another"))
    again = tab(d=anns, **{what: "x"}).run()
    assert stored(again).name == "Another" and named(again) == bens and "no notice" in said(again)
    assert len(list((home / "drafts").iterdir())) == 2


# --- links


def test_a_link_is_opened_once_and_later_edits_stay(app):
    app.query_params["e"] = to_link(SHARED)
    assert "no notice" not in said(app.run())
    assert stored(app) == SHARED
    assert "e" not in app.query_params  # a reload must not open it over what was changed since
    app.button[0].click().run()
    assert stored(app).epochs == 3 and stored(app).name == "From a friend"
    assert "no notice" in said(app)
    assert stored(tab(d=named(app.run())).run()).name == "From a friend"


def test_a_link_leaves_the_draft_that_was_open_on_disk(app):
    name = named(press(app, "one field"))
    both = tab(d=name, e=to_link(SHARED))
    assert stored(both.run()) == SHARED and named(both) != name
    assert stored(tab(d=name).run()).epochs == 3


@pytest.mark.parametrize("token", ["x", "eJw", "%%%", to_link(SHARED)[:-9], "A" * 5000])
def test_a_broken_link_is_said_and_the_draft_stays(app, token):
    app.query_params["e"] = token
    name, _, notice = said(app.run())
    assert name == "Digits"
    assert notice == address.LINK_BROKEN


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
