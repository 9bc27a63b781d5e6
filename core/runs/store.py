"""Runs on disk: one folder per run, with its experiment, its events and its checkpoint. Knows no
torch and no threads.

    <home>/runs/<id>/experiment.json   written once
                     events.jsonl      appended to; a torn last line is ignored
                     checkpoint.pt     written to a temporary name and renamed; the previous one is
                                       kept
                     lineage.json      what was trained before, of a fork (core/runs/lineage.py)
                     checkpoints/      those of earlier epochs (core/runs/kept_checkpoints.py)
                     notes.json        notes and tags, written the same way (core/runs/notes.py)
                     lock              held by the process that trains the run, until it ends
    <home>/trash/<id>/                 deleted runs (core/runs/trash.py)

A run without a process whose last event is not Ended is *interrupted* and can be resumed.
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from filelock import Timeout

from core.base.errors import BadInput, NotFound, Unavailable
from core.base.files import Mark, hold, is_held, mark, sweep, write_atomic
from core.base.seal import is_intact, write_with_sum
from core.base.settings import settings
from core.runs.ids import is_id, new_id, unused_id
from core.runs.log_lines import append_line, append_lines, last_objects, read_lines

EXPERIMENT, EVENTS, CHECKPOINT, LOCK = "experiment.json", "events.jsonl", "checkpoint.pt", "lock"
PREVIOUS, COMING = "checkpoint.previous.pt", "checkpoint.next.pt"
NOTES = "notes.json"
STAMPED = (EXPERIMENT, EVENTS, NOTES)
Stamp = tuple[Mark | None, ...]


def default_home() -> Path:
    """Return the folder of data and runs: LAB_HOME, else ./lab."""
    return settings().home.resolve()


class Store:
    """The runs under one home. Every method takes the id of a run and raises NotFound for any other
    string. `value` and `log` are the files of a run with its experiment and its events.
    """

    value, log, noun, nouns = EXPERIMENT, EVENTS, "run", "runs"
    command = "train"  # of the command line; it takes a file such as `value`

    def __init__(self, home: Path | str | None = None, folder: str = "runs"):
        self.home = Path(home).resolve() if home else default_home()
        self.folder = folder  # relative to the home
        self.root = self.home / folder

    def create(self, experiment: str) -> str:
        """Create a run for this experiment (JSON text); return its id."""
        run = new_id()
        folder = self.root / run
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise Unavailable(
                f"{self.root} cannot be written ({error.strerror}). Free disk space, or set "
                "LAB_HOME to another folder.",
                code="home_not_writable",
            ) from None
        (folder / self.log).touch()  # The experiment comes last: with it, the run is complete.
        write_with_sum(folder / self.value, experiment.encode())
        return run

    def path(self, run: str, name: str = "") -> Path:
        """Return the folder of the run, or a file in it. Raises NotFound if there is no such
        run.
        """
        if not is_id(run) or mark(f"{self.root}/{run}/{self.value}") is None:
            raise NotFound(
                f"There is no {self.noun} {str(run)[:60]!r} in {self.root}. List the {self.nouns} "
                f"with `python -m core {self.nouns}`.",
                code=f"{self.noun}_not_found",
            )
        return Path(f"{self.root}/{run}/{name}")

    def _open(self, run: str, name: str, mode: str) -> BinaryIO:
        path = self.path(run, name)
        with contextlib.suppress(FileNotFoundError):  # deleted meanwhile, or by hand
            return open(path, mode, opener=_open_existing)
        raise NotFound(
            f"{self.noun.capitalize()} {run} has no {name}: it was deleted, or its folder is "
            "damaged. Delete it if it is still listed.",
            code=f"{self.noun}_file_not_found",
        )

    def ids(self) -> list[str]:
        """Return all runs, newest first."""
        with contextlib.suppress(FileNotFoundError):
            names = [entry.name for entry in os.scandir(self.root) if is_id(entry.name)]
            whole = [name for name in names if (self.root / name / self.value).is_file()]
            return sorted(whole, reverse=True)
        return []

    def stamp(self, run: str) -> Stamp:
        """Return the identity, size and time of its experiment, events and notes, in this order;
        None for a missing file. Two stamps are equal as long as no file has changed.
        """
        return tuple(map(mark, (f"{self.root}/{run}/{name}" for name in STAMPED)))

    def find(self, start: str) -> str:
        """Return the run whose id begins with `start`, or the newest one for "last"."""
        ids = self.ids()
        matches = (
            ids[:1] if start == "last" else [run for run in ids if start and run.startswith(start)]
        )
        if not matches:
            raise NotFound(
                f"No {self.noun} in {self.root} has an id that begins with {start[:60]!r}. List "
                f"the {self.nouns} with `python -m core {self.nouns}`.",
                code=f"{self.noun}_not_found",
            )
        if len(matches) > 1:
            raise NotFound(
                f"{len(matches)} {self.nouns} in {self.root} have an id that begins with "
                f"{start[:60]!r}. Give more characters of the id.",
                code=f"{self.noun}_id_ambiguous",
            )
        return matches[0]

    def content(self, run: str, name: str) -> bytes:
        """Return the content of one of its files. Raises NotFound if the run or the file is
        gone.
        """
        with self._open(run, name, "rb") as file:
            return file.read()

    def experiment(self, run: str) -> str:
        """Return the experiment of the run as JSON text. Raises BadInput if it was damaged."""
        if not is_intact(self.path(run, self.value)):
            path = self.path(run, self.value)
            opens = " under Runs > Open a file, or" * (self.noun == "run")
            raise BadInput(
                f"{self.value} of {self.noun} {run} was edited or damaged: it does not match its "
                f"checksum, and the results belong to the former settings. To use the edited "
                f"settings, start a new {self.noun} with this file{opens} with "
                f"`python -m core {self.command} {path}`. To show this {self.noun} again, restore "
                "the file.",
                code="experiment_damaged",
            )
        return self.content(run, self.value).decode()

    def size(self, run: str) -> int:
        """Return the bytes of its events, a number that never falls."""
        with self._open(run, self.log, "rb") as file:
            return file.seek(0, os.SEEK_END)

    def append(self, run: str, line: str) -> None:
        """Append one event. After the return it survives a kill -9 of this process."""
        with self._open(run, self.log, "ab+") as file:
            append_line(file, line)

    @contextlib.contextmanager
    def appending(self, run: str) -> Iterator[Callable[[str], None]]:
        """Give a function that appends events as `append` does, to a file that stays open."""
        with self._open(run, self.log, "ab+") as file:

            def append(line: str) -> None:
                append_line(file, line)
                file.flush()

            yield append

    def append_all(self, run: str, lines: Iterable[str]) -> None:
        """Append many events in one block, as `append` does."""
        with self._open(run, self.log, "ab+") as file:
            append_lines(file, lines)

    def read(self, run: str, offset: int = 0) -> tuple[list[str], int]:
        """Return the complete lines after byte `offset`, and the offset after them."""
        with self._open(run, self.log, "rb") as file:
            return read_lines(file, offset)

    def last(self, run: str, having: str = "") -> dict | None:
        """Return the last complete event as a dict, or the last one `having` this field."""
        return next(iter(self.recent(run, having)), None)

    def recent(self, run: str, having: str = "", count: int = 1) -> list[dict]:
        """Return up to `count` events `having` this field as dicts, the last one first."""
        with self._open(run, self.log, "rb") as file:
            return last_objects(file, having, count)

    @contextlib.contextmanager
    def own(self, run: str) -> Iterator[None]:
        """Lock the run while training it. Raises BadInput if it is locked already."""
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(hold(self.path(run, LOCK)))
            except Timeout:
                raise BadInput(
                    f"{self.noun.capitalize()} {run} is already being trained, in this or another "
                    "process. Wait for it to end, or stop it.",
                    code=f"{self.noun}_in_progress",
                ) from None
            for path in self._unfinished(run):
                path.unlink(missing_ok=True)
            yield

    def is_owned(self, run: str) -> bool:
        """Whether a process trains the run now."""
        return is_held(self.path(run, LOCK))

    # --- checkpoints

    def checkpoints(self, run: str) -> list[Path]:
        """Return the checkpoints, newest first. After a kill, a complete one may still have the
        temporary name.
        """
        paths = (self.path(run, name) for name in (COMING, CHECKPOINT, PREVIOUS))
        return [path for path in paths if path.exists()]

    def _unfinished(self, run: str) -> Iterator[Path]:
        """Return partial checkpoints of killed processes."""
        return self.path(run).glob(f"{COMING}.*")

    def save(self, run: str, write: Callable[[BinaryIO], None]) -> None:
        """Replace the checkpoint and keep the old one as the previous one."""
        path, coming = self.path(run, CHECKPOINT), self.path(run, COMING)
        write_atomic(coming, write)
        if path.exists():
            path.replace(self.path(run, PREVIOUS))
        coming.replace(path)

    def write(self, run: str, name: str, content: bytes) -> None:
        """Replace a small file next to the events. Raises Unavailable if it cannot be written."""
        path = self.path(run, name)
        try:
            write_atomic(path, lambda file: file.write(content))
        except OSError as error:
            raise Unavailable(
                f"{name} of run {run} cannot be written ({error.strerror}). Free disk space and "
                "try again.",
                code="run_file_not_writable",
            ) from None

    def adopt(self, folder: Path, wanted: str) -> str:
        """Turn a complete folder next to the runs into a run, in one step. Returns its id: `wanted`
        if that is free.
        """
        run = self.free_id(wanted)
        folder.rename(self.root / run)
        return run

    def free_id(self, wanted: str) -> str:
        """Return `wanted` if no run here or in the trash has it, else another id of the same
        time.
        """
        stores = (self, self.trash)
        return unused_id(wanted, lambda run: any((each.root / run).exists() for each in stores))

    @property
    def trash(self) -> "Store":
        """The deleted runs, which can be read like the others."""
        return Store(self.home, "trash")

    def tidy(self) -> None:
        """Remove what killed processes left behind; called when the lab starts."""
        sweep(self.root)
        for run in self.ids():
            if any(self._unfinished(run)) and not self.is_owned(run):
                with contextlib.suppress(BadInput), self.own(run):  # This removes it.
                    pass


def _open_existing(path: str, flags: int) -> int:
    """Open a file that must exist, also for appending."""
    return os.open(path, flags & ~os.O_CREAT)
