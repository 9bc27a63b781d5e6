"""A run as one ZIP file that another lab opens (`core/export/opening.py`).

    archive.json      what `Manifest` holds: version, the run's id, SHA-256 of each entry
    experiment.json   events.jsonl   notes.json   checkpoint.pt, the last two where there are any
    data/0 … data/3   the spreadsheets as they were uploaded, where they are wanted

`checkpoint.pt` holds the weights and everything that resuming needs. Knows the store, no page.
"""

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
from pydantic import Field

import core
from core.base.encoding import decode, encode
from core.base.errors import LabError, NotFound, Unavailable
from core.base.spec import Value
from core.data.datasets import DataSet, Spreadsheets
from core.data.library import Library
from core.data.load import load
from core.data.reading import Reading
from core.experiment import Experiment
from core.runs.store import CHECKPOINT, EVENTS, EXPERIMENT, NOTES, Store

FORM = 1  # of the archive; another one is not read
MANIFEST = "archive.json"
BLOCK = 2**20  # bytes that are copied together
PLACES = 4  # of spreadsheets: inputs, labels, and both for the test


class Manifest(Value):
    """What archive.json says.

    `samples` is the SHA-256 of what the run was trained on: of the arrays, or for spreadsheets of
    their files and how they were read; empty where the archiving lab no longer had them. `names`
    and `reading` are those of the spreadsheets that lie in the archive.
    """

    form: int = FORM
    lab: str = Field("", max_length=40)
    run: str = Field("", max_length=40)
    samples: str = Field("", max_length=64)
    names: tuple[str, ...] = ("",) * PLACES
    reading: Reading | None = None
    sums: tuple[tuple[str, str], ...] = ()  # name of the entry, SHA-256 of its bytes


def pack(
    store: Store, run: str, file: BinaryIO, *, with_data: bool = False, with_notes: bool = True
) -> None:
    """Writes the archive. Raises NotFound, and Unavailable where the data cannot go along."""
    experiment = decode(Experiment, store.experiment(run))
    why = unpackable(store, experiment.data) if with_data else ""
    if why:
        raise Unavailable(why)
    sums: list[tuple[str, str]] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in store.checkpoints(run)[:1]:  # before the events, which reach at least as far
            sums.append(_add(packed, CHECKPOINT, path))
        for name in (EVENTS, NOTES) if with_notes else (EVENTS,):
            if store.path(run, name).exists():
                sums.append(_add(packed, name, store.path(run, name)))
        sums.append(_add_text(packed, EXPERIMENT, encode(experiment)))
        names, reading = ("",) * PLACES, None
        if with_data:
            about = Library(store.home).about(experiment.data.digest)
            names, reading = _placed(about.files, about.kept), about.reading
            for place, path in enumerate(_uploads(store, experiment.data)):
                if path:
                    sums.append(_add(packed, f"data/{place}", path))
        manifest = Manifest(
            lab=core.__version__,
            run=run,
            samples=samples_digest(experiment.data, store.home),
            names=names,
            reading=reading,
            sums=tuple(sums),
        )
        _add_text(packed, MANIFEST, encode(manifest))


def unpackable(store: Store, data: DataSet) -> str:
    """Why the data cannot lie in the archive, in one sentence; empty when it can."""
    if not isinstance(data, Spreadsheets):
        return f"{data.summary} needs no packing: every lab makes or downloads it by itself."
    try:
        about, paths = Library(store.home).about(data.digest), _uploads(store, data)
    except NotFound:
        return f"The spreadsheets “{data.title}” are no longer in this lab: archive without them."
    if sum(path is not None for path in paths) < len(about.files):
        return (
            f"The files of “{data.title}” were read where they lay and are not kept here: archive "
            "without them, and give the other lab the files themselves."
        )
    return ""


def samples_digest(data: DataSet, home: Path) -> str:
    """SHA-256 of what a run with this data learns from; empty where it is not on this disk."""
    if isinstance(data, Spreadsheets):
        return data.digest
    try:
        samples = load(data, home) if data.here(home) else None
    except LabError:
        samples = None
    if samples is None:
        return ""
    found = hashlib.sha256()
    parts = (samples.inputs, samples.targets, samples.test_inputs, samples.test_targets)
    for array in filter(lambda part: part is not None, parts):
        found.update(f"{array.dtype.str} {array.shape}".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def _uploads(store: Store, data: Spreadsheets) -> list[Path | None]:
    library = Library(store.home)
    return [library.uploads.path(kept) for kept in library.about(data.digest).kept]


def _placed(files: tuple[str, ...], kept: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the files at their places, of which some are empty."""
    named = iter(files)
    return tuple(next(named, "") if one else "" for one in kept)


def _add(packed: zipfile.ZipFile, name: str, path: Path) -> tuple[str, str]:
    """Copies a file block by block; its name and SHA-256."""
    how = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
    how.compress_type = zipfile.ZIP_STORED if name == CHECKPOINT else zipfile.ZIP_DEFLATED
    with path.open("rb") as source, packed.open(how, "w", force_zip64=True) as target:
        return name, copied(source, target.write)


def copied(source: BinaryIO, write: Callable[[bytes], object]) -> str:
    """Hands everything on block by block; its SHA-256."""
    found = hashlib.sha256()
    while block := source.read(BLOCK):
        found.update(block)
        write(block)
    return found.hexdigest()


def _add_text(packed: zipfile.ZipFile, name: str, text: str) -> tuple[str, str]:
    packed.writestr(name, text)
    return name, hashlib.sha256(text.encode()).hexdigest()
