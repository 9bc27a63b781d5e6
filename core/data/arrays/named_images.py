"""Named images: join a table with a column of file names to the images of these names."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.numbers import whole
from core.base.text import clip, counted
from core.data.arrays.contents import take_rows
from core.data.arrays.image_decoding import SUFFIXES
from core.data.spreadsheet.grid import column_name
from core.data.spreadsheet.table import Table

FILE_NAMES = 0.9  # fraction of cells that are names of image files in a column of such names
MATCHED = 0.5  # fraction of known names from which a column is one of file names
_FILE_NAME = re.compile(rf".*[^/\\]({'|'.join(map(re.escape, SUFFIXES))}|\.dcm|\.npy)", re.I)


def file_name_column(table: Table) -> int | None:
    """Return the text column whose cells are nearly all names of image files, if there is one."""
    for column, cells in table.words.items():
        names = sum(bool(_FILE_NAME.fullmatch(str(cell).strip())) for cell in cells)
        if names >= FILE_NAMES * len(cells):
            return column
    return None


def refuse_file_names(table: Table) -> None:
    """Raise BadData for a table that has file names in place of the images.

    A table with other columns of numbers, besides one that may be the label, has inputs without
    the images.
    """
    column = file_name_column(table)
    if column is None or len(table.columns) > 1:
        return
    place = column_name(column, table.sheet_column)
    raise BadData(
        f"{table.name}, {place} contains the names of image files, such as "
        f"{clip(str(table.words[column][0]))!r}, but not the images. Pack the images in a ZIP "
        "file, and choose it together with this file: one as the inputs, the other as the labels.",
        code="images_not_in_file",
    )


def match_names(images: Table, table: Table) -> tuple[Table, Table]:
    """Return the images in the order of the table, and the table without the column of names.

    Names match with or without folders and endings. Raises BadData if no column names the images,
    if a named image is missing, and if the table has no other column.
    """
    index = _index(images.files)
    best, rows = None, []
    for column in range(table.width):
        names = _names(table, column)
        matched = [_find(index, name) for name in names]
        if sum(row is not None for row in matched) > sum(row is not None for row in rows):
            best, rows = column, matched
    if best is None or sum(row is not None for row in rows) < MATCHED * len(rows):
        raise BadData(
            f"{table.name} has no column with the names of the images in {images.name}, such as "
            f"{clip(PurePosixPath(images.files[0]).name)!r}. Add a column with the file name of "
            "each row's image.",
            code="file_names_missing",
        )
    if table.width == 1:
        raise BadData(
            f"{table.name} contains only the names of the images. Add a column with their labels.",
            code="labels_missing",
        )
    place = column_name(best, table.sheet_column)
    if None in rows:
        row = rows.index(None)
        raise BadData(
            f"{table.name}, row {table.row_numbers[row]}, {place} names the image "
            f"{clip(_names(table, best)[row])!r}, which {images.name} does not contain or which "
            f"cannot be read; {counted(rows.count(None), 'image')} of {whole(len(rows))} are "
            "missing. Add the images, or remove these rows.",
            code="image_missing",
        )
    text = f"Images are matched by the file names in {place} of {table.name}."
    evidence = {"column": best + 1, "rows": len(rows), "images": len(images)}
    if unused := len(images) - len(set(rows)):
        text += f" {counted(unused, 'image')} of {whole(len(images))} are not named and left out."
    chosen = take_rows(images, rows)
    note = Finding("file_names", "info" if unused else "ok", text, evidence)
    return replace(chosen, notes=(*chosen.notes, note)), _without_column(table, best)


def _index(files: Sequence[str]) -> dict[str, int]:
    """Return the row of each name: the path, and its shorter forms where only one image has it."""
    index: dict[str, int] = {}
    repeated: set[str] = set()
    for row, file in enumerate(files):
        for key in {_key(file), _key(PurePosixPath(file).name)}:
            if index.setdefault(key, row) != row:
                repeated.add(key)
    paths = Counter(map(_key, files))
    unique = {key for key, count in paths.items() if count == 1}
    return {k: row for k, row in index.items() if k in unique or k not in repeated | paths.keys()}


def _find(index: Mapping[str, int], name: str) -> int | None:
    """Return the row of a name, or of its last part, as the table may name other folders."""
    row = index.get(_key(name))
    return index.get(_key(PurePosixPath(name.replace("\\", "/")).name)) if row is None else row


def _key(name: str) -> str:
    """Return a name as it is compared: without the ending of images, in lower case."""
    path = name.strip().replace("\\", "/").removeprefix("./").lower()
    suffix = PurePosixPath(path).suffix
    return path.removesuffix(suffix) if suffix in SUFFIXES else path


def _names(table: Table, column: int) -> list[str]:
    if column in table.words:
        return [str(cell) for cell in table.words[column]]
    if column in table.exact:  # with leading zeros, as 007
        return [str(cell) for cell in table.exact[column]]
    values = table.numbers(column).tolist()
    return [f"{value:.15g}" for value in values]


def _without_column(table: Table, column: int) -> Table:
    """Return the table without a column; the later ones are numbered anew."""
    kept = [i for i, c in enumerate(table.columns) if c != column]
    renumbered = {c: c - (c > column) for c in range(table.width)}
    header = table.header
    return replace(
        table,
        values=np.ascontiguousarray(table.values[:, kept]),
        columns=tuple(renumbered[table.columns[i]] for i in kept),
        words={renumbered[c]: cells for c, cells in table.words.items() if c != column},
        header=header and (*header[:column], *header[column + 1 :]),
        sheet_column=None,
    )
