"""Every bad file gives one clear sentence that names the file, and no other exception.

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
    "empty": (b"", "is empty"),
    "blank": (b"\n\n  \n", "is empty"),
    "bom only": (b"\xef\xbb\xbf", "is empty"),
    "header only": (HEADER, "no rows"),
    "empty gzip": (gzip.compress(b""), "is empty"),
    "short row": (lines([*GOOD[:4], GOOD[4][:-1], *GOOD[5:]]), "row 5 has 15 values, row 1 has 16"),
    "long row": (lines([*GOOD[:11], [*GOOD[11], 9]]), "row 12 has 17 values, row 1 has 16"),
    "header too short": (b"a,b\n" + lines(GOOD), "row 2 has 16 values, row 1 has 2"),
    "word": (changed(4, 2, "abc"), "row 5, column 3 is 'abc', which is not a number"),
    "word under a header": (HEADER + changed(4, 2, "x"), r"row 6, column 3 \('p2'\) is 'x'"),
    "word in the first row": (changed(0, 2, "oops"), "row 1, column 3 is 'oops'"),
    "missing": (changed(4, 2, ""), "row 5, column 3 is empty"),
    "missing last": (changed(11, 15, ""), "row 12, column 16 is empty"),
    "nan": (changed(4, 2, "nan"), "row 5, column 3 is 'nan'"),
    "infinite": (changed(4, 2, "inf"), "row 5, column 3 is 'inf'"),
    "too large": (changed(4, 2, "1e400"), "row 5, column 3 is 1e400, which is too large"),
    "underscore": (changed(4, 2, "1_0"), "row 5, column 3 is '1_0'"),
    "true": (changed(4, 2, "True"), "row 5, column 3 is 'True'"),
    "open quote": (changed(4, 2, '"1'), "row 5.* quotation mark"),
    "NUL": (b"\0" + lines(GOOD), "is a binary file"),
    "late NUL": (lines(GOOD * 9000) + b"1,\x00\n", "NUL byte at byte"),
    "no encoding": (b"\x81,b\n" + lines(GOOD), r"0x81\) in line 1 .* neither UTF-8 nor Windows"),
    "UTF-16 unmarked": ("1,2\n3,4\n".encode("utf-16-le"), "UTF-16 text without its mark"),
    "PNG": (b"\x89PNG\r\n\x1a\n" + bytes(50), "a PNG picture"),
    "PDF": (b"%PDF-1.7\n", "a PDF document"),
    "ZIP without a table": (zipped("a.png"), r"a.png\) .*header but no rows"),
    "XLSX": (zipped("xl/workbook.bin"), "a binary Excel workbook"),
    "npy": (b"\x93NUMPY\x01\x00", "a NumPy array"),
    "packed PNG": (gzip.compress(b"\x89PNG\r\n\x1a\n"), "a PNG picture"),
    "HTML": (b"<!doctype html><p>404</p>", "a web page"),
    "JSON": (b'{"a": [1, 2]}', "JSON"),
    "cut gzip": (gzip.compress(lines(GOOD * 500))[:-200], "damaged gzip"),
    "broken gzip": (b"\x1f\x8bxxxxxxxxxxxxxxxxxxxx", "damaged gzip"),
    "no picture size": (
        lines([[*row * 48, *row[:15]] for row in GOOD]),
        "783 pixel columns, .* 28×28 = 784.* read it as a table",
    ),
    "words": (lines([[*row * 49, "cat"] for row in GOOD]), "column 785 holds words"),
    "row count": (lines(GOOD[:11]), "has 11 rows, labels.csv has 12"),
}
LABEL_FILES = {
    "empty": (b"", "is empty"),
    "one class": (b"5\n" * 12, "one class only"),
    "one word": (b"cat\n" * 12, "one class only"),
    "missing": (LABELS.replace(b"2\n", b"\n", 1), "row 3 is empty"),
    "missing word": (b"cat\n" + b'""\n' + b"dog\n" * 10, "row 2, column 1 is empty"),
    "word among numbers": (LABELS[:-2] + b"x\n", "row 12, column 1 is 'x'"),
    "too many columns": (lines([[r, r % 3] for r in range(12)]), "has 2 columns"),
    "too many rows": (LABELS + b"1\n1\n", "has 14"),
    "a picture": (b"\xff\xd8\xff\xe0", "a JPEG picture"),
}


def one_sentence(caught, name: str) -> None:
    message = str(caught.value)
    assert message.startswith(name) and message.endswith(".") and "\n" not in message
    assert ": " in message and len(message) < 300  # the rule, then the way out


@pytest.mark.parametrize("case", IMAGES)
def test_bad_pictures(case):
    data, expected = IMAGES[case]
    with pytest.raises(BadData, match=expected) as caught:
        inspect_files(data, LABELS, names=("images.csv", "labels.csv"))
    one_sentence(caught, "images.csv")


@pytest.mark.parametrize("case", LABEL_FILES)
def test_bad_labels(case):
    data, expected = LABEL_FILES[case]
    with pytest.raises(BadData, match=expected) as caught:
        inspect_files(lines(GOOD), data, names=("images.csv", "labels.csv"))
    if case != "too many rows":
        one_sentence(caught, "labels.csv")


def test_too_many_classes():
    rows = [[r % 256] * 16 for r in range(1500)]
    words = "".join(f"word {r}\n" for r in range(1500)).encode()
    with pytest.raises(BadData, match="check that this is the label column") as caught:
        inspect_files(lines(rows), words)
    one_sentence(caught, "labels.csv")


def test_swapped_files():
    with pytest.raises(BadData, match="swap the two files"):
        inspect_files(LABELS, lines(GOOD))


def test_no_label_column_in_one_file():
    with pytest.raises(BadData, match="no label column"):
        inspect_files(lines(GOOD))
    with pytest.raises(BadData, match="no column named 'kind'"):
        inspect_files(HEADER + lines(GOOD), reading=Reading(label_column="kind"))


def test_a_shape_that_does_not_fit():
    with pytest.raises(BadData, match=r"asks for 5×5 = 25 pixels"):
        inspect_files(lines(GOOD), LABELS, reading=Reading(shape=(1, 5, 5)))


def test_foreign_text_is_clipped_and_in_one_line():
    with pytest.raises(BadData) as caught:
        inspect_files(changed(4, 2, '"' + "<b>\n\u202e" * 5000 + '"'), LABELS)
    one_sentence(caught, "images.csv")
    assert "\u202e" not in str(caught.value)


@given(st.integers(0, 2**32), st.integers(1, 4), st.sampled_from(["plain", "gz"]))
@settings(max_examples=150)
def test_flipped_bytes_end_in_a_picture_set_or_in_one_sentence(seed, flips, form):
    draw = np.random.Generator(np.random.PCG64(seed))
    data = bytearray(lines(GOOD) if form == "plain" else gzip.compress(lines(GOOD), mtime=0))
    for place in draw.integers(0, len(data), flips):
        data[place] = draw.integers(0, 256)
    try:
        found = inspect_files(bytes(data), LABELS, names=("images.csv", "labels.csv"))
    except BadData as error:
        assert "images.csv" in str(error) and "\n" not in str(error)
    else:
        assert found.rows == 12 and np.isfinite(found.samples.inputs).all()
