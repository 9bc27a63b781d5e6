"""Every format: values survive writing and reading, and no bytes raise anything but a LabError."""

import csv
import gzip
import io
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.base.errors import LabError
from core.data.inspection.inspect import inspect_files
from core.data.spreadsheet import workbook
from core.data.spreadsheet.table import Table, read_table
from tests.core.data.spreadsheet.books import archived, ods, xlsx
from tests.core.data.spreadsheet.reader import Reader

Rows = list[list]
FLIPS = 100  # bits, each in a file of its own

CELLS = st.sampled_from(
    [
        st.integers(0, 255),
        st.integers(-(2**20), 2**20),
        st.floats(-(2.0**100), 2.0**100, width=32),
        st.floats(0, 1),
    ]
)
WORDS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=8)


@st.composite
def tables(draw) -> Rows:
    """2 to 12 rows of one kind of number, 1 to 20 columns."""
    cell, width = draw(draw(st.just(CELLS))), draw(st.integers(1, 20))
    return draw(st.lists(st.lists(cell, min_size=width, max_size=width), min_size=2, max_size=12))


def written(rows: Rows, delimiter: str = ",", newline: str = "\n", comma: bool = False) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=newline)
    for row in rows:
        point = [str(c).replace(".", ",") if isinstance(c, float) else c for c in row]
        writer.writerow(point if comma else row)
    return text.getvalue().encode()


def named(rows: Rows) -> Rows:
    return [[f"p{i}" for i in range(len(rows[0]))], *rows]


FORMATS: dict[str, Callable[[Rows], bytes]] = {
    "csv": lambda rows: written(rows, newline="\r\n"),
    "tsv": lambda rows: b"\xef\xbb\xbf" + written(rows, "\t"),
    "semicolon, decimal comma": lambda rows: written(rows, ";", comma=True),
    "gz": lambda rows: gzip.compress(written(rows), mtime=0),
    "zip": lambda rows: archived({"t.csv": written(rows), "__MACOSX/._t.csv": "x"}),
    "utf-16": lambda rows: written(rows).decode().encode("utf-16"),
    "xlsx": xlsx,
    "ods": ods,
}


@pytest.fixture(scope="module")
def reader(tmp_path_factory) -> Iterator[Reader]:
    made = Reader(tmp_path_factory.mktemp("reader"))
    yield made
    made.close()


@pytest.fixture
def quick(reader, monkeypatch) -> Reader:
    monkeypatch.setattr(workbook, "_run", reader)
    return reader


MANY = settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def equal(table: Table, rows: Rows) -> None:
    wanted = np.array(rows, np.float64)
    if wanted.min() >= 0 and wanted.max() <= 255 and all(type(c) is int for r in rows for c in r):
        assert table.values.dtype == np.uint8 and np.array_equal(table.values, wanted)
    elif all(type(c) is int for r in rows for c in r):
        assert np.array_equal(table.values, wanted)
    else:
        close = 1e-14 if table.values.dtype == np.float64 else 1.2e-7
        np.testing.assert_allclose(table.values, wanted, rtol=close, atol=1e-38)


@pytest.mark.parametrize("form", FORMATS)
@MANY
@given(rows=tables())
def test_what_was_written_is_read(form, quick, rows):
    table = read_table(FORMATS[form](named(rows)), "t")
    assert table.header == tuple(f"p{i}" for i in range(len(rows[0]))) and table.row_numbers[0] == 2
    assert table.name.startswith("t") and not table.words
    equal(table, rows)


@pytest.mark.parametrize("form", FORMATS)
@settings(MANY, max_examples=15)
@given(words=st.lists(WORDS, min_size=3, max_size=9))
def test_text_is_read_as_it_was_written(form, quick, words):
    words = ["é漢", *(f"w{word}" for word in words)]  # text that is a number would be read as one
    rows = [["word", "n"], *([word, 7] for word in words)]
    table = read_table(FORMATS[form](rows), "t")
    assert table.words[0].tolist() == words and table.values.tolist() == [[7]] * len(words)


@pytest.mark.parametrize("start", [b"", b"PK\x03\x04", b"\x1f\x8b\x08", b"\xff\xfe", b"1,2\n3,"])
@MANY
@given(data=st.binary(max_size=400))
@example(data=b"")
def test_any_bytes_give_a_table_or_an_error_with_a_code(start, quick, data):
    try:
        table = read_table(start + data, "t")
    except LabError as error:
        assert error.code != type(error).code, "no specific code"
        assert str(error).startswith("t") and "\n" not in str(error)
    else:
        gaps = [i for i, column in enumerate(table.columns) if table.missing(column).any()]
        assert np.isfinite(np.delete(table.values, gaps, axis=1)).all()


PIXELS = [[(7 * r + 5 * c) % 256 for c in range(16)] for r in range(12)]
LABELS = "".join(f"{r % 3}\n" for r in range(12)).encode()


@pytest.mark.parametrize("form", ["csv", "gz", "zip", "utf-16", "xlsx", "ods"])
def test_a_flipped_bit_gives_samples_or_an_error_with_a_code(form, quick):
    good = FORMATS[form](PIXELS)
    draw = np.random.Generator(np.random.PCG64(len(form)))
    ends = {"read": 0, "refused": 0}
    for place in draw.integers(0, 8 * len(good), FLIPS).tolist():
        data = bytearray(good)
        data[place // 8] ^= 1 << place % 8
        try:
            found = inspect_files(bytes(data), LABELS, names=("t", "l"))
        except LabError as error:
            ends["refused"] += 1
            assert error.code != type(error).code, "no specific code"
            assert str(error).endswith(".") and "\n" not in str(error)
            assert str(error).startswith(("t", "l"))
        else:
            ends["read"] += 1
            assert found.rows == 12 and np.isfinite(found.samples.inputs).all()
    assert sum(ends.values()) == FLIPS and ends["refused"]


@pytest.mark.parametrize("form", ["xlsx", "ods"])
def test_a_flipped_bit_in_a_separate_process(form):
    """The way in which the app reads workbooks, a few times."""
    good = FORMATS[form](PIXELS)
    draw = np.random.Generator(np.random.PCG64(1))
    for place in draw.integers(0, 8 * len(good), 4).tolist():
        data = bytearray(good)
        data[place // 8] ^= 1 << place % 8
        try:
            assert len(read_table(bytes(data), "t")) == 12
        except LabError as error:
            assert str(error).startswith("t")
