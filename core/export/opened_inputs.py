"""What the archive of a run contains besides the run: spreadsheets and weights. They are checked
like uploads and stored in the home.
"""

from itertools import pairwise
from pathlib import Path

from core.base.errors import BadData, BadInput, LabError
from core.base.finding import Finding
from core.base.text import clip
from core.data.datasets import Spreadsheets
from core.data.library import Library
from core.data.load import lacking
from core.experiment import Experiment
from core.export.archive import PLACES, WEIGHTS, Manifest, samples_digest
from core.runs import lineage
from core.runs.forks import check_change, check_fork
from core.runs.lineage import LINEAGE
from core.runs.setting_changes import changed, changes_in
from core.runs.store import EVENTS, Store
from core.training.inputs import missing_weights
from core.weights.library import WeightsLibrary

DATA = tuple(f"data/{place}" for place in range(PLACES))


def take_weights(store: Store, folder: Path, experiment: Experiment, name: str) -> Finding | None:
    """Store the weights that the run started from, checked like an upload. Returns that they are
    missing, which matters only if the run is trained again.
    """
    if not (digest := experiment.start.weights_digest):
        (folder / WEIGHTS).unlink(missing_ok=True)
        return None
    library = WeightsLibrary(store.home)
    if (folder / WEIGHTS).exists():
        try:
            library.add_file(folder / WEIGHTS, f"{WEIGHTS} in {name}", expected=digest)
        except BadData:
            raise damaged(name, WEIGHTS) from None
        (folder / WEIGHTS).unlink()
    if text := missing_weights(experiment, store.home):
        return Finding("start_weights_missing", "warn", text)
    return None


def take_lineage(folder: Path, experiment: Experiment, name: str) -> None:
    """Check what was trained before a fork, and the changes of settings in the events."""
    path = folder / LINEAGE
    try:
        before = lineage.parse(path.read_bytes()) if path.exists() else ()
        if bool(before) != bool(experiment.fork):
            raise damaged(name, LINEAGE)
        steps = [each.step for each in before]
        if before and (steps[0] != 0 or steps != sorted(steps) or steps[-1] > experiment.fork.step):
            raise damaged(name, LINEAGE)
        for old, new in pairwise([*(each.experiment for each in before), experiment]):
            if before:
                check_fork(old, new)
        if before:
            lineage.write_segments(path, before)
    except (BadInput, ValueError, KeyError, TypeError, RecursionError):
        raise damaged(name, LINEAGE) from None
    try:
        for event in changes_in((folder / EVENTS).read_bytes()):
            new = changed(experiment, event.changes)
            check_change(experiment, new)
            experiment = new
    except BadInput:
        raise damaged(name, EVENTS) from None


def take_data(
    store: Store, folder: Path, experiment: Experiment, manifest: Manifest
) -> Finding | None:
    """Store the spreadsheets of the archive. Returns what is missing or different in this lab."""
    data = experiment.data.uncorrected
    paths = [folder / entry.replace("/", "-") for entry in DATA]
    files = [path if path.exists() else None for path in paths]
    packed = files[0] is not None and isinstance(data, Spreadsheets)
    digest = _add_to_library(store, files, manifest, data.title) if packed else ""
    for path in filter(None, files):
        path.unlink(missing_ok=True)
    if packed and digest != data.digest:
        text = (
            "The spreadsheets of the archive were added, but this lab reads them differently from "
            f"the lab of the run. Choose “{data.title}” on the Data page and train again."
        )
        return Finding("data_read_differently", "warn", text)
    if missing := lacking(data, store.home, "evaluate, predict with or resume the run"):
        return Finding("data_missing", "warn", missing)
    if not data.is_available(store.home):
        text = f"{data.summary} is not on this disk yet. It is downloaded when it is needed."
        return Finding("data_downloaded_on_resume", "info", text)
    here = samples_digest(data, store.home)
    if manifest.samples and here and manifest.samples != here:
        text = (
            f"{data.summary} differs from the data of the run. Its analyses, and a run that is "
            "resumed, use these other samples."
        )
        return Finding("data_differs", "warn", text)
    return None


def _add_to_library(store: Store, files: list[Path | None], manifest: Manifest, title: str) -> str:
    """Read the spreadsheets like an upload, as the manifest describes. Returns their digest. Raises
    BadData.
    """
    library = Library(store.home)
    uploads = [library.uploads.take(path) if path else None for path in files]
    names = tuple(clip(n) or "table" for n, path in zip(manifest.names, files, strict=True) if path)
    images, labels, test_images, test_labels = uploads
    try:
        digest, _ = library.add(
            images,
            labels,
            test_images=test_images,
            test_labels=test_labels,
            names=names,
            reading=manifest.reading,
            title=title,
        )
    except LabError as error:
        for path, moved in zip(uploads, files, strict=True):
            if path and not moved.exists():
                path.unlink(missing_ok=True)
        raise BadData(
            f"The data in the archive cannot be read: {error}", code="archive_data"
        ) from None
    return digest


def damaged(name: str, entry: str) -> BadData:
    """Return the error for an entry that is not what was packed."""
    return BadData(
        f"{name} is damaged: {entry} does not match its checksum. Copy or download the file again.",
        code="archive_damaged",
    )
