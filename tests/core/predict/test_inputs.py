"""Files of images and spreadsheets without labels are read as inputs of a run."""

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.analysis.new_samples import read_new_samples
from core.base.encoding import encode
from core.base.errors import BadData, NotFound
from core.data.datasets import Corrected, Spreadsheets
from core.data.library import Library
from core.data.reading import Reading
from core.experiment import Experiment
from core.network.layers import Flatten, Output
from core.predict.inputs import Inputs, read_inputs
from core.predict.predictor import Predictor
from core.runs.store import Store
from tests.core.analysis.conftest import train

TABLE = "size,colour,age"  # the inputs of table_run; its label is `bought`


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


# --- tables


def lines(*rows: str, header: str = TABLE) -> bytes:
    return "\n".join([header, *rows]).encode()


@pytest.fixture(scope="module")
def table(table_run) -> Predictor:
    return Predictor(table_run)


def test_columns_are_matched_by_name_and_others_are_left_out(table):
    plain = read_inputs(table, [lines("10,red,44.5", "20,blue,51")])
    assert codes(plain) == [] and plain.names == ("row 2", "row 3") and plain.steps == ()
    header = "age,bought,note,size,colour"
    others = read_inputs(table, [lines("44.5,yes,a,10,red", "51,no,b,20,blue", header=header)])
    assert np.array_equal(others.values, plain.values)
    (finding,) = others.findings
    assert finding.code == "columns_left_out"
    assert finding.evidence["columns"] == ["bought", "note"]


def test_rows_get_the_answers_of_evaluate(table, table_run):
    """The whole training file with its labels: every input is the one of the dataset."""
    folder = table_run.store.home / "data" / "files"
    (file,) = folder.iterdir()
    inputs = read_inputs(table, [file.read_bytes()], ["customers.csv"])
    assert np.array_equal(inputs.values, table_run.data.inputs)
    assert "columns_left_out" in codes(inputs) and "missing_filled" in codes(inputs)


def test_missing_values_are_filled_as_in_training(table, table_run):
    inputs = read_inputs(table, [lines(",,44.5", "20,green,51")])
    assert np.isfinite(inputs.values).all()
    fills = table_run.fill_values
    assert inputs.values[0, 0] == fills[0]
    assert {"missing_filled", "unseen_values"} <= set(codes(inputs))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"size,colour\n10,red\n20,blue\n", "column_missing"),
        (b"size,colour,age\n10,red,\n20,blue,51\n", "missing_values"),
        (b"size,colour,age\n10,red,old\n20,blue,51\n", "column_type"),
        (b"", "empty_file"),
    ],
)
def test_rows_that_do_not_fit_are_refused(table, content, code):
    assert refusal(table, content, names=["new.csv"]) == code


def test_without_titles_columns_are_matched_by_their_order(values_run):
    predictor = Predictor(values_run)
    with_label = read_inputs(predictor, [b"1;2;3;9\n4;5;6;9\n7;8;10;9\n"])
    without = read_inputs(predictor, [b"1;2;3\n4;5;6\n7;8;10\n"])
    assert np.array_equal(with_label.values, without.values)
    assert codes(with_label) == ["columns_left_out"] and codes(without) == []
    assert without.values.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 10]]
    assert refusal(predictor, b"1;2\n4;5\n7;8\n") == "column_count"


def test_values_outside_the_range_of_training_are_reported(values_run):
    predictor = Predictor(values_run)
    rows = read_inputs(predictor, [b"rooms;age;tax\n1;2;3\n4;5000000;6\n"])
    (finding,) = rows.findings
    assert finding.code == "outside_range" and set(finding.evidence["outside"]) == {"age"}


def test_gaps_in_training_do_not_hide_values_outside_its_range(table, table_run, tmp_path):
    """For new inputs and for new labelled samples."""
    text = lines("9999,red,44.5,no", ",blue,51,yes", header=f"{TABLE},bought")
    file = tmp_path / "new.csv"
    file.write_bytes(text)
    for read in (read_inputs(table, [text]), read_new_samples(table_run, file, reading=Reading())):
        (finding,) = [found for found in read.findings if found.code == "outside_range"]
        assert finding.evidence["outside"] == {"size": 0.5}


def test_titles_match_in_any_case_and_a_missing_one_is_explained(table):
    plain = read_inputs(table, [lines("10,red,44.5", ",blue,51")])
    upper = read_inputs(table, [lines("10,red,44.5", ",blue,51", header=" SIZE,Colour,AGE")])
    assert np.array_equal(upper.values, plain.values) and codes(upper) == codes(plain)
    with pytest.raises(BadData, match=r"'Size \(m²\)'.*without values") as caught:
        read_inputs(table, [lines("10,red,44.5,1", header="Size (m²),colour,age,note")])
    assert caught.value.code == "column_missing"
    followed = read_inputs(table, [lines(",red,44.5", ",blue,51")])
    assert np.isfinite(followed.values).all() and table.file_columns == ("size", "colour", "age")
    (filled,) = [found for found in followed.findings if found.code == "missing_filled"]
    assert filled.evidence["filled"] == {"size": 2} and "split" not in filled.text


