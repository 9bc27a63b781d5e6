"""Atomic writing of files and folders, locks that end with their process, and the removal of what
killed processes left behind.
"""

import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

DRAFT, TEMPORARY = ".draft", ".tmp"  # suffixes of unfinished folders and files
OLD = 3600.0  # seconds after which an unfinished file counts as abandoned

Mark = tuple[int, int, int]  # inode, bytes, nanoseconds


def write_atomic(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Write a file so that it holds its old content or all of the new, even if the process is
    killed meanwhile.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}{TEMPORARY}")
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def mark(path: str) -> Mark | None:
    """Return inode, size and time of a file, which identify its content; None without a file."""
    try:
        stat = os.stat(path)  # noqa: PTH116 -- a thousand Path objects cost more than the stats
    except OSError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


@contextmanager
def hold(lock: Path, seconds: float = 1.0) -> Iterator[None]:
    """Hold the lock, which the system releases if this process dies. filelock.Timeout if another
    holder keeps it for longer than `seconds`.
    """
    with FileLock(lock, timeout=seconds, is_singleton=False, thread_local=False):
        yield


def is_held(lock: Path) -> bool:
    """Whether the lock is held now, by any process."""
    if not lock.exists():
        return False
    try:
        with hold(lock, 0):
            return False
    except Timeout:
        return True


@contextmanager
def draft(root: Path) -> Iterator[Path]:
    """Create a folder in `root` that is renamed once it is complete. Otherwise it is removed at the
    end, or after a kill by the next `sweep`.
    """
    root.mkdir(parents=True, exist_ok=True)
    folder = root / f".{secrets.token_hex(8)}{DRAFT}"
    try:
        with hold(
            _lock_of(folder)
        ):  # locked before it exists: a folder without a lock is abandoned
            folder.mkdir()
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        _lock_of(folder).unlink(missing_ok=True)


def discard(folder: Path) -> None:
    """Remove a folder in one step, even while it is read. OSError if it cannot be removed."""
    renamed = folder.with_name(f".{secrets.token_hex(8)}{DRAFT}")
    folder.rename(renamed)
    shutil.rmtree(renamed, ignore_errors=True)


def sweep(root: Path) -> None:
    """Remove what killed processes left in this folder: drafts without a lock, and unfinished files
    that have not been written to for an hour.
    """
    old = time.time() - OLD
    for path in root.iterdir() if root.is_dir() else ():
        with suppress(OSError):
            if path.suffix == DRAFT and not is_held(_lock_of(path)):
                shutil.rmtree(path, ignore_errors=True)
                _lock_of(path).unlink(missing_ok=True)
            elif path.suffix == TEMPORARY and path.is_file() and path.stat().st_mtime < old:
                path.unlink()


def _lock_of(folder: Path) -> Path:
    return folder.with_suffix(".lock")
