"""Workbooks: the right sheet with its own row and column names, and every way in which the process
that reads one can end.
"""

import subprocess
import sys
import zipfile

import numpy as np
import openpyxl
import pytest

from core.base.errors import BadData, Unavailable
from core.data.inspection.inspect import inspect_files
from core.data.reading import Reading
from core.data.spreadsheet import workbook
from core.data.spreadsheet.faults import first_fault
from core.data.spreadsheet.table import read_table
from tests.core.data.spreadsheet.books import archived, ods, xlsx
from tests.core.data.spreadsheet.conftest import children

PIXELS = [[(7 * r + 5 * c) % 256 for c in range(16)] for r in range(12)]
LABELS = b"0\n1\n2\n" * 4
BOOK = xlsx(PIXELS)


def ending(monkeypatch, code: str) -> BadData | Unavailable:
    """The error for a process that runs this code instead of reading."""
    monkeypatch.setattr(workbook, "_CHILD", code)
    with pytest.raises((BadData, Unavailable)) as caught:
        read_table(BOOK, "a.xlsx")
    assert str(caught.value).startswith("a.xlsx") and not children()
    return caught.value


@pytest.mark.parametrize("make", [xlsx, ods])
def test_what_a_sheet_shows_is_read(make):
    rows = [["p", "q", "name"], [1, 2.5, "a, b"], [300, -1e-3, 'say "x"\nnow'], [0, 1e300, "é 漢"]]
    if make is ods:
        rows[2][2] = 'say "x"'  # a line break is a paragraph there
    table = read_table(make(rows), "t")
    assert table.header == ("p", "q", "name") and table.columns == (0, 1)
    assert np.array_equal(table.values, [[1, 2.5], [300, -1e-3], [0, 1e300]])
    assert table.words[2].tolist() == [row[2] for row in rows[1:]]


def test_numbers_written_as_text_are_numbers():
    table = read_table(xlsx([["1", "2"], [3, "4"]]), "t")
    assert table.values.tolist() == [[1, 2], [3, 4]] and table.values.dtype == np.uint8


@pytest.mark.parametrize("make", [xlsx, ods])
def test_leading_empty_rows_and_columns_keep_the_sheet_names_of_cells(make):
    rows = [[], [], [None, None, "p", "q"], [None, None, 1, 2], [], [None, None, 3, 4]]
    table = read_table(make(rows), "t")
    assert table.values.tolist() == [[1, 2], [3, 4]] and table.header == ("p", "q")
    assert (table.row_numbers[0], table.sheet_column) == (4, 2)
    rows[5][3] = "x"
    with pytest.raises(BadData, match=r"row 6, column D \('q'\) contains 'x'") as caught:
        data = make([*rows[:4], [], rows[5], [None, None, 5, 6], [None, None, 7, 8]])
        raise first_fault(read_table(data, "t"))
    assert caught.value.code == "not_a_number"


def test_findings_name_columns_as_the_sheet_does():
    rows = [[None, "a", "b", "kind"], *([None, r % 7, 2 * r, "xyz"[r % 3]] for r in range(30))]
    found = inspect_files(xlsx(rows), names=("t", ""))
    labels = next(f for f in found.findings if f.code == "label_column")
    assert "Column D ('kind')" in labels.text
    text = "\n".join(",".join(map(str, row[1:])) for row in rows).encode()
    found = inspect_files(text, names=("t", ""))
    labels = next(f for f in found.findings if f.code == "label_column")
    assert "Column 3 ('kind')" in labels.text and labels.evidence["column"] == 3


@pytest.mark.parametrize("make", [xlsx, ods])
def test_of_several_sheets_the_first_with_values_is_read_and_reported(make):
    data = make([], PIXELS, [[1]], names=("Notes", "Data", "More"))
    found = inspect_files(data, LABELS, names=("b", "l"))
    notes = [f.evidence for f in found.findings if f.code == "sheet"]
    assert notes == [{"sheet": "Data", "others": ["Notes", "More"]}]
    other = make([[9] * 16] * 12, PIXELS, names=("A", "B"))
    named = inspect_files(other, LABELS, names=("b", "l"), reading=Reading(sheet="B"))
    assert np.array_equal(named.samples.inputs.reshape(12, 16), PIXELS)


