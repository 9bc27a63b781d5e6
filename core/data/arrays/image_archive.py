"""Image archive: a ZIP or tar archive of images. The folder of an image is its class.

cats/1.png  dogs/1.png
train/cats/1.png  test/dogs/1.png       with parts of the data
1.png  2.png  labels.csv                with a table of file names
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import PurePosixPath

import numpy as np

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.numbers import whole
from core.base.text import clip, counted, few
from core.data.arrays.contents import ORDER, Contents, Part, join_parts, take_rows
from core.data.arrays.image_decoding import SUFFIXES, ImageFile
from core.data.arrays.image_files import decode_images
from core.data.arrays.named_images import match_names
from core.data.arrays.packed import PackedFile
from core.data.arrays.roles import PARTS
from core.data.arrays.tables import text_column
from core.data.reading import Reading
from core.data.spreadsheet.archive import is_table
from core.data.spreadsheet.chunks import ReadProgress
from core.data.spreadsheet.decoding import DAMAGE
from core.data.spreadsheet.table import Table, read_table

LARGEST_FILE = 64 * 2**20  # bytes of one image file
LARGEST_TABLE = 64 * 2**20  # bytes of the table beside the images
_BEGINNING = re.compile(r"([^\W\d_]+)[\W\d_]*\d")  # of cat.0.jpg, dog_12.png
_DOCUMENT = ("[Content_Types].xml", "mimetype")  # members of office documents


def has_images(members: Sequence[PackedFile]) -> bool:
    """Whether an archive has image files and is no office document, which may contain some."""
    is_document = any(member.name in _DOCUMENT for member in members)
    return not is_document and any(map(_is_image, members))


def _is_image(member: PackedFile) -> bool:
    return member.suffix in SUFFIXES


def read_image_archive(
    members: Sequence[PackedFile], name: str, reading: Reading, progress: ReadProgress | None = None
) -> Contents:
    """Return the images with the labels that their folders or a table beside them give.

    Raises BadData.
    """
    images = [member for member in members if _is_image(member)]
    check_members(images, name)
    files = [ImageFile(member.name, member.open) for member in images]
    table, indices = decode_images(files, name, reading.shape, progress)
    table = replace(table, notes=(*table.notes, *_count_others(members, images, name)))
    folders = [PurePosixPath(files[i].name).parts[:-1] for i in indices]
    tables = [member for member in members if is_table(member.name)]
    parts, classes = _classes(folders)
    if not any(classes):
        if tables:
            return _with_table(tables, table, name, reading)
        classes = _name_classes(table.files, parts)
    contents = {
        part: _part(table, classes, [i for i, p in enumerate(parts) if p == part], name)
        for part in sorted(set(parts), key=ORDER.index)
    }
    return join_parts(contents, name)


def check_members(images: Sequence[PackedFile], name: str) -> None:
    """Raise BadData for encrypted members and for members that unpack to too many bytes."""
    if any(member.is_encrypted for member in images):
        raise BadData(
            f"{name} is protected by a password. Create it without one.", code="password_protected"
        )
    for member in images:
        if member.size > LARGEST_FILE:
            raise BadData(
                f"{name}, {clip(member.name)} unpacks to {whole(member.size / 2**20)} "
                f"MB, but at most {LARGEST_FILE >> 20} MB are supported. Remove it.",
                code="image_too_large",
            )


def _count_others(
    members: Sequence[PackedFile], images: Sequence[PackedFile], name: str
) -> list[Finding]:
    others = [m for m in members if not _is_image(m) and not is_table(m.name)]
    if not others:
        return []
    text = (
        f"{counted(len(others), 'file')} in {name} are no images and are not read: "
        f"{few([member.name for member in others])}. Images are read as {few(SUFFIXES)}."
    )
    return [Finding("other_files", "info", text, {"files": len(others), "images": len(images)})]


def _classes(folders: Sequence[tuple[str, ...]]) -> tuple[list[str], list[str]]:
    """Return part and class of each image by its folders; "" where it has none.

    Folders that contain everything are ignored, such as the name of the dataset.
    """
    levels = takewhile(lambda level: len(set(level)) == 1, zip(*folders, strict=False))
    common = len(list(levels))
    inner = [(*folder[common:], "", "")[:2] for folder in folders]
    parts = {first: _part_name(first) for first, _ in inner}
    if all(parts.values()):
        return [parts[first] for first, _ in inner], [second for _, second in inner]
    return [""] * len(inner), [first for first, _ in inner]


def _part_name(folder: str) -> str:
    """Return the part of the data if the whole name of a folder says so."""
    folder = folder.lower().removesuffix("_set").removesuffix("set")
    return next((part for part, pattern in PARTS if pattern.fullmatch(folder)), "")


def _part(table: Table, classes: Sequence[str], rows: list[int], name: str) -> Part:
    """Return the images (rows of the table) and labels of one part, without unlabelled images."""
    labelled = [i for i in rows if classes[i]] or rows
    inputs = take_rows(table, labelled)
    if not classes[labelled[0]]:
        return inputs, None
    if len(labelled) < len(rows):
        text = (
            f"{counted(len(rows) - len(labelled), 'image')} in no folder of a class are left out."
        )
        note = Finding("unlabelled_images", "warn", text, {"images": len(rows) - len(labelled)})
        inputs = replace(inputs, notes=(*inputs.notes, note))
    cells = np.array([classes[i] for i in labelled], object)
    counts = Counter(cells)
    text = f"The folder of an image is its class: {few(sorted(counts))}."
    if classes[labelled[0]] not in PurePosixPath(inputs.files[0]).parts:
        text = f"The name of an image begins with its class: {few(sorted(counts))}."
    note = Finding("label_folders", "ok", text, {"classes": dict(sorted(counts.items()))})
    return replace(inputs, notes=(*inputs.notes, note)), text_column(cells, name)


def _name_classes(files: Sequence[str], parts: Sequence[str]) -> list[str]:
    """Return the word with which the names of training images begin, as in cat.0.jpg.

    It is a class if it is not the same for all images and none is rare.
    """
    matches = [_BEGINNING.match(PurePosixPath(file).name) for file in files]
    words = [
        match[1] if match and part != "test" else ""
        for match, part in zip(matches, parts, strict=True)
    ]
    counts = Counter(word for word, part in zip(words, parts, strict=True) if part != "test")
    unclear = "" in counts or len(counts) < 2 or min(counts.values()) < 2
    return [""] * len(files) if unclear else words


def _with_table(
    tables: Sequence[PackedFile],
    images: Table,
    name: str,
    reading: Reading,
) -> Contents:
    """Return the images with the table in the archive that names them; one for training first.

    Raises BadData if no table names them.
    """
    first_error = None
    for member in sorted(tables, key=lambda member: "train" not in member.name.lower()):
        shown = f"{name} ({clip(member.name)})"
        if member.size > LARGEST_TABLE:
            continue
        try:
            with member.open() as stream:
                table = read_table(stream.read(), shown, reading.header, reading.sheet)
            return Contents(*match_names(images, table))
        except BadData as error:
            first_error = first_error or error
        except DAMAGE as error:
            raise BadData(
                f"{shown} is damaged ({clip(str(error))}). Create the file again.",
                code="damaged_archive",
            ) from None
    if first_error:
        raise first_error
    return Contents(images)