def test_without_titles_columns_that_were_left_out_are_left_out_by_their_places(tmp_path: Path):
    draw = np.random.default_rng(3)
    rows = [
        f"{i + 1},2020-01-{i % 28 + 1:02},{a:.1f},{b:.1f},{int(a > b)}"
        for i, (a, b) in enumerate(draw.normal(size=(80, 2)))
    ]
    reading = Reading(columns={"day": {"role": "ignore"}})
    text = "\n".join(["id,day,left,right,label", *rows])
    digest, _ = Library(tmp_path).add(text.encode(), reading=reading)
    data = Spreadsheets(digest=digest, title="Pairs")
    trained = train(tmp_path, Experiment(data=data, network=(Output(),), epochs=1))
    predictor = Predictor(trained)
    without_label = [row.rpartition(",")[0] for row in rows]
    for content in (rows, without_label, [row.split(",", 2)[2] for row in without_label]):
        inputs = read_inputs(predictor, ["\n".join(content).encode()])
        assert np.array_equal(inputs.values, trained.data.inputs)
    with pytest.raises(BadData, match="left, right") as caught:
        read_inputs(predictor, [b"1.5\n2.5\n"])
    assert caught.value.code == "column_count"


def test_pixels_that_are_missing_or_have_another_scale_are_named(tmp_path: Path) -> None:
    draw = np.random.default_rng(2)
    pixels = [f"p{i}" for i in range(64)]
    images = draw.integers(0, 256, (40, 64))
    rows = [",".join(map(str, [*row, i % 2])) for i, row in enumerate(images.tolist())]
    text = "\n".join([",".join([*pixels, "label"]), *rows])
    digest, _ = Library(tmp_path).add(text.encode())
    data = Spreadsheets(digest=digest, title="Pixels")
    trained = train(tmp_path, Experiment(data=data, network=(Flatten(), Output()), epochs=1))
    predictor = Predictor(trained)
    short = [",".join(pixels[:20] + pixels[21:])]
    short += [",".join(map(str, row[1:])) for row in images.tolist()]
    with pytest.raises(BadData, match="p20 missing") as caught:
        read_inputs(predictor, ["\n".join(short).encode()])
    assert caught.value.code == "shape_mismatch"
    fractions = ["\n".join(",".join(f"{v / 255:.4f}" for v in row) for row in images.tolist())]
    inputs = read_inputs(predictor, [fractions[0].encode()])
    (finding,) = [found for found in inputs.findings if found.code == "scale_differs"]
    assert finding.evidence == {"train": [0, 255], "new": [0, 1]}
    followed = read_inputs(predictor, [fractions[0].encode()], reading=Reading(white=1.0))
    assert "scale_differs" not in codes(followed)
    np.testing.assert_allclose(followed.values.reshape(40, 64), images, atol=0.02)


def test_one_row_is_enough(table):
    assert len(read_inputs(table, [lines("10,red,44.5")])) == 1


def test_a_spreadsheet_is_read_alone(table):
    rows = lines("10,red,44.5")
    assert refusal(table, rows, rows) == "several_tables"


def test_a_corrected_table_still_matches_columns_by_name(tmp_path: Path) -> None:
    """For new inputs and for new labelled samples."""
    draw = np.random.default_rng(3)
    rows = [f"{a:.1f},{b:.1f},{int(a > b)}" for a, b in draw.normal(size=(80, 2))]
    digest, _ = Library(tmp_path).add("\n".join(["left,right,label", *rows]).encode())
    base = Spreadsheets(digest=digest, title="Pairs")
    corrected = Corrected(base=base, relabeled=((0, 1),))
    trained = train(tmp_path, Experiment(data=corrected, network=(Output(),), epochs=1))
    inputs = read_inputs(Predictor(trained), [b"right,left\n1,2\n3,4\n"])
    assert inputs.values.tolist() == [[2, 1], [4, 3]]
    file = tmp_path / "new.csv"
    file.write_text("label,right,left\n0,1,2\n1,3,4\n0,5,6\n")
    new = read_new_samples(trained, file, reading=Reading())
    assert new.inputs.tolist() == [[2, 1], [4, 3], [6, 5]] and new.targets.tolist() == [0, 1, 0]
    assert encode(corrected) and Store(tmp_path).ids() == [trained.run]
