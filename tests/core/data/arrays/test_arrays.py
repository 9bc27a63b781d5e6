"""Files of arrays: every format, layout and type gives the same samples, or an error with a code.

The images are 6 × 5 or 6 × 5 × 3, so that no two of their sides can be mistaken for each other.
"""

import gzip
import io

import numpy as np
import pytest

from core.base.errors import BadData, LabError
from core.data.arrays import matlab, storage
from core.data.inspection.inspect import inspect_files
from core.data.library import Library
from core.data.reading import Reading
from tests.core.data.arrays.files import idx, mat, npy, npz, zipped

DRAW = np.random.Generator(np.random.PCG64(3))
GREY = DRAW.integers(0, 256, (24, 6, 5)).astype(np.uint8)
COLOUR = DRAW.integers(0, 256, (24, 3, 6, 5)).astype(np.uint8)
IDS = (np.arange(24) % 3).astype(np.uint8)
LABELS = "\n".join(map(str, IDS)).encode() + b"\n"
INTERLEAVED = COLOUR.transpose(0, 2, 3, 1)


def read(*files: bytes, name: str = "data", **reading):
    return inspect_files(*files, names=(name, "labels.csv"), reading=Reading(**reading))


def codes(found) -> dict[str, str]:
    assert len({f.code for f in found.findings}) == len(found.findings)
    return {f.code: f.level for f in found.findings}


FILES = {
    "idx": (idx(GREY), GREY),
    "idx.gz": (idx(GREY, packed=True), GREY),
    "idx in a ZIP file": (zipped({"a/train-images-idx3-ubyte": idx(GREY)}), GREY),
    "idx.gz in a ZIP file": (zipped({"images.gz": idx(GREY, packed=True)}), GREY),
    "npy": (npy(GREY), GREY),
    "npy in column order": (npy(np.asfortranarray(GREY)), GREY),
    "npy.gz": (gzip.compress(npy(GREY)), GREY),
    "npy, big-endian": (npy(GREY.astype(">i4")), GREY),
    "npy, int64": (npy(GREY.astype(np.int64)), GREY),
    "npy, float16": (npy(GREY.astype(np.float16)), GREY),
    "npy, float64": (npy(GREY.astype(np.float64)), GREY),
    "npy, colour last": (npy(INTERLEAVED), COLOUR),
    "npy, colour first": (npy(COLOUR), COLOUR),
    "npy, one channel": (npy(GREY[..., None]), GREY),
    "npz of one": (npz(arr_0=GREY), GREY),
    "mat": (mat(X=INTERLEAVED), COLOUR),
    "mat, uncompressed": (mat(compressed=False, images=GREY), GREY),
}


@pytest.mark.parametrize("case", FILES)
def test_images_keep_their_values_and_their_shape(case):
    data, meant = FILES[case]
    found = read(data, LABELS)
    images = meant if meant.ndim == 4 else meant[:, None]
    np.testing.assert_array_equal(found.samples.inputs, images)
    np.testing.assert_array_equal(found.samples.targets, IDS)
    assert found.samples.inputs.dtype == np.uint8
    assert not {"header", "channels"} & set(codes(found))


PAIRS = {
    "x and y": npz(x=GREY, y=IDS),
    "X and Y": mat(X=GREY, Y=IDS),
    "images and labels": npz(images=GREY, labels=IDS[:, None]),
    "data and target": npz(data=GREY, target=IDS.astype(np.int64)),
    "no names": npz(arr_0=GREY, arr_1=IDS),
    "other names": npz(a=IDS, b=GREY, c=np.arange(7)),
    "four IDX files": zipped(
        {
            "train-images-idx3-ubyte.gz": idx(GREY, packed=True),
            "train-labels-idx1-ubyte.gz": idx(IDS, packed=True),
        }
    ),
    "class names": npz(x=GREY, y=IDS, class_names=np.array(["0", "1", "2"])),
    "text": npz(x=GREY, y=IDS.astype(str)),
    "cells": mat(X=GREY, y=np.array([[str(i)] for i in IDS], object)),
    "MATLAB colour": mat(X=INTERLEAVED.transpose(1, 2, 3, 0), y=IDS),
    "MATLAB grey": mat(X=GREY.transpose(1, 2, 0), y=IDS),
}


@pytest.mark.parametrize("case", PAIRS)
def test_one_file_has_inputs_and_labels(case):
    found = read(PAIRS[case])
    meant = COLOUR if "colour" in case else GREY[:, None]
    np.testing.assert_array_equal(found.samples.inputs, meant)
    assert found.classes == ("0", "1", "2") and found.samples.targets.tolist() == IDS.tolist()


