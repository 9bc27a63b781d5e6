"""Parquet: a table, or a column of images as Hugging Face stores them.

A table becomes CSV text, as a sheet of a workbook does, so that both are read by the same rules.
"""

import io
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from core.base.errors import BadData
from core.base.numbers import whole
from core.base.text import clip, counted
from core.data.arrays.contents import Contents, take_rows
from core.data.arrays.image_decoding import ImageFile
from core.data.arrays.image_files import decode_images
from core.data.arrays.pixel_text import FEWEST, split_pixels
from core.data.reading import Reading
from core.data.spreadsheet.chunks import ReadProgress
from core.data.spreadsheet.source import Text
from core.data.spreadsheet.table import Table, read_text

MAGIC = b"PAR1"
MOST_COLUMNS = 20_000
MOST_BYTES = 2 * 2**30  # of all values
MOST_VALUES = 5 * 10**8  # rows × columns
LISTS = (pa.ListType, pa.LargeListType, pa.FixedSizeListType)
BATCH = 2**18  # values that are converted in one go


def read_parquet(
    file: BinaryIO, name: str, reading: Reading, progress: ReadProgress | None = None
) -> Contents:
    """Return the table, or images and labels. Raises BadData."""
    try:
        opened = pq.ParquetFile(file)
        _check_size(opened, name)
        columns = _columns(opened)
        images = next((c for c in columns if _is_image(opened.schema_arrow.field(c).type)), None)
        if images is not None:
            return _read_images(opened, images, columns, name, reading, progress)
        table = _read_table(opened, columns, name, reading, progress)
        return Contents(split_pixels(table, reading))
    except (pa.ArrowException, OSError) as error:
        raise BadData(
            f"{name} is a damaged Parquet file ({clip(str(error))}). Create or download it again.",
            code="damaged_array",
        ) from None


def _check_size(opened: pq.ParquetFile, name: str) -> None:
    facts = opened.metadata
    size = sum(facts.row_group(i).total_byte_size for i in range(facts.num_row_groups))
    values = facts.num_rows * facts.num_columns
    if facts.num_columns > MOST_COLUMNS or size > MOST_BYTES or values > MOST_VALUES:
        raise BadData(
            f"{name} has {counted(facts.num_rows, 'row')} and "
            f"{counted(facts.num_columns, 'column')} ({whole(size / 2**20)} MB), but at most "
            f"{whole(MOST_VALUES)} values in {whole(MOST_COLUMNS)} columns and "
            f"{whole(MOST_BYTES / 2**20)} MB are supported. Save a smaller table.",
            code="unpacks_too_large",
        )
    if not facts.num_rows:
        raise BadData(
            f"{name} has columns but no rows. Provide a file with one row per sample.",
            code="no_rows",
        )


def _columns(opened: pq.ParquetFile) -> list[str]:
    """Return the columns without the row numbers that pandas stores."""
    names = opened.schema_arrow.names
    return [name for name in names if not name.startswith("__index_level_")]


