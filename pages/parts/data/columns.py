"""The column table of the Data page: what each column contains, and how it is read.

Choices that a file was refused with, and edits that were not checked yet, are stored for these
files, so that nothing is lost when another page is opened.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.base.numbers import short, whole
from core.base.spec import FieldFacts, fields
from core.base.text import clip
from core.data.inspection.column_table import ColumnFacts
from core.data.reading import ColumnChoice, Reading
from pages.kit import session

# names in the session
EDITS = "column edits"  # JSON: the files or the dataset, and edits that were not checked yet
STORED = "column choices"  # JSON: the files or the dataset, its choices, and its refused table
DRAWN = "columns drawn"  # a number in the key of the table: another one drops its edits

SHOWN, HEIGHT = 10, 420  # columns up to which the table has its full height; px of a longer one
COLUMN, PROBLEM = "Column", "Problem"
PROBLEM_WIDTH, TYPE_WIDTH = 290, 135  # px: "Has 21 missing values in 500 rows", "Numbers and text"
MARK = "⚠"  # before the name of a column with a problem, which stays in view on a phone
FIELDS = {fact.name: fact for fact in fields(ColumnChoice) if fact.options}
CODE = next(fact for fact in fields(ColumnChoice) if fact.name == "missing_value")
FILL = "Filled with"
TYPES = {"number": "Number", "text": "Text", "mixed": "Numbers and text", "date": "Date",
         "file name": "File name", "empty": "Empty"}  # fmt: skip


def edit_columns(table: Sequence[ColumnFacts], reading: Reading, owner: str) -> Reading:
    """Draw the table with the choices of this reading, and return the reading with the edits.

    `owner` names the files or the dataset that the table belongs to. Streamlit drops the edits of a
    table that is not drawn: they are stored, and part of its rows when it is drawn again.
    """
    key = f"columns {owner} {session.get_ui(DRAWN)}"
    drawn, unchecked = _edits(owner)
    drawn = drawn if _edited_rows(key) else unchecked
    shown = _with_choices(reading, table, drawn)
    rows = pd.DataFrame([describe(facts, shown) for facts in table])
    if not any(facts.problem for facts in table):
        rows = rows.drop(columns=PROBLEM)
    if not any(facts.fill for facts in table):
        rows = rows.drop(columns=FILL)
    titles = [*(fact.label for fact in FIELDS.values()), CODE.label]
    selects = {
        fact.label: st.column_config.SelectboxColumn(
            options=[word(fact, option) for option in fact.options if option != "auto"],
            help=fact.help,
            width="medium" if fact.name == "missing" else "small",
        )
        for fact in FIELDS.values()
    }
    st.data_editor(
        rows,
        key=key,
        hide_index=True,
        height="auto" if len(rows) <= SHOWN else HEIGHT,
        placeholder="–",
        disabled=[name for name in rows if name not in titles],
        column_config={
            COLUMN: st.column_config.TextColumn(pinned=True),
            PROBLEM: st.column_config.TextColumn(width=PROBLEM_WIDTH),
            "Type": st.column_config.TextColumn(width=TYPE_WIDTH),
            CODE.label: st.column_config.NumberColumn(help=CODE.help, width="small"),
            FILL: st.column_config.TextColumn(
                width="medium",
                help="Of all rows of the file. A run uses the value of its training set, "
                "which is shown below the split.",
            ),
            **selects,
        },
        alt="The columns of the file, their roles, and how they are read",
    )
    unchecked = {key: dict(choice) for key, choice in drawn.items()}
    for column, choice in choices_from_edits(table, _edited_rows(key)).items():
        unchecked[column] = unchecked.get(column, {}) | choice
    _store_edits(owner, drawn, unchecked)
    edited = _with_choices(reading, table, unchecked)
    if edited != reading:
        st.caption("Changes in this table take effect when you press Check again.")
    return edited


def _edited_rows(key: str) -> dict[str, dict[str, Any]]:
    """Return the edits of the table with this key since it was drawn first."""
    return (session.widget_value(key) or {}).get("edited_rows", {})


def _with_choices(
    reading: Reading, table: Sequence[ColumnFacts], choices: Mapping[str, Mapping[str, Any]]
) -> Reading:
    """Return the reading with the choices for columns of this table."""
    keys = {facts.key for facts in table}
    return reading.with_changes({"columns": {k: c for k, c in choices.items() if k in keys}})


def word(fact: FieldFacts, option: str) -> str:
    """Return the text of an option."""
    return fact.option_labels.get(option) or option.replace("_", " ").capitalize()


def describe(facts: ColumnFacts, reading: Reading) -> dict[str, Any]:
    """Return a row of the table. What was detected is shown, except where a choice is needed."""
    choice = reading.columns.get(facts.key, ColumnChoice())
    text = choice.text
    if text == "auto" and facts.encoding:
        text = facts.encoding
    role = facts.role if choice.role == "auto" else choice.role
    shown = {"role": role, "missing": choice.missing, "text": text}
    return {
        COLUMN: f"{MARK} {facts.key}" if facts.problem else facts.key,
        PROBLEM: facts.problem[:1].upper() + facts.problem[1:],
        **{
            fact.label: None if shown[name] == "auto" else word(fact, shown[name])
            for name, fact in FIELDS.items()
        },
        CODE.label: choice.missing_value,
        FILL: facts.fill,
        "Type": TYPES.get(facts.type, facts.type),
        "Missing": facts.missing,
        "Distinct": facts.distinct,
        "Example": facts.example,
    }


def choices_from_edits(
    table: Sequence[ColumnFacts], edits: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Return the edited cells, {row: {title: text}}, as choices for columns."""
    choices = {}
    for row, cells in edits.items():
        choice = {}
        for name, fact in FIELDS.items():
            if fact.label in cells:
                options = {word(fact, option): option for option in fact.options}
                choice[name] = options.get(cells[fact.label], "auto")
        if CODE.label in cells:
            choice[CODE.name] = cells[CODE.label]
        if choice:
            choices[table[int(row)].key] = choice
    return choices


