"""Column choices: from the keys of `Reading.columns` to the columns of a file."""

from collections import Counter
from collections.abc import Mapping, Sequence

from core.base.errors import BadData
from core.base.text import clip, counted, few
from core.data.reading import ColumnChoice


def column_keys(header: Sequence[str] | None, width: int) -> list[str]:
    """Return the key of each column: its name, or its number where that is empty or repeated.

    >>> column_keys(("id", "w", "w", "", "4"), 5)
    ['id', '2', '3', 'column 4', '4']
    """
    names = list(header or [""] * width)
    counts = Counter(names)
    numbers = [str(n) for n in range(1, width + 1)]
    return [
        name if name and counts[name] == 1 else f"column {number}" if number in counts else number
        for name, number in zip(names, numbers, strict=True)
    ]


def resolve_choices(
    choices: Mapping[str, ColumnChoice],
    header: Sequence[str] | None,
    width: int,
    *,
    name: str,
    strict: bool = True,
) -> dict[int, ColumnChoice]:
    """Return the choices by column, from 0. Upper and lower case are the same where that is clear.

    Raises BadData for a column that the file `name` does not have, unless `strict` is False.
    """
    keys = column_keys(header, width)
    lower = [key.lower() for key in keys]
    resolved = {}
    for key, choice in choices.items():
        index = _find(key, keys, lower)
        if index is not None:
            resolved[index] = choice
        elif strict:
            raise _unknown(key, header or (), keys, name)
    return resolved


def _find(key: str, keys: list[str], lower: list[str]) -> int | None:
    if key in keys:
        return keys.index(key)
    if lower.count(key.lower()) == 1:
        return lower.index(key.lower())
    number = key.lower().removeprefix("column ")
    is_number = number.isdecimal() and 1 <= int(number) <= len(keys)
    return int(number) - 1 if is_number else None


def _unknown(key: str, header: Sequence[str], keys: list[str], name: str) -> BadData:
    same = [keys[i] for i, title in enumerate(header) if title == key]
    if same:
        return BadData(
            f"{name} has {counted(len(same), 'column')} named {clip(key)!r}. Choose one by its "
            f"number: {few(same)}.",
            code="column_repeated",
        )
    return BadData(
        f"{name} has no column named {clip(key)!r}. Its columns are {few(keys)}.",
        code="column_unknown",
    )
