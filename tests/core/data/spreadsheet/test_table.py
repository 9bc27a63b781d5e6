"""Reading a CSV: any delimiter, encoding and compression; csv and numpy are the references."""

import csv
import gzip
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import BadData, NotFound
from core.data.spreadsheet import decoding
from core.data.spreadsheet.table import read_table

PIXELS = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20


def written(rows, delimiter=",", header=None, newline="\n") -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=newline)
    if header:
        writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


@st.composite
def tables(draw):
    cells = draw(
        st.sampled_from(
            [
                st.integers(0, 255),
                st.integers(-(2**20), 2**20),
                st.floats(-(2.0**100), 2.0**100, width=32),
            ]
        )
    )
    width = draw(st.integers(1, 20))
    return draw(st.lists(st.lists(cells, min_size=width, max_size=width), min_size=2, max_size=12))


@given(
    tables(),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=60)
def test_what_was_written_is_read(rows, delimiter, newline, packed, bom):
    header = [f"p{i}" for i in range(len(rows[0]))]
    data = b"\xef\xbb\xbf" * bom + written(rows, delimiter, header, newline)
    table = read_table(gzip.compress(data) if packed else data, "t.csv")
    assert table.header == tuple(header) and table.row_numbers[0] == 2
    expected = np.array(rows, np.float64)
    np.testing.assert_allclose(table.values, expected, rtol=1e-6, atol=1e-35)
    if expected.min() >= 0 and expected.max() <= 255 and not (expected % 1).any():
        assert table.values.dtype == np.uint8 and np.array_equal(table.values, expected)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " "])
def test_every_delimiter_without_header(delimiter):
    table = read_table(written(PIXELS, delimiter), "t.csv")
    assert (
        np.array_equal(table.values, PIXELS) and table.header is None and table.row_numbers[0] == 1
    )
    assert table.values.flags.c_contiguous and table.delimiter == delimiter


def test_decimal_comma_between_semicolons():
    assert read_table(b"0,5;1\n1,25;2\n", "t.csv").values.tolist() == [[0.5, 1], [1.25, 2]]


def test_decimal_commas_in_one_column_under_its_name():
    table = read_table(b"price\n1,5\n2\n-0,25\n", "t.csv")
    assert table.values[:, 0].tolist() == [1.5, 2, -0.25] and table.header == ("price",)
    assert [note.code for note in table.notes] == ["decimal_comma"]
    assert read_table(b"p,q\n1,5\n2,3\n", "t.csv").values.tolist() == [[1, 5], [2, 3]]
    with pytest.raises(BadData, match="row 1 has 1 column, but most rows have 2") as caught:
        read_table(b"p\n1,5\nx,3\n", "t.csv")
    assert caught.value.code == "row_width"


def test_a_path_and_its_bytes_are_the_same_table(tmp_path: Path):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(written(PIXELS)))
    assert np.array_equal(read_table(path, "t").values, read_table(path.read_bytes(), "t").values)
    with pytest.raises(NotFound, match=r"none\.csv") as caught:
        read_table(tmp_path / "none.csv", "none.csv")
    assert caught.value.code == "file_not_found"


def test_the_numbers_that_pandas_writes_above_columns_are_a_header():
    pixels = np.hstack([PIXELS] * 4)
    data = pd.DataFrame(pixels).to_csv(index=False).encode()
    table = read_table(data, "t.csv")
    assert table.header == tuple(str(i) for i in range(16))
    assert np.array_equal(table.values, pixels)
    assert len(read_table(data, "t.csv", "no")) == 4
    assert read_table(b"0,1,2,3\n0,1,2,3\n", "t.csv").header is None


def test_blank_lines_before_the_header_and_between_rows_are_skipped():
    table = read_table(b"\n\na,b\n1,2\n\n3,4\n\n\n", "t.csv")
    assert table.values.tolist() == [[1, 2], [3, 4]] and table.row_numbers.tolist() == [4, 6]


def test_text_columns_are_separate_from_numbers():
    table = read_table(b'p,label,q\n1,"a, b",2\n3,c,4\n', "t.csv")
    assert table.columns == (0, 2) and table.values.tolist() == [[1, 2], [3, 4]]
    assert table.words[1].tolist() == ["a, b", "c"] and table.width == 3


@pytest.mark.parametrize("value", ["300", "-1", "0.5", "1e3"])
def test_one_value_beyond_a_byte_makes_floats_and_changes_none(value):
    rows = [["7"] * 20 for _ in range(200)]
    rows[150][11] = value
    table = read_table(written(rows), "t.csv")
    assert table.values.dtype == np.float32
    assert np.array_equal(table.values, np.array(rows, np.float32))


def test_large_labels_keep_every_digit():
    assert read_table(b"16777217\n16777219\n", "t.csv").values[:, 0].tolist() == [
        16777217,
        16777219,
    ]


def test_a_gzip_bomb_is_stopped_while_it_unpacks(monkeypatch):
    monkeypatch.setattr(decoding, "UNPACKED_LIMIT", 2**20)
    bomb = gzip.compress(b"1,2,3,4\n" * 2**18)
    with pytest.raises(BadData, match=r"bomb\.csv\.gz unpacks to more than 1 MB") as caught:
        read_table(bomb, "bomb.csv.gz")
    assert caught.value.code == "unpacks_too_large"


def test_the_numbers_of_a_column_are_found_by_its_place_in_the_file():
    table = read_table(b"a,b,c\n1,x,3\n4,y,6\n", "t.csv")
    assert table.numbers(0).tolist() == [1, 4] and table.numbers(2).tolist() == [3, 6]
    for column in (1, 3):
        with pytest.raises(ValueError, match=str(column)):
            table.numbers(column)
