"""Formats: recognize a file by its first bytes, and refuse those that are not tables."""

import re
from typing import BinaryIO

from core.base.errors import BadData
from core.data.spreadsheet.decoding import MARKS, unmarked_utf16

GZIP = b"\x1f\x8b"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # the second is an empty one
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAGIC = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"RIFF", "an audio file, a video or a WebP image"),
    (b"%PDF", "a PDF document"),
    (b"{\\rtf", "an RTF document"),
    (b"PK\x03\x04", "a ZIP file"),
    (GZIP, "a gzip file"),
    (OLE[:4], "an old Office document"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x89HDF", "an HDF5 file"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x80\x04\x95", "a Python pickle"),
    (b"$FL2", "an SPSS file"),
    (b"<stata_dta>", "a Stata file"),
)
_OTHER_IMAGES = (  # formats that no part of the lab reads
    (rb"....ftyp(hei|hev|mif1|msf1)", "HEIC"),
    (rb"....ftypavi", "AVIF"),
    (rb"\0\0\0\x0c(JXL |jP  )|\xff\x0a", "JPEG XL or JPEG 2000"),
    (rb"8BPS", "Photoshop"),
    (rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*|<!DOCTYPE svg[^>]*>\s*)*<svg\b", "SVG"),
)
_MARKUP = (
    (rb"<", "a web page or XML"),
    (rb"[{[]", "JSON"),
    (rb"(%[^\n]*\n\s*)*@relation\s", "an ARFF file (Weka)"),
    (rb"([-+]?[\d.]+( \d+:[-+\d.e]+)+[ \r]*\n){2}", "a LIBSVM file"),
)


def refuse(head: bytes, name: str) -> None:
    """Raise BadData if the first bytes belong to a known format that is not CSV."""
    is_marked = head.startswith(tuple(mark for mark, encoding in MARKS if encoding != "utf-8"))
    if is_marked or unmarked_utf16(head[:256]):
        return
    if form := next((form for sign, form in _OTHER_IMAGES if re.match(sign, head, re.S)), None):
        raise BadData(
            f"{name} is a {form} image, which cannot be read. Save it as JPEG or PNG.",
            code="image_format",
        )
    kind = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    kind = kind or next((kind for sign, kind in _MARKUP if re.match(sign, start, re.I)), None)
    if not kind and b"\0" in head:
        kind = "a binary file"
    if kind and kind.endswith("image"):
        raise BadData(
            f"{name} is {kind}, not a table. Pack all images in a ZIP file, in one folder per "
            "class, and upload that file.",
            code="not_a_table",
        )
    if kind:
        raise BadData(
            f"{name} is {kind}, not a table. Save the table as CSV (UTF-8) and upload that file.",
            code="not_a_table",
        )


def old_office(file: BinaryIO, name: str) -> BadData:
    """Return the error for an OLE file; its directory shows whether it is encrypted or old."""
    head = file.read(512)
    size = 1 << min(int.from_bytes(head[30:32], "little"), 16)
    file.seek((int.from_bytes(head[48:52], "little") + 1) * size)
    names = file.read(4096).decode("utf-16-le", "replace")
    if "EncryptedPackage" in names:
        return BadData(
            f"{name} is protected by a password. Save it without one.", code="password_protected"
        )
    if "Workbook" in names or "Book" in names:
        return BadData(
            f"{name} is an old Excel workbook (XLS), which is not supported. Save it as XLSX or "
            "CSV (UTF-8).",
            code="old_workbook",
        )
    return BadData(
        f"{name} is an old Office document, not a table. Save the table as CSV (UTF-8).",
        code="not_a_table",
    )
