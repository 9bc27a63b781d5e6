"""A press or a typed value that has reached the server counts, whatever the browser sends next.

Streamlit loses some of them on a busy machine, in two ways. Both are mended here, by replacing one
function of Streamlit each.
"""

from collections.abc import Callable

from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.scriptrunner import ScriptRunner, get_script_run_ctx
from streamlit.runtime.scriptrunner_utils import script_requests


def keep_all() -> None:
    """Mend both."""
    ScriptRunner._maybe_handle_execution_control_request = _once_started(
        ScriptRunner._maybe_handle_execution_control_request
    )
    script_requests._coalesce_widget_states = _with_older_values(
        script_requests._coalesce_widget_states
    )


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


Merge = Callable[[WidgetStates | None, WidgetStates | None], WidgetStates | None]


def _with_older_values(merge: Merge) -> Merge:
    """Keep the values of a waiting message that the newer one does not repeat.

    A message that opens another page holds no values at all. Streamlit keeps only the presses of
    buttons then, not a switch or a number that was changed just before.
    """

    def merge_all(old: WidgetStates | None, new: WidgetStates | None) -> WidgetStates | None:
        merged = merge(old, new)
        if old is not None and merged is not None:
            known = {state.id for state in merged.widgets}
            merged.widgets.extend(state for state in old.widgets if state.id not in known)
        return merged

    return merge_all
