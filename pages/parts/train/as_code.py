"""The draft as code, beside the settings: a PyTorch script with the last change marked, and the
network in Keras. It is written only while the row is open.
"""

import difflib

import streamlit as st

from core.base.errors import LabError
from core.experiment import Experiment
from core.export.keras_code import keras_code
from core.export.script.script import script
from core.jobs import runner
from pages.kit import session
from pages.kit.form import escape
from pages.kit.layout import describe_error, finding

SHOWN, BEFORE = "code shown", "code before"  # session keys of the newest code and the one before
HEIGHT = 480  # px


def offer(draft: Experiment) -> None:
    """The folded row; the code is computed when it is open."""
    row = st.expander("**As code**", icon=":material/code:", key="fold As code", on_change="rerun")
    if not row.open:
        return
    with row:
        home = runner.current().store.home
        try:
            text = script(draft, home, draft=True).text()
            keras = keras_code(draft, draft.data.facts(home))
        except LabError as error:
            level = "info" if error.code == "export_of_course" else "warn"
            finding(level, escape(describe_error(error)))
            return
        torch_tab, keras_tab = st.tabs(["PyTorch", "Keras"])
        with torch_tab:
            mark_change(text)
            st.code(text, height=HEIGHT, wrap_lines=True)
            st.caption("A finished run exports this as a script or a notebook, on Watch.")
        with keras_tab:
            st.code(keras, height=HEIGHT, wrap_lines=True)
            st.caption(
                "The same shapes and numbers of parameters. The results differ: Keras draws other "
                "initial weights."
            )


def mark_change(text: str) -> None:
    """Show the lines that the last change of a setting has replaced."""
    if text != session.get_ui(SHOWN):
        session.set_ui(BEFORE, session.get_ui(SHOWN))
        session.set_ui(SHOWN, text)
    before = session.get_ui(BEFORE)
    if not before:
        return
    lines = difflib.unified_diff(before.splitlines(), text.splitlines(), n=0, lineterm="")
    changed = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    if changed:
        st.caption("Last change")
        st.code("\n".join(changed), language="diff", wrap_lines=True)
