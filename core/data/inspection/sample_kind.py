"""Form: decide whether a row of numbers is an image or a table row, from width, titles, values."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.base.finding import Action, Finding
from core.base.text import clip, counted, few
from core.data.inspection.shape_guess import ShapeGuess, guess_shape, lacks_a_pixel
from core.data.inspection.shapes import format_image_shape, no_shape, shape_of
from core.data.reading import Reading
from core.data.spreadsheet.table import Table

Form = Literal["images", "table"]
SMALLEST = 16  # columns: 4×4 may be an image made for a test
TINY = 64  # columns: 8×8 is the smallest size of real image datasets
WIDE = 100  # columns from which a missing pixel is likelier than a table without titles
GREY = 128  # a row of fewer than TINY columns is an image only if its values reach this far

_NUMBERED = re.compile(  # also with the colour that `hex_pixels` adds: "p0 r"
    r"[^\W\d]*[\s_.\-\[(]*\d+([\s_.,x×-]\d+)*[\])]?( [rgb])?", re.I
)


@dataclass(frozen=True)
class Decision:
    """What a row is, the reason in words (empty if there is no doubt), and the level."""

    form: Form
    reason: str
    level: Literal["ok", "info"] = "ok"


def are_names(titles: Sequence[str]) -> bool:
    """Whether most titles are meaningful, such as "age"; not pixel12, 3x4, V7 or empty."""
    meaningful = sum(bool(title) and not _NUMBERED.fullmatch(title) for title in titles)
    return meaningful * 2 > len(titles)


def are_pixels(table: Table) -> bool:
    """Whether the columns seem to be pixels, where a gap or a word is a fault: many, not named."""
    if table.width < SMALLEST or len(table.words) > len(table.columns):
        return False
    mixed = sum(report.is_mixed for report in table.reports.values())
    titles = table.header or ()
    return len(table.words) - mixed <= 1 and (not titles or not are_names(titles))


def decide_form(
    values: np.ndarray, titles: Sequence[str], *, name: str, reading: Reading, words: bool = False
) -> Decision:
    """Decide the form of number columns (N, F) with these titles.

    `words` is True if there are text columns besides. Raises BadData where wide rows look like
    images with a missing or an extra pixel.
    """
    if reading.form != "auto":
        return Decision(reading.form, "")
    if reading.shape:
        return Decision("images", "")
    count = values.shape[1]
    square = shape_of(count)
    if are_names(titles):
        return Decision("table", f"the columns have names ({few(titles)})")
    if count < TINY:
        if not words and is_grey(values) and (square or find_image(values)):
            return Decision("images", "the values are whole numbers spread over 0 to 255", "info")
        level = "info" if square and count >= SMALLEST else "ok"
        return Decision("table", "there are too few columns for an image", level)
    if square:
        return Decision("images", "")
    if count < WIDE or words or values.min() < 0:
        if count < WIDE and not words and is_grey(values) and find_image(values):
            return Decision("images", "neighbouring columns resemble those of images", "info")
        negative = not words and count >= WIDE
        reason = "some values are negative" if negative else "the columns do not form a square"
        return Decision("table", reason)
    require_shape(values, name)
    return Decision("images", "")


def find_image(values: np.ndarray) -> ShapeGuess | None:
    """Return the shape of rows (N, F) that have the structure of images, also if not square.

    None for rows without it, and for those that fit a square with one pixel more or less.
    """
    guess = guess_shape(values)
    is_image = guess and guess.is_image and not lacks_a_pixel(values, guess)
    return guess if is_image else None


def require_shape(values: np.ndarray, name: str) -> ShapeGuess:
    """Return the shape of images. Raises BadData if the columns form neither image nor square."""
    count = values.shape[1]
    guess = guess_shape(values) if shape_of(count) else find_image(values)
    if guess is None:
        likely = guess_shape(values)
        shapes = dict.fromkeys(a.shape for a in likely.arrangements) if likely else {}
        raise no_shape(count, name, list(shapes)[:2])
    return guess


def is_grey(values: np.ndarray) -> bool:
    """Whether values are whole numbers from 0 to 255 that do not stay in the lower half."""
    if values.dtype == np.uint8:
        return values.max(initial=0) >= GREY
    values = values[~np.isnan(values)]
    fits = values.min(initial=0) >= 0 and GREY <= values.max(initial=0) <= 255
    return bool(fits and not (values % 1).any())


def form_finding(decision: Decision, shape: Sequence[int], columns: int) -> Finding | None:
    """Return the decision and the alternative, if any; None if nothing is in doubt.

    `shape` is that of a sample as the network receives it; `columns` are those of numbers in the
    file, which decide whether rows may be images.
    """
    if not decision.reason:
        return None
    if decision.form == "images":
        text = f"Rows are read as small images of {format_image_shape(shape)} pixels"
        action = Action("Read as a table", {"form": "table"})
    else:
        text = f"Rows are read as a table with {counted(shape[0], 'input')} instead of images"
        possible = shape_of(columns) and columns >= SMALLEST
        action = Action("Read as images", {"form": "images"}) if possible else None
    text = f"{text}, because {decision.reason}."
    evidence = {"shape": list(shape), "form": decision.form}
    return Finding("form", decision.level, text, evidence, action)


def title(header: Sequence[str] | None, column: int) -> str:
    """ " ('age')", or nothing where the column has no title."""
    return f" ({clip(header[column])!r})" if header and header[column] else ""
