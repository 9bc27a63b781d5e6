"""Source: from a file of any supported format to the text of its one table.

Unpacks gzip and ZIP, converts encodings, and extracts a sheet of XLSX and ODS files.
"""

import gzip
import io
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from core.base.errors import BadData, NotFound
from core.base.finding import Action, Finding
from core.base.text import clip
from core.data.spreadsheet import decoding
from core.data.spreadsheet.archive import is_workbook, member_name, only_table, open_archive
from core.data.spreadsheet.decoding import LEGACY, Unpacked, decoded
from core.data.spreadsheet.encodings import ENCODINGS, rank_encodings
from core.data.spreadsheet.formats import GZIP, OLE, ZIP, old_office, refuse
from core.data.spreadsheet.header import LABEL_NAMES
from core.data.spreadsheet.workbook import open_sheet

EXAMPLES = 20  # words of which one is shown for an encoding

Source = Path | bytes
Opener = Callable[[], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True)
class Text:
    """The text of one table, which can be opened repeatedly while its source is open.

    `name` appears in messages, `notes` report conversions. `sheet_column` is the first column of a
    workbook's sheet, from 0, and None for plain text. `delimiter` is empty where it is to be found.
    `fallback` is the encoding that was chosen for text that is not UTF-8, empty to find it.
    """

    name: str
    raw: Opener
    size: int = 0
    notes: tuple[Finding, ...] = ()
    encoding: str | None = None
    sheet_column: int | None = None
    delimiter: str = ""
    fallback: str = ""

    @contextmanager
    def open(self) -> Iterator[io.BufferedReader]:
        """Open as UTF-8 without a byte order mark. Raises BadData if it is not text."""
        with self.raw() as file:
            yield decoded(file, self.name, self.encoding)

    def legacy(self) -> "Text":
        """Return the same text in the encoding that was chosen, or the likeliest one, because it is
        not UTF-8.
        """
        with self.raw() as file:
            words = rank_encodings(iter(partial(file.read, 1 << 20), b""))
        encoding = self.fallback or next(iter(words), LEGACY)
        own = words.get(encoding, [])
        example = f" (such as {clip(max(own[:EXAMPLES], key=len))!r})" if own else ""
        text = (
            f"{self.name} is not UTF-8 and was read as {ENCODINGS[encoding].label}{example}. Check "
            "words with accents or other letters, choose another encoding, or save the file as CSV "
            "(UTF-8)."
        )
        action = None
        for other, theirs in words.items() if own else ():
            differing = set(theirs[:EXAMPLES]) - set(own)
            if other != encoding and differing and action is None:
                word = max(sorted(differing), key=len)
                short = ENCODINGS[other].label.rpartition("(")[2].rstrip(")")
                text += f" In {short}, it contains {clip(word)!r}."
                action = Action(f"Read as {short}", {"encoding": other})
        note = Finding("legacy_encoding", "info", text, {"encoding": encoding}, action)
        return replace(self, encoding=encoding, notes=(*self.notes, note))


@contextmanager
def open_source(source: Source, name: str) -> Iterator[BinaryIO]:
    """Open the bytes as they are stored. Raises NotFound if the file cannot be opened."""
    if not isinstance(source, Path):
        yield io.BufferedReader(io.BytesIO(source))
        return
    try:
        file = source.open("rb")
    except OSError as error:
        raise NotFound(
            f"{clip(name)} cannot be opened ({error.strerror}). Check the path.",
            code="file_not_found",
        ) from None
    with file:
        yield file


@contextmanager
def open_text(source: Source, name: str, sheet: str = "", encoding: str = "") -> Iterator[Text]:
    """Open the text of the table in a file of any supported format; `sheet` selects one of several.
    `encoding` is that of text that is not UTF-8, empty to find it.

    Raises BadData, NotFound, Unavailable.
    """
    name = clip(name)
    with open_source(source, name) as file:
        head = file.read(4096)
        file.seek(0)
        if head.startswith(ZIP):
            with _from_zip(file, name, sheet) as text:
                yield replace(text, fallback=encoding)
            return
        if head.startswith(OLE):
            raise old_office(file, name)
        gz = head.startswith(GZIP)

        @contextmanager
        def raw() -> Iterator[BinaryIO]:
            file.seek(0)
            yield _unpacked(gzip.GzipFile(fileobj=file), name, "gzip") if gz else file

        yield replace(_plain(raw, name), size=_size(file, gz), fallback=encoding)