def test_hidden_sheets_are_skipped_unless_named():
    def hide(sheet):
        sheet["A1"], sheet.sheet_state = 5, "hidden"

    data = xlsx(hide, [[1, 2], [3, 4]])
    assert read_table(data, "t").values.tolist() == [[1, 2], [3, 4]]
    assert read_table(data, "t", sheet="Sheet1").values.tolist() == [[5]]


def test_formulas_count_by_their_stored_value(tmp_path):
    """openpyxl stores none, so the value is put where a spreadsheet program puts it."""
    book = tmp_path / "f.xlsx"
    made = openpyxl.Workbook()
    made.active.append([1, "=A1+1"])
    made.active.append([3, 4])
    made.save(book)
    with zipfile.ZipFile(book) as parts:
        members = {name: parts.read(name) for name in parts.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    assert b"<f>A1+1</f><v" in members[sheet]
    for empty in (b"<v></v>", b"<v />", b"<v/>"):
        members[sheet] = members[sheet].replace(b"<f>A1+1</f>" + empty, b"<f>A1+1</f><v>2</v>")
    assert read_table(archived(members), "t").values.tolist() == [[1, 2], [3, 4]]


def test_a_styled_cell_far_out_is_no_value():
    def fill(sheet):
        sheet.append([1, 2])
        sheet.append([3, 4])
        sheet["AA90"].font = openpyxl.styles.Font(bold=True)

    assert read_table(xlsx(fill), "t").values.tolist() == [[1, 2], [3, 4]]


ENDINGS = {
    "import os; os.kill(os.getpid(), 9)": ("workbook_crash", "(signal 9)"),
    "import os; os.abort()": ("workbook_memory", "2048 MB"),
    "raise SystemExit(3)": ("workbook_crash", "(status 3)"),
    "pass": ("workbook_crash", "(status 0)"),
    "print('x'); import sys; sys.stderr.write('{broken')": ("workbook_crash", "(status 0)"),
    "import sys; sys.path.insert(0, sys.argv[1]); sys.modules['python_calamine'] = None; "
    "from core.data.spreadsheet.sheet import main; main()": ("calamine_missing", "python-calamine"),
}


@pytest.mark.parametrize("code", ENDINGS)
def test_every_way_to_end_has_its_code(monkeypatch, code):
    error, (expected, evidence) = ending(monkeypatch, code), ENDINGS[code]
    assert error.code == expected and evidence in str(error)


def test_a_process_that_hangs_is_ended(monkeypatch):
    monkeypatch.setattr(workbook, "SECONDS", 0)
    monkeypatch.setattr(workbook, "GRACE", 0.2)
    error = ending(monkeypatch, "import signal; signal.pause()")
    assert error.code == "workbook_time" and "0 seconds" in str(error)


def test_a_process_without_a_parent_ends_itself():
    code = (
        "import sys, signal; sys.path.insert(0, sys.argv[1]); "
        "from core.base.limits import limit; "
        "limit(memory=2**31, written=2**20, seconds=1); signal.pause()"
    )
    command = [sys.executable, "-I", "-c", code, str(workbook.ROOT)]
    assert subprocess.run(command, check=False).returncode == -14


def test_a_press_of_stop_ends_the_process(monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(workbook, "_CHILD", "import signal; signal.pause()")
    real = subprocess.Popen.wait
    monkeypatch.setattr(
        subprocess.Popen, "wait", lambda p, t=None: interrupted() if t else real(p, t)
    )
    with pytest.raises(KeyboardInterrupt):
        read_table(BOOK, "a.xlsx")
    assert not children()


def test_a_text_beyond_the_limit_and_a_memory_beyond_it(monkeypatch):
    monkeypatch.setattr(workbook, "TEXT", 100)
    with pytest.raises(BadData) as caught:
        read_table(BOOK, "a.xlsx")
    assert caught.value.code == "workbook_text"
    monkeypatch.setattr(workbook, "TEXT", 2**20)
    monkeypatch.setattr(workbook, "MEMORY", 2**26)

    def wide(sheet):
        sheet["A1"], sheet["XFD300"] = 1, 2

    with pytest.raises(BadData, match=r"64 MB.*XFD300") as caught:
        read_table(xlsx(wide), "a.xlsx")
    assert caught.value.code == "workbook_memory"


def test_the_process_imports_neither_torch_nor_pandas_nor_this_folder():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); "
        "import core.data.spreadsheet.sheet, python_calamine; "
        "sys.stdout.write(' '.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(workbook.ROOT)], capture_output=True, check=True
    )
    loaded = set(done.stdout.decode().split())
    assert not loaded & {"torch", "pandas", "numpy", "streamlit", "pydantic", "subprocess"}
    assert {m for m in loaded if m.startswith("core")} == {
        "core", "core.base", "core.base.lazy_compiler", "core.base.limits", "core.base.numbers",
        "core.data", "core.data.spreadsheet", "core.data.spreadsheet.grid",
        "core.data.spreadsheet.sheet", "core.data.spreadsheet.sheet_xml",
    }  # fmt: skip


