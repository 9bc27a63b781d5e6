"""Header: whether a first row holds the names of the columns, and titles above it."""

import re
from collections.abc import Iterable, Sequence

from core.data.spreadsheet.cells import MISSING, SPACE, Kinds

LABEL_NAMES = ("label", "labels", "class", "classes", "target", "y", "category", "digit")
COUNTED = 16  # columns from which a row that counts up is a header, not values
FEW_COUNTED = 5  # the same, if at least COUNTED_ROWS rows follow that do not count up
COUNTED_ROWS = 10
CATEGORICAL = 2  # a column of text is categorical if each text occurs this often on average

_SUFFIX = re.compile(r"(.*)\.(\d+)")
_UNNAMED = re.compile(r"unnamed: \d+", re.I)

Rows = Sequence[Sequence[str]]


def is_blank(cell: str) -> bool:
    """Whether a cell of a header has no name; pandas writes "Unnamed: 3" for one without."""
    return not cell.strip(SPACE) or bool(_UNNAMED.fullmatch(cell.strip()))


def has_header(rows: Rows, words: Sequence[int], kinds: Kinds) -> bool:
    """Whether the first row holds names; `words` are the text columns of the rows below it.

    One bad pixel makes no header: most cells must be names, or one the name of a label column.
    """
    first, body = [cell.strip() for cell in rows[0]], rows[1:]
    texts = [c for c, cell in enumerate(first) if not kinds[cell].styles]
    if any(
        # "y" may also be a class, such as a letter or "yes"
        cell.lower() in LABEL_NAMES and (c not in words or len(cell) > 1)
        for c, cell in enumerate(first)
    ):
        return True
    if not body:  # a single row of labels repeats some, titles are different
        return len(texts) == len(first) == len(set(first)) or _counts_up(first, COUNTED)
    names = [c for c in texts if first[c].lower() not in MISSING or not first[c]]
    if any(c not in words for c in names) and len(names) * 2 > len(first):
        return True
    return (
        _is_index_header(first, body, kinds)
        or _is_numbered(first, body, kinds)
        or has_suffixes(rows)
        or _is_row_of_new_words(first, body, words)
    )


def _counts_up(cells: Sequence[str], least: int = 1) -> bool:
    """Whether cells are 0, 1, 2, … or 1, 2, 3, …, as pandas writes above unnamed columns."""
    return (
        len(cells) >= least
        and cells[0] in ("0", "1")
        and all(cell == str(int(cells[0]) + i) for i, cell in enumerate(cells))
    )


def _is_numbered(first: list[str], body: Rows, kinds: Kinds) -> bool:
    """Whether the names are consecutive numbers, and the values below show it."""
    numbered = [cell for cell in first if cell.isdigit()]
    if _counts_up(numbered, COUNTED):
        return True
    if len(first) < 2 or not _counts_up(first):
        return False
    filled = [row for row in body if any(cell.strip() for cell in row)]
    others = [column for column in zip(*filled, strict=False) if not all(map(_is_digits, column))]
    if len(others) * 2 > len(first):
        return True
    counting = any(_counts_up([cell.strip() for cell in row]) for row in body)
    return len(first) >= FEW_COUNTED and len(body) >= COUNTED_ROWS and not counting


def _is_digits(cell: str) -> bool:
    return cell.strip().isdigit()


def _is_index_header(first: list[str], body: Rows, kinds: Kinds) -> bool:
    """Whether the first column is an index without a name: ",0" or ",a,b", as pandas writes it."""
    index = [row[0].strip() for row in body if row]
    if first[0] or len(first) < 2 or not all(index) or len(set(index)) < len(index):
        return False
    rest = first[1:]
    return _counts_up(rest) or not any(kinds[cell].styles or kinds[cell].missing for cell in rest)


