"""The findings in the step "Check" of the Data page, with their actions."""

import streamlit as st

from core.base.finding import Finding, Level
from core.data.datasets import Corrected, Spreadsheets
from core.data.library import About, Library
from core.data.reading import ColumnChoice, Reading
from core.data.samples import Samples
from core.data.spreadsheet.encodings import ENCODINGS
from core.experiment import Experiment
from core.figures.images import side_by_side
from core.jobs import runner
from pages.kit import form, session, state
from pages.kit.buttons import button, deferred_button, unique_keys
from pages.kit.layout import card_title, finding
from pages.kit.screen import theme_mode
from pages.parts.data import columns
from pages.parts.data.samples import NO_BAR, SHOWN_FINDING
from pages.parts.data.sources import chosen_reading
from pages.parts.data.upload import read_again, read_as

ICONS = {
    "transpose": "rotate_90_degrees_cw",
    "invert": "invert_colors",
    "white": "light_mode",
    "header": "table_rows",
    "label_column": "swap_horiz",
    "task": "swap_horiz",
    "sheet": "layers",
    "label_sheet": "layers",
    "turn_sheet": "pivot_table_chart",
    "decimal": "decimal_increase",
    "form": "table",
    "columns": "view_column",
    "duplicates": "playlist_remove",
    "merge_classes": "merge",
    "swap": "swap_vert",
}
REPEATS = ("duplicates", "shared")  # findings with a fix whose samples are worth seeing
RANK = {"warn": 0, "info": 1, "ok": 2}


def show_findings(draft: Experiment, data: Samples) -> None:
    """Draw warnings first, then information, then checks that passed."""
    original = draft.data.uncorrected
    if not isinstance(original, Spreadsheets):
        card_title("About this dataset")
        show_corrections(draft)
        for level, text in built_in_facts(draft):
            finding(level, text)
        return
    about = Library(runner.current().store.home).about(original.digest)
    findings = sorted(about.findings, key=lambda f: (RANK[f.level], f.action is None))
    if original != draft.data:
        card_title("Findings on the original files")
        show_corrections(draft)
        for found in findings:
            finding(found.level, form.escape(found.text))
        st.caption("Remove the corrections to change how the files are read.")
        return
    urgent = [f for f in about.findings if f.action and f.level == "warn"]
    with card_title("Findings"):
        if len(urgent) > 1 and button(
            f"Apply all {len(urgent)} fixes", icon=":material/auto_fix_high:", type="primary"
        ):
            reading = about.reading
            for found in urgent:
                reading = reading.with_changes(found.action.changes)
            read_as(about, reading, with_edits=False)
    show_chosen_reading(about)
    keys = unique_keys(f"fix {found.code}" for found in findings)
    for key, found in zip(keys, findings, strict=True):
        label, icon = button_of(found)
        if finding(found.level, form.escape(found.text), label, key, icon):
            if not found.action:
                session.set_ui(SHOWN_FINDING, f"{about.digest} {found.code}")
                st.rerun()
            read_again(about, found.action.changes)
        if found.action and found.code in REPEATS and show_button(found.code):
            session.set_ui(SHOWN_FINDING, f"{about.digest} {found.code}")
            st.rerun()
        if found.code == "transposed":
            show_both_orientations(data)


def show_corrections(draft: Experiment) -> None:
    """Draw the corrections of a person, with the button that removes them."""
    if not isinstance(draft.data, Corrected):
        return
    text = (
        f"**{form.escape(draft.data.changes)}** in this version of the dataset. Validation and "
        "test rows are the same as in the original, which is unchanged."
    )
    if finding("info", text, "Remove corrections", "remove corrections", ":material/undo:"):
        original = draft.data.uncorrected.model_dump(mode="json")
        state.edit("data", original, redraw=True, name="Remove corrections")
        st.rerun()


