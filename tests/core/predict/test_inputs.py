"""Files of images and spreadsheets without labels are read as inputs of a run."""

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.base.errors import BadData, NotFound
from core.data.datasets import Spreadsheets
from core.data.library import Library
from core.experiment import Experiment
from core.network.layers import Flatten, Output
from core.predict.inputs import Inputs, read_inputs
from core.predict.predictor import Predictor
from tests.core.analysis.conftest import train


def png(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image.round().astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def digits(predictor) -> dict[str, bytes]:
    """Four test images as files, one of them in a folder."""
    images = predictor.samples("test", range(4))[:, 0]
    names = ("a.png", "b.png", "more/c.png", "=d.png")
    return dict(zip(names, map(png, images), strict=True))


def codes(inputs: Inputs) -> list[str]:
    return [finding.code for finding in inputs.findings]


def refusal(predictor: Predictor, *sources, **how) -> str:
    """The code of the error, which is one sentence with a way out."""
    with pytest.raises(BadData) as caught:
        read_inputs(predictor, sources, **how)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)
    return caught.value.code


# --- images


def test_images_of_files_archives_and_folders_are_the_same(predictor, digits, tmp_path):
    files = [tmp_path / name for name in digits]
    for file, content in zip(files, digits.values(), strict=True):
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
    (tmp_path / ".hidden.png").write_bytes(b"")
    (tmp_path / "notes.txt").write_bytes(b"no image")
    packed, rolled = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive, tarfile.open(fileobj=rolled, mode="w") as tar:
        for name, file in zip(digits, files, strict=True):
            archive.write(file, name)
            tar.add(file, name)
    seen = []
    ways = {
        "files": files,
        "folder": [tmp_path],
        "zip": [packed.getvalue()],
        "tar": [rolled.getvalue()],
        "bytes": list(digits.values()),
    }
    for way, sources in ways.items():
        names = list(digits) if way == "bytes" else ()
        inputs = read_inputs(predictor, sources, names, progress=seen.append)
        assert seen[-1] == 1 and seen == sorted(seen)
        seen.clear()
        order = np.argsort(inputs.names)
        by_name = inputs.values[order]
        expected = predictor.samples("test", np.argsort([f.name for f in files]))
        if way == "folder":
            assert set(inputs.names) == set(digits)
            expected = predictor.samples("test", np.argsort(list(digits)))
        if way in ("zip", "tar", "bytes"):
            expected = predictor.samples("test", np.argsort(list(digits)))
        np.testing.assert_array_equal(by_name, expected.round())
        assert codes(inputs) == [] and inputs.steps == ((),) * 4


def test_a_damaged_image_in_an_archive_is_named_and_the_others_are_answered(predictor, digits):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in digits.items():
            archive.writestr(name, content[: len(content) // 2] if name == "b.png" else content)
    inputs = read_inputs(predictor, [packed.getvalue()])
    assert inputs.names == ("a.png", "more/c.png", "=d.png") and len(inputs.values) == 3
    ((name, problem),) = inputs.problems
    assert name == "b.png" and problem.startswith("b.png")
    assert codes(inputs) == ["damaged_images"] and inputs.findings[0].level == "warn"


def test_damaged_images_without_others_are_refused(predictor, digits, tmp_path):
    broken = tmp_path / "b.png"
    broken.write_bytes(digits["b.png"][:30])
    assert refusal(predictor, broken) == "damaged_image"
    assert refusal(predictor, tmp_path) == "damaged_images"
    empty = tmp_path / "empty"
    empty.mkdir()
    assert refusal(predictor, empty) == "no_images_in_folder"
    with pytest.raises(NotFound):
        read_inputs(predictor, [tmp_path / "nothing.png"])


def test_the_same_change_of_many_images_is_one_finding(predictor, digits):
    negative = [png(255 - image[0]) for image in predictor.samples("test", range(5))]
    inputs = read_inputs(predictor, negative)
    assert codes(inputs) == ["inverted"] and inputs.findings[0].evidence["images"] == 5
    assert [[f.code for f in steps] for steps in inputs.steps] == [["inverted"]] * 5
    assert inputs.names == tuple(f"file {i}" for i in range(1, 6))
    (again,) = read_inputs(predictor, negative[:1], ["x.png"]).findings
    assert again.text.startswith("x.png")


def test_an_image_is_no_input_of_a_table(values_run, digits):
    assert refusal(Predictor(values_run), digits["a.png"]) == "image_for_table"


def test_pixels_in_a_spreadsheet_or_an_array_are_images(predictor):
    images = predictor.samples("test", range(12)).round()
    rows = images.reshape(12, 64).astype(int)
    text = "\n".join(",".join(map(str, row)) for row in rows.tolist())
    array = io.BytesIO()
    np.save(array, images[:, 0].astype(np.uint8))
    for source, name in ((text.encode(), "rows.csv"), (array.getvalue(), "images.npy")):
        inputs = read_inputs(predictor, [source], [name])
        np.testing.assert_array_equal(inputs.values, images)
        assert inputs.names[0] == "row 1"
    assert refusal(predictor, b"1,2,3\n4,5,6\n7,8,9\n") == "shape_mismatch"


@pytest.mark.parametrize("kind", ["photos", "handwriting"])
def test_images_are_resized_as_those_of_an_uploaded_archive_were(tmp_path: Path, kind: str) -> None:
    """The archive itself, read as new images, gives the inputs of the dataset."""
    draw = np.random.default_rng(5)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for index in range(40):
            size = tuple(draw.integers(30, 60, 2))
            page = draw.integers(0, 256, (*size, 3)).astype(float)
            if kind == "handwriting":
                page = np.full(size, 255.0)
                page[8 : -4 - index % 5, 10:14] = page[12:16, 6:-7] = 0
            archive.writestr(f"{'ab'[index % 2]}/{index:02}.png", png(page))
    digest, _ = Library(tmp_path).add(packed.getvalue(), names=("images.zip",))
    data = Spreadsheets(digest=digest, title="Pages")
    trained = train(tmp_path, Experiment(data=data, network=(Flatten(), Output()), epochs=1))
    predictor = Predictor(trained)
    assert predictor.can_draw == (kind == "handwriting")
    inputs = read_inputs(predictor, [packed.getvalue()], ["images.zip"])
    assert codes(inputs) == ["resized"]
    assert np.array_equal(inputs.values, trained.data.inputs)
