"""Tables: from an array of any number of dimensions to one row per sample.

(N,) and (N, 1)                         one column: labels, or values to predict
(N, F)                                  a table, or images as rows of pixels
(N, H, W), (H, W, N)                    grey images
(N, H, W, C), (N, C, H, W), (H, W, C, N)  images with C = 1, 3 or 4 channels
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.base.errors import BadData
from core.base.numbers import whole
from core.base.text import format_shape
from core.data.spreadsheet.growing_array import map_rows
from core.data.spreadsheet.table import Table

CHANNELS = (1, 3, 4)
NARROW = 16  # columns up to which float64 takes little memory
NUMBERS = "buif"  # kinds of dtype: Boolean, unsigned, signed, floating-point
WORDS = "US"


@dataclass(frozen=True)
class SampleAxes:
    """Where an array has its samples, and the image shape (C, H, W) of one, if it is an image."""

    axis: int
    shape: tuple[int, int, int] | None = None
    channels: str = ""


def is_vector(shape: Sequence[int]) -> bool:
    """Whether an array has one value per sample: (N,), (N, 1) or (1, N)."""
    return len(shape) == 1 or (len(shape) == 2 and min(shape) == 1)


def arrange(shape: Sequence[int], rows: int | None, name: str) -> SampleAxes:
    """Return the arrangement of an array; `rows` is the number of labels, if known.

    Raises BadData for a shape that is not one of samples.
    """
    if len(shape) <= 2:
        last = len(shape) == 2 and shape[0] != rows and shape[1] == rows
        return SampleAxes(1 if last else 0)
    if len(shape) > 4:
        raise _no_samples(shape, name)
    axis = _sample_axis(shape, rows)
    rest = [length for i, length in enumerate(shape) if i != axis]
    if len(rest) == 2:
        if min(rest) < 4 and axis == 0:
            raise _no_samples(shape, name)
        return SampleAxes(axis, (1, *rest), "planar")
    if rest[2] in CHANNELS:
        return SampleAxes(axis, (rest[2], rest[0], rest[1]), "interleaved")
    if rest[0] in CHANNELS:
        return SampleAxes(axis, (rest[0], rest[1], rest[2]), "planar")
    raise _no_samples(shape, name)


def _sample_axis(shape: Sequence[int], rows: int | None) -> int:
    """Return 0, or the last axis if the labels or, without any, the other lengths suggest it."""
    last = len(shape) - 1
    if rows is not None and (shape[0] == rows) != (shape[last] == rows):
        return 0 if shape[0] == rows else last
    if len(shape) == 3:  # (28, 28, N)
        return last if shape[0] == shape[1] != shape[2] else 0
    matlab = shape[2] in CHANNELS and shape[1] not in CHANNELS and shape[3] not in CHANNELS
    return last if matlab and shape[0] == shape[1] else 0  # (32, 32, 3, N)


def _no_samples(shape: Sequence[int], name: str) -> BadData:
    return BadData(
        f"{name} has the shape {format_shape(shape)}, which is not one of samples. Save a table as "
        "(rows, columns), grey images as (images, height, width) and colour images as (images, "
        "height, width, 3).",
        code="array_shape",
    )


def to_table(array: np.ndarray, name: str, rows: int | None = None) -> Table:
    """Return the array as a table with one row per sample; `rows` is the number of labels.

    Raises BadData that names the place and the value of what cannot be read.
    """
    if is_vector(array.shape):
        return _column(array.reshape(-1), name)
    form = arrange(array.shape, rows, name)
    if array.dtype.kind not in NUMBERS:
        raise BadData(
            f"{name} contains values of type {array.dtype}, but inputs must be numbers. Convert "
            "the array and save it again.",
            code="array_type",
        )
    samples = np.moveaxis(array, form.axis, 0)
    width = samples[:1].size
    values = _numbers(samples, width, name)
    return Table(
        name,
        values,
        None,
        tuple(range(width)),
        range(1, len(values) + 1),
        shape=form.shape,
        channels=form.channels,
        is_array=True,
    )


def _column(array: np.ndarray, name: str) -> Table:
    """Return one column; integers stay exact, and text becomes words."""
    if array.dtype.kind in WORDS:
        words = [str(w.decode("utf-8", "replace") if isinstance(w, bytes) else w) for w in array]
        return text_column(np.array([word.strip() for word in words], object), name)
    if array.dtype.kind not in NUMBERS:
        raise BadData(
            f"{name} contains values of type {array.dtype}, but labels must be numbers or text. "
            "Convert the array and save it again.",
            code="array_type",
        )
    values = array.astype(array.dtype.newbyteorder("="))[:, None]
    _check_finite(values, name, 0)
    if array.dtype.kind != "f":
        small = values.min() >= 0 and values.max() <= 255
        exact = np.uint8 if small else np.uint64 if values.max() > 2**63 - 1 else np.int64
        values = values.astype(exact)
    rows = range(1, len(values) + 1)
    return Table(name, np.ascontiguousarray(values), None, (0,), rows, is_array=True)


def text_column(cells: np.ndarray, name: str) -> Table:
    """Return a table whose only column are these texts, (N,) str."""
    values, rows = np.empty((len(cells), 0), np.uint8), range(1, len(cells) + 1)
    return Table(name, values, None, (), rows, {0: cells}, is_array=True)


def _numbers(samples: np.ndarray, width: int, name: str) -> np.ndarray:
    """Return (N, …) as (N, width): uint8 if all values fit, else float32, or float64 if narrow."""
    if samples.dtype == np.uint8 and samples.flags.c_contiguous:
        return samples.reshape(len(samples), width)
    whole_bytes = samples.dtype.kind == "b" or (
        samples.dtype.kind in "ui" and samples.min() >= 0 and samples.max() <= 255
    )
    dtype = np.uint8 if whole_bytes else np.float64 if width <= NARROW else np.float32
    done = 0

    def convert(rows: np.ndarray) -> np.ndarray:
        nonlocal done
        flat = rows.reshape(len(rows), width)
        with np.errstate(over="ignore"):
            converted = flat.astype(dtype)
        if dtype != np.uint8:
            _check_finite(converted, name, done)
        done += len(rows)
        return converted

    return map_rows(samples, convert)


def _check_finite(values: np.ndarray, name: str, start: int) -> None:
    """Raise BadData for the first value of (n, F) that is missing, infinite or too large."""
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return
    row, column = np.argwhere(~np.isfinite(values))[0]
    value = values[row, column]
    what = "is missing (NaN)" if np.isnan(value) else "is infinite or too large"
    raise BadData(
        f"{name}, row {whole(start + row + 1)}, column {whole(column + 1)} {what}. Every sample "
        "needs a number there: replace the value or remove the row, and save the array again.",
        code="not_finite",
    )
