"""What a browser session remembers, as strings: values of the pages, presses that are not answered
yet, and one notice.

This is the only file that touches `st.session_state`. It stores only strings: after a reload of the
code, objects would be instances of classes that no longer exist.

Streamlit may break off a run of a page at any access to its state and at any drawn element, as soon
as the browser reports something new. Reading and writing values here never breaks off a run
(`_values`), so that a press that is half answered is not lost.
"""

import json
import time
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state import SafeSessionState

NOTICE, SHOWN = "notice", "notice shown"
BASELINE, SEVERAL = "baseline", "several"  # values of the pages that the address carries
LESSON, PROGRESS = "lesson", "progress"  # as well: the lesson in progress, and its answers
CLASS = "class"  # as well: the code of the class that takes it
PRESSED = "pressed"  # JSON list of the keys of buttons that were pressed and not answered yet
MOST_TOGETHER = 3  # runs side by side on the page Predict
REFUSED = "refused"  # JSON: a sentence for each form of the page with an entry that is invalid
STARTED, TWICE = "started", 1.0  # seconds within which repeated presses of Start count as one


def _values() -> Any:
    """The session's values, without the points at which Streamlit may break off the run: a press
    that is half answered would be lost.
    """
    context = get_script_run_ctx(suppress_warning=True)
    values = getattr(getattr(context, "session_state", None), "_state", None)
    if values is None:  # outside a page, or a Streamlit with another attribute
        return st.session_state
    return SafeSessionState(values, lambda: None)


def get(name: str, default: str = "") -> str:
    """Return a stored string; `default` where there is none."""
    try:
        return _values()[name]
    except KeyError:
        return default


def set(name: str, value: str) -> None:
    """Store a string."""
    _values()[name] = value


def widget_value(key: str) -> Any:
    """Return what a widget holds; None where there is no such widget."""
    try:
        return _values()[key]
    except KeyError:
        return None


# --- presses


def press(key: str) -> None:
    """Note that a button was pressed: the callback of every button that a page reads."""
    set(PRESSED, json.dumps(sorted({*json.loads(get(PRESSED, "[]")), key})))


def take_press(key: str) -> bool:
    """Return whether a button was pressed and is not answered yet. The caller answers it before it
    draws anything, because a run may be broken off there.
    """
    waiting = json.loads(get(PRESSED, "[]"))
    if key in waiting:
        set(PRESSED, json.dumps([other for other in waiting if other != key]))
    return key in waiting


# --- invalid entries


def refuse(form: str, sentence: str) -> None:
    """Note that a form of this page shows an entry that it cannot use; Start waits for another."""
    set(REFUSED, json.dumps(json.loads(get(REFUSED, "{}")) | {form: sentence}))


def take_refusal(form: str) -> str:
    """Return why a form cannot use an entry, and forget it; "" if all its entries are valid."""
    refused = json.loads(get(REFUSED, "{}"))
    sentence = refused.pop(form, "")
    set(REFUSED, json.dumps(refused))
    return sentence


def first_refusal() -> str:
    """Return why the first of the forms that were drawn cannot use an entry; "" for none."""
    return next(iter(json.loads(get(REFUSED, "{}")).values()), "")


def drop_refusals() -> None:
    """Forget the invalid entries of the page that was drawn last."""
    set(REFUSED, "{}")


def get_ui(name: str) -> str:
    """Return a string that was stored for the pages of this session; "" for none."""
    return get(f"kept {name}")


def set_ui(name: str, value: str) -> None:
    """Store a string for the pages of this session; it outlives a change of page."""
    set(f"kept {name}", value)


def set_number(key: str, value: float) -> None:
    """Let the number input with this key hold this value when it is drawn next."""
    _values()[key] = value


def show_tab(key: str, label: str) -> None:
    """Let the tabs with this key open with the one of this label when they are drawn next."""
    set(key, label)


def select_runs(runs: list[str]) -> None:
    """Select exactly these runs when the table of runs is drawn next."""
    drawn = json.loads(get_ui("ticks") or "{}").get("generation", 0)
    set_ui("ticks", json.dumps({"runs": runs, "generation": drawn + 1}))


def choose_together(runs: list[str]) -> None:
    """Let the page Predict that is opened with the first of these runs show the others too."""
    set_ui("together", json.dumps(runs))


def chosen_together(run: str) -> list[str]:
    """Return the run and those that were chosen together with it; [] for no run."""
    runs = json.loads(get_ui("together") or "[]")
    return runs if run in runs[:1] else [run] if run else []


def just_started(text: str, run: str = "") -> str:
    """Return the run that a press within the last second made of this text, "" for none: a double
    press starts one run. Given `run`, store it.
    """
    if run:
        set(STARTED, json.dumps([text, run, time.monotonic()]))
    known, made, when = json.loads(get(STARTED, '["", "", 0]'))
    return made if known == text and time.monotonic() - when < TWICE else ""


def notice(text: str) -> None:
    """Store one sentence for the next page that is drawn."""
    set(NOTICE, text)


def shown_notice() -> str:
    """Return the stored sentence to draw it; "" for none. A page that is complete forgets it; one
    that is broken off shows it again.
    """
    set(SHOWN, get(NOTICE))
    return get(SHOWN)


def drop_shown_notice() -> None:
    """Forget the sentence that this page has shown, but not one that was stored after that."""
    if get(NOTICE) == get(SHOWN):
        set(NOTICE, "")
    set(SHOWN, "")


def drop_presses() -> None:
    """Forget the presses of buttons that the page did not draw."""
    set(PRESSED, "[]")
