"""Archives of runs in the browser: upload one to add its run to this lab, or download one for
another lab.
"""

import io

import streamlit as st

from core.access import ownership
from core.base.encoding import decode
from core.base.errors import LabError
from core.data.datasets import Spreadsheets
from core.experiment import Experiment
from core.export.archive import pack, packing_problem
from core.export.opening import open_archive
from core.jobs import runner
from pages.kit import person, session
from pages.kit.form import escape
from pages.kit.uploads import release

OPENED = "archives opened"  # count in this session; a new number clears the file uploader


def opener() -> None:
    """Import an archive, or show why it is refused."""
    st.markdown("**Open an archive**")
    file = st.file_uploader(
        "Archive of a run from another lab (ZIP)",
        type=["zip"],
        key=f"archive {session.get_ui(OPENED)}",
    )
    if not file:
        return
    try:
        with st.spinner("Opening the archive …"):
            store = runner.current().store
            opened = open_archive(store, file, file.name)
            ownership.assign(store, opened.run, person.me())
    except LabError as error:
        st.error(escape(str(error)), icon=":material/error:")
        return
    release([file])
    session.set_ui(OPENED, str(int(session.get_ui(OPENED) or 0) + 1))
    warning = opened.warning.text if opened.warning else ""
    session.notice(f"Added “{opened.name}” to your runs. {warning}".strip())
    session.select_runs([opened.run])
    st.rerun()


def offer_archive(run: str) -> None:
    """A download for another lab, optionally with the run's spreadsheets."""
    store = runner.current().store
    data = decode(Experiment, store.experiment(run)).data
    problem = packing_problem(store, data)
    with_data = isinstance(data, Spreadsheets) and st.checkbox(
        "Include the spreadsheets",
        disabled=bool(problem),
        help=escape(problem.text) if problem else None,
        key=f"with {run}",
    )

    parts = {
        "with_data": bool(with_data),
        "with_notes": ownership.may_change(store, run, person.me()),
    }

    def make() -> bytes:
        file = io.BytesIO()
        pack(store, run, file, **parts)
        return file.getvalue()

    st.download_button(
        "Archive for another lab (ZIP)",
        make,
        f"{run}.zip",
        mime="application/zip",
        on_click="ignore",
        type="tertiary",
        key=f"get_archive {with_data}",
    )
