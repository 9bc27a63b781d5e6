"""Grid: the names of a spreadsheet's cells and columns."""

from core.base.numbers import whole


def column_name(column: int, sheet_column: int | None = None) -> str:
    """Name a table's column, from 0; `sheet_column` is the first one's in its sheet, if any.

    >>> column_name(2), column_name(2, 0), column_name(2, 3)
    ('column 3', 'column C', 'column F')
    """
    if sheet_column is None:
        return f"column {whole(column + 1)}"
    return f"column {letters(sheet_column + column)}"


def letters(column: int) -> str:
    """Return the letters of a column, counted from 0.

    >>> [letters(c) for c in (0, 25, 26, 16383)]
    ['A', 'Z', 'AA', 'XFD']
    """
    text = ""
    column += 1
    while column:
        column, digit = divmod(column - 1, 26)
        text = chr(65 + digit) + text
    return text


def number(text: str) -> int:
    """Return the column of these letters, counted from 0.

    >>> [number(t) for t in ("A", "Z", "AA", "XFD")]
    [0, 25, 26, 16383]
    """
    value = 0
    for letter in text:
        value = value * 26 + ord(letter) - 64
    return value - 1


def ref(row: int, column: int) -> str:
    """Return the name of a cell, with row and column counted from 0.

    >>> ref(2, 27)
    'AB3'
    """
    return f"{letters(column)}{row + 1}"
