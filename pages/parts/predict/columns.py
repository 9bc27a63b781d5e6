"""A spreadsheet that differs from the training file: a menu for each column that it lacks, with the
columns that may be meant and the values that fill it, and for each one with gaps that training did
not have; and a button for each other way to read it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.text import clip
from core.data.inspection.column_matching import pair_titles
from core.data.reading import OF_FILE, ColumnChoice, Reading
from pages.kit import session
from pages.kit.buttons import button
from pages.kit.form import escape
from pages.kit.layout import finding
from pages.kit.reading_labels import reading_label

MENU_WIDTH = 220  # px
FILL = "\0"  # before a fill in a menu that has titles, too
LABELS = {
    "median": "Fill with the median",
    "mean": "Fill with the mean",
    "most_frequent": "Fill with the most frequent value",
    "rows": "Leave these rows out",
}
FILL_HELP = "The mean, median and most frequent value are those of the training set."


@dataclass(frozen=True)
class ColumnAnswers:
    """What was chosen for the columns of an upload: titles of the training file by those of the
    upload, how gaps are filled (`ColumnChoice.missing`) by column, and fields of the reading.
    """

    renamed: tuple[tuple[str, str], ...] = ()
    fills: tuple[tuple[str, str], ...] = ()
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def reading(self) -> Reading:
        """The choices for reading the upload."""
        fills = {key: ColumnChoice(missing=way) for key, way in self.fills}
        return Reading(columns=fills).with_changes(dict(self.fields))


def choose_columns(file_id: str) -> ColumnAnswers:
    """Draw the menus of an upload that could not be read without them; return their answers."""
    asked = _asked(file_id)
    renamed, fills = {}, {}
    if asked["missing"]:
        st.markdown("**Columns of the training file that this file lacks**")
        suggested = pair_titles(list(asked["missing"]), asked["unmatched"])
        options = {
            title: [*asked["unmatched"], *(FILL + way for way in ways)]
            for title, ways in asked["missing"].items()
        }
        for title, own in _menus(f"{file_id} missing", options, suggested).items():
            if own.startswith(FILL):
                fills[title] = own.removeprefix(FILL)
            else:
                renamed[own] = title
    if gaps := {key: ways for key, ways in asked["gaps"].items() if key not in fills}:
        st.markdown("**Columns with missing values that were complete in training**")
        options = {key: [FILL + way for way in ways] for key, ways in gaps.items()}
        for key, way in _menus(f"{file_id} gaps", options, {}).items():
            fills[key] = way.removeprefix(FILL)
    for name, value in asked["fields"].items():
        text = f"{reading_label({name: value})} in this file."
        if finding("ok", escape(text), "Undo", f"predict undo {name}", ":material/undo:"):
            _read_with(file_id, {name: None})
    return ColumnAnswers(
        tuple(renamed.items()), tuple(fills.items()), tuple(asked["fields"].items())
    )


def offers_reading(change: Mapping[str, Any]) -> bool:
    """Whether a change of the reading is one in which a new file may differ from training."""
    return set(change) <= OF_FILE


def offer_readings(file_id: str, changes: Sequence[Mapping[str, Any]]) -> None:
    """Draw a button for each other reading of an upload that cannot be read without one."""
    labels = {reading_label(dict(change)): change for change in changes if offers_reading(change)}
    if not labels:
        return
    with st.container(horizontal=True, gap="small"):
        for label, change in labels.items():
            if button(label, key=f"predict way {label}", icon=":material/auto_fix_high:"):
                _read_with(file_id, change)


def offer_reading(file_id: str, found: Finding) -> bool:
    """Draw a finding with the button that reads the upload another way, if it has one and this was
    not chosen before. Returns whether it has one.
    """
    if found.action is None or not offers_reading(found.action.changes):
        return False
    if _asked(file_id)["fields"].keys() >= found.action.changes.keys():
        return True  # the line with Undo reports it
    label, key = found.action.label, f"predict read {found.code}"
    if finding(found.level, escape(found.text), label, key, ":material/auto_fix_high:"):
        _read_with(file_id, found.action.changes)
    return True


def _read_with(file_id: str, changes: Mapping[str, str | None]) -> None:
    """Read the upload with these fields of the reading from now on; None for that of training."""
    asked = _asked(file_id)
    fields = asked["fields"] | changes
    asked["fields"] = {name: value for name, value in fields.items() if value is not None}
    session.set_ui(_name(file_id), json.dumps(asked))
    st.rerun()


def ask_for_columns(file_id: str, error: BadData) -> None:
    """Offer the menus if the error can be mended with them: the page is drawn again with them."""
    asked = _asked(file_id)
    missing = error.missing if error.unmatched or error.gaps else ()
    gaps = {} if missing else error.gaps
    if asked["missing"].keys() >= set(missing) and asked["gaps"].keys() >= gaps.keys():
        return
    ways = {title: list(error.gaps.get(title, ())) for title in missing}
    asked["missing"] |= ways
    asked["unmatched"] = list(dict.fromkeys([*asked["unmatched"], *error.unmatched]))
    asked["gaps"] |= {key: list(ways) for key, ways in gaps.items()}
    session.set_ui(_name(file_id), json.dumps(asked))
    st.rerun()


def _menus(
    place: str, options: Mapping[str, Sequence[str]], suggested: Mapping[str, str]
) -> dict[str, str]:
    """Draw one menu for each column; return what was chosen."""
    chosen = {}
    with st.container(horizontal=True, gap="small"):
        for title, choices in options.items():
            guess = suggested.get(title)
            answer = st.selectbox(
                clip(title), choices,
                index=choices.index(guess) if guess else None,
                format_func=_label, placeholder="Choose", width=MENU_WIDTH,
                help=FILL_HELP if choices[-1].startswith(FILL) else None,
                key=f"predict column {place} {title}",
            )  # fmt: skip
            if answer:
                chosen[title] = answer
    return chosen


def _label(choice: str) -> str:
    """Return a menu entry: a column, or a way to fill one."""
    return LABELS[choice.removeprefix(FILL)] if choice.startswith(FILL) else clip(choice)


def _asked(file_id: str) -> dict[str, Any]:
    """Return what is offered: fills by the columns that are `missing`, or that have `gaps`, and the
    columns of the upload that may be meant; and the `fields` of the reading that were chosen.
    """
    stored = session.get_ui(_name(file_id))
    empty = {"missing": {}, "unmatched": [], "gaps": {}, "fields": {}}
    return empty | json.loads(stored or "{}")


def _name(file_id: str) -> str:
    return f"predict columns {file_id}"
