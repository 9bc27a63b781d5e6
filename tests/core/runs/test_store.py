"""Run folders: complete lines only, atomic files, ids that are never paths, one owner."""

import json
import os
import subprocess
import sys
import textwrap
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import BadInput, NotFound, Unavailable
from core.runs import trash
from core.runs.store import CHECKPOINT, COMING, EVENTS, NOTES, Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def line(n: int) -> str:
    return json.dumps({"event": "Step", "n": n})


def test_a_run_is_created_listed_read_and_deleted(store: Store) -> None:
    first, second = store.create('{"a": 1}'), store.create('{"a": 2}')
    assert set(store.ids()) == {first, second} and store.ids() == sorted(store.ids(), reverse=True)
    assert store.experiment(first) == '{"a": 1}'
    assert store.last(first) is None
    trash.delete(store, first)
    assert store.ids() == [second]


def test_reading_from_an_offset_gives_each_line_once(store: Store) -> None:
    run, offset, seen = store.create("{}"), 0, []
    for n in range(5):
        store.append(run, line(n))
        lines, offset = store.read(run, offset)
        seen += lines
    assert seen == [line(n) for n in range(5)]
    assert store.read(run, offset) == ([], offset)
    assert store.last(run) == {"event": "Step", "n": 4}


def test_a_torn_last_line_is_ignored_and_the_next_one_is_complete(store: Store) -> None:
    run = store.create("{}")
    store.append(run, line(0))
    with store.path(run, EVENTS).open("ab") as file:
        file.write(b'{"event": "St')
    assert store.read(run)[0] == [line(0)]
    assert store.last(run) == json.loads(line(0))
    store.append(run, line(1))
    assert store.read(run)[0] == [line(0), line(1)]


def test_the_last_event_is_found_after_a_very_long_one(store: Store) -> None:
    run = store.create("{}")
    store.append(run, json.dumps({"event": "Step", "losses": [0.123456789] * 500_000}))
    assert store.last(run)["event"] == "Step"


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
        "a\0b",
        "CON",
        "x" * 300,
        "／",
        "20260101-000000-abcde/",
        None,
    ],
)
def test_no_other_string_becomes_a_path(store: Store, name: str) -> None:
    store.create("{}")
    for call in (
        store.path,
        store.experiment,
        store.read,
        partial(trash.delete, store),
        partial(trash.restore, store),
        store.last,
        store.is_owned,
    ):
        with pytest.raises(NotFound):
            call(name)


