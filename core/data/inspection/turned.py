"""Turned sheets: recognize a file with one column per sample, and offer to swap its axes."""

import re

from core.base.errors import BadData
from core.base.numbers import whole
from core.base.text import clip, counted
from core.data.inspection.label_ranking import is_label_title
from core.data.spreadsheet.cells import kind_of
from core.data.spreadsheet.grid import column_name
from core.data.spreadsheet.table import Table

_LABEL = re.compile(r"\d+([.,]\d+)?|.* \(\d+\)")  # a number, or a name that is repeated
TURN = {"turn_sheet": True}


def refuse_turned(inputs: Table, labels: Table | None) -> None:
    """Raise BadData if each column of the inputs seems to be a sample, instead of each row."""
    if labels is None:
        _refuse_titles(inputs)
        return
    count = labels.width if len(labels) == 1 else len(labels)
    # one column may name the rows, and one row of the labels may be a header
    fits = count in (inputs.width, inputs.width - 1) and abs(count - len(inputs)) > 1
    if not fits or count < 2 or len(inputs) < 2:
        return
    raise BadData(
        f"{inputs.name} has {counted(len(inputs), 'row')} and {whole(inputs.width)} columns, and "
        f"{labels.name} has {whole(count)} labels, one for each column. Swap the rows and columns "
        f"of {inputs.name}.",
        (TURN,),
        code="sheet_turned",
    )


def _refuse_titles(table: Table) -> None:
    """Raise BadData if the first column holds different titles, one of them that of labels.

    The row of labels may have been taken for a header: label, 3, 7, 3 (2), …
    """
    titles = [str(title).strip() for title in table.words.get(0, ())]
    if len(set(titles)) < len(titles) or len(titles) < 2:
        return
    types = len(table.words) > 1 and _rows_have_types(table)
    if len(table.words) > 1 and not types:
        return
    header = table.header or ("",)
    labels = sum(bool(_LABEL.fullmatch(name)) for name in header[1:])
    if 2 * labels > len(header):
        titles.append(header[0])
    named = [title for title in titles if is_label_title(title)]
    if len(named) == 1 or types:
        raise BadData(
            f"{table.name}, {column_name(0, table.sheet_column)} contains titles such as "
            f"{clip((named or titles)[0])!r}, so each column seems to be a sample. Swap the rows "
            "and columns of the file.",
            (TURN,),
            code="sheet_turned",
        )


def _rows_have_types(table: Table) -> bool:
    """Whether every column but the first is text, with numbers in some rows and words in the
    others: the same ones in all columns.
    """
    others = [cells for column, cells in table.words.items() if column]
    if table.columns or len(others) <= len(table):
        return False
    kinds = {tuple(bool(kind_of(str(cell)).styles) for cell in cells) for cells in others}
    return len(kinds) == 1 and len(set(*kinds)) == 2
