"""Images: from rows of pixel values to images (N, C, H, W), with findings on them."""

import numpy as np

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.numbers import whole
from core.base.text import clip, counted
from core.data.inspection import doctor
from core.data.inspection.column_choices import column_keys
from core.data.inspection.columns import Columns
from core.data.inspection.image_shape import drop_alpha, settle_shape, turn
from core.data.inspection.image_statistics import extremes
from core.data.inspection.sample_kind import title
from core.data.inspection.shape_guess import Arrangement, as_images
from core.data.inspection.shapes import guess_white, invert, rescale
from core.data.inspection.stray import check_stray, clip_stray, find_stray
from core.data.reading import Reading
from core.data.spreadsheet.grid import column_name
from core.data.spreadsheet.table import Table


def build_images(
    columns: Columns, table: Table, reading: Reading, targets: np.ndarray | None
) -> tuple[np.ndarray, Reading, list[Finding]]:
    """Return upright images (N, C, H, W), the settled reading, and the findings.

    `targets` (N,) are None without labels. Raises BadData.
    """
    if columns.words:
        index, cells = next(iter(columns.words.items()))
        column = column_name(index, columns.sheet_column)
        raise BadData(
            f"{table.name}, {column}{title(columns.header, index)} contains text "
            f"({clip(str(cells[0]))!r}), and there are no labels. Remove the column, or read the "
            "file as a table.",
            ({"form": "table"},),
            code="text_in_images",
        )
    values = columns.values
    low, high, blank = extremes(values)
    if np.isnan(low).any():
        raise _missing_pixels(columns, np.flatnonzero(np.isnan(low)), table.name)
    reading, findings = settle_shape(values, table, reading)
    layout = reading
    if reading.shape[0] == 4:
        values, layout, alpha = drop_alpha(values, reading)
        findings.append(alpha)
        low, high, blank = extremes(values)
    lowest, highest = float(low.min()), float(high.max())
    black = reading.black or 0.0
    if stray := find_stray(values, lowest, highest, reading):
        findings += check_stray(stray, values, columns, table.name, reading.stray)
        lowest, highest = black, stray.top
    white = reading.white or guess_white(highest - black) + black
    findings += [
        doctor.check_brightness(lowest, highest, white, reading),
        *doctor.check_pixels(low, high, blank, len(values)),
        *doctor.check_duplicates(values, targets, "image", blank, numbers=columns.rows),
    ]
    if stray and reading.stray == "clip":
        values = clip_stray(values, stray)
    images = arrange(rescale(values, white, black), layout)
    reading = reading.model_copy(update={"white": white, "black": black})
    return images, reading, [*findings, *doctor.check_drawings(images, reading)]


def _missing_pixels(columns: Columns, places: np.ndarray, name: str) -> BadData:
    """Return the error for missing values in the pixel columns at these places."""
    gaps = np.isnan(columns.values[:, places])
    row, place = (int(axis[0]) for axis in np.nonzero(gaps))
    indices = [columns.indices[p] for p in places]
    count = int(gaps.any(axis=1).sum())
    keys = column_keys(columns.header, len(columns.header or ()) or indices[-1] + 1)
    leave_out = {"columns": {keys[index]: {"missing": "rows"} for index in indices}}
    first = column_name(indices[place], columns.sheet_column)
    return BadData(
        f"{name} has {counted(count, 'image')} with missing pixels; the first is in row "
        f"{whole(columns.rows[row])}, {first}. Fill them in, or leave these rows out.",
        (leave_out, {"form": "table"}),
        code="missing_pixels",
        columns=dict.fromkeys(indices, "has missing pixels"),
    )


def arrange(values: np.ndarray, reading: Reading) -> np.ndarray:
    """Arrange (N, columns) as (N, C, H, W) by a settled reading: a view, unless inverted."""
    shape = turn(reading.shape or (1, 1, values.shape[1]), reading.transpose)
    order = "interleaved" if reading.channels == "interleaved" else "planar"
    images = as_images(values, Arrangement(shape, order))
    images = images.swapaxes(2, 3) if reading.transpose else images
    return invert(images) if reading.invert else images
