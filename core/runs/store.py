"""Runs on disk: one folder a run, with its experiment, its events and its checkpoint. Knows no
torch and no threads.

    <home>/runs/<id>/experiment.json   written once
                     events.jsonl      appended to; a torn last line is ignored
                     checkpoint.pt     written to a temporary name and renamed; the one before
                                       it stays beside it
                     notes.json        what people wrote, the same way (core/runs/notes.py)
                     lock              held by whoever trains the run, until that process dies
    <home>/trash/<id>/                 deleted runs; the folder's time is that of the deletion

A run whose last event is not Ended and that nobody holds is *interrupted*, and can be resumed.
A deleted run can be restored for seven days; after that it goes for good when the lab starts or the
next run is deleted.
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

from filelock import Timeout

from core.base.errors import BadInput, NotFound, Unavailable
from core.base.files import Mark, hold, is_held, mark, sweep, write_atomic

EXPERIMENT, EVENTS, CHECKPOINT, LOCK = "experiment.json", "events.jsonl", "checkpoint.pt", "lock"
PREVIOUS, COMING = "checkpoint.previous.pt", "checkpoint.next.pt"
NOTES = "notes.json"
STAMPED = (EXPERIMENT, EVENTS, NOTES)
Stamp = tuple[Mark | None, ...]
TRASH_DAYS = 7
_TIME = "%Y%m%d-%H%M%S"
_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")  # the only names that ever become paths


def default_home() -> Path:
    """Where data and runs lie: LAB_HOME, else ./lab."""
    return Path(os.environ.get("LAB_HOME") or "lab").resolve()


class Store:
    """The runs under one home. Every method takes a run's id and refuses any other string as
    NotFound. `value` and `log` are the files of a run that hold what it is and what happened.
    """

    value, log, noun, nouns = EXPERIMENT, EVENTS, "run", "runs"

    def __init__(self, home: Path | str | None = None, folder: str = "runs"):
        self.home = Path(home).resolve() if home else default_home()
        self.root = self.home / folder

    def create(self, experiment: str) -> str:
        """A new run for this experiment (JSON text); its id begins with the time (UTC), so ids sort
        by age.
        """
        run = f"{time.strftime(_TIME, time.gmtime())}-{secrets.token_hex(3)}"
        folder = self.root / run
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise Unavailable(
                f"{self.root} cannot be written ({error.strerror}): free space or set LAB_HOME."
            ) from None
        (folder / self.log).touch()  # the experiment comes last: with it, the run is there whole
        write_atomic(folder / self.value, lambda file: file.write(experiment.encode()))
        return run

    def path(self, run: str, name: str = "") -> Path:
        """The run's folder, or a file in it. NotFound when there is no such run."""
        if (
            not isinstance(run, str)
            or not _ID.fullmatch(run)
            or not (self.root / run / self.value).is_file()
        ):
            raise NotFound(
                f"There is no {self.noun} {str(run)[:60]!r} in {self.root}: list them with `python "
                f"-m core {self.nouns}`."
            )
        return self.root / run / name if name else self.root / run

    def _open(self, run: str, name: str, mode: str) -> BinaryIO:
        path = self.path(run, name)
        with contextlib.suppress(FileNotFoundError):  # deleted between two looks, or by hand
            if path.exists():
                return path.open(mode)
        raise NotFound(
            f"{self.noun.capitalize()} {run} has no {name}: it was deleted, or its folder is "
            "damaged."
        )

    def ids(self) -> list[str]:
        """All runs, newest first."""
        with contextlib.suppress(FileNotFoundError):
            names = [entry.name for entry in os.scandir(self.root) if _ID.fullmatch(entry.name)]
            whole = [name for name in names if (self.root / name / self.value).is_file()]
            return sorted(whole, reverse=True)
        return []

    def stamp(self, run: str) -> Stamp:
        """Of its experiment, its events and its notes, in this order: which file it is, its bytes
        and when it was written; None for one that is not there. Equal as long as none has changed.
        """
        return tuple(map(mark, (f"{self.root}/{run}/{name}" for name in STAMPED)))

    def find(self, start: str) -> str:
        """The run whose id begins with `start`, or the newest one for "last"."""
        ids = self.ids()
        found = (
            ids[:1] if start == "last" else [run for run in ids if start and run.startswith(start)]
        )
        if len(found) != 1:
            raise NotFound(
                f"{len(found) or 'No'} {self.nouns} in {self.root} begin with {start[:60]!r}: give "
                "more of the id."
            )
        return found[0]

    def content(self, run: str, name: str) -> bytes:
        """All of one of its files. NotFound when the run or the file is gone."""
        with self._open(run, name, "rb") as file:
            return file.read()

    def experiment(self, run: str) -> str:
        """The experiment of the run, as JSON text."""
        return self.content(run, self.value).decode()

    def size(self, run: str) -> int:
        """Bytes of its events: they only ever grow."""
        with self._open(run, self.log, "rb") as file:
            return file.seek(0, os.SEEK_END)

    def append(self, run: str, line: str) -> None:
        """Adds one event; after the return it survives a kill -9 of this process."""
        with self._open(run, self.log, "ab") as file:
            if file.tell() and not self._ends_whole(run):
                file.write(b"\n")  # a killed writer's line stays torn, the new one stays whole
            file.write(line.encode() + b"\n")

    def _ends_whole(self, run: str) -> bool:
        with self._open(run, self.log, "rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

    def read(self, run: str, offset: int = 0) -> tuple[list[str], int]:
        """The whole lines after byte `offset`, and the offset behind them. Lines that are no JSON
        object are left out.
        """
        with self._open(run, self.log, "rb") as file:
            file.seek(offset)
            block = file.read()
        whole = block[: block.rfind(b"\n") + 1]
        lines = [line.decode("utf-8", "replace") for line in whole.splitlines()]
        return [
            line for line in lines if line.startswith("{") and line.endswith("}")
        ], offset + len(whole)

    def last(self, run: str, having: str = "") -> dict | None:
        """The last whole event as a dict, or the last one `having` this field, found from the end
        of the file.
        """
        with self._open(run, self.log, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            for reach in (4096, 1 << 20, size):
                file.seek(max(0, size - reach))
                block = file.read()
                for line in reversed(block[: block.rfind(b"\n") + 1].splitlines()):
                    with contextlib.suppress(ValueError):
                        event = json.loads(line)
                        if not having or having in event:
                            return event
        return None

    @contextlib.contextmanager
    def own(self, run: str) -> Iterator[None]:
        """Hold the run while training it. BadInput when somebody else does."""
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(hold(self.path(run, LOCK)))
            except Timeout:
                raise BadInput(
                    f"{self.noun.capitalize()} {run} is already being trained, here or in another "
                    "process: wait for it or stop it."
                ) from None
            for path in self._unfinished(run):
                path.unlink(missing_ok=True)
            yield

    def is_owned(self, run: str) -> bool:
        """Whether somebody trains the run now."""
        return is_held(self.path(run, LOCK))

    # --- checkpoints

    def checkpoints(self, run: str) -> list[Path]:
        """Those that are kept, the newest first: a kill may leave a whole one under the name of the
        one to come.
        """
        paths = (self.path(run, name) for name in (COMING, CHECKPOINT, PREVIOUS))
        return [path for path in paths if path.exists()]

    def _unfinished(self, run: str) -> Iterator[Path]:
        """What was written of a checkpoint when its process was killed."""
        return self.path(run).glob(f"{COMING}.*")

    def save(self, run: str, write: Callable[[BinaryIO], None]) -> None:
        """Replaces the checkpoint; the one that stood there stays as the previous one."""
        path, coming = self.path(run, CHECKPOINT), self.path(run, COMING)
        write_atomic(coming, write)
        if path.exists():
            path.replace(self.path(run, PREVIOUS))
        coming.replace(path)

    def write(self, run: str, name: str, content: bytes) -> None:
        """Replaces a small file beside the events. Unavailable when the disk takes nothing."""
        path = self.path(run, name)
        try:
            write_atomic(path, lambda file: file.write(content))
        except OSError as error:
            raise Unavailable(
                f"{name} of run {run} cannot be written ({error.strerror}): free space on the disk."
            ) from None

    def adopt(self, folder: Path, wanted: str) -> str:
        """A complete folder beside the runs becomes one, whole or not at all; the id that it got:
        `wanted` where that is free.
        """
        run = self.free_id(wanted)
        folder.rename(self.root / run)
        return run

    def free_id(self, wanted: str) -> str:
        """`wanted` while no run has it, here or in the trash; else another one of the same time."""
        begun = wanted[:15] if _ID.fullmatch(wanted) else time.strftime(_TIME, time.gmtime())
        while not _ID.fullmatch(wanted) or any(
            (place.root / wanted).exists() for place in (self, self.trash)
        ):
            wanted = f"{begun}-{secrets.token_hex(3)}"
        return wanted

    # --- the trash

    @property
    def trash(self) -> "Store":
        """The deleted runs, which can be read like all others."""
        return Store(self.home, "trash")

    def delete(self, run: str) -> None:
        """Moves the run to the trash. BadInput while it is being trained."""
        folder = self.path(run)
        if self.is_owned(run):
            raise BadInput(f"Run {run} is being trained: stop it before you delete it.")
        try:
            self.trash.root.mkdir(exist_ok=True)
            os.utime(folder)
            folder.rename(self.trash.root / run)  # at once, whoever reads it meanwhile
        except OSError as error:
            raise Unavailable(
                f"{folder} cannot be moved to the trash ({error.strerror}): give write access."
            ) from None
        self.purge()

    def restore(self, run: str) -> None:
        """Takes a deleted run back. NotFound when it is not in the trash."""
        self.trash.path(run).rename(self.root / run)

    def deleted(self) -> dict[str, float]:
        """When each run in the trash was deleted, in seconds since 1970; the last one first."""
        found = {}
        for run in self.trash.ids():
            with contextlib.suppress(NotFound):  # removed for good meanwhile
                found[run] = self.trash.path(run).stat().st_mtime
        return dict(sorted(found.items(), key=lambda pair: -pair[1]))

    def purge(
        self, days: float = TRASH_DAYS, which: Callable[[str], bool] = lambda run: True
    ) -> int:
        """Removes for good `which` have been in the trash for so many days; how many that were."""
        old = time.time() - 86_400 * days
        gone = [run for run, when in self.deleted().items() if when <= old and which(run)]
        for run in gone:
            shutil.rmtree(self.trash.root / run, ignore_errors=True)
        return len(gone)

    def tidy(self) -> None:
        """When the lab starts: what was deleted long ago and what killed processes left behind
        goes.
        """
        self.purge()
        sweep(self.root)
        for run in self.ids():
            if any(self._unfinished(run)) and not self.is_owned(run):
                with contextlib.suppress(BadInput), self.own(run):  # which removes it
                    pass
