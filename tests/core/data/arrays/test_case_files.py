"""Files of images in ../shared/cases: each is read as it is meant, or refused by its code."""

from pathlib import Path

import pytest

from core.base.errors import BadData
from core.data.inspection.inspect import inspect_files
from core.data.library import Library

CASES = Path(__file__).parents[5] / "shared" / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="../shared/cases is not here")


def finding(found, code: str):
    return next(f for f in found.findings if f.code == code)


def test_grey_images_that_are_not_square():
    found = inspect_files(CASES / "grey12x16.csv", CASES / "grey12x16_labels.csv")
    assert found.shape == (1, 12, 16) and finding(found, "shape").evidence["clear"]


def test_interleaved_colours_with_opacity():
    found = inspect_files(CASES / "rgba_inter10.csv", CASES / "labels30.csv")
    assert found.shape == (3, 10, 10) and found.settled.channels == "interleaved"
    assert finding(found, "alpha").evidence == {"low": 255, "high": 255}


def test_stray_values_are_named():
    labels = (CASES / "labels_row.csv").read_bytes().replace(b",", b"\n")
    evidence = finding(inspect_files(CASES / "stray14.csv", labels), "stray_values").evidence
    assert (evidence["rows"], evidence["columns"]) == ([5, 6], [101, 1])
    assert evidence["values"] == [-3.0, 999.0]


def test_pixel_text_with_a_split(tmp_path):
    digest, found = Library(tmp_path).add(CASES / "fer14.csv")
    samples = Library(tmp_path).open(digest)
    assert found.shape == (1, 14, 14) and (len(samples), len(samples.test_inputs)) == (54, 6)
    assert found.classes == tuple("0123456")


def test_names_of_image_files():
    with pytest.raises(BadData) as caught:
        inspect_files(CASES / "few_filenames.csv")
    assert caught.value.code == "images_not_in_file"


def test_an_idx_file():
    found = inspect_files(CASES / "train-images-idx3-ubyte.gz")
    assert found.rows == 60 and found.shape == (1, 14, 14)
