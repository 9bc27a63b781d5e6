"""The library of uploads: reused without parsing, complete or absent, memory-mapped; only a digest
becomes a path.
"""

import json
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import BadData, NotFound, Unavailable
from core.base.finding import Action
from core.data import dataset_folder, upload_bundle
from core.data.datasets import Spreadsheets
from core.data.gaps import Fill
from core.data.library import Library
from core.data.load import load
from core.data.manifest import About
from core.data.reading import Reading
from tests.conftest import ROOT

RAW = np.random.Generator(np.random.PCG64(1)).integers(0, 256, (20, 16))
IMAGES = "".join(",".join(map(str, row)) + "\n" for row in RAW).encode()
LABELS = b"cat\ndog\n" * 10


def test_added_sets_open_memory_mapped_and_equal(tmp_path: Path):
    digest, inspection = Library(tmp_path).add(IMAGES, LABELS, names=("my images.csv", "l.csv"))
    opened = Library(tmp_path).open(digest)
    assert isinstance(opened.inputs, np.memmap) and not opened.inputs.flags.writeable
    assert opened.inputs.flags.c_contiguous and opened.inputs.dtype == np.uint8
    assert np.array_equal(opened.inputs, RAW.reshape(20, 1, 4, 4)) and opened.classes == (
        "cat",
        "dog",
    )
    assert np.array_equal(opened.targets, np.arange(20) % 2) and not opened.has_test
    assert opened.name == "my images" and inspection.rows == 20 and inspection.findings


def test_the_same_files_are_reused_without_parsing(tmp_path: Path, monkeypatch):
    digest, first = Library(tmp_path).add(IMAGES, LABELS)
    monkeypatch.setattr(upload_bundle, "read_files", None)
    path = tmp_path / "other name.csv"
    path.write_bytes(IMAGES)
    again, second = Library(tmp_path).add(path, LABELS)
    assert again == digest and len(Library(tmp_path).list()) == 1
    assert (second.rows, second.shape, second.classes, second.findings, second.white) == (
        first.rows, first.shape, first.classes, first.findings, first.white)  # fmt: skip


def test_another_reading_or_byte_or_order_is_another_dataset(tmp_path: Path):
    library = Library(tmp_path)
    digests = {
        library.add(IMAGES, LABELS)[0],
        library.add(IMAGES, LABELS, reading=Reading(transpose=True))[0],
        library.add(IMAGES, LABELS + b"\n")[0],
        library.add(IMAGES, LABELS, test_images=IMAGES, test_labels=LABELS)[0],
    }
    assert len(digests) == 4 == len(library.list())


def test_a_transposed_set_is_stored_upright(tmp_path: Path):
    library = Library(tmp_path)
    digest, _ = library.add(IMAGES, LABELS, reading=Reading(transpose=True))
    assert np.array_equal(library.open(digest).inputs, RAW.reshape(20, 1, 4, 4).swapaxes(2, 3))
    assert library.about(digest).reading.transpose


def test_the_dataset_is_named_after_the_file_with_the_inputs(tmp_path: Path):
    library = Library(tmp_path)
    digest, _ = library.add(IMAGES, LABELS, names=("pixels.csv", "answers.csv"))
    assert library.about(digest).name == "pixels"
    swapped = library.add(
        LABELS, IMAGES, names=("answers.csv", "pixels.csv"), reading=Reading(swap=True)
    )
    assert library.about(swapped[0]).name == "pixels"


def test_a_test_pair_stays_one(tmp_path: Path):
    library = Library(tmp_path)
    digest, _ = library.add(
        IMAGES, LABELS, test_images=IMAGES[: IMAGES.index(b"\n") + 1] * 3, test_labels=b"dog\n" * 3
    )
    opened = library.open(digest)
    assert opened.has_test and opened.test_targets.tolist() == [1, 1, 1]
    assert np.array_equal(opened.test_inputs, np.repeat(RAW[:1], 3, 0).reshape(3, 1, 4, 4))
    assert library.about(digest).test_rows == 3