def remember(owner: str, reading: Reading, table: Sequence[ColumnFacts]) -> None:
    """Store the choices for these files, and their table, which is then drawn anew."""
    content = {
        "owner": owner,
        "columns": reading.changes().get("columns", {}),
        "table": [facts.plain() for facts in table],
    }
    session.set_ui(STORED, json.dumps(content))
    session.set_ui(DRAWN, str(int(session.get_ui(DRAWN) or 0) + 1))


def _edits(owner: str) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Return the edits that the drawn table has in its rows, and all that were not checked yet."""
    content = json.loads(session.get_ui(EDITS) or "{}")
    if content.get("owner") != owner:
        return {}, {}
    return content["drawn"], content["unchecked"]


def _store_edits(owner: str, drawn: Mapping, unchecked: Mapping) -> None:
    content = {"owner": owner, "drawn": drawn, "unchecked": unchecked}
    session.set_ui(EDITS, json.dumps(content))


def carry_edits(owner: str, other: str) -> None:
    """Give the edits that were not checked yet to another reading of the same files."""
    _store_edits(other, {}, _edits(owner)[1])


def drop_edits() -> None:
    """Forget the edits: they are part of the reading that is checked."""
    session.set_ui(EDITS, "")


def chosen_columns(owner: str) -> dict[str, dict[str, Any]]:
    """Return the stored choices for these files."""
    return _stored(owner).get("columns", {})


def stored_table(owner: str) -> list[ColumnFacts]:
    """Return the stored table of these files, empty if there is none."""
    return [ColumnFacts.read(content) for content in _stored(owner).get("table", [])]


def _stored(owner: str) -> dict[str, Any]:
    content = json.loads(session.get_ui(STORED) or "{}")
    return content if content.get("owner") == owner else {}


def describe_choices(choices: Mapping[str, Mapping[str, Any]]) -> str:
    """Describe choices for columns in a few words, for a button: "Leave out name and ticket"."""
    groups: dict[str, list[str]] = {}
    for column, choice in choices.items():
        groups.setdefault(_verb(choice), []).append(column)
    parts = []
    for verb, columns in groups.items():
        names = columns if len(columns) <= 3 else [*columns[:2], f"{whole(len(columns) - 2)} more"]
        parts.append(verb.format(columns=", ".join(clip(name) for name in names)))
    text = "; ".join(parts)
    return text[:1].upper() + text[1:]


def _verb(choice: Mapping[str, Any]) -> str:
    """Return what a choice does, with a place for the columns."""
    if choice.get("role") == "ignore" or choice.get("text") == "ignore":
        return "leave out {columns}"
    if choice.get("role") == "label":
        return "use {columns} as the label"
    if choice.get("missing_value") is not None:
        return f"treat {short(choice['missing_value'], 6)} as missing in {{columns}}"
    if choice.get("missing") == "rows":
        return "leave out rows without {columns}"
    if strategy := choice.get("missing"):
        filled = word(FIELDS["missing"], strategy).lower().replace("+", "and")
        return f"fill {{columns}} with {filled}"
    if choice.get("text"):
        return f"encode {{columns}} as {word(FIELDS['text'], choice['text']).lower()}"
    return "use {columns} as " + word(FIELDS["role"], choice.get("role", "input")).lower()
