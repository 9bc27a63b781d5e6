"""The tab Export of a run that has ended: its files for other programs, prepared on a press."""

import streamlit as st

from core.base.spec import fields
from core.base.text import file_name, join_words
from core.export.catalogue import ExportFormat
from core.export.weights_format import WeightsFormat
from pages.kit.exports import offer
from pages.kit.form import escape
from pages.kit.layout import card_title, run_name
from pages.parts.watch import certificate

ABOUT = (
    "Every file works without this app. Where a file computes something, it is compared with the "
    "run, and the result is shown with the download."
)


def tab(run: str, *, has_weights: bool = True) -> None:
    """Draw the tab: one card for each format. Without weights of a training that came to its end,
    only those that need none.
    """
    card_title("Take it with you", help=ABOUT)
    every = sorted(ExportFormat.members.values(), key=lambda member: member.place)
    formats = [member for member in every if has_weights or not member.needs_weights]
    if missing := [member.label for member in every if member not in formats]:
        st.caption(
            f"Not available: {join_words(missing)}. The training of this run did not finish, so it "
            "has no weights to export."
        )
    for i in range(0, len(formats), 2):
        for column, member in zip(st.columns(2, gap="small"), formats[i : i + 2], strict=False):
            with column.container(border=True, height="stretch"):
                card(run, member())
    with st.container(border=True):
        certificate.card(run)


def card(run: str, format: ExportFormat) -> None:
    """One format: what it is, and its file or the button that prepares it."""
    card_title(format.label)
    st.markdown(escape(format.doc().partition("\n\n")[0].replace("\n", " ")))
    if isinstance(format, WeightsFormat):
        format = WeightsFormat(form=choose_form())
    offer(run, format)
    if isinstance(format, WeightsFormat):
        with st.expander("Code that loads this file", icon=":material/code:"):
            file = f"{file_name(run_name(run))}{format.suffix}"
            st.code(format.loading_code(file), language="python", wrap_lines=True)


def choose_form() -> str:
    """Draw the choice of the format of weights."""
    fact = next(fact for fact in fields(WeightsFormat) if fact.name == "form")
    return st.segmented_control(
        fact.label, fact.options, default=fact.default, required=True, help=fact.help,
        format_func=lambda form: fact.option_labels[form], key="export_form",
        persist_state="session",
    )  # fmt: skip
