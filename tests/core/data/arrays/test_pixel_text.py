"""Pixel text: cells that list all pixels become images, in every way of writing the lists."""

import numpy as np
import pytest

from core.base.errors import BadData
from core.data.inspection.inspect import inspect_files
from core.data.library import Library
from core.data.reading import Reading

DRAW = np.random.Generator(np.random.PCG64(8))
IMAGES = DRAW.integers(0, 256, (20, 8, 8)).astype(np.uint8)
IDS = np.arange(20) % 3


def spaced(image: np.ndarray) -> str:
    return " ".join(map(str, image.ravel().tolist()))


WRITINGS = {
    "spaces": spaced,
    "a list": lambda image: str(image.ravel().tolist()),
    "rows in brackets": lambda image: str(image.tolist()),
    "NumPy": lambda image: np.array2string(image, threshold=10**6),
    "commas": lambda image: ",".join(map(str, image.ravel().tolist())),
    "semicolons": lambda image: ";".join(map(str, image.ravel().tolist())),
    "decimals": lambda image: " ".join(f"{v}.0" for v in image.ravel().tolist()),
}


def file(
    cells: list[str], *, quoted: bool = True, usage: bool = False, header: bool = True
) -> bytes:
    mark = '"' if quoted else ""
    names = ["emotion", "pixels", *(["Usage"] if usage else [])]
    rows = [",".join(names)] if header else []
    for i, cell in enumerate(cells):
        part = ["Training", "PublicTest", "PrivateTest"][0 if i < 12 else 1 + i % 2]
        rows.append(",".join([str(IDS[i]), mark + cell + mark, *([part] if usage else [])]))
    return "\n".join(rows).encode()


def read(data: bytes, *others: bytes, **reading):
    return inspect_files(data, *others, reading=Reading(**reading))


@pytest.mark.parametrize("writing", WRITINGS)
@pytest.mark.parametrize("header", [True, False])
def test_the_lists_become_images(writing, header):
    found = read(file([WRITINGS[writing](image) for image in IMAGES], header=header))
    np.testing.assert_array_equal(found.samples.inputs[:, 0], IMAGES)
    assert found.classes == ("0", "1", "2") and found.samples.targets.tolist() == IDS.tolist()
    assert found.samples.inputs.dtype == np.uint8
    evidence = next(f.evidence for f in found.findings if f.code == "pixel_text")
    assert evidence == {"column": 2, "pixels": 64}


def test_lists_without_quotes_and_fractions_are_read():
    found = read(file([spaced(image) for image in IMAGES], quoted=False))
    np.testing.assert_array_equal(found.samples.inputs[:, 0], IMAGES)
    fractions = read(file([spaced(np.float32(image / 255)) for image in IMAGES]))
    np.testing.assert_allclose(fractions.samples.inputs[:, 0], IMAGES, rtol=1e-5, atol=0.01)


def test_the_usage_column_is_the_split(tmp_path):
    data = file([spaced(image) for image in IMAGES], usage=True)
    samples = Library(tmp_path).open(Library(tmp_path).add(data, names=("fer.csv",))[0])
    tested = np.array([i for i in range(12, 20) if i % 2])
    np.testing.assert_array_equal(samples.test_inputs[:, 0], IMAGES[tested])
    np.testing.assert_array_equal(samples.test_targets, IDS[tested])
    assert len(samples) == 16


def test_labels_may_be_in_another_file():
    cells = "pixels\n" + "\n".join(f'"{spaced(image)}"' for image in IMAGES)
    found = read(cells.encode(), "\n".join(map(str, IDS)).encode())
    np.testing.assert_array_equal(found.samples.inputs[:, 0], IMAGES)


def test_large_labels_stay_exact():
    rows = [f'{2**40 + i % 2},"{spaced(image)}"' for i, image in enumerate(IMAGES)]
    found = read(("label,pixels\n" + "\n".join(rows)).encode())
    assert found.classes == (str(2**40), str(2**40 + 1))


@pytest.mark.parametrize(
    ("cell", "code"),
    [("1 2 3", "pixel_count"), ("x " * 64, "not_a_number"), ("", "missing_pixels")],
)
def test_a_cell_with_other_content_is_named_with_its_row(cell, code):
    cells = [spaced(image) for image in IMAGES]
    cells[17] = cell.strip()
    with pytest.raises(BadData, match="row 19") as caught:
        read(file(cells))
    assert caught.value.code == code


def test_shortened_arrays_are_refused():
    cells = [np.array2string(image.ravel(), threshold=10) for image in IMAGES]
    with pytest.raises(BadData) as caught:
        read(file(cells))
    assert caught.value.code == "pixels_shortened"


def test_short_lists_and_a_column_that_is_left_out_stay_text():
    lists = "size,list,label\n" + "\n".join(f'{i % 7}.5,"{i} 2 3",{i % 3}' for i in range(20))
    found = read(lists.encode(), columns={"list": {"text": "ordinal"}})
    assert "pixel_text" not in {f.code for f in found.findings} and found.shape == (2,)
    rows = [f'{i % 7}.5,{i % 3},"{spaced(image)}"' for i, image in enumerate(IMAGES)]
    data = ("size,label,pixels\n" + "\n".join(rows)).encode()
    assert read(data, columns={"pixels": {"role": "ignore"}}).shape == (1,)
