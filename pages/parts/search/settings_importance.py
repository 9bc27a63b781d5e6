"""The importance of the settings of a search, computed outside the page: the library that computes
it takes a second to import. While newer trials are evaluated, the last result stays on screen.
"""

import json
from collections.abc import Mapping

import streamlit as st

from core.jobs.measure import IMPORTANCE
from pages.kit.form import escape
from pages.kit.layout import finding
from pages.kit.search_log import StoredSearch
from pages.kit.shared_results import SharedResults

WAIT = 0.4  # seconds between two looks at a task
results = SharedResults(IMPORTANCE)
latest: dict[str, Mapping[str, float]] = {}  # by the ID of the search, for all sessions


def find(stored: StoredSearch, finished: int) -> Mapping[str, float] | None:
    """Return the importance of each setting by its path, or draw why there is none yet. `finished`
    is the number of finished trials: with more of them it is computed again.
    """
    text = json.dumps({"search": stored.id, "finished": finished})
    results.start(text)
    found = results.find(text)
    if found is None:
        if stored.id not in latest or not stored.live:
            st.fragment(wait, run_every=WAIT)(text)
        return latest.get(stored.id)
    if problem := found.get("problem"):
        finding("bad", escape(problem))
        return None
    if len(latest) > 32:
        latest.clear()
    latest[stored.id] = found["importances"]
    return found["importances"]


def wait(text: str) -> None:
    """Draw that the importance is being computed; rerun the page when it is over."""
    results.start(text)
    if results.find(text) is not None:
        st.rerun()
    st.caption("Computing the importance of each setting …")
