"""The card of the cluster that LAB_RAY names: its nodes, what each has, and what runs there. Read
outside the pages, once for all browsers; while that takes time, the last answer stays on screen.
"""

import time
from typing import Any

import streamlit as st

from core.access import ownership
from core.base.settings import settings
from core.jobs.measure import CLUSTER
from pages.kit import person
from pages.kit.form import escape
from pages.kit.layout import card_title, finding
from pages.kit.shared_results import SharedResults
from pages.kit.tables import show_table

REFRESH = 5.0  # seconds between two readings
results = SharedResults(CLUSTER)
latest: dict[str, dict[str, Any]] = {}  # the last answer by the address, for all sessions


def cluster_card() -> None:
    """Draw the card where studies are computed on a cluster, for those who look after it: in a
    class the teacher.
    """
    if settings().ray and person.me() in ownership.SHARED:
        st.fragment(draw, run_every=REFRESH)()


def draw() -> None:
    """Draw the nodes as they were a few seconds ago, and begin the next reading."""
    address = settings().ray
    for _, text in list(results.tasks):
        if answer := results.find(text):
            latest[address] = answer
    if not results.tasks:
        results.start(str(int(time.time() // REFRESH)))
    found = latest.get(address)
    with st.container(border=True):
        card_title("Cluster")
        if found is None:
            st.caption("Reading the nodes of the cluster …")
        elif problem := found.get("problem"):
            finding("bad", escape(problem))
        else:
            st.caption(f"{found['summary']} · {escape(address)}")
            show_table(found["rows"])
            for difference in found["differences"]:
                finding("warn", escape(difference))
