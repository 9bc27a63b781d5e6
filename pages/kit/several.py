"""Several values of a number of the draft: the list that its field holds, and the batch of runs
that Start queues in place of a single one.

The lists are kept as the person typed them, in the session and in the address, by the path of their
field. A list goes when its field gets another value, and all go when another draft is opened. Undo
brings them back.
"""

import streamlit as st

from core.base.encoding import change, encode
from core.base.errors import BadExperiment, LabError
from core.base.text import counted
from core.experiment import Experiment
from core.jobs import runner
from core.jobs.batches import submit_batch
from core.studies.batch import ExperimentBatch, make_batch, number_fields
from core.studies.number_lists import EXAMPLE, parse_numbers
from pages.kit import address, lesson, person, session, state
from pages.kit.buttons import button
from pages.kit.form import escape

WIDTH = 400  # px


def read_batch(draft: Experiment) -> tuple[ExperimentBatch | None, str]:
    """Return the batch of the lists, None without one, and why it cannot be trained."""
    numbers, lists = number_fields(draft), {}
    try:
        for path, text in state.lists().items():
            if path in numbers and (values := parse_numbers(text, numbers[path].fact)):
                lists[path] = values
        return (make_batch(draft, lists) if lists else None), ""
    except BadExperiment as error:
        return None, str(error)


def start(batch: ExperimentBatch) -> None:
    """Queue the batch and show its runs, selected. Shows why where the first run is refused."""
    if lock := lesson.training_lock():
        st.error(escape(lock), icon=":material/lock:")
        return
    text = "\n".join(map(encode, batch.experiments))
    if session.just_started(text):
        st.switch_page("runs.py", query_params=address.parameters())
    try:
        runs = submit_batch(runner.current(), batch, by=person.me())
    except LabError as error:
        st.error(escape(str(error)), icon=":material/error:")
        return
    session.just_started(text, runs[0])
    session.select_runs(runs)
    missing = len(batch.experiments) - len(runs)
    message = f"Queued {counted(len(runs), 'run')}: {batch.label}."
    session.notice(message + f" {counted(missing, 'run')} could not be queued." * bool(missing))
    st.switch_page("runs.py", query_params=address.parameters())


def offer(draft: Experiment) -> None:
    """Draw the popover that gives any number of the draft several values."""
    lists = {path: text for path, text in state.lists().items() if path in number_fields(draft)}
    label = f"Several values · {len(lists)}" if lists else "Several values"
    with (
        st.popover(label, icon=":material/stacks:", key="several_values"),
        st.container(width=WIDTH),
    ):
        st.caption(
            "Give a number several values: Start then queues one run for each value, or for each "
            "combination of the values of several numbers."
        )
        numbers = number_fields(draft)
        path = st.selectbox(
            "Number",
            list(numbers),
            index=None,
            format_func=lambda path: numbers[path].label,
            placeholder="Choose a setting",
            key=state.key("several number", "optimizer", "network", "schedule", "regularizers"),
        )
        text = st.text_input(
            "Values",
            placeholder="0.1, 0.01, 0.001 or 0.001 … 0.1, 5 values",
            max_chars=200,
            key="several_text",
        )
        if button("Use these values", key="use_several"):
            add(draft, path, text)
        for path, text in lists.items():
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(escape(f"{numbers[path].label}: {text}"), width="stretch")
                if button("Remove", type="tertiary", key=f"remove several {path}"):
                    state.put_list(path, "", redraw=True)
                    st.rerun()


def add(draft: Experiment, path: str | None, text: str) -> None:
    """Give a number several values, or show what is wrong with them."""
    if path is None:
        st.error("Choose the number that takes these values.", icon=":material/error:")
        return
    try:
        values = parse_numbers(text, number_fields(draft)[path].fact)
        if not values:
            raise BadExperiment(f"“{text}” is a single value. {EXAMPLE}", code="single_value")
        for value in values:
            change(draft, path, value)
    except BadExperiment as error:
        st.error(escape(str(error)), icon=":material/error:")
        return
    state.put_list(path, text, redraw=True)
    st.rerun()