@given(st.text(max_size=40))
def test_any_string_is_refused_as_an_id(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    store = Store(tmp_path_factory.getbasetemp() / "none")
    with pytest.raises(NotFound):
        store.path(name)


def test_a_run_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    run = store.create("{}")
    assert store.find(run[:20]) == store.find("last") == run
    for start in ("", "x", "../"):
        with pytest.raises(NotFound) as caught:
            store.find(start)
        assert caught.value.code == "run_not_found"
    store.create("{}")
    with pytest.raises(NotFound) as caught:
        store.find(run[:2])
    assert caught.value.code == "run_id_ambiguous"


def test_one_owner_at_a_time_and_an_owned_run_is_not_deleted(store: Store) -> None:
    run = store.create("{}")
    assert not store.is_owned(run)
    with store.own(run):
        assert store.is_owned(run)
        with pytest.raises(BadInput) as caught, store.own(run):
            pass
        assert caught.value.code == "run_in_progress"
        with pytest.raises(BadInput) as caught:
            trash.delete(store, run)
        assert caught.value.code == "run_in_progress"
    assert not store.is_owned(run)


def test_the_lock_of_a_killed_process_is_released(store: Store) -> None:
    run = store.create("{}")
    code = """
        import sys
        from core.runs.store import Store
        with Store(sys.argv[1]).own(sys.argv[2]):
            print("held", flush=True)
            sys.stdin.read()
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(store.home), run]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE) as owner:
        assert owner.stdout.readline() == b"held\n"
        assert store.is_owned(run)
        owner.kill()
        owner.wait()
    assert not store.is_owned(run)


def test_a_failed_write_leaves_the_old_file_intact(store: Store) -> None:
    run = store.create("{}")
    store.save(run, lambda file: file.write(b"old"))

    def fails(file: object) -> None:
        file.write(b"half of the n")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        store.save(run, fails)
    assert store.path(run, CHECKPOINT).read_bytes() == b"old"
    assert not list(store.path(run).glob("*.tmp"))


class Killed(BaseException):
    """As a kill -9, nothing that is ours catches it."""


@pytest.mark.parametrize(("renames", "newest"), [(0, b"second"), (1, b"third"), (2, b"third")])
def test_a_kill_between_the_renames_of_a_save_leaves_a_complete_checkpoint(
    store: Store, monkeypatch: pytest.MonkeyPatch, renames: int, newest: bytes
) -> None:
    run = store.create("{}")
    assert store.checkpoints(run) == []
    for content in (b"first", b"second"):
        store.save(run, lambda file, content=content: file.write(content))
    left, replace = iter(range(renames)), Path.replace

    def until_killed(path: Path, target: Path) -> Path:
        if next(left, None) is None:
            raise Killed
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", until_killed)
    with pytest.raises(Killed):
        store.save(run, lambda file: file.write(b"third"))
    monkeypatch.undo()
    found = [path.read_bytes() for path in store.checkpoints(run)]
    assert found[0] == newest and {b"first", b"second"} & set(found[1:])
    store.save(run, lambda file: file.write(b"fourth"))
    assert store.checkpoints(run)[0].read_bytes() == b"fourth" and len(store.checkpoints(run)) == 2


def test_a_partial_checkpoint_is_removed_by_the_next_owner_or_at_the_start(
    store: Store,
) -> None:
    resumed, left, owned = (store.create("{}") for _ in range(3))
    for run in (resumed, left):
        store.path(run, f"{COMING}.1-2.tmp").write_bytes(b"half")
    with store.own(resumed):
        assert not list(store.path(resumed).glob("*.tmp"))
    with store.own(owned):
        store.path(owned, f"{COMING}.1-2.tmp").write_bytes(b"half, so far")
        store.tidy()
        assert list(store.path(owned).glob("*.tmp"))
    assert not list(store.path(left).glob("*.tmp"))


@pytest.mark.skipif(os.name == "nt", reason="a file in the way of a folder")
def test_a_home_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable) as caught:
        Store(tmp_path / "file").create("{}")
    assert caught.value.code == "home_not_writable" and "LAB_HOME" in str(caught.value)


def test_a_run_is_listed_only_when_it_is_complete(store: Store) -> None:
    run = store.create("{}")
    unfinished = store.root / "20260101-000000-abcdef"
    unfinished.mkdir()  # killed while it was made
    (unfinished / EVENTS).touch()
    assert store.ids() == [run]
    store.path(run, EVENTS).unlink()  # by hand
    for call in (store.read, store.last):
        with pytest.raises(NotFound, match=r"events\.jsonl"):
            call(run)


def test_a_file_that_is_deleted_meanwhile_is_not_found(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create("{}")
    store.path(run, EVENTS).unlink()
    monkeypatch.setattr(Path, "exists", lambda path: True)
    with pytest.raises(NotFound, match=r"events\.jsonl"):
        store.read(run)


def test_a_stamp_changes_exactly_when_a_file_changes(store: Store) -> None:
    run = store.create("{}")
    seen = [store.stamp(run)]
    assert store.stamp(run) == seen[0]
    store.append(run, line(0))
    seen.append(store.stamp(run))
    for content in (b'{"note":"a"}', b'{"note":"b"}'):
        store.write(run, NOTES, content)
        seen.append(store.stamp(run))
    assert len(set(seen)) == len(seen)
    assert store.stamp("nothing") == (None, None, None)


def test_ids_keep_the_order_in_which_runs_were_created(tmp_path):
    store = Store(tmp_path)
    runs = [store.create("{}") for _ in range(20)]
    assert store.ids() == runs[::-1]
