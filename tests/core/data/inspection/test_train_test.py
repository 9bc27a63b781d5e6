"""Training and test files together: shared rows, missing classes, brightness, one reading."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import BadData
from core.data.library import Library
from core.data.reading import Reading

DRAW = np.random.Generator(np.random.PCG64(2))
TRAIN = DRAW.integers(0, 256, (60, 64))
TEST = DRAW.integers(0, 256, (20, 64))
DARK = np.vstack([TRAIN[:59] % 17, TRAIN[:1] * 0 + 16])  # 0 to 16
IDS, TEST_IDS = np.arange(60) % 3, np.arange(20) % 3


def text(rows) -> bytes:
    return "".join(",".join(map(str, np.atleast_1d(row))) + "\n" for row in rows).encode()


def kept(home: Path, test=TEST, ids=TEST_IDS, train=TRAIN, **reading):
    library = Library(home)
    digest, _ = library.add(
        text(train), text(IDS), test_images=text(test), test_labels=text(ids),
        reading=Reading(**reading),
    )  # fmt: skip
    return library, library.about(digest)


def codes(about) -> dict[str, str]:
    return {f.code: f.level for f in about.findings}


def test_a_clean_pair_gives_no_warning(tmp_path):
    _, about = kept(tmp_path)
    found = codes(about)
    assert len(found) == len(about.findings)
    assert found["test_rows"] == "ok" and set(found.values()) == {"ok"}


def test_images_in_both_files_are_counted_with_their_labels(tmp_path):
    test, ids = TEST.copy(), TEST_IDS.copy()
    test[[2, 7]], ids[[2, 7]] = TRAIN[[11, 30]], [IDS[11], (IDS[30] + 1) % 3]
    _, about = kept(tmp_path, test, ids)
    finding = next(f for f in about.findings if f.code == "shared")
    assert finding.evidence == {"shared": 2, "contradicting": 1, "rows": 20} and finding.rows == (
        11,
        30,
    )
    assert finding.level == "warn"


def test_a_class_missing_from_the_test_set_is_reported(tmp_path):
    _, about = kept(tmp_path, ids=np.minimum(TEST_IDS, 1))
    finding = next(f for f in about.findings if f.code == "test_classes")
    assert finding.evidence == {"missing": ["2"]} and finding.level == "info"


@pytest.mark.parametrize("change", [lambda x: x * 0 + x // 16, lambda x: x * 257])
def test_a_different_brightness_of_the_test_set_is_a_warning(tmp_path, change):
    _, about = kept(tmp_path, change(TEST))
    assert codes(about)["test_range"] == "warn"


def test_the_test_set_is_read_like_the_training_set(tmp_path):
    """Findings of the training file hold for both, also where the test file alone would differ."""
    library, about = kept(tmp_path, TEST % 17, train=DARK)
    assert about.settled.white == 16
    np.testing.assert_array_equal(
        library.open(about.digest).test_inputs.reshape(20, 64), np.round(TEST % 17 * 255 / 16)
    )
    library, about = kept(tmp_path, TEST % 9, train=DARK)
    assert library.open(about.digest).test_inputs.max() == round(8 * 255 / 16)


def test_values_stay_values_in_the_test_set(tmp_path):
    library = Library(tmp_path)
    digest, _ = library.add(
        text(TRAIN), text(IDS / 2 + np.arange(60)),
        test_images=text(TEST), test_labels=text(np.arange(20)),
    )  # fmt: skip
    about, opened = library.about(digest), library.open(digest)
    assert about.task == "values" and about.classes == ()
    assert opened.test_targets.dtype == np.float32 and opened.test_targets[5] == 5


def test_the_number_of_test_rows_is_that_after_shared_ones_are_removed(tmp_path):
    test, ids = TEST.copy(), TEST_IDS.copy()
    test[[2, 7]], ids[:] = TRAIN[[11, 30]], [*[2, 1, 2], *[0, 1] * 8, 0]
    _, about = kept(tmp_path, test, ids, duplicates="remove")
    found = {f.code: f.evidence for f in about.findings}
    assert found["test_rows"] == {"rows": 18} and about.test_rows == 18
    assert found["shared_removed"] == {"removed": 2, "rows": 18} and "shared" not in found
    gone = ids.copy()
    gone[0] = 0
    _, about = kept(tmp_path, test, gone, duplicates="remove")  # the only 2 was a shared row
    found = {f.code: f.evidence for f in about.findings}
    assert found["test_classes"] == {"missing": ["2"]}


def test_what_reading_changed_in_the_test_file_is_reported_with_its_name(tmp_path):
    rows = [f"{i},{'ab'[i % 2]},{i % 3}" for i in range(60)]
    test = ["5,c,0", ",a,1", "9,b,", "7,a,2", "7,a,2"]
    chosen = {"size": {"missing": "mean"}, "label": {"missing": "rows"}}
    digest, _ = Library(tmp_path).add(
        *("\n".join(["size,kind,label", *lines]).encode() for lines in (rows,)),
        test_images="\n".join(["size,kind,label", *test]).encode(),
        names=("train.csv", "later.csv"),
        reading=Reading(columns=chosen, duplicates="remove"),
    )
    about = Library(tmp_path).about(digest)
    found = {f.code: f for f in about.findings}
    assert found["rows_left_out"].evidence == {"count": 1, "rows": [4]}
    assert found["duplicates_removed"].evidence == {"count": 1, "rows": [6]}
    assert found["missing_filled"].evidence == {"filled": {"size": 1}}
    assert found["unseen_values"].evidence == {"unseen": {"kind": 1}}
    assert about.test_rows == found["test_rows"].evidence["rows"] == 3
    noted = ("rows_left_out", "duplicates_removed", "missing_filled", "unseen_values")
    assert all("later.csv" in found[code].text for code in noted)


def arrays(**named) -> bytes:
    file = io.BytesIO()
    np.savez(file, **named)
    return file.getvalue()


def png(rows) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(rows.astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def pictures(folders) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for i, folder in enumerate(folders):
            packed.writestr(f"{folder}{i}.png", png(TRAIN[i].reshape(8, 8)))
    return file.getvalue()


IMAGES = TRAIN.reshape(-1, 8, 8).astype(np.uint8)
HEADED = b"a,b,c,label\n" + text(np.column_stack([TRAIN[:, :3], IDS]))


@pytest.mark.parametrize(
    ("files", "unlabelled"),
    [
        ((HEADED, None), b"a,b,c\n" + text(TEST[:, :3])),
        ((text(TRAIN), text(IDS)), text(TEST)),
        ((text(np.column_stack([IDS, TRAIN])), None), text(TEST)),
        ((arrays(x=IMAGES, y=IDS), None), arrays(x=IMAGES[:9])),
        ((arrays(x=IMAGES), arrays(y=IDS)), arrays(images=IMAGES[:9])),
        ((pictures(["cat/", "dog/"] * 15), None), pictures([""] * 8)),
    ],
    ids=["table", "pair", "rows of pixels", "arrays", "two arrays", "ZIP file"],
)
def test_a_test_file_without_labels_is_refused_with_a_way_out_that_works(
    files, unlabelled, tmp_path
):
    library = Library(tmp_path)
    with pytest.raises(BadData) as caught:
        library.add(*files, test_images=unlabelled)
    assert caught.value.code == "test_labels_missing" and len(caught.value.fixes) == 1
    reading = Reading().with_changes(caught.value.fixes[0])
    digest, seen = library.add(*files, test_images=unlabelled, reading=reading)
    about = library.about(digest)
    assert (about.test_rows, seen.samples.has_test) == (0, False)
    found = next(f for f in about.findings if f.code == "test_file_unused")
    assert len(found.evidence["files"]) == 1
    assert library.uploads.path(about.upload_hashes[2]).read_bytes() == unlabelled
    again = library.read_again(digest, about.reading.with_changes({"header": "auto"}))
    assert again == digest
