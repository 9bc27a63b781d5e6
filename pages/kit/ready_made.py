"""Ready-made experiments: how a page opens one, and starts some that belong together."""

import streamlit as st

from core.base.encoding import encode
from core.base.errors import LabError
from core.experiment import shipped
from core.jobs import runner
from pages.kit import person, state
from pages.kit.buttons import button
from pages.kit.form import escape


def open_ready(name: str) -> None:
    """The shipped experiment is the draft, shown on Train."""
    experiment = shipped()[name]
    state.set_draft(encode(experiment))
    state.notice(f"“{experiment.name}” is the draft now. Start, below, trains it.")
    st.switch_page("train.py", query_params=state.address())


def compare(names: tuple[str, ...]) -> None:
    """Queues them all and shows them side by side; a sentence where that is refused."""
    lab = runner.current()
    try:
        runs = [lab.submit(encode(shipped()[name]), by=person.me()) for name in names]
    except LabError as error:
        st.error(escape(str(error)), icon=":material/error:")
        return
    state.select_runs(runs)
    state.notice(f"{len(runs)} runs follow one another; their curves come side by side, below.")
    st.switch_page("runs.py", query_params=state.address())


def lead(text: str, name: str) -> None:
    """The way from a demonstration to the real thing."""
    if button(text, icon=":material/arrow_forward:", key=f"lead {name}"):
        open_ready(name)