def _is_image(kind: pa.DataType) -> bool:
    """Whether a column has the bytes of files: binary, or a struct with "bytes"."""
    if pa.types.is_struct(kind):
        return kind.get_field_index("bytes") >= 0
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _read_table(
    opened: pq.ParquetFile,
    columns: list[str],
    name: str,
    reading: Reading,
    progress: ReadProgress | None = None,
) -> Table:
    """Return the table of these columns, read from its CSV text."""
    nested = [c for c in columns if pa.types.is_nested(opened.schema_arrow.field(c).type)]
    pixels = [c for c in nested if _is_list_of_numbers(opened.schema_arrow.field(c).type)]
    records = [c for c in nested if c not in pixels]
    if records:
        raise BadData(
            f"{name}, column {clip(records[0])!r} contains records or lists of text, but a table "
            "needs one value per cell. Save each value in a column, or save the arrays as .npy.",
            code="nested_column",
        )
    classes = _class_names(opened)
    with tempfile.TemporaryFile() as text:
        batches = opened.iter_batches(max(1, BATCH // len(columns)), columns=columns)
        for index, batch in enumerate(batches):
            table = pa.Table.from_batches([batch]).select(columns)
            for column in set(columns) & set(classes):
                named = _name_classes(table.column(column), classes[column])
                table = table.set_column(columns.index(column), column, named)
            for column in pixels:
                listed = _list_numbers(table.column(column), name, column)
                table = table.set_column(columns.index(column), column, listed)
            csv.write_csv(table, text, csv.WriteOptions(include_header=index == 0))

        @contextmanager
        def raw() -> Iterator[BinaryIO]:
            text.seek(0)
            yield text

        size = text.seek(0, io.SEEK_END)
        return read_text(Text(name, raw, size), "yes", progress, reading.label_column)


def _is_list_of_numbers(kind: pa.DataType) -> bool:
    """Whether cells are lists, or lists of lists, of numbers, as NumPy arrays are stored."""
    while isinstance(kind, LISTS):
        kind = kind.value_type
    return pa.types.is_integer(kind) or pa.types.is_floating(kind)


def _list_numbers(cells: pa.ChunkedArray, name: str, column: str) -> pa.ChunkedArray:
    """Return each list as text, "0 12 255", which becomes one column for each number.

    Raises BadData for lists that are too short to be told from other text.
    """
    texts = []
    for cell in cells.to_pylist():
        numbers = _flatten(cell or [])
        if cell is not None and len(numbers) < FEWEST:
            raise BadData(
                f"{name}, column {clip(column)!r} contains lists of "
                f"{counted(len(numbers), 'number')}, but only lists of at least {FEWEST} are read "
                "as pixels. Save each value in a column.",
                code="nested_column",
            )
        texts.append(" ".join(map(repr, numbers)))
    return pa.chunked_array([pa.array(texts, pa.string())])


def _flatten(cell: list) -> list:
    """Return the numbers of a list, which may contain lists."""
    if cell and isinstance(cell[0], list):
        return [number for part in cell for number in _flatten(part or [])]
    return cell


def _class_names(opened: pq.ParquetFile) -> dict[str, list[str]]:
    """Return the names of the classes of each label column, as Hugging Face stores them."""
    try:
        facts = json.loads(opened.schema_arrow.metadata[b"huggingface"])
        return {
            column: [str(name) for name in feature["names"]]
            for column, feature in facts["info"]["features"].items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        }
    except (TypeError, KeyError, ValueError, AttributeError):
        return {}


def _name_classes(labels: pa.ChunkedArray, names: list[str]) -> pa.ChunkedArray:
    """Return the names of labels 0, 1, …; unchanged if one of them has no name."""
    numbers = labels.to_pylist()
    if any(number is None or not 0 <= number < len(names) for number in numbers):
        return labels
    return pa.chunked_array([pa.array([names[number] for number in numbers])])


def _read_images(
    opened: pq.ParquetFile,
    column: str,
    columns: list[str],
    name: str,
    reading: Reading,
    progress: ReadProgress | None,
) -> Contents:
    """Return the images in a column, and the other columns as labels."""
    images = opened.read([column]).column(0)
    if pa.types.is_struct(images.type):
        images = pc.struct_field(images, "bytes")
    if images.null_count:
        raise BadData(
            f"{name}, column {clip(column)!r} has {counted(images.null_count, 'row')} without an "
            "image. Save the file again with the images in it.",
            code="image_missing",
        )

    def open_row(row: int) -> ImageFile:
        return ImageFile(f"row {row + 1}", lambda: io.BytesIO(images[row].as_py()))

    files = [open_row(row) for row in range(len(images))]
    table, rows = decode_images(files, name, reading.shape, progress)
    others = [c for c in columns if c != column]
    labels = take_rows(_read_table(opened, others, name, reading), rows) if others else None
    return Contents(replace(table, files=()), labels)
