"""A press, a typed value or a request that has reached the server counts, whatever the browser
sends next.

Streamlit loses some of them on a busy machine, in seven ways. They are mended here, by replacing
the functions of Streamlit that lose them.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import replace
from itertools import chain

from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner import RerunData, ScriptRunner, get_script_run_ctx
from streamlit.runtime.scriptrunner_utils import script_requests
from streamlit.runtime.state.session_state import SessionState, WStates

# Kinds of messages to the browser that are sent once and that no run of a page repeats: the address
# to upload a chosen file to, a file to download or rows of a table, the address of a login, and the
# sign that the connection works.
SENT_ONCE = {
    "file_urls_response",
    "backend_operation_response",
    "auth_redirect",
    "heartbeat_ack",
}


def keep_all() -> None:
    """Mend them, unless that is done."""
    if WStates.call_callback.__module__ == __name__:
        return
    ScriptRunner._maybe_handle_execution_control_request = _once_started(
        ScriptRunner._maybe_handle_execution_control_request
    )
    ScriptRunner._run_script = _on_the_page_shown(ScriptRunner._run_script)
    script_requests.ScriptRequests._request_rerun_locked = _on_the_page_that_waits(
        script_requests.ScriptRequests._request_rerun_locked
    )
    script_requests._coalesce_widget_states = _with_older_values(
        script_requests._coalesce_widget_states
    )
    SessionState.set_widgets_from_proto = _with_counts(SessionState.set_widgets_from_proto)
    WStates.call_callback = _once_for_each_press(WStates.call_callback)
    ForwardMsgQueue.clear = _with_messages_sent_once(ForwardMsgQueue.clear)


def _once_started(check: Callable[[ScriptRunner], None]) -> Callable[[ScriptRunner], None]:
    """Let checks for newer messages begin with the page.

    Streamlit checks at every access to its state and at every drawn element, also before and inside
    the callback of a press. A newer message drops the rest of that callback.
    """

    def check_once_started(runner: ScriptRunner) -> None:
        context = get_script_run_ctx(suppress_warning=True)
        if context is None or context.has_script_started:
            check(runner)

    return check_once_started


def _on_the_page_shown(
    run_script: Callable[[ScriptRunner, RerunData], None],
) -> Callable[[ScriptRunner, RerunData], None]:
    """Run no fragment of a page that has been left.

    Until the browser has received a new page, the timers and the widgets of the old one go on.
    Streamlit answers them on the page that they name: the browser is told to clear the new page,
    and most of it stays empty. A timer is ignored here, since the new page has its own; a widget
    is answered by the whole new page.
    """

    def run_on_the_page_shown(runner: ScriptRunner, request: RerunData) -> None:
        context = runner._get_script_run_ctx()
        shown = context.page_script_hash or request.page_script_hash  # the first of a session
        if request.fragment_id_queue and request.page_script_hash != shown:
            if request.is_auto_rerun:
                return
            request = replace(
                request,
                fragment_id_queue=[],
                is_fragment_scoped_rerun=False,
                page_script_hash=shown,
                page_name="",
                query_string=context.query_string,
            )
        run_script(runner, request)

    return run_on_the_page_shown


def _on_the_page_that_waits(
    add: Callable[[script_requests.ScriptRequests, RerunData], bool],
) -> Callable[[script_requests.ScriptRequests, RerunData], bool]:
    """Let a fragment of the old page not take back the change of page that waits.

    Streamlit makes one request of two, with the page that the newer one names.
    """

    def add_to_the_page(requests: script_requests.ScriptRequests, request: RerunData) -> bool:
        waiting = requests._rerun_data
        if (
            requests._state == script_requests.ScriptRequestType.RERUN
            and script_requests._is_full_app_rerun(waiting)
            and (request.fragment_id or request.fragment_id_queue)
        ):
            request = replace(
                request,
                page_script_hash=waiting.page_script_hash,
                page_name=waiting.page_name,
                query_string=waiting.query_string,
            )
        return add(requests, request)

    return add_to_the_page


Merge = Callable[[WidgetStates | None, WidgetStates | None], WidgetStates | None]


def _with_older_values(merge: Merge) -> Merge:
    """Keep the values of a waiting message that the newer one does not repeat.

    A message that opens another page holds no values at all. Streamlit keeps only the presses of
    buttons then, not a switch or a number that was changed just before. A button that was pressed
    twice is named twice, where Streamlit makes one press of them.
    """

    def merge_all(old: WidgetStates | None, new: WidgetStates | None) -> WidgetStates | None:
        merged = merge(old, new)
        if old is not None and merged is not None:
            known = {state.id for state in merged.widgets}
            merged.widgets.extend(state for state in old.widgets if state.id not in known)
            states = {state.id: state for state in merged.widgets}
            for name, presses in _count(chain(old.widgets, new.widgets if new else ())).items():
                merged.widgets.extend([states[name]] * (presses - 1))
        return merged

    return merge_all


def _count(states: Iterable[WidgetState]) -> Counter[str]:
    """Return how often each button is pressed."""
    return Counter(state.id for state in states if state.trigger_value)


_presses: ContextVar[Counter[str]] = ContextVar("presses")  # of the message that is answered now


def _with_counts(set_all: Callable) -> Callable[[SessionState, WidgetStates], None]:
    """Note how often each button of a message was pressed."""

    def set_and_count(session: SessionState, message: WidgetStates) -> None:
        _presses.set(_count(message.widgets))
        set_all(session, message)

    return set_and_count


def _once_for_each_press(call: Callable[[WStates, str], None]) -> Callable[[WStates, str], None]:
    """Call the callback of a button as often as it was pressed."""

    def call_for_each(states: WStates, widget_id: str) -> None:
        for _ in range(max(1, _presses.get()[widget_id])):
            call(states, widget_id)

    return call_for_each


def _with_messages_sent_once(clear: Callable[..., None]) -> Callable[..., None]:
    """Keep messages that no run repeats when a run begins.

    A run of the page removes the messages that are not sent yet, because it draws the page anew.
    The browser waits for ever for an answer that is removed with them: the second of two files that
    are chosen quickly is never uploaded, because the first one starts a run.

    A run of a fragment draws only its own part, after everything that waits. Streamlit removes the
    place of this part when it waits, too, and the browser cannot draw what is below it.
    """

    def clear_the_rest(
        queue: ForwardMsgQueue,
        retain_lifecycle_msgs: bool = False,
        fragment_ids_this_run: list[str] | None = None,
    ) -> None:
        before = queue._queue
        clear(queue, retain_lifecycle_msgs, fragment_ids_this_run)
        if retain_lifecycle_msgs:
            kept = {id(message) for message in queue._queue}
            is_fragment = fragment_ids_this_run is not None
            queue._queue = [
                message
                for message in before
                if is_fragment or id(message) in kept or message.WhichOneof("type") in SENT_ONCE
            ]

    return clear_the_rest
