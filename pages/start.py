"""Start: what can I do here? The last draft and runs of those who have been here, three ways to
begin, and ready-made experiments.
"""

import streamlit as st

from core.base.encoding import encode
from core.experiment import shipped
from pages.kit import address
from pages.kit.bar import bar, start
from pages.kit.buttons import button
from pages.kit.layout import header
from pages.parts.start.ready_made import ready_made
from pages.parts.start.recent import recent


def main() -> None:
    """Draw the whole page."""
    with header("Descent Lab", "Train neural networks, inspect every layer, and compare runs."):
        pass
    returning = recent()
    doors()
    ready_made()
    if not returning:
        st.caption("Your runs will appear on this page. The first one takes under a minute.")
    bar()


def doors() -> None:
    """Draw the three ways to begin; the first one requires no data and no choices."""
    first, second, third = st.columns(3, gap="small")
    with first.container(border=True, height="stretch", vertical_alignment="distribute"):
        door(
            "play_circle",
            "Train your first network",
            "A small network learns 8 × 8 digits. It takes under a minute on this computer and "
            "needs no internet connection.",
        )
        if button("Train on digits", icon=":material/play_arrow:", type="primary", width="stretch"):
            start(encode(shipped()["digits"]))
    with second.container(border=True, height="stretch", vertical_alignment="distribute"):
        door(
            "grid_view",
            "Choose a dataset",
            "Digits and toy datasets are included. MNIST, KMNIST, CIFAR and others are downloaded "
            "once.",
        )
        if button("Browse datasets", icon=":material/search:", width="stretch"):
            st.switch_page("data.py", query_params=address.parameters(**{"from": "sets"}))
    with third.container(border=True, height="stretch", vertical_alignment="distribute"):
        door(
            "table_view",
            "Use your own spreadsheets",
            "Images in one file and labels in another, or one table with a label column. The files "
            "are checked for common problems.",
        )
        if button("Choose files", icon=":material/upload_file:", width="stretch"):
            st.switch_page("data.py", query_params=address.parameters(**{"from": "files"}))


def door(icon: str, title: str, text: str) -> None:
    """Draw the title and the description of one way to begin."""
    with st.container():  # together, so that the card puts its button at the bottom
        st.subheader(f":material/{icon}: {title}", anchor=False)
        st.markdown(f":small[{text}]")


main()
