"""Damage on a disk is noticed: 400 flipped bits in each format are refused, dropped or harmless,
and never another value. Checkpoints: tests/test_faults.py.
"""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from core.base.encoding import encode
from core.base.errors import LabError, NotFound
from core.base.events import to_json
from core.base.seal import SUM, add_sum, is_intact, seal, unseal, write_with_sum
from core.data.library import Library
from core.data.reading import Reading
from core.experiment import Experiment
from core.runs.store import EVENTS, EXPERIMENT, Store
from core.runs.summary import summaries
from core.studies.folder import Studies
from core.studies.study import Study
from tests.conftest import ended, script, write

FLIPS = 400


def flips(path: Path, seed: int = 0) -> Iterator[None]:
    """Flip one bit of the file at a time."""
    whole, draw = path.read_bytes(), random.Random(seed)
    for _ in range(FLIPS):
        flipped = bytearray(whole)
        flipped[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
        path.write_bytes(flipped)
        yield
    path.write_bytes(whole)


def count_unnoticed(path: Path, read: Callable[[], object], right: object) -> int:
    """Return how many flips give the right value. Fails if one gives another value."""
    unnoticed = 0
    for _ in flips(path):
        try:
            value = read()
        except LabError:
            continue
        assert value == right
        unnoticed += 1
    return unnoticed


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.mark.parametrize("make", [Store, Studies])
def test_a_flipped_bit_never_changes_an_experiment_or_a_study(tmp_path: Path, make) -> None:
    folder = make(tmp_path)
    job = folder.create(encode(Experiment() if make is Store else Study()))
    right = folder.experiment(job)
    path = folder.path(job, folder.value)
    assert count_unnoticed(path, lambda: folder.experiment(job), right) == 0


def test_a_flipped_bit_never_changes_an_event(store: Store) -> None:
    run = store.create(encode(Experiment()))
    write(store, run, [*script(), ended()])
    right = store.read(run)[0]
    counts = []
    for _ in flips(store.path(run, EVENTS)):
        lines = store.read(run)[0]
        last = store.last(run)
        assert set(lines) <= set(right) and (last is None or to_line(last) in right)
        counts.append(len(right) - len(lines))
    assert min(counts) == 1 and max(counts) == 2  # two where the flip joins lines


def to_line(event: dict) -> str:
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False)


def test_a_flipped_bit_never_changes_the_row_of_a_run(store: Store) -> None:
    run = store.create(encode(Experiment()))
    write(store, run, [*script(), ended()])
    ((right,), _) = summaries(store)
    known = set(right.curve)
    for _ in flips(store.path(run, EVENTS), seed=1):
        ((row,), _) = summaries(store)
        assert set(row.curve) <= known
        assert row.test in (None, right.test) and row.name == right.name


@pytest.mark.parametrize("name", ["inputs.npy", "targets.npy", "about.json"])
def test_a_flipped_bit_never_changes_uploaded_data(tmp_path: Path, name: str) -> None:
    rows = [",".join(str((r * c) % 256) for c in range(16)) + f",{r % 2}" for r in range(40)]
    library = Library(tmp_path)
    digest, _ = library.add("\n".join(rows).encode(), reading=Reading(label_column="last"))
    right = contents(library, digest)
    path = tmp_path / "data" / digest / name
    assert count_unnoticed(path, lambda: contents(library, digest), right) == 0


def test_an_upload_that_was_damaged_is_not_read_again(tmp_path: Path) -> None:
    library = Library(tmp_path)
    digest, _ = library.add(b"1,2,a\n3,4,b\n" * 20)
    (path,) = (tmp_path / "data" / "files").iterdir()
    for _ in zip(flips(path), range(3), strict=False):
        with pytest.raises(NotFound) as refused:
            library.read_again(digest, Reading(form="table"))
        assert refused.value.code == "upload_damaged"


def contents(library: Library, digest: str) -> tuple:
    samples = library.open(digest)
    arrays = (np.array(samples.inputs).tobytes(), np.array(samples.targets).tobytes())
    return samples.shape, samples.classes, *arrays, library.about(digest).text()


def test_what_has_no_checksum_is_read_as_it_is(store: Store) -> None:
    """As earlier versions stored it."""
    run = store.create(encode(Experiment()))
    path = store.path(run, EXPERIMENT)
    path.with_name(EXPERIMENT + SUM).unlink()
    path.write_text(encode(Experiment(epochs=7)))
    events = [to_json(event) for event in script()]
    store.path(run, EVENTS).write_text("\n".join(events) + "\n")
    assert json.loads(store.experiment(run))["epochs"] == 7
    assert store.read(run)[0] == events


def test_checksums_of_files_have_the_format_of_sha256sum(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_with_sum(path, b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert (tmp_path / f"a.txt{SUM}").read_text() == f"{empty}  a.txt\n" and is_intact(path)
    path.write_bytes(b"other")
    assert not is_intact(path)
    add_sum(path)
    assert is_intact(path)


def test_a_sealed_line_is_json_and_can_be_unsealed() -> None:
    line = '{"a":"ü","b":[1,2]}'
    assert json.loads(seal(line)).keys() == {"a", "b", "crc32"}
    assert unseal(seal(line).encode()) == line.encode() == unseal(line.encode())
    with pytest.raises(ValueError):
        unseal(seal(line).encode().replace(b"2]", b"3]"))
