"""Every bad file gives an error with a code that names the file and the place.

The files are made here.
"""

import gzip
import io
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import BadData
from core.data.inspection.inspect import inspect_files
from core.data.reading import Reading

GOOD = [[(7 * r + 5 * c) % 256 for c in range(16)] for r in range(12)]
LABELS = "".join(f"{r % 3}\n" for r in range(12)).encode()


def lines(rows, delimiter=",") -> bytes:
    return "".join(delimiter.join(str(c) for c in row) + "\n" for row in rows).encode()


def changed(row, column, value) -> bytes:
    rows = [list(r) for r in GOOD]
    rows[row][column] = value
    return lines(rows)


def zipped(member: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(member, "x")
    return file.getvalue()


HEADER = ",".join(f"p{i}" for i in range(16)).encode() + b"\n"
IMAGES = {
    "empty": (b"", "empty_file", ""),
    "blank": (b"\n\n  \n", "empty_file", ""),
    "bom only": (b"\xef\xbb\xbf", "empty_file", ""),
    "header only": (HEADER, "no_rows", ""),
    "empty gzip": (gzip.compress(b""), "empty_file", ""),
    "short row": (
        lines([*GOOD[:4], GOOD[4][:-1], *GOOD[5:]]),
        "row_width",
        "row 5 has 15 columns, but most rows have 16",
    ),
    "long row": (
        lines([*GOOD[:11], [*GOOD[11], 9]]),
        "row_width",
        "row 12 has 17 columns, but most rows have 16",
    ),
    "header too short": (
        b"a,b\n" + lines(GOOD),
        "row_width",
        "row 1 has 2 columns, but most rows have 16",
    ),
    "word": (changed(4, 2, "abc"), "not_a_number", "row 5, column 3 contains 'abc'"),
    "word under a header": (
        HEADER + changed(4, 2, "x"),
        "not_a_number",
        r"row 6, column 3 \('p2'\) contains 'x'",
    ),
    "word in the first row": (
        changed(0, 2, "oops"),
        "not_a_number",
        "row 1, column 3 contains 'oops'",
    ),
    "missing": (changed(4, 2, ""), "empty_cell", "row 5, column 3"),
    "missing last": (changed(11, 15, ""), "empty_cell", "row 12, column 16"),
    "nan": (changed(4, 2, "nan"), "not_a_number", "row 5, column 3 contains 'nan'"),
    "infinite": (changed(4, 2, "inf"), "not_a_number", "row 5, column 3 contains 'inf'"),
    "too large": (changed(4, 2, "1e400"), "number_too_large", "row 5, column 3 contains 1e400"),
    "underscore": (changed(4, 2, "1_0"), "not_a_number", "row 5, column 3 contains '1_0'"),
    "true": (changed(4, 2, "True"), "not_a_number", "row 5, column 3 contains 'True'"),
    "open quote": (changed(4, 2, '"1'), "quotation_mark", "row 5"),
    "NUL": (b"\0" + lines(GOOD), "not_a_table", "a binary file"),
    "late NUL": (lines(GOOD) * 9000 + b"1,\x00\n", "nul_byte", "NUL byte at byte"),
    "no encoding": (b"\x81,b\n" + lines(GOOD), "encoding", r"line 1 has a byte \(0x81\)"),
    "PNG": (b"\x89PNG\r\n\x1a\n" + bytes(50), "not_a_table", "a PNG image"),
    "PDF": (b"%PDF-1.7\n", "not_a_table", "a PDF document"),
    "ZIP without a table": (zipped("a.md"), "no_rows", r"a.md\)"),
    "XLSX": (zipped("xl/workbook.bin"), "not_a_table", "a binary Excel workbook"),
    "npy": (b"\x93NUMPY\x01\x00", "damaged_array", "a damaged NumPy"),
    "packed PNG": (gzip.compress(b"\x89PNG\r\n\x1a\n"), "not_a_table", "a PNG image"),
    "HTML": (b"<!doctype html><p>404</p>", "not_a_table", "a web page"),
    "JSON": (b'{"a": [1, 2]}', "not_a_table", "JSON"),
    "JSON lines": (b'{"a": 1}\n{"a": 2}\n', "not_a_table", "JSON"),
    "ARFF": (b"% notes\n%\n\n@RELATION iris\n@DATA\n1,2\n", "not_a_table", "an ARFF file"),
    "LIBSVM": (b"+1 1:0.5 3:-2e-3\n-1 2:0.25\n", "not_a_table", "a LIBSVM file"),
    "SPSS": (b"$FL2@(#) SPSS DATA FILE", "not_a_table", "an SPSS file"),
    "cut gzip": (gzip.compress(lines(GOOD) * 500)[:-200], "damaged_archive", "gzip"),
    "broken gzip": (b"\x1f\x8bxxxxxxxxxxxxxxxxxxxx", "damaged_archive", "gzip"),
    "no picture size": (
        lines([[*row * 48, *row[:15]] for row in GOOD]),
        "not_square",
        "783 pixel columns.*28 × 28 = 784",
    ),
    "words": (lines([[*row * 49, "cat"] for row in GOOD]), "text_in_images", "column 785.*'cat'"),
    "row count": (lines(GOOD[:11]), "label_count", "11 rows.*12 labels"),
}
LABEL_FILES = {
    "empty": (b"", "empty_file", ""),
    "one class": (b"5\n" * 12, "one_class", "'5'"),
    "one word": (b"cat\n" * 12, "one_class", "'cat'"),
    "missing": (LABELS.replace(b"2\n", b"\n", 1), "empty_row", "row 3"),
    "missing word": (b"cat\n" + b'""\n' + b"dog\n" * 10, "missing_labels", "row 2"),
    "word among numbers": (LABELS[:-2] + b"x\n", "label_not_a_number", "row 12 .* 'x'"),
    "too many columns": (
        lines([[r % 5, r % 3] for r in range(12)]),
        "label_column_unknown",
        "2 columns",
    ),
    "too many rows": (LABELS + b"1\n1\n", "label_count", "12 rows.*14 labels"),
    "a picture": (b"\xff\xd8\xff\xe0", "not_a_table", "a JPEG image"),
}


def check_error(caught, code: str, name: str = "") -> None:
    assert caught.value.code == code
    message = str(caught.value)
    assert message.startswith(name) and message.endswith(".") and "\n" not in message
    assert len(message) < 300


@pytest.mark.parametrize("case", IMAGES)
def test_a_bad_image_file_is_refused_with_its_code(case):
    data, code, evidence = IMAGES[case]
    with pytest.raises(BadData, match=evidence or ".") as caught:
        inspect_files(data, LABELS, names=("images.csv", "labels.csv"))
    check_error(caught, code, "images.csv")


@pytest.mark.parametrize("case", LABEL_FILES)
def test_a_bad_label_file_is_refused_with_its_code(case):
    data, code, evidence = LABEL_FILES[case]
    with pytest.raises(BadData, match=evidence or ".") as caught:
        inspect_files(lines(GOOD), data, names=("images.csv", "labels.csv"))
    check_error(caught, code, "" if case == "too many rows" else "labels.csv")


def test_too_many_classes():
    rows = [[r % 256] * 16 for r in range(1500)]
    words = "".join(f"word {r}\n" for r in range(1500)).encode()
    with pytest.raises(BadData, match="1 500 different labels") as caught:
        inspect_files(lines(rows), words)
    check_error(caught, "too_many_classes", "labels.csv")


def test_swapped_files():
    with pytest.raises(BadData) as caught:
        inspect_files(LABELS, lines(GOOD))
    check_error(caught, "files_swapped")


def test_no_label_column_in_one_file():
    with pytest.raises(BadData) as caught:
        inspect_files(lines(GOOD))
    check_error(caught, "label_column_not_found")
    with pytest.raises(BadData, match="'kind'") as caught:
        inspect_files(HEADER + lines(GOOD), reading=Reading(label_column="kind"))
    check_error(caught, "label_column_unknown")


def test_a_shape_that_does_not_fit():
    with pytest.raises(BadData, match=r"16 pixel columns.*5 × 5 needs 25") as caught:
        inspect_files(lines(GOOD), LABELS, reading=Reading(shape=(1, 5, 5)))
    check_error(caught, "shape_mismatch")


def test_text_from_a_file_is_clipped_to_one_line():
    with pytest.raises(BadData) as caught:
        inspect_files(changed(4, 2, '"' + "<b>\n\u202e" * 5000 + '"'), LABELS)
    check_error(caught, "not_a_number", "images.csv")
    assert "\u202e" not in str(caught.value)


@given(st.integers(0, 2**32), st.integers(1, 4), st.sampled_from(["plain", "gz"]))
@settings(max_examples=60)
def test_flipped_bytes_give_samples_or_an_error_with_a_code(seed, flips, form):
    draw = np.random.Generator(np.random.PCG64(seed))
    data = bytearray(lines(GOOD) if form == "plain" else gzip.compress(lines(GOOD), mtime=0))
    for place in draw.integers(0, len(data), flips):
        data[place] = draw.integers(0, 256)
    try:
        found = inspect_files(bytes(data), LABELS, names=("images.csv", "labels.csv"))
    except BadData as error:
        assert error.code != BadData.code, "no specific code"
        assert "images.csv" in str(error) and "\n" not in str(error)
    else:
        assert found.rows == 12 and np.isfinite(found.samples.inputs).all()
