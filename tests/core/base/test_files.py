"""Atomic files and folders, locks, and leftovers of killed processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import Timeout

from core.base.files import OLD, discard, draft, hold, is_held, mark, sweep, write_atomic

HOLDER = """
import sys
from pathlib import Path
from core.base.files import draft
with draft(Path(sys.argv[1])) as folder:
    (folder / "half").write_bytes(b"half")
    print(folder.name, flush=True)
    sys.stdin.read()
"""


def test_a_file_has_its_old_content_or_all_of_the_new(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"one", b"two"):
        write_atomic(path, lambda file, content=content: file.write(content))
        assert path.read_bytes() == content

    def fails(file: object) -> None:
        file.write(b"thr")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_atomic(path, fails)
    assert path.read_bytes() == b"two" and list(tmp_path.iterdir()) == [path]


def test_a_mark_distinguishes_files(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert mark(str(path)) is None
    path.write_bytes(b"one")
    before = mark(str(path))
    assert before == mark(str(path))
    write_atomic(path, lambda file: file.write(b"two"))
    assert mark(str(path)) != before


def test_a_lock_has_one_holder(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    assert not is_held(lock) and not lock.exists()
    with hold(lock):
        assert is_held(lock)
        with pytest.raises(Timeout), hold(lock, 0):
            pass
    assert not is_held(lock)


@pytest.mark.parametrize("fault", [None, KeyError])
def test_a_draft_folder_is_renamed_or_removed(tmp_path: Path, fault: type | None) -> None:
    root = tmp_path / "new" / "place"
    try:
        with draft(root) as folder:
            (folder / "part").write_text("x")
            sweep(root)
            assert (folder / "part").exists()  # somebody holds it
            if fault:
                raise fault
            folder.rename(root / "whole")
    except KeyError:
        pass
    assert [path.name for path in root.iterdir()] == ([] if fault else ["whole"])


def test_leftovers_of_killed_processes_are_removed_and_drafts_in_use_stay(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as holder:
        folder = tmp_path / holder.stdout.readline().strip()
        sweep(tmp_path)
        assert (folder / "half").exists()
        holder.kill()
        holder.wait()
        assert (folder / "half").exists()
        sweep(tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_abandoned_unfinished_file_is_removed(tmp_path: Path) -> None:
    old, young, other = (tmp_path / name for name in ("a.1-2.tmp", "b.1-2.tmp", "c.json"))
    for path in (old, young, other):
        path.write_text("x")
    for path in (old, other):
        long_ago = path.stat().st_mtime - OLD - 1
        os.utime(path, (long_ago, long_ago))
    sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"b.1-2.tmp", "c.json"}
    sweep(tmp_path / "nowhere")


def test_a_discarded_folder_is_removed_with_its_content(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "file").write_text("x")
    discard(folder)
    assert not list(tmp_path.iterdir())
    with pytest.raises(OSError):
        discard(folder)
