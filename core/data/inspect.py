"""Inspection: from one or two tables to a picture set, and all that was found, in plain words."""

from dataclasses import dataclass

import numpy as np

from core.data.columns import Columns, find_columns
from core.data.finding import Finding
from core.data.labels import Labels, read_labels
from core.data.reading import Reading
from core.data.samples import Samples
from core.data.shapes import LYING, Shape, brighten, find_shape, ink_ratio, white_of
from core.data.source import Source
from core.data.table import Table, read_table
from core.data.wording import counted


@dataclass(frozen=True)
class Inspection:
    """What two spreadsheets hold.

    `classes` is empty where there are no labels (`label_column="none"`).
    """

    rows: int
    shape: Shape
    classes: tuple[str, ...]
    findings: tuple[Finding, ...]
    samples: Samples
    white: float = 255.0


def inspect_files(
    images: Source,
    labels: Source | None = None,
    *,
    names: tuple[str, str] = ("", ""),
    reading: Reading | None = None,
) -> Inspection:
    """Read and inspect; `names` stand in messages, a path's own name where they are empty.

    Raises BadData, NotFound.
    """
    reading = reading or Reading()
    sources = [s for s in (images, labels) if s is not None]
    defaults = ("images.csv", "labels.csv")
    shown = [n or getattr(s, "name", d) for s, n, d in zip(sources, names, defaults, strict=False)]
    return inspect(
        *(
            read_table(s, n, reading.header, reading.sheet)
            for s, n in zip(sources, shown, strict=True)
        ),
        reading=reading,
    )


def inspect(
    images: Table,
    labels: Table | None = None,
    *,
    reading: Reading | None = None,
    like: Inspection | None = None,
) -> Inspection:
    """The picture set in these tables.

    `like`: the training pictures that test pictures must match. Raises BadData.
    """
    reading = reading or Reading()
    columns = find_columns(images, labels, reading.label_column)
    pixels, found = columns.pixels, list(columns.findings)
    shape = find_shape(
        pixels.shape[1], reading.shape or (like.shape if like else None), images.name
    )
    white = like.white if like else reading.white or white_of(float(pixels.max()))
    found = [*_table_findings(images, shape), *found, _range_finding(pixels, white)]
    channels, height, width = shape
    stored = (channels, width, height) if reading.transpose else shape
    pictures = brighten(pixels, white).reshape(-1, *stored)  # (N, columns) -> (N, C, H, W)
    pictures = pictures.swapaxes(2, 3) if reading.transpose else pictures
    known = _labels(columns, like)
    findings = (*found, *known.findings, *_way_up(pictures, reading))
    samples = Samples(images.name, pictures, known.ids, known.classes)
    return Inspection(len(pixels), shape, known.classes, findings, samples, white)


def _labels(columns: Columns, like: Inspection | None) -> Labels:
    if columns.labels is None:
        return Labels(np.zeros(len(columns.pixels), np.int64), (), ())
    classes = like.classes if like else None
    return read_labels(
        columns.labels, name=columns.name, first_row=columns.first_row, classes=classes
    )


def _table_findings(table: Table, shape: Shape) -> list[Finding]:
    header = "has a header in its first row" if table.header else "has no header"
    sign = {",": "", ";": ", semicolons between values", "\t": ", tabs between values"}.get(
        table.delimiter, ", other signs between values"
    )
    channels = "one channel" if shape[0] == 1 else counted(shape[0], "channel")
    return [
        Finding("row_count", "ok", f"{counted(len(table), 'picture')}."),
        Finding("shape", "ok", f"{shape[1]}×{shape[2]} pixels, {channels}."),
        Finding("header", "ok", f"{table.name} {header}{sign}."),
        *(Finding("file", "info", note) for note in table.notes),
    ]


def _range_finding(pixels: np.ndarray, white: float) -> Finding:
    low, high = float(pixels.min()), float(pixels.max())
    said = f"The pixel values run from {low:g} to {high:g}"
    if low == high:
        return Finding(
            "pixel_range",
            "warn",
            f"Every pixel has the value {low:g}: there is nothing to learn from.",
        )
    if low < 0 or high > white:
        return Finding(
            "pixel_range",
            "warn",
            f"{said}, outside 0 to {white:g}: standardize them, or check the file.",
        )
    if white != 255:
        return Finding(
            "pixel_range",
            "info",
            f"{said}; {white:g} is shown and stored as 255.",
            {"white": 255.0},
        )
    return Finding("pixel_range", "ok", f"{said}.")


def _way_up(pictures: np.ndarray, reading: Reading) -> list[Finding]:
    if pictures.shape[1] != 1 or pictures.shape[2] != pictures.shape[3]:
        return []
    ratio = ink_ratio(pictures)
    if not ratio < LYING:
        return []
    said = f"What is drawn is {ratio:.2f} times as high as wide; writing is mostly higher than wide"
    change = {"transpose": not reading.transpose}
    return [
        Finding(
            "transposed",
            "info",
            f"{said}, so the pictures may be stored transposed: look, and turn them.",
            change,
        )
    ]
