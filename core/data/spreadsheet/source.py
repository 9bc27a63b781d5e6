"""Source: from a file as it was given to the text of its one table; what is none is named.

Undoes gzip and ZIP, other encodings and the sheets of XLSX and ODS. Knows nothing of values.
"""

import gzip
import io
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from core.base.errors import BadData, NotFound
from core.base.text import clip
from core.data.spreadsheet import decoding
from core.data.spreadsheet.archive import archive, base, is_workbook, only_table
from core.data.spreadsheet.decoding import LEGACY, Unpacked, decoded
from core.data.spreadsheet.formats import GZIP, OLE, ZIP, old_office, refuse
from core.data.spreadsheet.workbook import sheet_of

Source = Path | bytes
Opener = Callable[[], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True)
class Text:
    """The text of one table, which can be opened more than once while its source is open.

    `name` stands in messages, `notes` tell what was undone. `sheet_column` is the first column of
    a workbook's sheet, from 0, and None for plain text; a sheet's delimiter is the comma.
    """

    name: str
    raw: Opener
    size: int = 0
    notes: tuple[str, ...] = ()
    encoding: str | None = None
    sheet_column: int | None = None

    @contextmanager
    def open(self) -> Iterator[io.BufferedReader]:
        """UTF-8 without mark. BadData where it is no text."""
        with self.raw() as file:
            yield decoded(file, self.name, self.encoding)

    def legacy(self) -> "Text":
        """The same, read as Windows-1252, for a text that turned out not to be UTF-8."""
        said = f"{self.name} is not UTF-8 and was read as Windows-1252: check words with accents."
        return replace(self, encoding=LEGACY, notes=(*self.notes, said))


@contextmanager
def packed(source: Source, name: str) -> Iterator[BinaryIO]:
    """The bytes as they lie there. NotFound where a path leads to no file."""
    if not isinstance(source, Path):
        yield io.BufferedReader(io.BytesIO(source))
        return
    try:
        file = source.open("rb")
    except OSError as error:
        raise NotFound(
            f"{clip(name)} cannot be opened ({error.strerror}): check the path."
        ) from None
    with file:
        yield file


@contextmanager
def opened(source: Source, name: str, sheet: str = "") -> Iterator[Text]:
    """The text of the table in a file of any form; `sheet` names the one of several.

    Raises BadData, NotFound, Unavailable.
    """
    name = clip(name)
    with packed(source, name) as file:
        head = file.read(4096)
        file.seek(0)
        if head.startswith(ZIP):
            with _from_zip(file, name, sheet) as text:
                yield text
            return
        if head.startswith(OLE):
            raise old_office(file, name)
        gz = head.startswith(GZIP)

        @contextmanager
        def raw() -> Iterator[BinaryIO]:
            file.seek(0)
            yield _unpacked(gzip.GzipFile(fileobj=file), name, "gzip") if gz else file

        yield replace(_plain(raw, name), size=_size(file, gz))


@contextmanager
def _from_zip(file: BinaryIO, name: str, sheet: str) -> Iterator[Text]:
    """A workbook, or the one table in an archive, which may itself be a workbook or a .gz."""
    with archive(file, name) as parts:
        if is_workbook(parts, name):
            with _from_workbook(file, parts, name, sheet) as text:
                yield text
            return
        member = only_table(parts, name)
        inner, notes = f"{name} ({base(member.filename)})", ()
        if len(parts.infolist()) > 1:
            notes = (f"{base(member.filename)} was read from {name}.",)

        @contextmanager
        def raw() -> Iterator[BinaryIO]:
            with _member(parts, member, inner) as stream:
                if stream.peek(2).startswith(GZIP):
                    stream = _unpacked(gzip.GzipFile(fileobj=stream), inner, "gzip")
                yield stream

        with raw() as stream:
            head = stream.peek(4)
        if not head.startswith(ZIP):
            yield replace(_plain(raw, inner), notes=notes, size=member.file_size)
            return
        with tempfile.TemporaryFile() as copy, raw() as stream:
            shutil.copyfileobj(stream, copy)
            copy.seek(0)
            with archive(copy, inner) as nested:
                if not is_workbook(nested, inner):
                    raise BadData(f"{inner} is a ZIP file in a ZIP file: unpack the outer one.")
                with _from_workbook(copy, nested, inner, sheet) as text:
                    yield replace(text, notes=(*notes, *text.notes))


@contextmanager
def _from_workbook(
    file: BinaryIO, parts: zipfile.ZipFile, name: str, wanted: str
) -> Iterator[Text]:
    with sheet_of(file, parts, name, wanted) as sheet:

        @contextmanager
        def raw() -> Iterator[BinaryIO]:
            sheet.file.seek(0)
            yield sheet.file

        notes = ()
        if sheet.others:
            shown = f"{name} (sheet {clip(sheet.name)!r})"
            others = clip(", ".join(repr(other) for other in sheet.others))
            chosen = "is read" if wanted else "is the first with values and was read"
            notes = (f"Sheet {clip(sheet.name)!r} of {name} {chosen}; it also has {others}.",)
            name = shown
        yield Text(name, raw, _size(sheet.file), notes, sheet_column=sheet.column)


@contextmanager
def _member(
    parts: zipfile.ZipFile, member: zipfile.ZipInfo, name: str
) -> Iterator[io.BufferedReader]:
    try:
        file = parts.open(member)
    except decoding.DAMAGE as error:
        raise BadData(
            f"{name} is damaged ZIP ({clip(str(error))}): pack or download it again."
        ) from None
    with file:
        yield _unpacked(file, name, "ZIP")


def _unpacked(file: BinaryIO, name: str, kind: str) -> io.BufferedReader:
    return io.BufferedReader(Unpacked(file, name, kind), 1 << 18)


def _size(file: BinaryIO, gz: bool = False) -> int:
    """Bytes of text; gzip tells them in its last four, modulo 4 GB."""
    size = file.seek(0, io.SEEK_END)
    if not gz or size < 4:
        return size
    file.seek(-4, io.SEEK_END)
    return int.from_bytes(file.read(4), "little")


def _plain(raw: Opener, name: str) -> Text:
    """Text, checked by its first bytes. BadData for a known format that is no text."""
    with raw() as file:
        head = file.peek(4096)
    refuse(head, name)
    return Text(name, raw)
