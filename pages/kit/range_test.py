"""The learning-rate range test on the page Train: a button in the header starts it, it runs beside
the queue, and its card shows the growing curve and the suggested learning rate.
"""

import streamlit as st

from core.base.encoding import decode
from core.base.numbers import short
from core.experiment import Experiment
from core.figures import range_test as figures
from core.jobs.tasks import TaskState
from pages.kit import live_chart, session, state
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import card_title, finding
from pages.kit.measurements import begin, current, describe_progress, work

TASK = "rate test"  # the key of the task's id in the page state
BEFORE = "rate before"  # the key of the learning rate that the suggestion replaced
IGNORED = ("name", "about", "epochs", "schedule", "stopping")  # without effect on a range test
HEIGHT = 168


def offer(draft: Experiment, ready: bool) -> None:
    """Draw the button in the header."""
    pressed = button(
        "Find a learning rate",
        icon=":material/speed:",
        key="find_rate",
        disabled=not ready,
        help="Learning-rate range test (Smith 2017): up to 100 steps on a copy of the model while "
        "the learning rate grows from 1e-6 to 10. Suggests a tenth of the rate with the lowest "
        "loss. Does not delay your runs.",
    )
    if pressed:
        begin("rate", draft, name=TASK)
        session.set_ui(BEFORE, "")


def card(draft: Experiment) -> None:
    """Draw the range test that was started last; nothing if there is none."""
    task = current(TASK)
    if not task:
        return
    with st.container(border=True, key="rate_card"):
        if task["over"]:
            ended(task, draft)
        else:
            st.fragment(working, run_every=0.4)(task["id"])


def working(id: str) -> None:
    """Draw progress, a Stop button, and the curve so far."""
    task = work().look(id)
    if not task or task["over"]:
        st.rerun()
    with card_title("Learning-rate range test"):
        st.button("Stop", icon=":material/stop:", key="stop_rate", on_click=work().stop, args=(id,))
    points = task["found"].get("points", [])
    text = describe_progress(task, "Preparing data and network")
    if points:
        text = f"Learning rate {short(points[-1][0])}, loss {short(points[-1][1], 3)}"
    st.progress(task["share"], text=text)
    curve(task)


def ended(task: dict, draft: Experiment) -> None:
    """Draw the curve, the rule with its numbers, and the button that uses the learning rate."""
    with card_title("Learning-rate range test"):
        st.button(
            "",
            icon=":material/close:",
            key="close_rate",
            type="tertiary",
            help="Close",
            on_click=session.set_ui,
            args=(TASK, ""),
        )
    if task["state"] == TaskState.FAILED:
        finding("bad", escape(task["problem"]))
        return
    curve(task)
    suggested = task["found"].get("suggested")
    if task["state"] == TaskState.STOPPED:
        stopped = "Stopped before its end, so no learning rate is suggested."
        finding("info", escape(task["problem"] or stopped))
    elif not suggested:
        finding("warn", task["found"]["text"])
    else:
        suggestion(suggested["rate"], task["found"]["text"], draft)
    if is_outdated(decode(Experiment, task["experiment"]), draft):
        st.caption("Settings have changed since this test. Run it again for the current draft.")


def suggestion(rate: float, text: str, draft: Experiment) -> None:
    """Draw the suggestion; its button writes the learning rate, and afterwards undoes that."""
    before = session.get_ui(BEFORE)
    if draft.optimizer.learning_rate != rate:
        if finding("ok", text, f"Use {short(rate)}", "use_rate"):
            write(rate, str(draft.optimizer.learning_rate))
    elif not before:
        finding("ok", text)
    elif finding("ok", f"The learning rate is now {short(rate)}.", "Undo", "undo_rate"):
        write(float(before), "")


def write(rate: float, before: str) -> None:
    """Write a learning rate into the draft and remember the previous one."""
    session.set_ui(BEFORE, before)
    state.edit("optimizer.learning_rate", rate, redraw=True)
    st.rerun()


def curve(task: dict) -> None:
    """Draw loss against learning rate; the space is reserved before the first point."""
    found = task["found"]
    points = [tuple(point) for point in found.get("points", [])]
    rows = figures.rows(points, found.get("reach", 0))
    live_chart.drawn(
        lambda mode: figures.figure(rows, found.get("suggested"), mode=mode, height=HEIGHT),
        key="chart_rate", height=HEIGHT, alt="Loss against learning rate",
        name="learning-rate range test",
    )  # fmt: skip


def is_outdated(tested: Experiment, draft: Experiment) -> bool:
    """Return whether the draft differs from what was tested in more than its learning rate."""
    rate = {"optimizer": tested.optimizer.model_copy(update={"learning_rate": 1.0})}
    now = {"optimizer": draft.optimizer.model_copy(update={"learning_rate": 1.0})}
    ignored = {name: getattr(tested, name) for name in IGNORED}
    return tested.model_copy(update=rate) != draft.model_copy(update=now | ignored)
