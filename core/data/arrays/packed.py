"""Packed files: the members of a ZIP or tar archive, read in place.

Nothing is extracted: the path of a member never becomes a path on disk, and links and devices in a
tar archive are not followed.
"""

import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from core.base.errors import BadData
from core.base.numbers import whole
from core.base.text import clip
from core.data.spreadsheet.archive import content_members, is_hidden
from core.data.spreadsheet.decoding import DAMAGE

TAR, TAR_PLACE = b"ustar", 257  # the mark of a tar archive, and where its first header has it
BLOCK = 512  # bytes of a tar header, and what the size of a member is rounded up to
EXTENSIONS = (b"x", b"g", b"L", b"K")  # types of headers whose content tarfile loads whole …
MOST_EXTENSION = 2**16  # … and the bytes that long names need


@dataclass(frozen=True)
class PackedFile:
    """A member that can be opened repeatedly: its path in the archive, and its unpacked bytes."""

    name: str
    size: int
    open: Callable[[], BinaryIO]
    is_encrypted: bool = False

    @property
    def suffix(self) -> str:
        """The ending of its name in lower case, with the dot."""
        return PurePosixPath(self.name).suffix.lower()


def files_of_zip(opened: zipfile.ZipFile) -> list[PackedFile]:
    """Return the members of a ZIP file, without folders and hidden files."""
    return [
        PackedFile(
            _path(member.filename),
            member.file_size,
            lambda member=member: opened.open(member),
            is_encrypted=bool(member.flag_bits & 1),
        )
        for member in content_members(opened)
    ]


def is_tar(head: bytes) -> bool:
    """Whether the first bytes are those of a tar archive."""
    return head[TAR_PLACE:].startswith(TAR)


def files_of_tar(file: BinaryIO, name: str, most: int) -> list[PackedFile]:
    """Return the regular files of a tar archive, without hidden ones.

    They can be opened while `file` is open. Raises BadData if the archive is damaged, or has more
    than `most` members.
    """
    _check_headers(file, name, most)
    file.seek(0)
    try:
        opened = tarfile.open(fileobj=file, mode="r:")  # noqa: SIM115 - `file` is the caller's
        members = [member for member in opened if member.isreg() and not is_hidden(member.name)]
    except (tarfile.TarError, *DAMAGE) as error:
        raise _damaged(name, str(error)) from None
    return [PackedFile(_path(m.name), m.size, lambda m=m: opened.extractfile(m)) for m in members]


def _check_headers(file: BinaryIO, name: str, most: int) -> None:
    """Raise BadData for too many members, and for headers that would fill the memory."""
    position, count, end = 0, 0, file.seek(0, 2)
    while position + BLOCK <= end:
        file.seek(position)
        header = file.read(BLOCK)
        if not header.strip(b"\0"):
            return
        try:
            info = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        except tarfile.TarError as error:
            raise _damaged(name, str(error)) from None
        if info.size < 0 or (info.type in EXTENSIONS and info.size > MOST_EXTENSION):
            raise _damaged(name, "a header is too long")
        if info.type == tarfile.GNUTYPE_SPARSE:
            raise _damaged(name, "it has sparse files")
        count += 1
        if count > most:
            raise BadData(
                f"{name} contains more than {whole(most)} files, but at most {whole(most)} are "
                "supported. Pack only the files that you need.",
                code="too_many_members",
            )
        content = info.size if info.isreg() or info.type in EXTENSIONS else 0
        position += BLOCK + -(-content // BLOCK) * BLOCK


def _damaged(name: str, detail: str) -> BadData:
    return BadData(
        f"{name} is a damaged tar archive ({clip(detail)}). Create or download it again.",
        code="damaged_archive",
    )


def _path(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./")
