"""Deleting uploaded datasets, and damaged folders."""

from pathlib import Path

import numpy as np
import pytest

from core.base.errors import NotFound
from core.data.library import Library
from core.data.reading import Reading

RAW = np.random.Generator(np.random.PCG64(1)).integers(0, 256, (20, 16))
IMAGES = "".join(",".join(map(str, row)) + "\n" for row in RAW).encode()
LABELS = b"cat\ndog\n" * 10


def test_deleting_frees_files_that_no_other_dataset_needs(tmp_path: Path):
    library = Library(tmp_path)
    first, _ = library.add(IMAGES, LABELS)
    second = library.read_again(first, Reading(transpose=True))
    files = tmp_path / "data" / "files"
    assert len(list(files.iterdir())) == 2

    def used() -> int:
        return sum(p.stat().st_size for p in tmp_path.rglob("*") if p.is_file())

    for digest, left in ((first, 2), (second, 0)):
        before, size = used(), library.size(digest)
        assert library.delete(digest) == size == before - used()
        assert len(list(files.iterdir())) == left
        with pytest.raises(NotFound):
            library.about(digest)
        with pytest.raises(NotFound):
            library.delete(digest)
    assert library.list() == [] and used() == 0
    assert library.add(IMAGES, LABELS)[0] == first


@pytest.mark.parametrize("damage", ["{", "[]", "{}", '{"reading": 3}', "\0", None])
def test_a_damaged_folder_does_not_hide_the_others(tmp_path: Path, damage):
    library = Library(tmp_path)
    good, _ = library.add(IMAGES, LABELS)
    bad, _ = library.add(IMAGES, LABELS, reading=Reading(transpose=True))
    about = tmp_path / "data" / bad / "about.json"
    about.unlink() if damage is None else about.write_text(damage)
    assert [about.digest for about in library.list()] == [good]
    with pytest.raises(NotFound) as caught:
        library.about(bad)
    assert caught.value.code in ("dataset_missing", "dataset_damaged")
    again, _ = library.add(IMAGES, LABELS, reading=Reading(transpose=True))  # repairs it
    assert again == bad and len(library.list()) == 2
    about.write_text("{")
    assert library.delete(bad) > 0 and len(library.list()) == 1


@pytest.mark.parametrize("name", ["..", "../x", "a" * 63, "files"])
def test_only_a_digest_is_deleted(tmp_path: Path, name):
    digest, _ = Library(tmp_path).add(IMAGES, LABELS)
    with pytest.raises(NotFound):
        Library(tmp_path).delete(name)
    assert Library(tmp_path).list()[0].digest == digest
