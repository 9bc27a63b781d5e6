"""Training and test files together: shared rows, missing classes, brightness, one reading."""

from pathlib import Path

import numpy as np
import pytest

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
