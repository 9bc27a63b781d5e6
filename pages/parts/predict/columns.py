"""Columns of a spreadsheet that differ from the training file: a menu for each one that it lacks,
with the columns that may be meant and the values that fill it, and for each one with gaps that
training did not have.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.base.errors import BadData
from core.base.text import clip
from core.data.inspection.column_matching import pair_titles
from core.data.reading import ColumnChoice, Reading
from pages.kit import session

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
    upload, and how gaps are filled (`ColumnChoice.missing`) by column.
    """

    renamed: tuple[tuple[str, str], ...] = ()
    fills: tuple[tuple[str, str], ...] = ()

    @property
    def reading(self) -> Reading:
        """The choices for reading the upload."""
        return Reading(columns={key: ColumnChoice(missing=way) for key, way in self.fills})


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
    return ColumnAnswers(tuple(renamed.items()), tuple(fills.items()))


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
    columns of the upload that may be meant.
    """
    stored = session.get_ui(_name(file_id))
    return json.loads(stored) if stored else {"missing": {}, "unmatched": [], "gaps": {}}


def _name(file_id: str) -> str:
    return f"predict columns {file_id}"