@contextmanager
def _from_zip(file: BinaryIO, name: str, sheet: str) -> Iterator[Text]:
    """Open a workbook, or the one table in an archive, which may be a workbook or a .gz."""
    with open_archive(file, name) as parts:
        if is_workbook(parts, name):
            with _from_workbook(file, parts, name, sheet) as text:
                yield text
            return
        member = only_table(parts, name)
        inner, notes = f"{name} ({member_name(member.filename)})", ()
        if len(parts.infolist()) > 1:
            text = f"{member_name(member.filename)} was read from {name}."
            evidence = {"members": len(parts.infolist())}
            notes = (Finding("archive_member", "info", text, evidence),)

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
            with open_archive(copy, inner) as nested:
                if not is_workbook(nested, inner):
                    raise BadData(
                        f"{inner} is a ZIP file inside a ZIP file. Unpack the outer one.",
                        code="nested_archive",
                    )
                with _from_workbook(copy, nested, inner, sheet) as text:
                    yield replace(text, notes=(*notes, *text.notes))


@contextmanager
def _from_workbook(
    file: BinaryIO, parts: zipfile.ZipFile, name: str, wanted: str
) -> Iterator[Text]:
    with open_sheet(file, parts, name, wanted) as sheet:

        @contextmanager
        def raw() -> Iterator[BinaryIO]:
            sheet.file.seek(0)
            yield sheet.file

        notes = ()
        if sheet.others:
            others = clip(", ".join(repr(other) for other in sheet.others))
            earlier, why = sheet.instead_of
            missing = {"text": "has no numbers", "rows": "has far fewer rows"}.get(why)
            reason = "" if wanted else ", the first one with values"
            reason = f", because sheet {clip(earlier)!r} {missing}" if missing else reason
            message = (
                f"Sheet {clip(sheet.name)!r} of {name} was read{reason}. Other sheets: {others}."
            )
            evidence = {"sheet": sheet.name, "others": list(sheet.others)}
            others = (earlier, *(o for o in sheet.others if o != earlier)) if earlier else ()
            action = _other_sheet(sheet.others) or _other_sheet(others[:1])
            notes = (Finding("sheet", "info", message, evidence, action),)
            name = f"{name} (sheet {clip(sheet.name)!r})"
        size = _size(sheet.file)
        yield Text(name, raw, size, notes, sheet_column=sheet.column, delimiter=",")


def _other_sheet(others: Sequence[str]) -> Action | None:
    """Offer the sheet whose name promises labels, or the only other one."""
    for name in others:
        if set(re.split(r"[\W_]+", name.lower())) & {*LABEL_NAMES, "y"}:
            return Action(f"Read labels from sheet {clip(name)!r}", {"label_sheet": name})
    if len(others) == 1:
        return Action(f"Read sheet {clip(others[0])!r} instead", {"sheet": others[0]})
    return None


@contextmanager
def _member(
    parts: zipfile.ZipFile, member: zipfile.ZipInfo, name: str
) -> Iterator[io.BufferedReader]:
    try:
        file = parts.open(member)
    except decoding.DAMAGE as error:
        raise BadData(
            f"{name} is a damaged ZIP file ({clip(str(error))}). Create or download it again.",
            code="damaged_archive",
        ) from None
    with file:
        yield _unpacked(file, name, "ZIP")


def _unpacked(file: BinaryIO, name: str, kind: str) -> io.BufferedReader:
    return io.BufferedReader(Unpacked(file, name, kind), 1 << 18)


def _size(file: BinaryIO, gz: bool = False) -> int:
    """Return the bytes of text; gzip stores them in its last four bytes, modulo 4 GB."""
    size = file.seek(0, io.SEEK_END)
    if not gz or size < 4:
        return size
    file.seek(-4, io.SEEK_END)
    return int.from_bytes(file.read(4), "little")


def _plain(raw: Opener, name: str) -> Text:
    """Return the text, checked by its first bytes. Raises BadData for other known formats."""
    with raw() as file:
        head = file.peek(4096)
    refuse(head, name)
    return Text(name, raw)
