"""Form: whether a row of numbers is a picture or a row of a table, from its width, its titles and
its values.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.base.text import clip, counted, few
from core.data.inspection.finding import Finding
from core.data.inspection.shapes import no_picture, shape_of
from core.data.reading import Reading

Form = Literal["pictures", "table"]
SMALLEST = 16  # columns: 4×4 may be a picture made for a test
TINY = 64  # columns: 8×8 is the smallest picture anybody keeps
WIDE = 100  # columns from which a missing pixel is likelier than a table without titles
GREY = 128  # whole values up to here at least, for a tiny row to be a picture

_NUMBERED = re.compile(r"[^\W\d]*[\s_.\-\[(]*\d+([\s_.,x×-]\d+)*[\])]?", re.I)


@dataclass(frozen=True)
class Decision:
    """What a row is, why, in words, and how sure that is."""

    form: Form
    why: str
    level: Literal["ok", "info"] = "ok"


def are_names(titles: Sequence[str]) -> bool:
    """Whether column titles tell something: "age", and not pixel12, 3x4, V7 or nothing."""
    telling = sum(bool(title) and not _NUMBERED.fullmatch(title) for title in titles)
    return telling * 2 > len(titles)


def decide(
    values: np.ndarray, titles: Sequence[str], *, name: str, reading: Reading, words: bool = False
) -> Decision:
    """Of number columns (N, F) with these titles; `words`: there are columns of words beside them.

    Raises BadData where wide rows look like pictures that lost or gained a pixel.
    """
    if reading.form != "auto":
        return Decision(reading.form, "")
    if reading.shape:
        return Decision("pictures", "")
    count = values.shape[1]
    square = shape_of(count)
    if are_names(titles):
        return Decision("table", f"the columns have names ({few(titles)})")
    if count < TINY:
        if square and is_grey(values) and not words:
            return Decision("pictures", "whole values that reach far into 0 to 255", "info")
        level = "info" if square and count >= SMALLEST else "ok"
        return Decision("table", "so few columns make no picture", level)
    if square:
        return Decision("pictures", "")
    if count < WIDE or words or values.min() < 0:
        why = "negative values" if not words and count >= WIDE else "no square of pixels"
        return Decision("table", why)
    raise no_picture(count, name)


def is_grey(values: np.ndarray) -> bool:
    """Whether values use the range of pixels: whole, 0 to 255, and not only its lower part."""
    if values.dtype == np.uint8:
        return values.max(initial=0) >= GREY
    fits = values.min(initial=0) >= 0 and GREY <= values.max(initial=0) <= 255
    return bool(fits and not (values % 1).any())


def form_finding(decision: Decision, count: int) -> Finding | None:
    """What was decided, and the other way where there is one; None where nothing is in doubt."""
    if not decision.why:
        return None
    if decision.form == "pictures":
        said = f"Rows of {counted(count, 'number')} are read as small pictures"
        fix, action = {"form": "table"}, "Read as a table"
    else:
        said = f"Rows of {counted(count, 'number')} are read as a table, not as pictures"
        possible = shape_of(count) and count >= SMALLEST
        fix, action = ({"form": "pictures"}, "Read as pictures") if possible else (None, "")
    return Finding(
        "form", decision.level, f"{said}: {decision.why}.", fix, action, {"columns": count}
    )


def title(header: Sequence[str] | None, column: int) -> str:
    """ " ('age')", or nothing where the column has no title."""
    return f" ({clip(header[column])!r})" if header and header[column] else ""
