"""Extend: more epochs after the last one of a finished run, and how its schedule goes on."""

import streamlit as st

from core.advice import fork_notes
from core.base.encoding import encode
from core.base.errors import LabError
from core.base.text import counted
from core.experiment import Experiment
from core.figures import schedule as schedule_figure
from core.jobs import runner
from core.runs import forks
from core.runs.history import History
from core.weights.fork import CONTINUATIONS
from pages.kit import lesson
from pages.kit.bar import start
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import finding
from pages.kit.screen import theme_mode

MORE, MOST = 100, 100_000  # epochs
WIDTH = 440  # px
EPOCH = 1000  # places on the x-axis of an epoch
HELP = "Train for more epochs from the end of this run, as a run that is forked from it"
SCHEDULE_HELP = (
    "Continued: the formula over the new number of epochs. Restarted: the schedule begins anew and "
    "ends with the last new epoch. Held: the learning rate of the end of this run stays."
)


def popover(run: str, history: History) -> None:
    """Draw the popover. At first it offers as many epochs as the run has, at most MORE."""
    lock = escape(lesson.training_lock())
    popover = st.popover(
        "Extend", icon=":material/more_time:", help=lock or HELP, disabled=bool(lock),
        key="watch_extend",
    )  # fmt: skip
    if lock:
        return
    with popover, st.container(width=WIDTH):  # a popover as wide as its text would jump
        epochs = st.number_input(
            "More epochs", 1, MOST, min(MORE, max(1, len(history.epochs))), key="extend_epochs"
        )
        how = st.segmented_control(
            "Schedule", CONTINUATIONS, default="continued", required=True, help=SCHEDULE_HELP,
            format_func=str.capitalize, key="extend_schedule",
        )  # fmt: skip
        store = runner.current().store
        try:
            extended = forks.extend(store, run, epochs, schedule=how)
        except LabError as error:
            finding("bad", escape(str(error)))
            return
        for note in fork_notes.notes(store, extended):
            finding(note.level, escape(note.text))
        curve(extended, history)
        label = f"Train {counted(epochs, 'more epoch')}"
        if button(label, key="extend_start", type="primary", icon=":material/play_arrow:"):
            start(encode(extended))


def curve(extended: Experiment, history: History) -> None:
    """Draw the learning rates of the run so far, and those of the epochs that follow."""
    every = -(-len(history.ticks) // schedule_figure.POINTS) or 1
    points = [
        (round(history.scale.epoch_at(last) * EPOCH), rate)
        for _, last, _, rate, _ in history.ticks[::every]
        if history.scale.epoch_at(last) <= extended.first_epoch
    ]
    points += zip(*schedule_figure.fork_rows(extended, epoch_steps=EPOCH), strict=True)
    at, rates = map(list, zip(*points, strict=True))
    figure = schedule_figure.figure(at, rates, epoch_steps=EPOCH, mode=theme_mode(), x_axis="epoch")
    figure.update_xaxes(title="epoch")  # whose number of steps may have changed
    figure.layout.annotations = ()
    figure.add_vline(extended.first_epoch, line={"width": 1, "dash": "dot"})
    st.plotly_chart(
        figure, theme=None, config={"displayModeBar": False}, key="extend_curve",
        alt=f"Learning rate by epoch; the new epochs begin after epoch {extended.first_epoch}",
    )  # fmt: skip