def test_how_gaps_are_filled_is_stored_with_the_dataset(tmp_path: Path):
    table = b"size,colour,label\n" + b"".join(
        b"%d,%s,%d\n" % (i, [b"red", b"blue"][i % 2], i % 3) for i in range(30)
    )
    reading = Reading(columns={"size": {"missing": "median"}, "colour": {"text": "ordinal"}})
    digest, inspection = Library(tmp_path).add(table, reading=reading)
    size, colour = Library(tmp_path).about(digest).encodings
    assert (size.strategy, colour.categories) == ("median", ("blue", "red"))
    assert Library(tmp_path).open(digest).fills == (Fill(0, "median"),)
    assert inspection.encodings == (size, colour)


def test_a_dataset_can_be_renamed(tmp_path: Path):
    library = Library(tmp_path)
    digest, _ = library.add(IMAGES, LABELS)
    library.rename(digest, "Pets")
    assert library.about(digest).name == "Pets" and len(library.list()) == 1
    assert library.add(IMAGES, LABELS)[0] == digest
    assert library.about(library.read_again(digest, Reading(transpose=True))).name == "Pets"
    with pytest.raises(NotFound):
        library.rename("0" * 64, "x")


def test_bad_files_leave_nothing(tmp_path: Path):
    with pytest.raises(BadData):
        Library(tmp_path).add(IMAGES, b"cat\n")
    with pytest.raises(BadData) as caught:
        Library(tmp_path).add(IMAGES, reading=Reading(label_column="none"))
    assert caught.value.code == "labels_missing"
    assert Library(tmp_path).list() == [] and not list(tmp_path.rglob("*"))


def test_a_crash_while_writing_leaves_no_set(tmp_path: Path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(dataset_folder, "_save", full)
    with pytest.raises(Unavailable, match="No space left on device") as caught:
        Library(tmp_path).add(IMAGES, LABELS)
    assert caught.value.code == "not_writable"
    assert list((tmp_path / "data").iterdir()) == []


def test_the_second_of_two_writers_drops_its_copy(tmp_path: Path, monkeypatch):
    library, save = Library(tmp_path), dataset_folder._save

    def slow(*arguments):
        monkeypatch.setattr(dataset_folder, "_save", save)
        Library(tmp_path).add(IMAGES, LABELS)  # another process is faster
        save(*arguments)

    monkeypatch.setattr(dataset_folder, "_save", slow)
    digest, _ = library.add(IMAGES, LABELS)
    assert sorted(folder.name for folder in (tmp_path / "data").iterdir()) == [digest, "files"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "/etc/passwd",
        "..\\x",
        "C:\\x",
        "a" * 63,
        "A" * 64,
        "a" * 64 + "\n",
        "a\0b",
        "CON",
        "ａ" * 64,
    ],
)
def test_only_a_digest_becomes_a_path(tmp_path: Path, name):
    for method in (Library(tmp_path).open, Library(tmp_path).about):
        with pytest.raises(NotFound):
            method(name)


def test_a_missing_dataset_is_named(tmp_path: Path):
    with pytest.raises(NotFound, match="0" * 12) as caught:
        load(Spreadsheets(digest="0" * 64), tmp_path)
    assert caught.value.code == "dataset_missing"


def test_the_choice_loads_its_dataset(tmp_path: Path):
    digest, _ = Library(tmp_path).add(IMAGES, LABELS)
    found = load(Spreadsheets(digest=digest, title="Pets"), tmp_path)
    assert found.name == "Pets" and found.shape == (1, 4, 4)
    assert load(Spreadsheets(digest=digest, title="Pets"), tmp_path) is found


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root writes everywhere")
def test_no_write_access(tmp_path: Path):
    tmp_path.chmod(0o500)
    with pytest.raises(Unavailable) as caught:
        Library(tmp_path).add(IMAGES, LABELS)
    assert caught.value.code == "not_writable"


