"""Runs on disk: one folder a run, with its experiment, its events and its checkpoint. Knows no
torch and no threads.

    <home>/runs/<id>/experiment.json   written once
                     events.jsonl      appended to; a torn last line is ignored
                     checkpoint.pt     written to a temporary name and renamed
                     lock              held by whoever trains the run, until that process dies

A run whose last event is not Ended and that nobody holds is *interrupted*, and can be resumed.
"""

import contextlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from core.errors import BadInput, NotFound, Unavailable

EXPERIMENT, EVENTS, CHECKPOINT, LOCK = "experiment.json", "events.jsonl", "checkpoint.pt", "lock"
_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")  # the only names that ever become paths


def default_home() -> Path:
    """Where data and runs lie: LAB_HOME, else ./lab."""
    return Path(os.environ.get("LAB_HOME") or "lab").resolve()


def write_atomic(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """`path` holds either its old content or all of the new one, also when the process is killed in
    the middle.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class Store:
    """The runs under one home. Every method takes a run's id and refuses any other string as
    NotFound.
    """

    def __init__(self, home: Path | str | None = None):
        self.home = Path(home).resolve() if home else default_home()
        self.root = self.home / "runs"

    def create(self, experiment: str) -> str:
        """A new run for this experiment (JSON text); its id begins with the time (UTC), so ids sort
        by age.
        """
        run = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(3)}"
        folder = self.root / run
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise Unavailable(
                f"{self.root} cannot be written ({error.strerror}): free space or set LAB_HOME."
            ) from None
        (folder / EVENTS).touch()  # the experiment comes last: with it, the run is there whole
        write_atomic(folder / EXPERIMENT, lambda file: file.write(experiment.encode()))
        return run

    def path(self, run: str, name: str = "") -> Path:
        """The run's folder, or a file in it. NotFound when there is no such run."""
        if (
            not isinstance(run, str)
            or not _ID.fullmatch(run)
            or not (self.root / run / EXPERIMENT).is_file()
        ):
            raise NotFound(
                f"There is no run {str(run)[:60]!r} in {self.root}: list them with `python -m "
                "core runs`."
            )
        return self.root / run / name if name else self.root / run

    def _open(self, run: str, name: str, mode: str) -> BinaryIO:
        path = self.path(run, name)
        if not path.exists():  # deleted between two looks, or by hand
            raise NotFound(f"Run {run} has no {name}: it was deleted, or its folder is damaged.")
        return path.open(mode)

    def ids(self) -> list[str]:
        """All runs, newest first."""
        with contextlib.suppress(FileNotFoundError):
            names = [entry.name for entry in os.scandir(self.root) if _ID.fullmatch(entry.name)]
            whole = [name for name in names if (self.root / name / EXPERIMENT).is_file()]
            return sorted(whole, reverse=True)
        return []

    def find(self, start: str) -> str:
        """The run whose id begins with `start`, or the newest one for "last"."""
        ids = self.ids()
        found = (
            ids[:1] if start == "last" else [run for run in ids if start and run.startswith(start)]
        )
        if len(found) != 1:
            raise NotFound(
                f"{len(found) or 'No'} runs in {self.root} begin with {start[:60]!r}: give "
                "more of the id."
            )
        return found[0]

    def experiment(self, run: str) -> str:
        """The experiment of the run, as JSON text."""
        with self._open(run, EXPERIMENT, "rb") as file:
            return file.read().decode()

    def size(self, run: str) -> int:
        """Bytes of its events: they only ever grow."""
        with self._open(run, EVENTS, "rb") as file:
            return file.seek(0, os.SEEK_END)

    def append(self, run: str, line: str) -> None:
        """Adds one event; after the return it survives a kill -9 of this process."""
        with self._open(run, EVENTS, "ab") as file:
            if file.tell() and not self._ends_whole(run):
                file.write(
                    b"\n"
                )  # the torn line of a killed writer stays torn, the new one stays whole
            file.write(line.encode() + b"\n")

    def _ends_whole(self, run: str) -> bool:
        with self._open(run, EVENTS, "rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

    def read(self, run: str, offset: int = 0) -> tuple[list[str], int]:
        """The whole lines after byte `offset`, and the offset behind them. Lines that are no JSON
        object are left out.
        """
        with self._open(run, EVENTS, "rb") as file:
            file.seek(offset)
            block = file.read()
        whole = block[: block.rfind(b"\n") + 1]
        lines = [line.decode("utf-8", "replace") for line in whole.splitlines()]
        return [
            line for line in lines if line.startswith("{") and line.endswith("}")
        ], offset + len(whole)

    def last(self, run: str) -> dict | None:
        """The last whole event as a dict, found from the end of the file."""
        with self._open(run, EVENTS, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            for reach in (4096, 1 << 20, size):
                file.seek(max(0, size - reach))
                block = file.read()
                for line in reversed(block[: block.rfind(b"\n") + 1].splitlines()):
                    with contextlib.suppress(ValueError):
                        return json.loads(line)
        return None

    @contextlib.contextmanager
    def own(self, run: str) -> Iterator[None]:
        """Hold the run while training it. BadInput when somebody else does."""
        lock = FileLock(self.path(run, LOCK), timeout=1, is_singleton=False, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            raise BadInput(
                f"Run {run} is already being trained, here or in another process: wait for it "
                "or stop it."
            ) from None
        try:
            yield
        finally:
            lock.release()

    def is_owned(self, run: str) -> bool:
        """Whether somebody trains the run now."""
        path = self.path(run, LOCK)
        if not path.exists():
            return False
        try:
            with FileLock(path, timeout=0, is_singleton=False, thread_local=False):
                return False
        except Timeout:
            return True

    def save(self, run: str, write: Callable[[BinaryIO], None]) -> None:
        """Replaces the checkpoint."""
        write_atomic(self.path(run, CHECKPOINT), write)

    def delete(self, run: str) -> None:
        """Removes the run. BadInput while it is being trained."""
        folder = self.path(run)
        if self.is_owned(run):
            raise BadInput(f"Run {run} is being trained: stop it before you delete it.")
        gone = folder.with_name(f".deleted-{folder.name}")  # at once, whoever reads it meanwhile
        folder.rename(gone)
        shutil.rmtree(gone)
