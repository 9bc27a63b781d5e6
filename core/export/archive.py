"""A run as one ZIP file that another lab can open (`core/export/opening.py`).

    archive.json      the `Manifest`: version, the run's id, SHA-256 of each entry
    experiment.json   events.jsonl   notes.json   checkpoint.pt, the last two if they exist
    lineage.json      what was trained before a fork, so that its parents need not be there
    start.safetensors the weights that the run started from, if it did not start from scratch
    data/0 … data/3   the spreadsheets as they were uploaded, if they are included

`checkpoint.pt` has the weights and everything that resuming needs. Knows the store, no page.
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
from core.base.finding import Finding
from core.base.spec import Value
from core.data.datasets import DataSet, Spreadsheets
from core.data.library import Library
from core.data.load import load
from core.data.reading import Reading
from core.experiment import Experiment
from core.runs import lineage
from core.runs.lineage import LINEAGE
from core.runs.store import CHECKPOINT, EVENTS, EXPERIMENT, NOTES, Store
from core.weights.library import WeightsLibrary

FORM = 1  # version of the archive format; no other one is read
MANIFEST = "archive.json"
WEIGHTS = "start.safetensors"
BLOCK = 2**20  # bytes per copied block
PLACES = 4  # spreadsheets: inputs, labels, and both for the test set


class Manifest(Value):
    """The content of archive.json.

    `samples` is the SHA-256 of the run's data: of the arrays, or of the spreadsheet files and the
    way they were read; empty if the archiving lab no longer had them. `names` and `reading` belong
    to the spreadsheets in the archive.
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
    """Write the archive. Raises NotFound, and Unavailable if the data cannot be included."""
    experiment = decode(Experiment, store.experiment(run))
    data = experiment.data.uncorrected  # the experiment itself holds the corrections
    problem = packing_problem(store, data) if with_data else None
    if problem:
        raise Unavailable(problem.text, code=problem.code)
    sums: list[tuple[str, str]] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in store.checkpoints(run)[:1]:  # First: the events then reach at least as far.
            sums.append(_add(packed, CHECKPOINT, path))
        for name in (EVENTS, NOTES) if with_notes else (EVENTS,):
            if store.path(run, name).exists():
                sums.append(_add(packed, name, store.path(run, name)))
        if experiment.fork:
            before = lineage.ancestors(store, run, experiment)
            sums.append(_add_text(packed, LINEAGE, lineage.encode_segments(before)))
        sums.append(_add_text(packed, EXPERIMENT, encode(experiment)))
        if path := _start_weights(store, experiment):
            sums.append(_add(packed, WEIGHTS, path))
        names, reading = ("",) * PLACES, None
        if with_data:
            about = Library(store.home).about(data.digest)
            names, reading = _names_by_place(about.files, about.upload_hashes), about.reading
            for place, path in enumerate(_uploads(store, data)):
                if path:
                    sums.append(_add(packed, f"data/{place}", path))
        manifest = Manifest(
            lab=core.__version__,
            run=run,
            samples=samples_digest(data, store.home),
            names=names,
            reading=reading,
            sums=tuple(sums),
        )
        _add_text(packed, MANIFEST, encode(manifest))


def _start_weights(store: Store, experiment: Experiment) -> Path | None:
    """Return the file of the weights that the run started from; None if there is none here."""
    try:
        digest = experiment.start.weights_digest
        return WeightsLibrary(store.home).path(digest) if digest else None
    except NotFound:
        return None


def packing_problem(store: Store, data: DataSet) -> Finding | None:
    """Return why the data cannot be included in an archive; None if it can."""
    data = data.uncorrected
    if not isinstance(data, Spreadsheets):
        text = f"{data.summary} is built in or downloaded by every lab, so it is not packed."
        return Finding("data_in_every_lab", "info", text)
    try:
        about, paths = Library(store.home).about(data.digest), _uploads(store, data)
    except NotFound:
        text = (
            f"The spreadsheets “{data.title}” are no longer in this lab. Create the archive "
            "without its data."
        )
        return Finding("data_missing", "warn", text, {"digest": data.digest})
    if sum(path is not None for path in paths) < len(about.files):
        text = (
            f"The files of “{data.title}” were read in place and not copied into this lab. Create "
            "the archive without its data, and copy the files to the other lab separately."
        )
        return Finding("data_read_in_place", "warn", text, {"digest": data.digest})
    return None


def samples_digest(data: DataSet, home: Path) -> str:
    """Return the SHA-256 of the samples of this data; empty if they are not on this disk."""
    if isinstance(data, Spreadsheets):
        return data.digest
    try:
        samples = load(data, home) if data.is_available(home) else None
    except LabError:
        samples = None
    if samples is None:
        return ""
    digest = hashlib.sha256()
    parts = (samples.inputs, samples.targets, samples.test_inputs, samples.test_targets)
    for array in filter(lambda part: part is not None, parts):
        digest.update(f"{array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _uploads(store: Store, data: Spreadsheets) -> list[Path | None]:
    library = Library(store.home)
    return [library.uploads.path(upload) for upload in library.about(data.digest).upload_hashes]


def _names_by_place(files: tuple[str, ...], uploads: tuple[str, ...]) -> tuple[str, ...]:
    """Return the name of the file in each place; empty where there is none."""
    names = iter(files)
    return tuple(next(names, "") if upload else "" for upload in uploads)


def _add(packed: zipfile.ZipFile, name: str, path: Path) -> tuple[str, str]:
    """Add a file block by block. Returns its name and SHA-256."""
    entry = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
    entry.compress_type = (
        zipfile.ZIP_STORED if name in (CHECKPOINT, WEIGHTS) else zipfile.ZIP_DEFLATED
    )
    with path.open("rb") as source, packed.open(entry, "w", force_zip64=True) as target:
        return name, copy_blocks(source, target.write)


def copy_blocks(source: BinaryIO, write: Callable[[bytes], object]) -> str:
    """Pass everything on block by block. Returns its SHA-256."""
    digest = hashlib.sha256()
    while block := source.read(BLOCK):
        digest.update(block)
        write(block)
    return digest.hexdigest()


def _add_text(packed: zipfile.ZipFile, name: str, text: str) -> tuple[str, str]:
    packed.writestr(name, text)
    return name, hashlib.sha256(text.encode()).hexdigest()
