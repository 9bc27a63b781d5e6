"""Archives of runs in the browser: one that is dropped here becomes a run of this lab, and one of a
run here for another lab.
"""

import io

import streamlit as st

from core.access import ownership
from core.base.encoding import decode
from core.base.errors import LabError
from core.data.datasets import Spreadsheets
from core.experiment import Experiment
from core.export.archive import pack, unpackable
from core.export.opening import open_archive
from core.jobs import runner
from pages.kit import state
from pages.kit.form import escape
from pages.kit.uploads import release

OPENED = "archives opened"  # how many this session has; another number empties the chooser


def opener() -> None:
    """Takes an archive, and says in one sentence what is wrong with it."""
    st.markdown("**Open an archive**")
    file = st.file_uploader(
        "A run that another lab has archived (Download, Archive)",
        type=["zip"],
        key=f"archive {state.keep(OPENED)}",
    )
    if not file:
        return
    try:
        with st.spinner("Opening …"):
            store = runner.current().store
            found = open_archive(store, file, file.name)
            ownership.own(store, found.run, ownership.acting())
    except LabError as error:
        st.error(escape(str(error)), icon=":material/error:")
        return
    release([file])
    state.keep(OPENED, str(int(state.keep(OPENED) or 0) + 1))
    state.notice(f"“{found.name}” is a run of this lab now. {found.lacks}".strip())
    state.select_runs([found.run])
    st.rerun()


def offer_archive(run: str) -> None:
    """A download that another lab opens, with the run's spreadsheets where a person wants them."""
    store = runner.current().store
    data = decode(Experiment, store.experiment(run)).data
    why = unpackable(store, data)
    with_data = isinstance(data, Spreadsheets) and st.checkbox(
        "With its spreadsheets", disabled=bool(why), help=escape(why) or None, key=f"with {run}"
    )

    parts = {
        "with_data": bool(with_data),
        "with_notes": ownership.may(store, run, ownership.acting()),
    }

    def make() -> bytes:
        file = io.BytesIO()
        pack(store, run, file, **parts)
        return file.getvalue()

    st.download_button(
        "Archive for another lab, ZIP",
        make,
        f"{run}.zip",
        mime="application/zip",
        on_click="ignore",
        type="tertiary",
        key=f"get_archive {with_data}",
    )
