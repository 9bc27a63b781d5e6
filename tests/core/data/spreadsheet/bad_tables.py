"""Files that are no table: each with the code, the place and the value of its error. They are made
here, as programs write them.
"""

import datetime
import gzip
from typing import NamedTuple

from tests.core.data.spreadsheet.books import archived, ods, with_part, xlsx

GOOD = [[(7 * r + 5 * c) % 256 for c in range(16)] for r in range(12)]
NAMES = [f"p{c}" for c in range(16)]
LABELS = "".join(f"{r % 3}\n" for r in range(12)).encode()


class Case(NamedTuple):
    """A file, the code of its error, and the place and the value that its message names."""

    name: str
    data: bytes
    code: str
    place: str = ""
    value: str = ""
    sheet: str = ""


def text(rows, delimiter=",", encoding="utf-8") -> bytes:
    return "".join(delimiter.join(str(c) for c in row) + "\n" for row in rows).encode(encoding)


def put(row: int, column: int, value: object, *more: object) -> list[list]:
    """The good rows under their header, with one cell of the file changed (from 1, as shown).

    `more` are another row and its value in the same column.
    """
    rows = [list(NAMES), *map(list, GOOD)]
    rows[row - 1][column - 1] = value
    if more:
        rows[more[0] - 1][column - 1] = more[1]
    return rows