def show_button(code: str) -> bool:
    """Draw the button that shows the samples of a finding which has a fix as well."""
    return button("Show samples", key=f"show {code}", icon=":material/visibility:", type="tertiary")


def show_both_orientations(data: Samples) -> None:
    """Draw some images as stored and transposed, because the eye decides better than a number."""
    stored = data.inputs[:: max(1, len(data) // 7)][:7]
    rows = [("as stored", stored), ("transposed", stored.swapaxes(2, 3))]
    figure = side_by_side(rows, [""] * len(stored), mode=theme_mode(), side=40)
    alt = "The same images as stored and with rows and columns swapped"
    st.plotly_chart(figure, theme=None, config=NO_BAR, key="both orientations", alt=alt)


def button_of(found: Finding) -> tuple[str | None, str | None]:
    """Return the label and the icon of a finding's button, None if it has none."""
    if found.action:
        icon = ICONS.get(next(iter(found.action.changes)), "auto_fix_high")
        return found.action.label, f":material/{icon}:"
    return ("Show samples", ":material/visibility:") if found.rows else (None, None)


def show_chosen_reading(about: About) -> None:
    """Draw each reading that the user chose, with an Undo button."""
    choices = chosen_reading(about)
    for column, choice in choices.pop("columns", {}).items():
        text = f"Applied: **{form.escape(columns.describe_choices({column: choice}))}.**"
        if finding("ok", text, "Undo", f"undo column {column}", ":material/undo:"):
            read_again(about, {"columns": {column: ColumnChoice().model_dump()}})
    for name, value in choices.items():
        text = f"**{describe_reading(name, value)}**"
        if finding("ok", text, "Undo", f"undo {name}", ":material/undo:"):
            read_again(about, {name: getattr(Reading(), name)})


def describe_reading(name: str, value: object) -> str:
    """Describe a reading that the user chose."""
    if name == "transpose":
        return "Transposed: rows and columns of every image are swapped."
    if name == "invert":
        return "Inverted: dark and bright are swapped."
    if name == "task":
        return f"Labels are read as {form.escape(str(value))}."
    if name == "encoding":
        return f"Encoding: {ENCODINGS[str(value)].label}."
    sentences = {
        ("swap", True): "The two files are swapped.",
        ("test_file", "keep"): "The test file is stored, but not used.",
        ("merge_classes", True): "Classes that differ only in case or spaces are merged.",
        ("na_words", "text"): "Words such as NA are read as text.",
        ("duplicates", "remove"): "Rows that repeat an earlier one are removed.",
    }
    plain = f"{name.replace('_', ' ').capitalize()}: {form.escape(str(value))}."
    return sentences.get((name, value), plain) if isinstance(value, (bool, str)) else plain


def show_columns(draft: Experiment) -> None:
    """Draw the table of the columns of an uploaded table, with the choices for them."""
    if not isinstance(draft.data, Spreadsheets):
        return
    about = Library(runner.current().store.home).about(draft.data.digest)
    table = columns.stored_table(about.digest) or about.column_table
    if not table:
        return
    chosen = {"columns": columns.chosen_columns(about.digest)}
    with st.container(border=True):
        with card_title("Columns", "Choose a cell of Role, Missing values or Text to change it."):
            pressed = deferred_button(
                "Check again", key="check columns again", icon=":material/fact_check:"
            )
        reading = columns.edit_columns(table, about.reading.with_changes(chosen), about.digest)
        if pressed():
            read_as(about, reading)


def built_in_facts(draft: Experiment) -> list[tuple[Level, str]]:
    """Describe a built-in dataset in sentences: its description, which has the
    numbers, and what each sample has.
    """
    facts = draft.data.facts(runner.current().store.home)
    lines = [
        ("info", " ".join(text.split())) for text in draft.data.uncorrected.doc().split("\n\n")
    ]
    noun = "image" if facts.has_images else "point"
    target = "label" if facts.classes else "value to predict"
    return [*lines, ("ok", f"Every {noun} has a {target}.")]
