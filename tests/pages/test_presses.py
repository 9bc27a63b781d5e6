"""What has reached the server counts, whenever a newer message from the browser arrives."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner import RerunData, ScriptRunner, get_script_run_ctx
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.runtime.scriptrunner_utils import script_requests
from streamlit.runtime.state.session_state import SessionState, WStates
from streamlit.testing.v1 import AppTest

from pages.kit import presses


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost during this test; afterwards Streamlit is as it was."""
    for owner, name in (
        (ScriptRunner, "_maybe_handle_execution_control_request"),
        (ScriptRunner, "_run_script"),
        (script_requests.ScriptRequests, "_request_rerun_locked"),
        (script_requests, "_coalesce_widget_states"),
        (SessionState, "set_widgets_from_proto"),
        (WStates, "call_callback"),
        (ForwardMsgQueue, "clear"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    presses.keep_all()


def page_with_a_counter() -> None:
    import streamlit as st

    def count() -> None:
        st.toast("pressed")
        st.session_state["presses"] = st.session_state.get("presses", 0) + 1

    st.button("Count", on_click=count)


def after_a_message(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function; its first call is preceded by a newer message from the browser."""
    messages = [RerunData()]

    def with_message(*args: Any, **kwargs: Any) -> Any:
        while messages:
            get_script_run_ctx().script_requests.request_rerun(messages.pop())
        return function(*args, **kwargs)

    return with_message


@pytest.mark.parametrize(("owner", "name"), [(ScriptCache, "get_bytecode"), (st, "toast")])
def test_a_newer_message_does_not_break_off_a_callback(
    owner: Any, name: str, kept: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = AppTest.from_function(page_with_a_counter).run()
    for done in (1, 2):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, after_a_message(getattr(owner, name)))
            app.button[0].click().run()
        assert app.session_state["presses"] == done


def test_a_changed_value_survives_a_change_of_page(kept: None) -> None:
    requests = script_requests.ScriptRequests()
    for name, states in (
        ("train", [WidgetState(id="epochs", int_value=3), WidgetState(id="l2", bool_value=False)]),
        ("train", [WidgetState(id="epochs", int_value=4), WidgetState(id="l2", bool_value=True)]),
        ("data", []),
    ):
        values = WidgetStates(widgets=states)
        requests.request_rerun(RerunData(page_script_hash=name, widget_states=values))
    answered = requests.on_scriptrunner_ready().rerun_data
    assert answered.page_script_hash == "data"
    found = {state.id: state for state in answered.widget_states.widgets}
    assert found["epochs"].int_value == 4
    assert found["l2"].bool_value


@pytest.mark.parametrize("presses_before", [0, 1, 4])
def test_every_press_of_one_button_counts(presses_before: int, kept: None) -> None:
    """Also those that arrive while an earlier one waits, and between messages of fragments."""
    app = AppTest.from_function(page_with_a_counter).run()
    press = WidgetState(id=app.button[0].proto.id, trigger_value=True)
    requests = script_requests.ScriptRequests()
    for _ in range(presses_before + 1):
        requests.request_rerun(RerunData(widget_states=WidgetStates(widgets=[press])))
        requests.request_rerun(RerunData(widget_states=WidgetStates(), is_auto_rerun=True))
    waiting = requests.on_scriptrunner_ready().rerun_data.widget_states
    app._run(waiting)
    assert app.session_state["presses"] == presses_before + 1
    app.run()
    assert app.session_state["presses"] == presses_before + 1


@pytest.mark.parametrize(
    ("shown", "timer", "runs"),
    [
        ("watch", True, None),
        ("watch", False, ("watch", "run=3", [])),
        ("train", True, ("train", "d=1", ["bar"])),
        ("train", False, ("train", "d=1", ["bar"])),
        ("", False, ("train", "d=1", ["bar"])),
    ],
)
def test_a_fragment_of_a_page_that_was_left_does_not_clear_the_page_shown(
    shown: str, timer: bool, runs: tuple | None, kept: None
) -> None:
    """Its timers and widgets still answer until the browser has received the new page."""
    done: list[RerunData] = []
    run = presses._on_the_page_shown(lambda runner, request: done.append(request))
    context = SimpleNamespace(page_script_hash=shown, query_string="run=3")
    states = WidgetStates(widgets=[WidgetState(id="stop", trigger_value=True)])
    request = RerunData(
        page_script_hash="train",
        query_string="d=1",
        fragment_id_queue=["bar"],
        is_auto_rerun=timer,
        widget_states=states,
    )
    run(SimpleNamespace(_get_script_run_ctx=lambda: context), request)
    asked = [(each.page_script_hash, each.query_string, each.fragment_id_queue) for each in done]
    assert asked == ([runs] if runs else [])
    assert all(each.widget_states is states for each in done)


def test_a_fragment_does_not_take_back_a_change_of_page(kept: None) -> None:
    requests = script_requests.ScriptRequests()
    requests.request_rerun(RerunData(page_script_hash="watch", query_string="run=3"))
    requests.request_rerun(
        RerunData(page_script_hash="train", query_string="d=1", fragment_id="bar")
    )
    answered = requests.on_scriptrunner_ready().rerun_data
    assert (answered.page_script_hash, answered.query_string) == ("watch", "run=3")
    assert not answered.fragment_id_queue
    requests = script_requests.ScriptRequests()
    requests.request_rerun(RerunData(page_script_hash="train", fragment_id="bar"))
    requests.request_rerun(RerunData(page_script_hash="watch"))
    assert requests.on_scriptrunner_ready().rerun_data.page_script_hash == "watch"


def answers_of_streamlit() -> list[ForwardMsg]:
    """One message of each kind that answers one request of the browser, and no run repeats."""
    answers = [ForwardMsg() for _ in range(4)]
    answers[0].file_urls_response.response_id = "the second of two files"
    answers[1].backend_operation_response.request_id = "a download"
    answers[2].auth_redirect.url = "/auth/login"
    answers[3].heartbeat_ack = True
    return answers


def test_a_new_run_removes_no_answer_to_the_browser(kept: None) -> None:
    """The first of two chosen files starts a run while the second one waits for its address."""
    queue, answers = ForwardMsgQueue(), answers_of_streamlit()
    outdated = ForwardMsg()
    outdated.delta.new_element.text.body = "drawn anew by the next run"
    first = ForwardMsg(script_finished=ForwardMsg.FINISHED_EARLY_FOR_RERUN)
    for message in (first, *answers[:2], outdated, *answers[2:]):
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True)
    assert queue.flush() == [first, *answers]


def drawn(path: list[int], fragment: str = "", block: bool = True) -> ForwardMsg:
    """Return a block or a text at this place of the page."""
    message = ForwardMsg()
    if block:
        message.delta.add_block.allow_empty = True
    else:
        message.delta.new_element.text.body = "text"
    message.delta.fragment_id = fragment
    message.metadata.delta_path.extend(path)
    return message


def test_the_run_of_a_fragment_finds_the_page_that_waits_to_be_sent(kept: None) -> None:
    """Each message is drawn below a block that is there, as the browser requires."""
    page = [
        drawn([0, 0], block=False),
        drawn([0, 1], "live"),
        drawn([0, 1, 0], "live"),
        drawn([0, 1, 0, 0], "inner", block=False),
        drawn([0, 2]),
        drawn([0, 2, 0], block=False),
    ]
    again = [drawn([0, 1], "live"), drawn([0, 1, 0], "live", block=False)]
    queue = ForwardMsgQueue()
    for message in page:
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["live"])
    for message in again:
        queue.enqueue(message)
    children = {(0,): 0}
    for message in queue.flush():
        *parent, index = message.metadata.delta_path
        assert index <= children[tuple(parent)]
        children[tuple(parent)] = max(children[tuple(parent)], index + 1)
        children.setdefault((*parent, index), 0)
    assert children[0,] == 3


def test_a_session_that_ends_removes_every_message(kept: None) -> None:
    queue = ForwardMsgQueue()
    for message in answers_of_streamlit():
        queue.enqueue(message)
    queue.clear()
    assert queue.is_empty()
