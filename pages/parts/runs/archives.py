"""Files of this and other labs in the browser: upload an archive to add its run to this lab, or an
experiment or a study to edit it; download an archive for another lab.
"""

import io

import streamlit as st

from core.access import ownership
from core.base.encoding import decode, encode
from core.base.errors import BadExperiment, LabError
from core.base.text import clip, file_name
from core.base.yaml_text import SUFFIXES, as_json
from core.data.datasets import Spreadsheets
from core.experiment import Experiment
from core.export.archive import pack, packing_problem
from core.export.opening import open_archive
from core.jobs import runner
from core.studies.search.search import Search
from core.studies.study import Study
from pages.kit import address, person, search_draft, session, state, study_draft
from pages.kit.form import escape
from pages.kit.layout import run_name
from pages.kit.uploads import release

# What only the JSON of such a value has: no experiment has a base, and no study a space.
FIELDS = (('"space"', "a search", Search), ('"base"', "a study", Study))
OPENED = "archives opened"  # count in this session; a new number clears the file uploader


def opener() -> None:
    """Import an archive or open an experiment, or show why it is refused."""
    st.markdown("**Open a file**")
    file = st.file_uploader(
        "Archive of a run (ZIP), experiment, study or search (JSON, YAML)",
        type=["zip", "json", *(suffix[1:] for suffix in SUFFIXES)],
        key=f"archive {session.get_ui(OPENED)}",
    )
    if not file:
        return
    try:
        if file.name.lower().endswith((".json", *SUFFIXES)):
            _open_text(file.getvalue(), file.name)
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


def _open_text(content: bytes, name: str) -> None:
    """Make an exported experiment, study or search the draft, and show its page. Raises
    BadExperiment.
    """
    value = _decode_text(as_json(content.decode("utf-8", "replace"), name), name)
    session.set_ui(OPENED, str(int(session.get_ui(OPENED) or 0) + 1))
    if isinstance(value, Study):
        study_draft.set_draft(value)
        session.notice(f"Opened the study {clip(name)}. Press Start to compute it.")
        st.switch_page("double_descent.py", query_params=address.parameters())
    if isinstance(value, Search):
        search_draft.open_draft(value)
        session.notice(f"Opened the search {clip(name)}. Press Start to begin it.")
        st.switch_page("search.py", query_params=address.parameters())
    state.set_draft(encode(value), f"Open {clip(name)}")
    session.notice(f"Opened {clip(name)}. Press Start to train it.")
    st.switch_page("train.py", query_params=address.parameters())


def _decode_text(text: str, name: str) -> Experiment | Study | Search:
    """Return the experiment, study or search of JSON text. Raises BadExperiment."""
    other = ("an experiment", Experiment)
    noun, cls = next(((noun, cls) for field, noun, cls in FIELDS if field in text), other)
    try:
        return decode(cls, text)
    except BadExperiment as error:
        raise BadExperiment(
            f"{clip(name)} is not {noun} of this version: {error} Choose a file that was saved "
            "with Download → Experiment (JSON), Study (JSON) or Search (JSON). Your draft has not "
            "changed.",
            code=error.code,
        ) from None


def offer_archive(run: str) -> None:
    """A download for another lab, optionally with the run's spreadsheets."""
    store = runner.current().store
    data = decode(Experiment, store.experiment(run)).data.uncorrected
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
        f"{file_name(run_name(run))} archive.zip",
        mime="application/zip",
        on_click="ignore",
        type="tertiary",
        key=f"get_archive {with_data}",
    )
