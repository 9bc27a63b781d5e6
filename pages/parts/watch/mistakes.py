"""The tab Mistakes of a finished run: where the network is wrong."""

import streamlit as st

from core.analysis.catalogue import Confusion
from pages.kit import analyses


def tab(run: str) -> None:
    """Draw the tab."""
    if found := analyses.result(run, Confusion()):
        st.dataframe(found["counts"])
