"""Fine-tuning: the settings of a run as the draft, with its weights as the starting weights."""

import streamlit as st

from core.base.encoding import encode
from core.base.errors import LabError
from core.jobs import runner
from core.runs.start_from import fine_tuning
from pages.kit import address, session, state
from pages.kit.form import escape


def open_fine_tuning(run: str) -> None:
    """Make the run the start of the draft and show the Network page; show why if it cannot be."""
    try:
        experiment = fine_tuning(runner.current().store, run)
    except LabError as error:
        st.error(escape(str(error)), icon=":material/error:")
        return
    state.set_draft(encode(experiment), f"Fine-tune “{experiment.start.title}”")
    session.notice(
        f"The draft starts from the weights of “{experiment.start.title}”. Choose which layers are "
        "trained here, and other data on the Data page."
    )
    st.switch_page("network.py", query_params=address.parameters())
