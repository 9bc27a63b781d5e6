"""Archive: find the one table in a ZIP file, by the names and sizes of its members."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import BinaryIO

from core.base.errors import BadData
from core.base.numbers import whole
from core.base.text import clip
from core.data.spreadsheet.decoding import DAMAGE

TABLES = (".csv", ".tsv", ".txt", ".tab", ".gz", ".xlsx", ".ods")
SHOWN = 5  # names in a message
LOCAL_HEADER = b"PK\x03\x04"
MAX_MEMBERS = 10_000  # files in an archive; a longer list would take long to read

_DOCUMENTS = (  # a part that reveals another kind of document, its name, and how to convert it
    ("xl/workbook.bin", "a binary Excel workbook (XLSB)", "Save it as XLSX or CSV"),
    ("word/document.xml", "a Word document", "Save the table as CSV (UTF-8)"),
    ("ppt/presentation.xml", "a PowerPoint file", "Save the table as CSV (UTF-8)"),
    ("Index/Document.iwa", "an Apple document", "Export it as CSV or XLSX"),
)
_SHEETS = "application/vnd.oasis.opendocument.spreadsheet"


@contextmanager
def open_archive(file: BinaryIO, name: str, most: int = MAX_MEMBERS) -> Iterator[zipfile.ZipFile]:
    """Open a ZIP file. Raises BadData if it is damaged or has more than `most` members."""
    try:
        opened = zipfile.ZipFile(file)
    except DAMAGE as error:
        raise BadData(
            f"{name} is a damaged ZIP file ({clip(str(error))}). Create or download it again.",
            code="damaged_archive",
        ) from None
    with opened:
        if is_cut(opened):
            raise BadData(
                f"{name} is incomplete: its end is missing. Create or download it again.",
                code="damaged_archive",
            )
        if len(opened.infolist()) > most:
            raise BadData(
                f"{name} contains {whole(len(opened.infolist()))} files, but at most "
                f"{whole(most)} are supported. Pack only the files that you need.",
                code="too_many_members",
            )
        yield opened


def is_cut(opened: zipfile.ZipFile) -> bool:
    """Whether the end of the ZIP file is missing, so that the list of a ZIP file which is stored in
    it was read as its own: at its beginning is an entry that is not in that list.
    """
    file, members = opened.fp, opened.infolist()
    if file is None or not members:
        return False
    here = file.tell()
    file.seek(0)
    starts_with_entry = file.read(4) == LOCAL_HEADER
    file.seek(here)
    return starts_with_entry and min(member.header_offset for member in members) > 0


def is_workbook(opened: zipfile.ZipFile, name: str) -> bool:
    """Whether the archive is an XLSX or ODS file. Raises BadData for other documents."""
    names = set(opened.namelist())
    for part, kind, remedy in _DOCUMENTS:
        if part in names:
            raise BadData(f"{name} is {kind}, not a table. {remedy}.", code="not_a_table")
    if "[Content_Types].xml" in names:
        if any(part.startswith("xl/") for part in names):
            return True
        raise BadData(
            f"{name} is an Office document, not a table. Save the table as CSV (UTF-8).",
            code="not_a_table",
        )
    if "mimetype" not in names or "content.xml" not in names:
        return False
    if _media_type(opened) != _SHEETS:
        raise BadData(
            f"{name} is an OpenDocument file that is not a spreadsheet. Save the table as CSV "
            "(UTF-8).",
            code="not_a_table",
        )
    return True


def _media_type(opened: zipfile.ZipFile) -> str:
    """Return the media type of an OpenDocument file, empty if it cannot be read."""
    try:
        with opened.open("mimetype") as part:
            return part.read(200).decode("ascii", "replace").strip().removesuffix("-template")
    except DAMAGE:
        return ""


def only_table(opened: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """Return the only member that is a table by its name. Raises BadData for none or several."""
    members = content_members(opened)
    tables = members if len(members) == 1 else [m for m in members if is_table(m.filename)]
    if not tables:
        content = f"only {_few(members)}" if members else "no files"
        raise BadData(
            f"{name} contains {content}, but no table. Pack a single CSV file.",
            code="no_table_in_archive",
        )
    if len(tables) > 1:
        raise BadData(
            f"{name} contains {len(tables)} tables ({_few(tables)}), but only one can be read. "
            "Pack or upload only the table that you need.",
            code="several_tables",
        )
    if tables[0].flag_bits & 1:
        raise BadData(
            f"{name} is protected by a password. Create it without one.", code="password_protected"
        )
    if tables[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadData(
            f"{name} uses ZIP compression method {tables[0].compress_type}, but only Deflate is "
            "supported. Create it as an ordinary ZIP file.",
            code="zip_compression",
        )
    return tables[0]


def content_members(opened: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the members without folders and files that macOS or Windows added."""
    return [m for m in opened.infolist() if not m.is_dir() and not is_hidden(m.filename)]


def member_name(name: str) -> str:
    """Return the last part of a member's name for display. It is never used as a path."""
    return clip(name.replace("\\", "/").rpartition("/")[2])


def is_hidden(name: str) -> bool:
    """Whether macOS or Windows added the file: `__MACOSX/._a.csv`, `.DS_Store`, `Thumbs.db`."""
    parts = name.replace("\\", "/").split("/")
    return (
        "__MACOSX" in parts
        or parts[-1].startswith(".")
        or parts[-1].lower() in ("thumbs.db", "desktop.ini")
    )


def is_table(name: str) -> bool:
    """Whether the name of a member is that of a table."""
    path = PurePosixPath(name.lower().replace("\\", "/"))
    return path.suffix in TABLES and not path.stem.startswith(("readme", "license"))


def _few(members: list[zipfile.ZipInfo]) -> str:
    names = [member_name(m.filename) for m in members[:SHOWN]]
    return ", ".join(names + ["…"] * (len(members) > SHOWN))
