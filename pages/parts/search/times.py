"""The expected time of the draft search, computed once for each draft and state of the runs."""

from pathlib import Path

import streamlit as st

from core.base.encoding import decode, encode
from core.jobs import runner
from core.runs.store import Store
from core.studies.search.expected import ExpectedSearch, expected_search
from core.studies.search.search import Search


def expected_time(search: Search) -> ExpectedSearch:
    """Return the expected time, from similar runs where there are some."""
    store = runner.current().store
    newest = next(iter(store.ids()), "")
    return _expected(str(store.home), encode(search), newest)


@st.cache_data(max_entries=64, show_spinner=False)
def _expected(home: str, text: str, newest: str) -> ExpectedSearch:
    """`newest` is the newest run: another one may tell more."""
    return expected_search(Store(Path(home)), decode(Search, text))
