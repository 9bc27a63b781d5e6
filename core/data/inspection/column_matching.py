"""Column matching: which columns of another file the encodings of the training file apply to."""

from collections.abc import Sequence
from difflib import get_close_matches

from core.base.errors import BadData
from core.base.text import clip, counted, few
from core.data.inspection.columns import Columns
from core.data.inspection.encoding import ColumnEncoding


def find_column(encoding: ColumnEncoding, header: Sequence[str] | None) -> int | None:
    """Return the column with this title in a file with this header; None if there is none."""
    if header is None:
        return None
    places = [i for i, title in enumerate(header) if title == encoding.title]
    return places[encoding.occurrence] if encoding.occurrence < len(places) else None


def _no_columns(
    absent: Sequence[ColumnEncoding],
    encodings: Sequence[ColumnEncoding],
    columns: Columns,
    name: str,
) -> BadData:
    """Return the error for columns that are missing; it names those that may be meant."""
    absent = sorted(absent, key=lambda encoding: encoding.index)
    titles = tuple(dict.fromkeys(encoding.title for encoding in absent))
    known = {*(each.title for each in encodings), *columns.left_out}
    unmatched = tuple(t for t in dict.fromkeys(columns.header or ()) if t and t not in known)
    pairs = pair_titles(titles, unmatched)
    single = len(titles) == 1
    if single and pairs:
        way = f"If it is {clip(pairs[titles[0]])!r} in this file, rename that column"
    elif unmatched:
        way = "Rename the column that contains it" if single else "Rename those that contain them"
        way += f" (not used: {few([clip(title) for title in unmatched])})"
    else:
        way = "Add the column" if single else "Add the columns"
    if all(encoding.fills_gaps for encoding in absent):
        what = "column" if single else "columns"
        way += f", or add the {what} without values: they are filled as in the training"
    quoted = few([f"{clip(title)!r}" for title in titles])
    return BadData(
        f"{name} has no {'column' if single else 'columns'} named {quoted}, which the training "
        f"table has. {way}.",
        code="column_missing",
        missing=titles,
        unmatched=unmatched,
    )


def pair_titles(missing: Sequence[str], unmatched: Sequence[str]) -> dict[str, str]:
    """Return for each title of the training file the one that resembles it most, if any does.

    >>> pair_titles(["size", "age"], ["Size (m²)", "note"])
    {'size': 'Size (m²)'}
    """
    folded = {title.casefold(): title for title in unmatched}
    pairs = {}
    for title in missing:
        for close in get_close_matches(title.casefold(), folded, n=1):
            pairs[title] = folded.pop(close)
    return pairs


def locate(
    encodings: Sequence[ColumnEncoding], columns: Columns, header: bool, name: str
) -> list[int]:
    """Return the columns of another file that these encodings apply to: by title, or by position if
    one of the two files has no `header`. Raises BadData.
    """
    own = sorted([*columns.indices, *columns.words])
    if not header or columns.header is None:
        if len(own) != len(encodings):
            raise BadData(
                f"{name} has {counted(len(own), 'input column')}, but the training table has "
                f"{len(encodings)}: {few([encoding.name for encoding in encodings])}. Use these "
                "columns in this order, or all columns of the training table in theirs.",
                code="column_count",
            )
        order = sorted(range(len(encodings)), key=lambda i: encodings[i].index)
        place = dict(zip(order, own, strict=True))
        return [place[i] for i in range(len(encodings))]
    places = [find_column(encoding, columns.header) for encoding in encodings]
    located = zip(encodings, places, strict=True)
    if absent := [encoding for encoding, place in located if place not in own]:
        raise _no_columns(absent, encodings, columns, name)
    return [place for place in places if place is not None]
