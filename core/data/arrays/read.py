"""Read: recognize the format of a file by its first bytes, and return its tables.

Files of arrays, Parquet, and archives of arrays or images are read in this package, every other
file in `core.data.spreadsheet`.
"""

import gzip
import zipfile
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import BinaryIO

import numpy as np

from core.base.errors import BadData
from core.base.text import clip, few
from core.data.arrays import matlab, npy
from core.data.arrays.class_arrays import read_class_arrays
from core.data.arrays.contents import Contents, join_parts
from core.data.arrays.hex_pixels import read_hexadecimals
from core.data.arrays.idx import is_idx, read_idx
from core.data.arrays.image_archive import has_images, read_image_archive
from core.data.arrays.packed import files_of_tar, files_of_zip, is_tar
from core.data.arrays.parquet import MAGIC as PARQUET
from core.data.arrays.parquet import read_parquet
from core.data.arrays.pixel_text import split_pixels
from core.data.arrays.roles import choose
from core.data.arrays.storage import unpack
from core.data.reading import Reading
from core.data.spreadsheet.archive import content_members, open_archive
from core.data.spreadsheet.chunks import ReadProgress
from core.data.spreadsheet.decoding import DAMAGE
from core.data.spreadsheet.formats import GZIP, ZIP
from core.data.spreadsheet.source import Source, open_source
from core.data.spreadsheet.table import read_table

HEAD = 512  # bytes by which a format is recognized
MOST_MEMBERS = 200_000  # files in an archive of images
MOST_ARRAYS = 100  # files of arrays in an archive
ReadArrays = Callable[[BinaryIO, str], dict[str, np.ndarray]]


def read_contents(
    source: Source, name: str, reading: Reading, progress: ReadProgress | None = None
) -> Contents:
    """Read a file of any supported format; `progress` receives the fraction read.

    Raises BadData that names the place and the remedy, NotFound, Unavailable.
    """
    shown = clip(name)
    with open_source(source, shown) as file:
        head = file.read(HEAD)
        file.seek(0)
        if head.startswith(ZIP):
            with open_archive(file, shown, MOST_MEMBERS) as opened:
                contents = _read_archive(opened, shown, reading, progress)
        elif head.startswith(GZIP):
            contents = _read_gzip(file, shown, reading, progress)
        else:
            contents = _read_file(file, head, shown, reading, progress)
    if contents is not None:
        return contents
    table = read_table(
        source,
        name,
        reading.header,
        reading.sheet,
        progress,
        _label_title(reading),
        decimal={"auto": "", "point": ".", "comma": ","}[reading.decimal],
        turn=reading.turn_sheet,
        encoding="" if reading.encoding == "auto" else reading.encoding,
        keep_words=reading.na_words == "text",
    )
    return Contents(split_pixels(read_hexadecimals(table), reading))


def _label_title(reading: Reading) -> str:
    """Return the title of the chosen label column, so that its cells are read exactly."""
    roles = {choice.role: title for title, choice in reading.columns.items()}
    return roles.get("label", reading.label_column)


def _read_file(
    file: BinaryIO, head: bytes, name: str, reading: Reading, progress: ReadProgress | None
) -> Contents | None:
    """Return the contents of a file with these first bytes, None for a spreadsheet."""
    if head.startswith(PARQUET):
        return read_parquet(file, name, reading, progress)
    if is_tar(head):
        return _read_tar(file, name, reading, progress)
    read_arrays = _reader(head)
    return _choose(read_arrays(file, name), name, reading) if read_arrays else None


def _choose(arrays: dict[str, np.ndarray], name: str, reading: Reading) -> Contents:
    """Return the contents of a file with these arrays."""
    found = read_class_arrays(arrays, name) if len(arrays) > 1 and not reading.sheet else None
    if found is None:
        return choose(arrays, name, reading)
    parts, finding = found
    return join_parts(parts, name, finding)


def _reader(head: bytes) -> ReadArrays | None:
    """Return the reader of a file of arrays with these first bytes, None for other files."""
    if is_idx(head):
        return lambda file, name: {name: read_idx(file, name)}
    if head.startswith(npy.MAGIC):
        return lambda file, name: {name: npy.read_npy(file, name)}
    return matlab.read_mat if head.startswith(matlab.MAGIC) else None


def _read_gzip(
    file: BinaryIO, name: str, reading: Reading, progress: ReadProgress | None
) -> Contents | None:
    with gzip.GzipFile(fileobj=file) as stream:
        try:
            head = stream.read(HEAD)
            stream.seek(0)
        except DAMAGE:
            return None
        if not head.startswith(PARQUET) and not is_tar(head) and _reader(head) is None:
            return None
        with unpack(stream, name, "gzip") as unpacked:
            return _read_file(unpacked, head, name, reading, progress)


def _read_tar(
    file: BinaryIO, name: str, reading: Reading, progress: ReadProgress | None
) -> Contents:
    """Return the images of a tar archive. Raises BadData if it has none."""
    members = files_of_tar(file, name, MOST_MEMBERS)
    if has_images(members):
        return read_image_archive(members, name, reading, progress)
    content = f"only {few([member.name for member in members[:5]])}" if members else "no files"
    raise BadData(
        f"{name} is a tar archive with {content}, but no images, and only images are read from tar "
        "archives. Upload the table or the arrays directly, or pack them in a ZIP file.",
        code="no_images_in_archive",
    )


def _read_archive(
    opened: zipfile.ZipFile, name: str, reading: Reading, progress: ReadProgress | None
) -> Contents | None:
    """Return the contents of an archive of images, an .npz file, or a ZIP file of arrays."""
    members = files_of_zip(opened)
    if has_images(members):
        return read_image_archive(members, name, reading, progress)
    arrays: dict[str, np.ndarray] = {}
    for member in content_members(opened)[:MOST_ARRAYS]:
        shown = f"{name} ({clip(member.filename)})"
        try:
            head = _unpacked_head(opened, member)
        except DAMAGE:
            continue
        read_arrays = _reader(head)
        if not read_arrays and not head.startswith(PARQUET):
            continue
        with _open_member(opened, member) as stream, unpack(stream, shown, "ZIP") as unpacked:
            if not read_arrays:
                return read_parquet(unpacked, shown, reading, progress)
            content = read_arrays(unpacked, shown)
        stem = PurePosixPath(member.filename.removesuffix(".gz")).stem
        arrays |= {stem if key == shown else key: array for key, array in content.items()}
    return _choose(arrays, name, reading) if arrays else None


def _unpacked_head(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with _open_member(opened, member) as stream:
        return stream.read(HEAD)


def _open_member(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> BinaryIO:
    """Open a member, which may itself be compressed by gzip."""
    stream = opened.open(member)
    compressed = stream.peek(2).startswith(GZIP)
    return gzip.GzipFile(fileobj=stream) if compressed else stream
