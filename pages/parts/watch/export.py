"""The tab Export of a finished run: the files in which it leaves the lab, prepared on a press."""

import streamlit as st

from core.export.catalogue import ExportFormat
from pages.kit.exports import offer
from pages.kit.form import escape
from pages.kit.layout import card_title

ABOUT = (
    "Every file works without this app. Where a file computes something, it is compared with the "
    "run, and the result is shown with the download."
)


def tab(run: str) -> None:
    """Draw the tab: one card for each format."""
    card_title("Take it with you", help=ABOUT)
    formats = sorted(ExportFormat.members.values(), key=lambda member: member.place)
    for i in range(0, len(formats), 2):
        for column, member in zip(st.columns(2, gap="small"), formats[i : i + 2], strict=False):
            with column.container(border=True, height="stretch"):
                card(run, member())


def card(run: str, format: ExportFormat) -> None:
    """One format: what it is, and its file or the button that prepares it."""
    card_title(format.label)
    st.markdown(escape(format.doc().partition("\n\n")[0].replace("\n", " ")))
    offer(run, format)
