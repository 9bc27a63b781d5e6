"""Findings in good spreadsheets: shape, labels, range of values, orientation."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import BadData
from core.data.inspection.inspect import inspect, inspect_files
from core.data.inspection.shapes import nearest_shapes, shape_of
from core.data.reading import Reading
from core.data.ready.builtin import DIGITS
from core.data.spreadsheet.table import read_table

SHARED = Path(__file__).parents[5] / "shared" / "data"


def csv(array) -> bytes:
    return "".join(",".join(str(v) for v in row) + "\n" for row in array).encode()


def pictures(rows=30, columns=16, seed=0) -> np.ndarray:
    found = np.random.Generator(np.random.PCG64(seed)).integers(0, 256, (rows, columns))
    found[0, 0] = 255
    return found


def labels(rows=30, classes=3, start=0) -> bytes:
    return "".join(f"{start + r % classes}\n" for r in range(rows)).encode()


def codes(found) -> dict[str, str]:
    return {finding.code: finding.level for finding in found.findings}


def evidence(found, code: str) -> dict:
    return next(f.evidence for f in found.findings if f.code == code)


def test_a_plain_pair():
    raw = pictures()
    found = inspect_files(csv(raw), labels())
    assert (found.rows, found.shape, found.classes) == (30, (1, 4, 4), ("0", "1", "2"))
    assert np.array_equal(found.samples.inputs, raw.reshape(30, 1, 4, 4))
    assert found.samples.inputs.dtype == np.uint8 and found.samples.targets.dtype == np.int64
    assert found.samples.targets.tolist() == [r % 3 for r in range(30)]
    assert codes(found) == {
        **dict.fromkeys(("row_count", "shape", "header", "label_header", "pixel_range"), "ok"),
        "classes": "ok",
        "form": "info",  # 16 numbers may be a table
    }


@pytest.mark.parametrize(
    ("columns", "shape"),
    [(64, (1, 8, 8)), (400, (1, 20, 20)), (784, (1, 28, 28)), (1024, (1, 32, 32)),
     (3072, (3, 32, 32)),      (12288, (3, 64, 64)), (783, None), (2, None), (1, None)],
)  # fmt: skip
def test_shape_from_the_column_count(columns, shape):
    assert shape_of(columns) == shape


def test_no_count_is_a_square_in_one_channel_and_in_three():
    squares = {s * s for s in range(1, 400)}
    assert not squares & {3 * s for s in squares}


def test_the_nearest_shapes_are_nearest():
    assert nearest_shapes(783)[0] == (1, 28, 28)
    assert nearest_shapes(3071)[0] == (3, 32, 32)


def test_labels_from_one_keep_their_names():
    found = inspect_files(csv(pictures()), labels(start=1))
    assert found.classes == ("1", "2", "3") and found.samples.targets.min() == 0
    assert codes(found)["label_base"] == "info"


def test_text_labels_become_classes_in_sorted_order():
    words = "".join(
        f"{('dog', 'ant', 'T-shirt, top')[r % 3]!r}\n".replace("'", '"') for r in range(30)
    )
    found = inspect_files(csv(pictures()), words.encode())
    assert found.classes == ("T-shirt, top", "ant", "dog")
    assert found.samples.targets[:3].tolist() == [2, 1, 0] and codes(found)["label_text"] == "ok"


@pytest.mark.parametrize("title", ["label", "animal"])
def test_a_header_over_text_labels_is_found(title):
    words = (title + "\n" + "cat\ndog\nowl\n" * 10).encode()
    found = inspect_files(csv(pictures()), words)
    assert found.classes == ("cat", "dog", "owl") and found.rows == 30


def test_headers_written_by_pandas_are_found_in_both():
    header = (",".join(str(i) for i in range(16)) + "\n").encode()
    found = inspect_files(header + csv(pictures()), b"0\n" + labels())
    assert found.rows == 30 and found.samples.targets.tolist() == [r % 3 for r in range(30)]


@pytest.mark.parametrize("place", ["first", "last", "named", "words"])
def test_one_file_with_labels(place):
    raw, ids = pictures(), np.arange(30) % 3
    raw[:, [0, 15]] = 0  # edges are mostly dark
    raw[3, [0, 15]] = 9
    cells = np.array(["cat", "dog", "owl"])[ids] if place == "words" else ids
    parts = (raw[:, :7], cells[:, None], raw[:, 7:]) if place == "named" else (
        (cells[:, None], raw) if place == "first" else (raw, cells[:, None])
    )  # fmt: skip
    header = (
        ",".join([*(f"p{i}" for i in range(7)), "Label", *(f"p{i}" for i in range(7, 16))]) + "\n"
        if place == "named"
        else ""
    )
    rows = [[str(v) for part in parts for v in part[r]] for r in range(30)]
    found = inspect_files(header.encode() + csv(rows))
    assert found.shape == (1, 4, 4) and found.samples.targets.tolist() == ids.tolist()
    assert np.array_equal(found.samples.inputs.reshape(30, 16), raw)
    assert evidence(found, "label_column")["column"] == {"named": 8, "first": 1}.get(place, 17)


def test_the_label_column_can_be_chosen():
    raw = np.hstack([pictures(), np.arange(30)[:, None] % 3])
    assert inspect_files(csv(raw[:, ::-1]), reading=Reading(label_column="first")).classes == (
        "0",
        "1",
        "2",
    )
    none = inspect_files(csv(pictures()), reading=Reading(label_column="none"))
    assert none.classes == () and none.rows == 30


def test_leading_row_numbers_are_not_inputs():
    import pandas as pd

    frame = pd.DataFrame(pictures(300)).assign(label=np.arange(300) % 3)
    found = inspect_files(frame.to_csv().encode())
    assert found.shape == (1, 4, 4) and np.array_equal(
        found.samples.inputs.reshape(300, 16), pictures(300)
    )


@pytest.mark.parametrize(
    ("scale", "dtype"), [(1 / 255, np.uint8), (1 / 1000, np.float32), (257, np.uint8)]
)
def test_brightness_is_rescaled_to_255(scale, dtype):
    raw = pictures()
    found = inspect_files(csv(raw * scale), labels(), reading=Reading(form="images"))
    white = {1 / 255: 1, 1 / 1000: 1, 257: 65535}[scale]
    assert found.samples.inputs.dtype == dtype and found.white == white
    np.testing.assert_allclose(
        found.samples.inputs.reshape(30, 16), raw * scale * 255 / white, rtol=1e-5
    )


def test_sixteen_levels_are_rescaled_unless_declined():
    raw = pictures() % 17
    raw[0, 0] = 16
    found = inspect_files(csv(raw), labels(), reading=Reading(form="images"))
    assert np.array_equal(found.samples.inputs.reshape(30, 16), np.round(raw * 255 / 16))
    fix = next(f.action.changes for f in found.findings if f.code == "pixel_range")
    assert np.array_equal(
        inspect_files(
            csv(raw), labels(), reading=Reading(**fix, form="images")
        ).samples.inputs.reshape(30, 16),
        raw,
    )


def test_values_outside_the_range_are_kept_with_a_warning():
    raw = pictures() - 100
    found = inspect_files(csv(raw), labels(), reading=Reading(form="images"))
    assert (
        np.array_equal(found.samples.inputs.reshape(30, 16), raw)
        and codes(found)["pixel_range"] == "warn"
    )


def test_missing_and_imbalanced_classes_are_reported():
    uneven = b"0\n" * 26 + b"1\n" + b"3\n" * 3
    found = inspect_files(csv(pictures()), uneven)
    assert found.classes == ("0", "1", "3") and found.samples.targets[-1] == 2
    assert evidence(found, "missing_classes") == {"missing": [2]}
    assert evidence(found, "imbalance")["largest"] == 26


def test_test_images_are_read_like_the_training_images():
    train = inspect_files(csv(pictures()), b"b\na\nc\n" * 10)
    test = inspect(
        read_table(csv(pictures(4) // 2), "test.csv"),
        read_table(b"c\nb\nc\nb\n", "test labels.csv"),
        like=train,
    )
    assert test.classes == train.classes and test.samples.targets.tolist() == [2, 1, 2, 1]
    with pytest.raises(BadData, match=r"test labels.csv, row 2 has the label 'z'") as caught:
        inspect(
            read_table(csv(pictures(2)), "t"), read_table(b"a\nz\n", "test labels.csv"), like=train
        )
    assert caught.value.code == "label_unknown"


def test_a_chosen_shape_is_that_of_the_upright_image():
    raw = pictures(30, 6)
    found = inspect_files(csv(raw), labels(), reading=Reading(shape=(1, 3, 2)))
    assert np.array_equal(found.samples.inputs, raw.reshape(30, 1, 3, 2))
    turned = inspect_files(csv(raw), labels(), reading=Reading(shape=(1, 3, 2), transpose=True))
    assert turned.shape == (1, 3, 2)
    assert np.array_equal(turned.samples.inputs[0, 0], raw[0].reshape(3, 2, order="F"))


def hint(found) -> dict | None:
    return next((f.action.changes for f in found.findings if f.code == "transposed"), None)


def check_hint(images, names, transposed: bool) -> None:
    assert hint(inspect_files(*images, names=names)) == (
        {"transpose": True} if transposed else None
    )
    turned = inspect_files(*images, names=names, reading=Reading(transpose=True))
    assert hint(turned) == (None if transposed else {"transpose": False})


def test_the_orientation_of_the_8x8_digits():
    check_hint((DIGITS / "images.csv", DIGITS / "labels.csv"), ("i", "l"), transposed=False)


@pytest.mark.realdata
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
def test_the_orientation_of_arabic_digits():
    files = sorted((SHARED / "arabic_digits").glob("*.csv"))
    found = inspect_files(*files)
    assert (found.rows, found.shape, found.classes) == (10000, (1, 28, 28), tuple("0123456789"))
    check_hint(files, ("", ""), transposed=True)


@pytest.mark.realdata
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
def test_the_orientation_of_mnist():
    raw = SHARED / "MNIST" / "raw"
    images = np.frombuffer(
        gzip.decompress((raw / "t10k-images-idx3-ubyte.gz").read_bytes()), np.uint8, offset=16
    )
    ids = np.frombuffer(
        gzip.decompress((raw / "t10k-labels-idx1-ubyte.gz").read_bytes()), np.uint8, offset=8
    )
    files = csv(images.reshape(-1, 784)[:3000].tolist()), csv(ids[:3000, None].tolist())
    check_hint(files, ("i", "l"), transposed=False)


def test_y_may_be_a_class_and_a_title():
    found = inspect_files(csv(pictures()), b"y\nn\nm\n" * 10)
    assert found.classes == ("m", "n", "y") and found.rows == 30
    titled = inspect_files(csv(pictures()), b"y\n" + labels())
    assert titled.rows == 30 and titled.classes == ("0", "1", "2")


def test_one_very_long_label_costs_only_its_own_length():
    words = ("x" * 100_000 + "\n" + "cat\ndog\n" * 5000).encode()
    found = inspect_files(csv([[1, 2, 3, 4]] * 10_001), words)
    assert len(found.classes) == 3
    assert all(len(finding.text) < 400 for finding in found.findings)
