"""Stray values: a few pixels outside the range of all others, such as one 999 among 0 to 255."""

from dataclasses import dataclass, replace

import numpy as np

from core.base.finding import Action, Finding
from core.base.numbers import whole
from core.base.text import counted
from core.data.inspection.columns import Columns
from core.data.inspection.image_statistics import BLOCK, sample_rows
from core.data.inspection.missing_rows import list_rows, select_rows
from core.data.inspection.sample_kind import title
from core.data.reading import Reading
from core.data.spreadsheet.grid import column_name
from core.data.spreadsheet.growing_array import map_rows

RANGES = (1.0, 16.0, 255.0, 65535.0)  # values of full brightness in use
VALUES = 0.001  # fraction of pixels, and
ROWS = 0.02  # fraction of images, up to which values outside are strays
FEW = 3  # that are strays in any case, in less than a quarter of the images
SHOWN = 3  # places in a sentence


@dataclass(frozen=True)
class StrayValues:
    """The places (row, column), from 0, of values outside `low` to `high`; `top` is the highest
    value inside.
    """

    places: np.ndarray  # (n, 2)
    low: float
    high: float
    top: float

    @property
    def rows(self) -> np.ndarray:
        """The rows with such values, each once."""
        return np.unique(self.places[:, 0])


def find_stray(values: np.ndarray, low: float, high: float, reading: Reading) -> StrayValues | None:
    """Return the values of (N, F), which run from `low` to `high`, outside the range of the others.

    The range is that of the reading, or the smallest in use that nearly all values fit.
    """
    black = reading.black or 0.0
    ranges = [reading.white] if reading.white else [black + size for size in RANGES]
    for white in ranges:
        if black <= low and high <= white:
            return None
        sample = sample_rows(values, 500)
        if _outside(sample, black, white).mean() > 2 * VALUES and len(sample) < len(values):
            continue
        if stray := _search(values, black, white):
            return stray
    return None


def _outside(values: np.ndarray, black: float, white: float) -> np.ndarray:
    return (values < black) | (values > white)


def _search(values: np.ndarray, black: float, white: float) -> StrayValues | None:
    """Return the values outside black to white, None if they are too many to be strays."""
    most = max(FEW, int(VALUES * values.size))
    places, count, top = [], 0, black
    step = max(1, BLOCK // max(values[:1].nbytes, 1))
    for start in range(0, len(values), step):
        block = values[start : start + step]
        outside = _outside(block, black, white)
        places.append(np.argwhere(outside) + np.array([start, 0]))
        top = max(top, float(block.max(where=~outside, initial=black)))
        count += len(places[-1])
        if count > most:
            return None
    found = np.concatenate(places)
    rows = len(np.unique(found[:, 0]))
    if not rows or rows > max(FEW, ROWS * len(values)) or 4 * rows >= len(values):
        return None
    return StrayValues(found, black, white, top)


def check_stray(
    stray: StrayValues, values: np.ndarray, columns: Columns, name: str, choice: str
) -> list[Finding]:
    """Return the findings on stray values of (N, F): where they are, and what can be done."""
    places = stray.places[:SHOWN].tolist()
    listed = "; ".join(_place(columns, row, place, values[row, place]) for row, place in places)
    more = f" and {whole(len(stray.places) - SHOWN)} more" if len(stray.places) > SHOWN else ""
    evidence = {
        "rows": [int(columns.rows[row]) for row in stray.rows],
        "columns": [columns.indices[place] + 1 for _, place in places],
        "values": [float(values[row, place]) for row, place in places],
        "count": len(stray.places),
        "low": stray.low,
        "high": stray.high,
    }
    text = (
        f"{name} has {counted(len(stray.places), 'value')} outside {stray.low:g} to "
        f"{stray.high:g}, the range of all other pixels: {listed}{more}."
    )
    examples = tuple(stray.rows[:FEW].tolist())
    if choice == "clip":
        text += f" Each is replaced by the nearer of {stray.low:g} and {stray.high:g}."
        return [Finding("stray_values", "ok", text, evidence, rows=examples)]
    clip = Action("Clip stray values", {"stray": "clip"})
    text += " Clip them to the range, or correct the file."
    rows = list_rows(evidence["rows"])
    remove = f"Instead of clipping the stray values, leave out the images with them ({rows})."
    action = Action("Leave out these images", {"stray": "rows"})
    return [
        Finding("stray_values", "warn", text, evidence, clip, examples),
        Finding("stray_rows", "info", remove, {"rows": evidence["rows"]}, action, examples),
    ]


def _place(columns: Columns, row: int, place: int, value: float) -> str:
    index = columns.indices[place]
    column = f"{column_name(index, columns.sheet_column)}{title(columns.header, index)}"
    return f"row {whole(int(columns.rows[row]))}, {column} contains {value:g}"


def narrow(values: np.ndarray) -> np.ndarray:
    """Return (N, F) as uint8 if all values fit, as they would have been read without the strays."""
    fits = values.min() >= 0 and values.max() <= 255 and not (values % 1).any()
    return map_rows(values, lambda rows: rows.astype(np.uint8)) if fits else values


def clip_stray(values: np.ndarray, stray: StrayValues) -> np.ndarray:
    """Return (N, F) with each stray value replaced by the nearer end of the range."""
    return narrow(map_rows(values, lambda rows: rows.clip(stray.low, stray.high)))


def leave_out_stray(columns: Columns, reading: Reading) -> Columns:
    """Return the columns without the images that have stray values, with a finding on them."""
    values = columns.values
    stray = find_stray(values, float(values.min()), float(values.max()), reading)
    if stray is None:
        return columns
    keep = np.ones(len(values), bool)
    keep[stray.rows] = False
    numbers = [int(columns.rows[row]) for row in stray.rows]
    text = (
        f"{counted(len(numbers), 'image')} with values outside {stray.low:g} to {stray.high:g} "
        f"{'is' if len(numbers) == 1 else 'are'} left out: {list_rows(numbers)}."
    )
    finding = Finding("stray_rows", "ok", text, {"rows": numbers})
    fewer = select_rows(columns, keep, finding)
    return replace(fewer, values=narrow(fewer.values))