def has_suffixes(rows: Rows) -> bool:
    """Whether the first row holds values with the suffixes by which pandas tells names apart.

    A table saved without a header and loaded with one gets the names 0, 0.1, 0.2, 7, 7.1, …
    """
    first = [cell.strip() for cell in rows[0]]
    seen: dict[str, int] = {}
    suffixes = 0
    for cell in first:
        match = _SUFFIX.fullmatch(cell)
        if match and seen.get(match[1]) == int(match[2]) and str(int(match[2])) == match[2]:
            seen[match[1]] += 1
            suffixes += 1
        elif cell in seen:
            return False
        else:
            seen[cell] = 1
    if suffixes < 2:
        return False
    whole = all(_SUFFIX.fullmatch(cell.strip()) is None for row in rows[1:] for cell in row)
    return whole or any(cell.count(".") > 1 for cell in first)


def _is_row_of_new_words(first: list[str], body: Rows, words: Sequence[int]) -> bool:
    """Whether no text of the first row occurs again, in a table of text that repeats itself."""
    if len(words) < 2 or len(words) < len(first) or any(not cell for cell in first):
        return False
    columns = [[row[c].strip() for row in body if c < len(row)] for c in words]
    categorical = [c for c in columns if len(set(c)) * CATEGORICAL <= len(c)]
    unseen = all(
        c < len(first) and first[c] not in column for c, column in zip(words, columns, strict=True)
    )
    return bool(categorical) and unseen


def folded_title(title: str) -> str:
    """Return a title in the form that does not depend on case and spaces: " Age " -> "age"."""
    return " ".join(title.casefold().split())


def holds_titles(cells: Sequence[str], titles: Iterable[str]) -> bool:
    """Whether most cells of a first row are titles that are known from another file."""
    known = {folded_title(title) for title in titles} - {""}
    found = {folded_title(cell) for cell in cells} & known
    return 2 * len(found) > len(cells)


def is_second_header(rows: Rows, kinds: Kinds) -> bool:
    """Whether the row below the header describes columns, too, such as their units: it has texts
    over all columns of numbers, of which there are several, and no text that a row below repeats.
    """
    second, others = rows[1], rows[2:]
    texts = 0
    for cell, column in zip(second, zip(*others, strict=False), strict=False):
        values = [kinds[other] for other in column if not kinds[other].missing]
        kind = kinds[cell]
        if values and all(value.styles for value in values):
            if kind.styles or (kind.missing and cell.strip()):
                return False
            texts += bool(cell.strip())
        elif cell.strip() and cell in column:
            return False
    return texts > 1


def names_columns(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether the lower of two header rows names the columns, and the upper one groups of them."""
    names = [cell.strip() for cell in lower]
    groups = [cell.strip() for cell in upper]
    is_complete = all(names) and len(set(names)) == len(names)
    return is_complete and (not all(groups) or len(set(groups)) < len(groups))


def title_rows(rows: Rows, width: int, kinds: Kinds) -> int:
    """Return the number of rows above the header that hold a title, a date or a note.

    They fill at most half of the columns, and the row below them is a header without gaps.
    """
    count = 0
    while width > 1 and count < len(rows) - 2 and _is_title(rows[count][:width], width):
        count += 1
    names = rows[count][:width]
    names = names if names[0].strip() else names[1:]  # pandas' index has no name
    if not count or _filled(names) < len(names) or len(names) < width - 1:
        return 0
    texts = sum(1 for cell in names if not kinds[cell.strip()].styles)
    is_header = texts * 2 > len(names) or any(c.strip().lower() in LABEL_NAMES for c in names)
    return count if is_header else 0


def _is_title(row: Sequence[str], width: int) -> bool:
    is_index_header = len(row) == width and not row[0].strip() and _filled(row) == width - 1
    return 2 * _filled(row) <= width and not is_index_header


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip(SPACE)) for cell in row)


def unique_names(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the names with a number behind each repeated one; empty names stay empty.

    Two tables with the same names then have the same columns, matched by position among equals.

    >>> unique_names(["w", "w", "label", "w"])
    ('w', 'w (2)', 'label', 'w (3)')
    """
    names: list[str] = []
    originals = {cell.strip() for cell in cells}
    counts: dict[str, int] = {}
    for cell in cells:
        name = base = cell.strip()
        if base in counts:
            while base and (name in names or (name != base and name in originals)):
                counts[base] += 1
                name = f"{base} ({counts[base]})"
        else:
            counts[base] = 1
        names.append(name)
    return tuple(names)
