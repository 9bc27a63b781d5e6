"""Pixel columns of a file that is read like the training images, whose shape is settled."""

import re
from collections.abc import Sequence
from math import prod

from core.base.errors import BadData
from core.base.text import clip, counted, few
from core.data.inspection.shapes import format_image_shape
from core.data.spreadsheet.table import Table

_NUMBERED = re.compile(r"(.*?)(\d+)")  # p17, pixel_17


def pixels_differ(images: Table, shape: Sequence[int], titles: Sequence[str] = ()) -> BadData:
    """Return the error for images that do not have the pixels of the training images; it names the
    columns that are missing if most of the `titles` of the training file are found, or, without
    those, if the titles are numbered.
    """
    own = images.header or ()
    missing = [title for title in titles if title not in own] if own else []
    unmatched = tuple(title for title in own if title and title not in titles)
    if not titles or 2 * len(missing) > len(titles):
        missing = _missing_numbers(own)
    named = f": {few(missing)} missing" if missing else ""
    return BadData(
        f"{clip(images.name)} has {counted(images.width, 'column')}{named}. The training images "
        f"are {format_image_shape(shape)}, so {counted(prod(shape), 'pixel column')} are needed, "
        "in the order of the training file.",
        code="shape_mismatch",
        missing=tuple(missing),
        unmatched=unmatched if titles else (),
    )


def _missing_numbers(titles: Sequence[str]) -> list[str]:
    """Return the titles that are missing where most are one name with consecutive numbers.

    >>> _missing_numbers(("label", "p0", "p1", "p3", "p4"))
    ['p2']
    """
    found = [match for title in titles if (match := _NUMBERED.fullmatch(title))]
    names = {match[1] for match in found}
    if len(names) != 1 or 2 * len(found) <= len(titles):
        return []
    (name,), numbers = names, {int(match[2]) for match in found}
    return [f"{name}{n}" for n in range(min(numbers), max(numbers)) if n not in numbers]
