"""Tables larger than memory: reading in chunks gives the same table, and memory stays bounded."""

import gzip
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import BadData, Unavailable
from core.data.library import Library
from core.data.spreadsheet import chunks, growing_array
from core.data.spreadsheet.faults import first_fault
from core.data.spreadsheet.growing_array import GrowingArray, map_rows
from core.data.spreadsheet.table import read_table
from tests.conftest import ROOT

DRAW = np.random.Generator(np.random.PCG64(7))
VALUES = DRAW.integers(0, 256, (500, 16))


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Chunks of 20 rows, and arrays above 1 kB in files."""
    monkeypatch.setattr(chunks, "CELLS", 320)
    monkeypatch.setattr(growing_array, "LIMIT", 1024)
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert not list(folder.iterdir())


def text(rows) -> bytes:
    return "".join(",".join(map(str, row)) + "\n" for row in rows).encode()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_reading_in_chunks_gives_the_same_table(small, pack):
    table = read_table(pack(text(VALUES.tolist())), "t.csv")
    assert isinstance(table.values, np.memmap) and table.values.dtype == np.uint8
    assert np.array_equal(table.values, VALUES) and not table.values.flags.writeable


def test_one_late_fraction_makes_all_floats(small):
    rows = VALUES.tolist()
    rows[450][3] = 0.25
    table = read_table(text(rows), "t.csv")
    assert table.values.dtype == np.float64 and np.array_equal(table.values, np.array(rows))
    wide = [row * 2 for row in rows]
    assert read_table(text(wide), "t.csv").values.dtype == np.float32


def test_text_of_all_chunks_is_joined(small):
    rows = [[*row, f"w{i % 7}"] for i, row in enumerate(VALUES.tolist())]
    table = read_table(text(rows), "t.csv")
    assert table.words[16].tolist() == [row[-1] for row in rows]
    rows[470][16] = " "
    fault = first_fault(read_table(text(rows), "t.csv"))
    assert fault.code == "empty_cell" and "row 471, column 17" in str(fault)


@pytest.mark.parametrize(
    ("change", "code", "evidence"),
    [
        (lambda row: row[:-1], "row_width", "row 481 has 15 columns, but most rows have 16"),
        (lambda row: [*row, 1], "row_width", "row 481 has 17 columns, but most rows have 16"),
        (lambda row: ["x", *row[1:]], "not_a_number", "row 481, column 1 contains 'x'"),
        (lambda row: ["1e999", *row[1:]], "number_too_large", "row 481, column 1 contains 1e999"),
    ],
)
def test_a_fault_in_a_late_chunk_is_found(small, change, code, evidence):
    rows = VALUES.tolist()
    rows[480] = change(rows[480])
    with pytest.raises(BadData, match=evidence) as caught:
        raise first_fault(read_table(text(rows), "t.csv"))
    assert caught.value.code == code


def test_progress_rises_to_one(small):
    for data in (text(VALUES.tolist()), gzip.compress(text(VALUES.tolist()))):
        reported: list[float] = []
        read_table(data, "t.csv", progress=reported.append)
        assert len(reported) == 25 and reported == sorted(reported) and reported[-1] == 1.0


def test_the_library_reports_progress(small, tmp_path):
    reported: list[tuple[float, str]] = []
    rows = [[i % 3, *row] for i, row in enumerate(VALUES.tolist())]
    digest, _ = Library(tmp_path).add(
        text(rows), names=("a.csv",), progress=lambda *step: reported.append(step)
    )
    fractions = [fraction for fraction, _ in reported]
    assert fractions == sorted(fractions)
    assert sum("a.csv" in message for _, message in reported) > 20
    assert np.array_equal(Library(tmp_path).open(digest).inputs.reshape(500, 16), VALUES)


def test_a_full_disk_is_reported(small, monkeypatch):
    class Full:
        def write(self, _):
            raise OSError(28, "No space left on device")

        def close(self):
            pass

    monkeypatch.setattr(tempfile, "TemporaryFile", Full)
    with pytest.raises(Unavailable, match="No space left on device") as caught:
        read_table(text(VALUES.tolist()), "t.csv")
    assert caught.value.code == "no_temporary_space"


def test_mapping_in_blocks_is_mapping_the_whole(small, monkeypatch):
    monkeypatch.setattr(growing_array, "BLOCK", 100)
    turned = VALUES.reshape(500, 4, 4).swapaxes(1, 2)
    assert np.array_equal(map_rows(turned, lambda rows: 255 - rows), 255 - turned)
    assert map_rows(turned[:0], lambda rows: rows).shape == (0, 4, 4)
    with GrowingArray() as rows:
        rows.add(VALUES[:1])
        assert rows.array() is rows.chunks[0]  # a single chunk in memory is not copied


LIMITED = """
import re, resource, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import numpy as np
from core.data.spreadsheet import chunks, growing_array
from core.data.library import Library

growing_array.LIMIT, chunks.CELLS, mega = 2**20, 2**18, 2**20
np.linalg.solve(np.eye(300), np.ones((300, 300)) @ np.ones((300, 300)))  # the buffers of BLAS
used = int(re.search(r"VmData:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
resource.setrlimit(resource.RLIMIT_DATA, (used + int(sys.argv[3]) * mega,) * 2)
_, found = Library(Path(sys.argv[2]) / "home").add(Path(sys.argv[2]) / "a.csv")
inputs = found.samples.inputs
print(inputs.dtype, *inputs.shape, inputs.sum(dtype=float))
"""


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="needs /proc")
def test_a_file_larger_than_memory(tmp_path):
    """62 MB of text and 50 MB of numbers, where 40 MB may be taken."""
    values = DRAW.integers(0, 255, (1000, 784)) + 0.25
    part = text([i % 10, *row] for i, row in enumerate(values.tolist()))
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        for _ in range(16):
            file.write(part)
    assert path.stat().st_size > 60 * 2**20
    command = [sys.executable, "-c", LIMITED, str(ROOT), str(tmp_path), "40"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["float32", "16000", "1", "28", "28", str(16 * values.sum())]