def test_the_table_read_from_a_zip_file_is_reported(tmp_path):
    csv = "".join(",".join(map(str, row)) + "\n" for row in PIXELS)
    data = archived({"a/images.csv": csv, "README.txt": "x", "__MACOSX/a/._images.csv": "y"})
    table = read_table(data, "a.zip")
    assert np.array_equal(table.values, PIXELS) and table.name == "a.zip (images.csv)"
    assert [(note.code, note.evidence) for note in table.notes] == [
        ("archive_member", {"members": 3})
    ]
    assert read_table(archived({"images.csv": csv}), "a.zip").notes == ()
    assert np.array_equal(read_table(archived({"b.xlsx": BOOK}), "a.zip").values, PIXELS)


def test_windows_1252_is_read_and_reported():
    data = "name,x\nCafé,1\nBär,2\nœuf,3\n".encode("cp1252")
    table = read_table(data, "t.csv")
    assert table.words[0].tolist() == ["Café", "Bär", "œuf"]
    assert [note.code for note in table.notes] == ["legacy_encoding"]


def test_a_first_line_may_declare_the_delimiter():
    table = read_table(b"sep=;\r\np;q\r\n1,5;2\r\n3;4\r\n", "t.csv")
    assert table.values.tolist() == [[1.5, 2], [3, 4]] and table.header == ("p", "q")
    assert table.row_numbers[0] == 3


def test_a_title_page_is_not_the_sheet_that_is_read():
    book = xlsx([["Measured by Ada"]], PIXELS, names=("About", "Pixels"))
    table = read_table(book, "a.xlsx")
    assert table.values.tolist() == PIXELS
    assert read_table(xlsx([["a", "b"]] * 2, [["note"]]), "a.xlsx").width == 2


CODEBOOK = [["name", "meaning"], ["length", "in cm"], ["width", "in mm"], ["kind", "species"]]
MEASURED = [["length", "width", "kind"], *([float(i), i + 0.5, "ab"[i % 2]] for i in range(60))]


@pytest.mark.parametrize(
    ("first", "read", "instead"),
    [
        (CODEBOOK, "Data", "Other"),
        ([[*row, "text"] for row in CODEBOOK], "Data", "Other"),
        ([["kind", "length"], ["a", 29.0], ["b", 30.0]], "Data", "Other"),
        (MEASURED[:40], "Other", "Data"),
        ([[row[0]] for row in CODEBOOK], "Other", "Data"),
    ],
)
def test_a_list_of_the_columns_or_a_summary_is_not_the_sheet_that_is_read(first, read, instead):
    table = read_table(xlsx(first, MEASURED, names=("Other", "Data")), "a.xlsx")
    note = next(note for note in table.notes if note.code == "sheet")
    assert note.evidence["sheet"] == read and note.action.changes == {"sheet": instead}
    assert len(table) in ((60,) if read == "Data" else (len(first), len(first) - 1))


def test_cells_of_a_title_may_be_merged():
    def fill(sheet):
        sheet["A1"] = "Measured in May"
        sheet.merge_cells("A1:C1")
        for row in MEASURED:
            sheet.append(row)

    table = read_table(xlsx(fill), "a.xlsx")
    assert table.header == ("length", "width", "kind") and len(table) == 60
