"""Archive: the one table in a ZIP file. Knows names and sizes, not what tables look like."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import BinaryIO

from core.base.errors import BadData
from core.base.text import clip
from core.data.spreadsheet.decoding import DAMAGE

TABLES = (".csv", ".tsv", ".txt", ".tab", ".gz", ".xlsx", ".ods")
SHOWN = 5  # names in a message
MEMBERS = 10_000  # files in an archive; the list of more would take long to read

_DOCUMENTS = (  # what a ZIP file is when it has a part of this name
    ("xl/workbook.bin", "a binary Excel workbook (XLSB)", "save it as XLSX or CSV"),
    ("word/document.xml", "a Word document", "save the table as CSV (UTF-8)"),
    ("ppt/presentation.xml", "a PowerPoint file", "save the table as CSV (UTF-8)"),
    ("Index/Document.iwa", "an Apple document", "export it as CSV or XLSX"),
)
_SHEETS = "application/vnd.oasis.opendocument.spreadsheet"


@contextmanager
def archive(file: BinaryIO, name: str) -> Iterator[zipfile.ZipFile]:
    """The ZIP file's list of members. BadData where it is damaged, or locked with a password."""
    try:
        opened = zipfile.ZipFile(file)
    except DAMAGE as error:
        raise BadData(
            f"{name} is a damaged ZIP file ({clip(str(error))}): pack or download it again."
        ) from None
    with opened:
        if len(opened.infolist()) > MEMBERS:
            raise BadData(f"{name} holds more than {MEMBERS} files: pack the table alone.")
        yield opened


def is_workbook(opened: zipfile.ZipFile, name: str) -> bool:
    """Whether it is an XLSX or ODS document. BadData for a document of another kind."""
    names = set(opened.namelist())
    for part, what, way_out in _DOCUMENTS:
        if part in names:
            raise BadData(f"{name} is {what}, not a table: {way_out} and give that.")
    if "[Content_Types].xml" in names:
        if any(part.startswith("xl/") for part in names):
            return True
        raise BadData(f"{name} is an Office document, not a table: save the table as CSV (UTF-8).")
    if "mimetype" not in names or "content.xml" not in names:
        return False
    if kind(opened) != _SHEETS:
        raise BadData(
            f"{name} is an OpenDocument file without sheets, not a table: save the table as "
            "CSV (UTF-8)."
        )
    return True


def kind(opened: zipfile.ZipFile) -> str:
    """What an OpenDocument says that it is, empty where that cannot be read."""
    try:
        with opened.open("mimetype") as part:
            return part.read(200).decode("ascii", "replace").strip().removesuffix("-template")
    except DAMAGE:
        return ""


def only_table(opened: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """The one member that is a table, by its name. BadData when it is none or not the only one."""
    members = [m for m in opened.infolist() if not m.is_dir() and not _hidden(m.filename)]
    tables = members if len(members) == 1 else [m for m in members if _is_table(m.filename)]
    if not tables:
        what = f"only {_few(members)}" if members else "no file"
        raise BadData(f"{name} holds {what}, no table: pack one CSV file.")
    if len(tables) > 1:
        raise BadData(
            f"{name} holds {len(tables)} tables ({_few(tables)}), one is read: give the one that "
            "is meant, alone."
        )
    if tables[0].flag_bits & 1:
        raise BadData(f"{name} is locked with a password: pack it without one.")
    if tables[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadData(
            f"{name} is packed by method {tables[0].compress_type}, only the common one (Deflate) "
            "is read: pack it as a plain ZIP file."
        )
    return tables[0]


def base(name: str) -> str:
    """The last part of a member's name, which is never used as a path."""
    return clip(name.replace("\\", "/").rpartition("/")[2])


def _hidden(name: str) -> bool:
    """What macOS and Windows pack besides: `__MACOSX/._a.csv`, `.DS_Store`, `Thumbs.db`."""
    parts = name.replace("\\", "/").split("/")
    return (
        "__MACOSX" in parts
        or parts[-1].startswith(".")
        or parts[-1].lower() in ("thumbs.db", "desktop.ini")
    )


def _is_table(name: str) -> bool:
    path = PurePosixPath(name.lower().replace("\\", "/"))
    return path.suffix in TABLES and not path.stem.startswith(("readme", "license"))


def _few(members: list[zipfile.ZipInfo]) -> str:
    names = [base(m.filename) for m in members[:SHOWN]]
    return ", ".join(names + ["…"] * (len(members) > SHOWN))
