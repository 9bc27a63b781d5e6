"""What a piece needs and writes, for a machine that does not share the lab's folder: its input
files by digest, and changes of the one folder that it writes, which go back with its messages.
"""

import io
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from core.base.files import hold, write_atomic
from core.data.ready.published import data_folders
from core.experiment import Experiment

APPENDED = ".jsonl"  # files that only grow: their new lines are sent
LOCK = "lock"  # held by the process that writes the folder


def input_files(experiment: Experiment, home: Path) -> dict[str, Path]:
    """Return the files that the experiment reads, by their paths in a lab's folder: an upload and
    weights by their digests, a downloaded dataset by the names of its files.
    """
    data = experiment.data.uncorrected
    digests = {"data": getattr(data, "digest", ""), "weights": experiment.start.weights_digest}
    files = {}
    for name, digest in digests.items():
        folder = home / name / digest
        paths = folder.rglob("*") if digest else ()
        files |= {str(path.relative_to(home)): path for path in paths if path.is_file()}
    for forms in getattr(data, "pieces", ()):
        copies = ((form, root / form) for form in forms for root in data_folders(home))
        found = next(((form, path) for form, path in copies if path.is_file()), None)
        files |= {f"data/torchvision/{found[0]}": found[1]} if found else {}
    return files


def digest_of_names(names: Iterable[str]) -> str:
    """Return a name for these files; they are named by their content or never change."""
    return sha256("\n".join(sorted(names)).encode()).hexdigest()[:32]


def pack(files: Mapping[str, Path]) -> bytes:
    """Pack files under these names."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, path in files.items():
            archive.add(path, arcname=name)
    return buffer.getvalue()


def unpack(packed: bytes, folder: Path) -> None:
    """Unpack files below a folder."""
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")


def unpack_once(digest: str, packed: bytes, home: Path) -> None:
    """Unpack input files into a node's folder, unless another process has done so."""
    home.mkdir(parents=True, exist_ok=True)
    with hold(home / f".{digest}.lock", seconds=600.0):
        if not has_unpacked(digest, home):
            unpack(packed, home)
            (home / f".{digest}").touch()


def has_unpacked(digest: str, home: Path) -> bool:
    """Whether these input files are in this folder."""
    return (home / f".{digest}").exists()


@dataclass(frozen=True)
class FileChange:
    """The content of a file from byte `offset` on."""

    name: str
    offset: int
    content: bytes


class FolderMirror:
    """Finds what has changed in a folder since it was last asked."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._sizes: dict[str, tuple[int, int]] = {}  # bytes and time of change
        self.changes()

    def changes(self) -> list[FileChange]:
        """Return the changes since the last call."""
        paths = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return [change for path in paths if (change := self._change(path))]

    def _change(self, path: Path) -> FileChange | None:
        name, stat = str(path.relative_to(self.folder)), path.stat()
        now, before = (stat.st_size, stat.st_mtime_ns), self._sizes.get(name, (0, 0))
        if path.name == LOCK or now == before:
            return None
        self._sizes[name] = now
        offset = before[0] if path.suffix == APPENDED and now[0] >= before[0] else 0
        with path.open("rb") as file:
            file.seek(offset)
            return FileChange(name, offset, file.read(now[0] - offset))


def apply(changes: Iterable[FileChange], folder: Path) -> None:
    """Make the changes in another copy of the folder."""
    for change in changes:
        path = folder / change.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == APPENDED and path.exists():
            with path.open("r+b") as file:
                file.truncate(change.offset)
                file.seek(change.offset)
                file.write(change.content)
        else:
            write_atomic(path, lambda file, change=change: file.write(change.content))