def ole(name: str) -> bytes:
    """An OLE file with one entry in its directory, in the second sector."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(22) + b"\x09\x00" + bytes(16)
    entry = name.encode("utf-16-le").ljust(64, b"\0") + bytes([2 * len(name) + 2, 0])
    return head.ljust(512, b"\0") + entry.ljust(512, b"\0")


def far(sheet) -> None:
    sheet["A1"], sheet["XFD1048576"] = 1, 2


def low(sheet) -> None:
    sheet["A1"], sheet["B200001"] = 1, 2


def merged(sheet) -> None:
    for row in [NAMES, *GOOD]:
        sheet.append(row)
    sheet.merge_cells("B3:C4")


def error_cell(sheet) -> None:
    for row in put(5, 3, "#DIV/0!"):
        sheet.append(row)
    sheet["C5"].data_type = "e"


def hidden(sheet) -> None:
    sheet["A1"], sheet.sheet_state = 1, "hidden"


def shifted(sheet) -> None:
    """The table from D4 on, with a word in E9."""
    for r, row in enumerate([NAMES, *GOOD]):
        for c, value in enumerate(row):
            sheet.cell(4 + r, 4 + c, value)
    sheet["E9"] = "abc"


def bomb(book: bytes) -> bytes:
    return with_part(book, "xl/worksheets/sheet1.xml", lambda _: b" " * (60 << 20))


SPANNED = {"numbercolumnsspanned": 2, "numberrowsspanned": 2}
NUMBER = "not_a_number"
BOOK = xlsx([NAMES, *GOOD])
DAY = datetime.date(2024, 5, 1)

CASES = [
    # plain text: cells
    Case("word.csv", text(put(5, 3, "abc")), NUMBER, "row 5, column 3 ('p2')", "'abc'"),
    Case("nan.csv", text(put(5, 3, "NaN")), NUMBER, "row 5, column 3 ('p2')", "'NaN'"),
    Case("inf.csv", text(put(13, 16, "-inf")), NUMBER, "row 13, column 16 ('p15')", "'-inf'"),
    Case("huge.csv", text(put(5, 3, "1e400")), "number_too_large", "row 5, column 3", "1e400"),
    Case("null.csv", text(put(5, 3, "NULL")), NUMBER, "row 5, column 3 ('p2')", "'NULL'"),
    Case("none.csv", text(put(5, 3, "")), "empty_cell", "row 5, column 3 ('p2')"),
    Case("space.csv", text(put(5, 3, "  ")), "empty_cell", "row 5, column 3 ('p2')"),
    Case("bool.csv", text(put(5, 3, "TRUE")), NUMBER, "row 5, column 3", "'TRUE'"),
    Case("percent.csv", text(put(5, 3, "12%")), NUMBER, "row 5, column 3", "'12%'"),
    Case("money.csv", text(put(5, 3, "$5")), NUMBER, "row 5, column 3", "'$5'"),
    Case("error.csv", text(put(5, 3, "#N/A")), NUMBER, "row 5, column 3", "'#N/A'"),
    Case("formula.csv", text(put(5, 3, "=A1+1")), NUMBER, "row 5, column 3", "'=A1+1'"),
    Case("hex.csv", text(put(5, 3, "0x1F")), NUMBER, "row 5, column 3", "'0x1F'"),
    Case("date.csv", text(put(5, 3, "01.05.24")), "date_cell", "row 5, column 3", "'01.05.24'"),
    Case("iso.csv", text(put(5, 3, "2024-05-01")), "date_cell", "row 5, column 3"),
    Case("half.csv", text(put(5, 3, "½")), NUMBER, "row 5, column 3", "'½'"),
    Case("comma.csv", text(put(5, 3, "1,5", 7, "2.5"), ";"), NUMBER, "row 5, column 3", "'1,5'"),
    Case("tab.tsv", text(put(5, 3, "x"), "\t"), NUMBER, "row 5, column 3 ('p2')", "'x'"),
    Case("semicolon.csv", text(put(5, 3, "x"), ";"), NUMBER, "row 5, column 3", "'x'"),
    Case(
        "markup.csv",
        text(put(5, 3, "<img onerror=x>")),
        NUMBER,
        "row 5, column 3",
        "'<img onerror=x>'",
    ),
    Case("long.csv", text(put(5, 3, "x" * 10_000)), NUMBER, "row 5, column 3", "…"),
    # plain text: rows
    Case(
        "short.csv",
        text([NAMES, GOOD[0], GOOD[1][:-1], *GOOD[2:]]),
        "row_width",
        "row 3 has 15 columns",
    ),
    Case(
        "wide.csv",
        text([NAMES, GOOD[0], [*GOOD[1], 9], *GOOD[2:]]),
        "row_width",
        "row 3 has 17 columns",
    ),
    Case(
        "blank.csv", b"\n\n" + text([NAMES, GOOD[0][:9], *GOOD]), "row_width", "row 4 has 9 columns"
    ),
    Case("quote.csv", text(put(5, 3, '"1')), "quotation_mark", "row 5"),
    Case("giant.csv", text(put(5, 3, '"' + "1" * 200_000)), "cell_too_long", "row 5"),
    Case("told.csv", b"sep=;\n" + text(put(5, 3, "x"), ";"), NUMBER, "row 6, column 3"),
    Case("empty.csv", b"", "empty_file"),
    Case("spaces.csv", b" \n\t\n", "empty_file"),
    Case("mark.csv", b"\xef\xbb\xbf", "empty_file"),
    Case("header.csv", text([NAMES]), "no_rows"),
    # encodings
    Case("utf16.csv", text(put(5, 3, "abc"), encoding="utf-16"), NUMBER, "row 5, column 3"),
    Case(
        "utf16be.csv",
        b"\xfe\xff" + text(put(5, 3, "é"), encoding="utf-16-be"),
        NUMBER,
        "row 5, column 3",
        "'é'",
    ),
    Case("utf16cut.csv", text(put(5, 3, "5"), encoding="utf-16")[:-1], "encoding", "line 13"),
    Case("utf16half.csv", b"\xff\xfe1\0\n\0\x00\xd81\0", "encoding", "line 2"),
    Case("unmarked.csv", text(put(5, 3, "abc"), encoding="utf-16-le"), NUMBER, "row 5, column 3"),
    Case("cp1252.csv", text(put(5, 3, "é"), encoding="cp1252"), NUMBER, "row 5, column 3", "'é'"),
    Case("neither.csv", text(GOOD) + b"\x81\n", "encoding", "line 13", "0x81"),
    Case("nul.csv", text(GOOD) * 9000 + b"1,\0\n", "nul_byte", "at byte"),
    # other formats under any name
    Case("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(50), "not_a_table", "a PNG image"),
    Case("a.xlsx", b"\xff\xd8\xff\xe0" + bytes(50), "not_a_table", "a JPEG image"),
    Case("IMG_1.HEIC", b"\0\0\0\x18ftypheic" + bytes(40), "image_format", "HEIC"),
    Case("a.svg", b"<?xml version='1.0'?>\n<svg width='9'/>", "image_format", "SVG"),
    Case("b.xlsx", b"<html><table><tr><td>1", "not_a_table", "a web page or XML"),
    Case(
        "c.xlsx", b"\xef\xbb\xbf<?xml version='1.0'?><Workbook>", "not_a_table", "a web page or XML"
    ),
    Case("d.csv", b'{"a": 1}', "not_a_table", "JSON"),
    Case("e.csv", b"ARROW1" + bytes(9), "not_a_table", "an Arrow file"),
    Case("f.csv", b"SQLite format 3\0", "not_a_table", "an SQLite database"),
    Case("g.xls", ole("Workbook"), "old_workbook"),
    Case("h.xlsx", ole("EncryptedPackage"), "password_protected"),
    Case("i.doc", ole("WordDocument"), "not_a_table", "an old Office document"),
    Case("j.csv.gz", gzip.compress(b"\x89PNG\r\n\x1a\n"), "not_a_table", "a PNG image"),
    Case("k.csv.gz", gzip.compress(gzip.compress(text(GOOD))), "not_a_table", "a gzip file"),
    # packed
    Case("cut.csv.gz", gzip.compress(text(GOOD) * 99)[:-99], "damaged_archive", "gzip"),
    Case("sum.csv.gz", gzip.compress(text(GOOD))[:-8] + bytes(8), "damaged_archive", "gzip"),
    Case("l.csv.gz", gzip.compress(text(put(5, 3, "x"))), NUMBER, "row 5, column 3", "'x'"),
    Case(
        "two.zip",
        archived({"a.csv": text(GOOD), "b/c.csv": text(GOOD)}),
        "several_tables",
        "2 tables",
        "a.csv, c.csv",
    ),
    Case("docs.zip", archived({"a.pdf": "x", "b.doc": "y"}), "no_table_in_archive", "a.pdf, b.doc"),
    Case("none.zip", archived({}), "no_table_in_archive"),
    Case("mac.zip", archived({"__MACOSX/._a.csv": "x", ".DS_Store": "y"}), "no_table_in_archive"),
    Case(
        "word.zip",
        archived({"a/t.csv": text(put(5, 3, "x")), "__MACOSX/._t.csv": "z"}),
        NUMBER,
        "(t.csv), row 5, column 3 ('p2')",
        "'x'",
    ),
    Case("cut.zip", archived({"a.csv": text(GOOD) * 99})[:-30], "damaged_archive", "ZIP"),
    Case("nest.zip", archived({"a.gz": archived({"b.csv": text(GOOD)})}), "nested_archive"),
    Case(
        "png.zip",
        archived({"a.csv": b"\x89PNG\r\n\x1a\n"}),
        "not_a_table",
        "(a.csv)",
        "a PNG image",
    ),
    Case("lzma.zip", archived({"a.csv": text(GOOD)}, 14), "zip_compression", "method 14"),
    Case(
        "word.docx",
        archived({"[Content_Types].xml": "", "word/document.xml": ""}),
        "not_a_table",
        "a Word document",
    ),
    Case(
        "a.xlsb",
        archived({"[Content_Types].xml": "", "xl/workbook.bin": ""}),
        "not_a_table",
        "a binary Excel workbook (XLSB)",
    ),
    Case("a.numbers", archived({"Index/Document.iwa": ""}), "not_a_table", "an Apple document"),
    Case(
        "a.odt",
        archived({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": ""}),
        "not_a_table",
    ),
    # workbooks: cells, named as the sheet names them
    Case("word.xlsx", xlsx(put(5, 3, "abc")), NUMBER, "row 5, column C ('p2')", "'abc'"),
    Case("gap.xlsx", xlsx(put(5, 3, None)), "empty_cell", "row 5, column C ('p2')"),
    Case("bool.xlsx", xlsx(put(5, 3, True)), NUMBER, "row 5, column C ('p2')", "'TRUE'"),
    Case("date.xlsx", xlsx(put(5, 3, DAY)), "date_cell", "row 5, column C", "'2024-05-01'"),
    Case("far from A1.xlsx", xlsx(shifted), NUMBER, "row 9, column E ('p1')", "'abc'"),
    Case(
        "formula.xlsx",
        xlsx(put(5, 3, "=A1+1")),
        "workbook_formula",
        "sheet 'Sheet1', cell C5",
        "'=A1+1'",
    ),
    Case("error.xlsx", xlsx(error_cell), "workbook_error", "cell C5", "#DIV/0!"),
    Case("merged.xlsx", xlsx(merged), "workbook_merged", "sheet 'Sheet1'", "B3:C4"),
    Case("far.xlsx", xlsx(far), "workbook_memory", "sheet 'Sheet1'", "XFD1048576"),
    Case("low.xlsx", xlsx(low), "workbook_large", "cell B200001"),
    Case("none.xlsx", xlsx([], []), "workbook_empty", "'Sheet1', 'Sheet2'"),
    Case("hidden.xlsx", xlsx([], hidden), "workbook_hidden", "'Sheet2'"),
    Case("other.xlsx", BOOK, "workbook_no_such_sheet", "sheet 'Test'", "'Sheet1'", "Test"),
    Case(
        "second.xlsx",
        xlsx([], put(5, 3, "abc")),
        NUMBER,
        "(sheet 'Sheet2'), row 5, column C ('p2')",
        "'abc'",
    ),
    Case("bomb.xlsx", bomb(BOOK), "compression_ratio", "at most 100 times"),
    Case("cut.xlsx", BOOK[:-99], "damaged_archive"),
    Case(
        "broken.xlsx",
        with_part(BOOK, "xl/worksheets/sheet1.xml", lambda x: x[: len(x) // 2]),
        "workbook_damaged",
    ),
    Case("nobook.xlsx", with_part(BOOK, "xl/workbook.xml", lambda _: b""), "workbook_damaged"),
    Case(
        "entity.xlsx",
        with_part(
            BOOK,
            "xl/worksheets/sheet1.xml",
            lambda x: (
                b'<!DOCTYPE x [<!ENTITY a "' + b"1" * 99 + b'">]>' + x.replace(b"<v>", b"<v>&a;", 1)
            ),
        ),
        "empty_cell",
        "row 2, column A",
    ),
    Case("word.ods", ods(put(5, 3, "abc")), NUMBER, "row 5, column C ('p2')", "'abc'"),
    Case("gap.ods", ods(put(5, 3, None)), "empty_cell", "row 5, column C ('p2')"),
    Case("merged.ods", ods(put(5, 3, (7, SPANNED))), "workbook_merged", "'Sheet1'", "C5:D6"),
    Case("none.ods", ods([[None]]), "workbook_empty", "'Sheet1'"),
    Case("other.ods", ods(GOOD), "workbook_no_such_sheet", "sheet 'x'", "'Sheet1'", "x"),
    Case(
        "broken.ods",
        with_part(ods(GOOD), "content.xml", lambda x: x[: len(x) // 2]),
        "workbook_damaged",
    ),
    Case(
        "book.zip",
        archived({"b.xlsx": xlsx(put(5, 3, "abc"))}),
        NUMBER,
        "(b.xlsx), row 5, column C",
        "'abc'",
    ),
]
