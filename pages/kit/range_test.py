"""The learning-rate range test on the page Train: it is begun from the header, runs beside the
runs, and its card shows the curve while it grows and writes the rate that it suggests.
"""

import streamlit as st

from core.base.encoding import decode, encode
from core.base.numbers import short
from core.experiment import Experiment
from core.figures import range_test as figures
from core.jobs import runner, tasks
from pages.kit import live_chart, state
from pages.kit.form import escape
from pages.kit.layout import card_title, finding

KEPT, BEFORE = (
    "rate test",
    "rate before",
)  # the task's id, and the rate that its suggestion replaced
ALIKE = ("name", "about", "epochs", "schedule", "stopping")  # what a range test does not look at
HEIGHT = 168


def offer(draft: Experiment, ready: bool) -> None:
    """The button in the header."""
    pressed = st.button(
        "Find a learning rate",
        icon=":material/speed:",
        key="find_rate",
        disabled=not ready,
        help="Some dozens of steps on a copy while the rate grows from 1e-6 to 10 (Smith 2017): a "
        "tenth of the rate where the loss is lowest is suggested. Your runs do not wait for it.",
    )
    if pressed:
        state.keep(KEPT, work().begin("rate", encode(draft), instead=state.keep(KEPT)))
        state.keep(BEFORE, "")


def work() -> tasks.Tasks:
    """The tasks of this lab."""
    return tasks.current(runner.current().store.home)


def wait(id: str, doing: str) -> None:
    """The share of a task that is done, until it is over; then the page shows what it found."""
    task = work().look(id)
    if not task or task["over"]:
        st.rerun()
    st.progress(task["share"], text=place(task, doing))


def place(task: dict, doing: str) -> str:
    """How many tasks come before it, or what it does."""
    return f"Waits for {task['before']} other" if task["before"] else doing


def card(draft: Experiment) -> None:
    """The range test that was begun last; nothing where there is none."""
    task = work().look(state.keep(KEPT)) if state.keep(KEPT) else None
    if not task:
        return
    with st.container(border=True, key="rate_card"):
        if task["over"]:
            ended(task, draft)
        else:
            st.fragment(working, run_every=0.4)(task["id"])


def working(id: str) -> None:
    """Progress, Stop, and the curve as far as it is known."""
    task = work().look(id)
    if not task or task["over"]:
        st.rerun()
    with card_title("Learning-rate range test"):
        st.button("Stop", icon=":material/stop:", key="stop_rate", on_click=work().stop, args=(id,))
    points = task["found"].get("points", [])
    words = place(task, "Prepares data and network")
    if points:
        words = f"Rate {short(points[-1][0])}, loss {short(points[-1][1], 3)}"
    st.progress(task["share"], text=words)
    curve(task)


def ended(task: dict, draft: Experiment) -> None:
    """The curve, the rule with its numbers, and the button that writes the rate."""
    with card_title("Learning-rate range test"):
        st.button(
            "",
            icon=":material/close:",
            key="close_rate",
            type="tertiary",
            help="Close",
            on_click=state.keep,
            args=(KEPT, ""),
        )
    if task["state"] == "failed":
        finding("bad", escape(task["problem"]))
        return
    curve(task)
    found = task["found"].get("suggested")
    if task["state"] == "stopped":
        finding("info", escape(task["problem"] or "Stopped before its end: nothing is suggested."))
    elif not found:
        finding("warn", task["found"]["text"])
    else:
        suggestion(found["rate"], task["found"]["text"], draft)
    if changed(decode(Experiment, task["experiment"]), draft):
        st.caption("Some settings have changed since: find it again for those.")


def suggestion(rate: float, text: str, draft: Experiment) -> None:
    """The sentence; its button writes the rate, and afterwards takes it back."""
    before = state.keep(BEFORE)
    if draft.optimizer.learning_rate != rate:
        if finding("ok", text, f"Use {short(rate)}", "use_rate"):
            write(rate, str(draft.optimizer.learning_rate))
    elif not before:
        finding("ok", text)
    elif finding("ok", f"The learning rate is now {short(rate)}.", "Undo", "undo_rate"):
        write(float(before), "")


def write(rate: float, before: str) -> None:
    """Puts a rate into the draft and keeps what it was."""
    state.keep(BEFORE, before)
    state.edit("optimizer.learning_rate", rate, redraw=True)
    st.rerun()


def curve(task: dict) -> None:
    """Loss against rate; its place is kept before the first point."""
    found = task["found"]
    points = [tuple(point) for point in found.get("points", [])]
    shown = figures.rows(points, found.get("reach", 0))
    name = "learning-rate range test"
    live_chart.drawn(
        lambda mode: figures.figure(shown, found.get("suggested"), mode=mode, height=HEIGHT),
        key="chart_rate", height=HEIGHT, alt="Loss against learning rate", name=name,
    )  # fmt: skip


def changed(tested: Experiment, draft: Experiment) -> bool:
    """Whether the draft differs from what was tested in more than its learning rate."""
    rate = {"optimizer": tested.optimizer.model_copy(update={"learning_rate": 1.0})}
    now = {"optimizer": draft.optimizer.model_copy(update={"learning_rate": 1.0})}
    same = {name: getattr(tested, name) for name in ALIKE}
    return tested.model_copy(update=rate) != draft.model_copy(update=now | same)