def test_uploads_are_stored_and_can_be_read_differently(tmp_path: Path):
    library = Library(tmp_path)
    digest, found = library.add(IMAGES, LABELS, names=("a.csv", "b.csv"))
    turned = library.read_again(digest, Reading(transpose=True))
    assert turned != digest and library.about(turned).files == ("a.csv", "b.csv")
    np.testing.assert_array_equal(library.open(turned).inputs, found.samples.inputs.swapaxes(2, 3))
    assert library.read_again(turned, Reading()) == digest
    shutil.rmtree(tmp_path / "data" / "files")
    with pytest.raises(NotFound) as caught:
        library.read_again(digest, Reading(label_column="last"))
    assert caught.value.code == "upload_missing"


TABLE = b"size,colour,price\n" + b"".join(
    b"%d,%s,%d.5\n" % (r % 7, (b"red", b"blue")[r % 2], 3 * r) for r in range(40)
)


def test_a_table_is_kept_with_its_columns_and_findings(tmp_path: Path):
    library = Library(tmp_path)
    digest, found = library.add(TABLE)
    about, opened = library.about(digest), library.open(digest)
    assert about.task == "values" and not about.has_images and about.shape == (3,)
    assert about.columns == opened.columns == ("size", "colour=blue", "colour=red")
    assert about.findings == found.findings and about.settled.form == "table"
    assert opened.inputs.dtype == opened.targets.dtype == np.float32
    assert load(Spreadsheets(digest=digest), tmp_path).classes == ()


def test_arrays_are_stored_as_they_are_shown(tmp_path: Path, monkeypatch):
    from core.data import uploads

    monkeypatch.setattr(uploads, "BLOCK", 40)
    for reading in (Reading(transpose=True), Reading(invert=True), Reading(form="table")):
        digest, found = Library(tmp_path).add(IMAGES, LABELS, reading=reading)
        kept = np.load(tmp_path / "data" / digest / "inputs.npy")
        rows = RAW.reshape(20, 1, 4, 4)
        meant = {"transpose": rows.swapaxes(2, 3), "invert": 255 - rows, "form": RAW}
        np.testing.assert_array_equal(kept, meant[next(iter(reading.model_fields_set))])
        np.testing.assert_array_equal(found.samples.inputs, kept)


def test_progress_is_reported(tmp_path: Path):
    steps = []
    Library(tmp_path).add(IMAGES, LABELS, progress=lambda *step: steps.append(step))
    fractions = [fraction for fraction, _ in steps]
    assert fractions == sorted(fractions) and fractions[0] >= 0 and fractions[-1] <= 1
    assert any("images.csv" in message for _, message in steps)


def test_a_manifest_of_the_earlier_form_is_converted(tmp_path: Path):
    """Findings had `message`, `fix` and `action` (the label of the button)."""
    with zipfile.ZipFile(ROOT / "tests" / "data" / "earlier_lab.zip") as packed:
        packed.extractall(tmp_path)
    (about,) = Library(tmp_path).list()
    stored = json.loads((tmp_path / "data" / about.digest / "about.json").read_text("utf-8"))
    assert [f.code for f in about.findings] == [f["code"] for f in stored["findings"]]
    assert [f.text for f in about.findings] == [f["message"] for f in stored["findings"]]
    assert about.upload_hashes == tuple(stored["kept"]) and about.reading == Reading()
    stored["findings"][1] |= {"fix": {"header": "no"}, "action": "It has none", "rows": [3, 4]}
    stored["settled"]["form"] = "pictures"
    converted = About.read(stored)
    assert converted.findings[1].action == Action("It has none", {"header": "no"})
    assert converted.findings[1].rows == (3, 4) and converted.settled.form == "images"
    assert About.read(json.loads(converted.text())) == converted
