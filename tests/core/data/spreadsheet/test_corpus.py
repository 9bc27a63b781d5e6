"""Every file that is not a table gives an error with a code that names file, place and value.

After each, the library is unchanged, and no process and no temporary file is left.
"""

import hashlib
import re
import tempfile
from pathlib import Path

import pytest

from core.base.errors import LabError
from core.data.library import Library
from core.data.reading import Reading
from core.data.spreadsheet.faults import first_fault
from core.data.spreadsheet.table import read_table
from tests.core.data.spreadsheet.bad_tables import CASES, GOOD, LABELS, text
from tests.core.data.spreadsheet.conftest import children


def check_form(message: str) -> None:
    """The fault and the remedy, in one line."""
    assert message.endswith(".") and "\n" not in message and len(message) < 400
    assert re.search(r"[.] [A-Z]", message), "no remedy"


def tree(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(f): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Library:
    made = Library(tmp_path_factory.mktemp("home"))
    made.add(text(GOOD), LABELS, names=("good.csv", "labels.csv"))
    return made


def test_there_are_at_least_60_different_files():
    assert len(CASES) >= 60 and len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_file_is_refused_with_its_code_and_nothing_is_lost(
    case, library, tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = tree(library.root)
    with pytest.raises(LabError) as caught:
        library.add(
            case.data,
            LABELS,
            names=(case.name, "labels.csv"),
            reading=Reading(sheet=case.sheet),
        )
    message = str(caught.value)
    check_form(message)
    assert caught.value.code == case.code and message.startswith(case.name)
    assert case.place in message and case.value in message
    assert tree(library.root) == before and len(library.list()) == 1
    assert not list(tmp_path.iterdir()) and not children()
    path = tmp_path / "file"
    path.write_bytes(case.data)
    with pytest.raises(LabError) as again:  # a path gives the same error as its bytes
        table = read_table(path, case.name, sheet=case.sheet)
        raise first_fault(table) or AssertionError("no fault")
    assert (again.value.code, str(again.value)) == (case.code, message)
