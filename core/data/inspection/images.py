"""Picturing: from rows of pixel values to pictures as they are shown, and what is found there."""

import numpy as np

from core.base.errors import BadData
from core.base.text import clip, counted
from core.data.inspection import doctor
from core.data.inspection.columns import Columns
from core.data.inspection.finding import Finding
from core.data.inspection.image_statistics import extremes, roughness
from core.data.inspection.sample_kind import title
from core.data.inspection.shapes import brighten, find_shape, invert, white_of
from core.data.reading import Reading
from core.data.spreadsheet.grid import column_name


def as_pictures(
    columns: Columns, name: str, reading: Reading, targets: np.ndarray | None
) -> tuple[np.ndarray, Reading, list[Finding]]:
    """Pictures (N, C, H, W) as they are shown, upright; the reading settled; and what was found.

    `targets` (N,) where there are labels. Raises BadData.
    """
    if columns.words:
        place, cells = next(iter(columns.words.items()))
        column = column_name(place, columns.sheet_column)
        where = f"{name}, {column}{title(columns.header, place)}"
        raise BadData(
            f"{where} holds words ({clip(str(cells[0]))!r}) and no labels: take it out, or read "
            "it as a table.",
            ({"form": "table"},),
        )
    values = columns.values
    shape = find_shape(values.shape[1], reading.shape, name)
    low, high, blank = extremes(values)
    lowest, highest = float(low.min()), float(high.max())
    white = reading.white or white_of(highest - (reading.black or 0.0)) + (reading.black or 0.0)
    black = reading.black or 0.0
    colour = "one channel" if shape[0] == 1 else counted(shape[0], "channel")
    found = [
        Finding("shape", "ok", f"{shape[1]}×{shape[2]} pixels, {colour}."),
        doctor.brightness(lowest, highest, white, reading),
        *doctor.pixels(low, high, blank, len(values)),
        *doctor.repeated(values, targets, "picture", blank),
    ]
    settled = {"shape": shape, "white": white, "black": black}
    if shape[0] > 1 and shape[1] > 1:
        settled["channels"], said = doctor.colours(roughness(values, shape), reading)
        found.append(said)
    reading = reading.model_copy(update=settled)
    pictures = arrange(brighten(values, white, black), reading)
    return pictures, reading, [*found, *doctor.drawn(pictures, reading)]


def arrange(values: np.ndarray, reading: Reading) -> np.ndarray:
    """(N, columns) -> (N, C, H, W) by a settled reading: a view, but for inverted ones."""
    channels, height, width = reading.shape or (1, 1, values.shape[1])
    sides = (width, height) if reading.transpose else (height, width)
    if reading.channels == "interleaved":
        pictures = values.reshape(-1, *sides, channels).transpose(0, 3, 1, 2)
    else:
        pictures = values.reshape(-1, channels, *sides)
    pictures = pictures.swapaxes(2, 3) if reading.transpose else pictures
    return invert(pictures) if reading.invert else pictures
