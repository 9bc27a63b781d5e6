"""Ready-made experiments: open one as the draft, or train those of a comparison."""

import streamlit as st

from core.base.encoding import encode
from core.base.errors import LabError
from core.experiment import shipped
from core.jobs import runner
from pages.kit import address, lesson, person, session, state
from pages.kit.buttons import button
from pages.kit.form import escape


def open_ready(name: str) -> None:
    """Make a ready-made experiment the draft and open Train."""
    experiment = shipped()[name]
    state.set_draft(encode(experiment), f"Open “{experiment.name}”")
    session.notice(
        f"“{experiment.name}” is now the draft. {experiment.about} Press Start to train it."
    )
    st.switch_page("train.py", query_params=address.parameters())


def compare(names: tuple[str, ...]) -> None:
    """Queue these experiments and open their comparison on Runs; show why if that is refused."""
    if lock := lesson.training_lock():
        st.error(escape(lock), icon=":material/lock:")
        return
    lab = runner.current()
    try:
        runs = [lab.submit(encode(shipped()[name]), by=person.me()) for name in names]
    except LabError as error:
        st.error(escape(str(error)), icon=":material/error:")
        return
    session.select_runs(runs)
    session.notice(
        f"{len(runs)} runs are trained one after another. Their curves appear together below."
    )
    st.switch_page("runs.py", query_params=address.parameters())


def lead(text: str, name: str) -> None:
    """Draw the button that opens a ready-made experiment."""
    if button(text, icon=":material/arrow_forward:", key=f"lead {name}"):
        open_ready(name)
