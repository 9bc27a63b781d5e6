"""Files that are there whole or not at all, also after a kill -9; locks that end with the process
that holds them; and what a killed process leaves behind. Knows no run and no data set.
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

DRAFT, TEMPORARY = ".draft", ".tmp"  # how the names of unfinished folders and files end
OLD = 3600.0  # seconds after which nobody is still writing a file

Mark = tuple[int, int, int]  # inode, bytes, nanoseconds


def write_atomic(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """`path` holds either its old content or all of the new one, also when the process is killed in
    the middle.
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
    """Which file it is, its bytes and when it was written; None for one that is not there."""
    try:
        found = os.stat(path)  # noqa: PTH116 -- a thousand Path objects cost more than the stats
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


@contextmanager
def hold(lock: Path, seconds: float = 1.0) -> Iterator[None]:
    """Holds the lock, which the system lets go of when this process dies. filelock.Timeout when
    somebody else has it for so long.
    """
    held = FileLock(lock, timeout=seconds, is_singleton=False, thread_local=False)
    with held:
        yield


def is_held(lock: Path) -> bool:
    """Whether somebody holds it now."""
    if not lock.exists():
        return False
    try:
        with hold(lock, 0):
            return False
    except Timeout:
        return True


@contextmanager
def draft(root: Path) -> Iterator[Path]:
    """A new folder in `root`, to be renamed when it is whole; what is left of it goes at the end,
    and after a kill with the next `sweep`.
    """
    root.mkdir(parents=True, exist_ok=True)
    folder = root / f".{secrets.token_hex(8)}{DRAFT}"
    try:
        with hold(_lock_of(folder)):  # before the folder is there: one without is nobody's
            folder.mkdir()
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        _lock_of(folder).unlink(missing_ok=True)


def discard(folder: Path) -> None:
    """Takes a folder away at once, whoever reads it meanwhile. OSError when that may not be."""
    gone = folder.with_name(f".{secrets.token_hex(8)}{DRAFT}")
    folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def sweep(root: Path) -> None:
    """Removes what killed processes left in this folder: drafts that nobody holds, and unfinished
    files that nobody has written to for an hour.
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