@pytest.mark.parametrize(
    ("names", "test"),
    [
        ("x_train y_train x_test y_test", "test_rows"),
        ("trainX trainY testX testY", "test_rows"),
        ("X_tr y_tr X_te y_te", "test_rows"),
        ("train_images train_labels val_images val_labels", "validation_part"),
        ("train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images t10k-labels", "test_rows"),
    ],
)
def test_a_file_brings_its_test_set(tmp_path, names, test):
    arrays = dict(zip(names.split(), (GREY, IDS, GREY[:9] // 2, IDS[:9][::-1]), strict=True))
    library = Library(tmp_path)
    digest, found = library.add(npz(**arrays), names=("data.npz",))
    samples = library.open(digest)
    assert (len(samples), len(samples.test_inputs)) == (24, 9) and test in codes(found)
    np.testing.assert_array_equal(samples.inputs[:, 0], GREY)
    np.testing.assert_array_equal(samples.test_inputs[:, 0], GREY[:9] // 2)
    assert samples.test_targets.tolist() == IDS[:9][::-1].tolist()


ROWS_OF_CLASS = {c: GREY[c == IDS].reshape(8, 30) for c in range(3)}


@pytest.mark.parametrize(
    ("names", "turned"),
    [
        (("train{}", "test{}"), False),
        (("train_{}", "test_{}"), False),
        (("digit{}", "test_digit{}"), False),
        (("train_class_{}", "test_class_{}"), True),
    ],
)
def test_one_array_per_class_is_a_training_and_a_test_set(tmp_path, names, turned):
    arrays = {}
    for label, rows in reversed(ROWS_OF_CLASS.items()):  # in any order
        for pattern, part in zip(
            names, (rows[: 6 + label % 2], rows[6 + label % 2 :]), strict=True
        ):
            arrays[pattern.format(label + 3)] = part.T if turned else part
    reading = Reading(shape=(1, 6, 5))
    for file in (mat(**arrays), npz(**arrays)):
        digest, found = Library(tmp_path).add(file, names=("mnist_all.mat",), reading=reading)
        samples = Library(tmp_path).open(digest)
        kept = {label: 6 + label % 2 for label in ROWS_OF_CLASS}
        train = np.concatenate([rows[: kept[label]] for label, rows in ROWS_OF_CLASS.items()])
        test = np.concatenate([rows[kept[label] :] for label, rows in ROWS_OF_CLASS.items()])
        assert samples.classes == ("3", "4", "5")
        np.testing.assert_array_equal(samples.inputs.reshape(-1, 30), train)
        np.testing.assert_array_equal(samples.test_inputs.reshape(-1, 30), test)
        np.testing.assert_array_equal(samples.targets, np.repeat(range(3), list(kept.values())))
        np.testing.assert_array_equal(samples.test_targets, np.repeat(range(3), [2, 1, 2]))
        assert codes(found)["class_arrays"] == "info"


@pytest.mark.parametrize(
    "arrays",
    [
        {"x1": GREY, "x2": GREY},  # two kinds of inputs
        {"train0": GREY, "train1": GREY[:, :5]},  # samples of two sizes
        {"train0": GREY, "train1": GREY, "test0": GREY},  # a test set of one class
        {"0": GREY, "1": GREY},
    ],
)
def test_arrays_that_need_not_be_classes_are_refused(arrays):
    with pytest.raises(BadData) as caught:
        read(npz(**arrays))
    assert caught.value.code


def test_a_validation_part_beside_a_test_part_belongs_to_training(tmp_path):
    arrays = {f"{part}_{kind}": a for part in ("train", "val", "test") for kind, a in
              (("images", GREY), ("labels", IDS))}  # fmt: skip
    found = Library(tmp_path).add(npz(**arrays))[1]
    assert found.rows == 48 and codes(found)["validation_part"] == "info"


def test_a_test_part_without_labels_is_left_out(tmp_path):
    digest, found = Library(tmp_path).add(npz(x_train=GREY, y_train=IDS, x_test=GREY[:5]))
    assert codes(found)["unlabelled_part"] == "info"
    assert not Library(tmp_path).open(digest).has_test


@pytest.mark.parametrize("labels", [2**60 + np.arange(24) % 3, np.uint64(2**64 - 3) + IDS])
def test_integer_labels_keep_every_digit(labels):
    for found in (read(npz(x=GREY, y=labels)), read(npy(GREY), npy(labels))):
        assert found.classes == tuple(str(v) for v in sorted(set(labels.tolist())))


def test_a_table_in_an_array_is_read_like_a_spreadsheet():
    values = np.column_stack([DRAW.normal(0, 3, (24, 4)), IDS])
    text = "\n".join(",".join(repr(float(v)) for v in row) for row in values).encode()
    array, spreadsheet = read(npy(values)), read(text)
    np.testing.assert_array_equal(array.samples.inputs, spreadsheet.samples.inputs)
    assert array.classes == spreadsheet.classes == ("0", "1", "2")


def test_rows_of_pixels_are_images_of_a_guessed_shape():
    found = read(mat(X=DRAW.random((50, 400)), y=np.arange(50)[:, None] % 10 + 1))
    assert found.shape == (1, 20, 20) and found.classes == tuple(map(str, range(1, 11)))
    turned = read(mat(X=DRAW.random((400, 50)), y=np.arange(50) % 10 + 1))
    assert turned.shape == (1, 20, 20) and turned.rows == 50


def test_images_without_labels_are_inspected_but_not_trained_on(tmp_path):
    found = read(idx(GREY))
    assert codes(found)["labels_missing"] == "warn" and not found.labelled
    with pytest.raises(BadData) as caught:
        Library(tmp_path).add(idx(GREY))
    assert caught.value.code == "labels_missing"


def test_an_unclear_file_lists_its_arrays_and_a_choice_works():
    data = npz(first=GREY, second=GREY // 2, y=IDS)
    with pytest.raises(BadData, match="24 × 6 × 5") as caught:
        read(data)
    assert caught.value.code == "arrays_unclear" and {"sheet": "second"} in caught.value.fixes
    np.testing.assert_array_equal(read(data, sheet="second").samples.inputs[:, 0], GREY // 2)


def pickled() -> bytes:
    return npy(np.array([print], object), allow_pickle=True)


def claims_too_much() -> bytes:
    file = io.BytesIO()
    head = {"descr": "|u1", "fortran_order": False, "shape": (10**12, 784)}
    np.lib.format.write_array_header_1_0(file, head)
    return file.getvalue() + bytes(50)


HDF5 = b"MATLAB 7.3 MAT-file, Platform: PCWIN64".ljust(512, b" ") + b"\x89HDF\r\n\x1a\n"
REFUSED = {
    "a pickle": (pickled(), "object_array"),
    "a pickle in an npz file": (npz(x=GREY), "") and (zipped({"x.npy": pickled()}), "object_array"),
    "records": (npy(np.zeros(3, [("a", "u1")])), "object_array"),
    "a false length": (claims_too_much(), "array_size"),
    "a cut IDX file": (idx(GREY)[:-1], "array_size"),
    "a long IDX file": (idx(GREY) + b"\0", "array_size"),
    "no rows": (npy(GREY[:0]), "empty_file"),
    "five dimensions": (npy(GREY[None, None]), "array_shape"),
    "five channels": (npy(np.zeros((9, 6, 7, 5), np.uint8)), "array_shape"),
    "one colour image": (npy(np.zeros((40, 60, 3), np.uint8)), "array_shape"),
    "complex": (npy(np.zeros((9, 16), complex)), "array_type"),
    "dates": (npy(np.zeros(9, "M8[D]")), "array_type"),
    "NaN": (npy(np.where(GREY[1, 2, 3] == GREY, np.nan, GREY)), "not_finite"),
    "infinity": (npy(np.where(GREY[2, 3, 4] == GREY, np.inf, GREY)), "not_finite"),
    "MATLAB 7.3": (HDF5, "matlab_73"),
    "a cut MATLAB file": (mat(X=GREY)[:-30], "damaged_array"),
    "a MATLAB file of a structure": (mat(data={"X": GREY}), "no_arrays"),
    "a cut gzip file": (idx(GREY, packed=True)[:-20], "damaged_archive"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_cannot_be_read_is_refused_with_its_code(case):
    data, code = REFUSED[case]
    with pytest.raises(BadData) as caught:
        read(data, LABELS)
    message = str(caught.value)
    assert caught.value.code == code and message.startswith("data") and message.endswith(".")


def test_a_missing_value_is_named_with_its_place():
    values = GREY.astype(float).reshape(24, 30)
    values[6, 11] = np.nan
    with pytest.raises(BadData, match="row 7, column 12"):
        read(npy(values), LABELS)


@pytest.mark.parametrize("data", [gzip.compress(npy(GREY)), npz(x=GREY, y=IDS), mat(x=GREY, y=IDS)])
def test_a_file_that_unpacks_to_too_much_is_refused(monkeypatch, data):
    for module in (storage, matlab):
        monkeypatch.setattr(module, "UNPACKED_LIMIT", 500)
    with pytest.raises(BadData) as caught:
        read(data, LABELS)
    assert caught.value.code == "unpacks_too_large"


@pytest.mark.parametrize("data", [idx(GREY), npy(GREY), npz(x=GREY, y=IDS), mat(X=GREY, y=IDS)])
def test_damaged_bytes_raise_nothing_but_a_message(data):
    codes = set()
    for position in range(0, min(len(data), 400), 3):
        changed = bytearray(data)
        changed[position] ^= 0xA5
        try:
            read(bytes(changed), LABELS)
        except LabError as error:
            codes.add(error.code)
    assert codes and all(codes)
