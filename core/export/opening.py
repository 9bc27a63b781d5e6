"""Opening the archive of a run that another lab made: checked like every upload, then a run of this
lab as whole as its own ones.

No entry's name ever becomes a path, no entry is believed to be as small as it says, and nothing is
kept of an archive that is refused.
"""

import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.base.encoding import MAX_TEXT, decode, encode
from core.base.errors import BadData, BadExperiment, LabError, Unavailable
from core.base.files import draft
from core.base.numbers import whole
from core.base.text import clip
from core.data.datasets import Spreadsheets
from core.data.library import Library
from core.data.load import lacking
from core.data.spreadsheet.decoding import DAMAGE
from core.experiment import Experiment
from core.export.archive import FORM, MANIFEST, PLACES, Manifest, copied, samples_digest
from core.export.replay import replayed
from core.runs import checkpoint
from core.runs.notes import Notes
from core.runs.store import CHECKPOINT, EVENTS, EXPERIMENT, NOTES, Store

MB = 2**20
DATA = tuple(f"data/{place}" for place in range(PLACES))
LIMITS = {  # bytes of each entry, unpacked
    MANIFEST: MAX_TEXT, EXPERIMENT: 4 * MAX_TEXT, NOTES: MAX_TEXT, EVENTS: 128 * MB,
    CHECKPOINT: 2048 * MB, **dict.fromkeys(DATA, 1024 * MB),
}  # fmt: skip
RATIO, FREE = 100, 16 * MB  # times its size that an archive may unpack to, and what it may anyway


@dataclass(frozen=True)
class Opened:
    """The run as it is called here. `lacks` says in one sentence what keeps it from being resumed
    as it was, or is to be known before; empty for nothing.
    """

    run: str
    name: str
    lacks: str = ""


def open_archive(store: Store, source: BinaryIO, name: str) -> Opened:
    """The archive becomes a run; its id stays unless a run here has it.

    Raises BadData with one sentence for a file that is no archive, is damaged, of another version
    or dangerous; Unavailable when the disk takes nothing.
    """
    name = clip(name)
    try:
        with _members(source, name) as (packed, entries), draft(store.root) as folder:
            _room(store, entries, name)
            manifest = _manifest(packed, entries, name)
            experiment = _fill(folder, packed, entries, manifest, name)
            lacks = _take_data(store, folder, experiment, manifest)
            run = store.adopt(folder, manifest.run)
        return Opened(run, experiment.name or experiment.data.summary, lacks)
    except OSError as error:
        raise Unavailable(
            f"{name} cannot be unpacked to {store.home} ({error.strerror}): free space on the disk."
        ) from None


# --- the ZIP file


@contextmanager
def _members(
    source: BinaryIO, name: str
) -> Iterator[tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]]:
    """The file with its entries by name: only those that an archive has, each once, not larger
    than allowed.
    """
    try:
        packed = zipfile.ZipFile(source)
    except DAMAGE:
        raise BadData(
            f"{name} is no archive of a run, or was cut off: choose the ZIP file that Download, "
            "Archive made."
        ) from None
    with packed:
        entries: dict[str, zipfile.ZipInfo] = {}
        for entry in packed.infolist():
            _known(entry, entries, name)
            entries[entry.filename] = entry
        for needed in (MANIFEST, EXPERIMENT, EVENTS):
            if needed not in entries:
                raise BadData(
                    f"{name} is no archive of a run, for it has no {needed}: choose the ZIP file "
                    "that Download, Archive made."
                )
        size = source.seek(0, 2)
        unpacked = sum(entry.file_size for entry in entries.values())
        if unpacked > max(FREE, RATIO * size):
            raise BadData(
                f"{name} would unpack to {whole(unpacked / MB)} MB, more than {RATIO} times its "
                "size, which no archive of a run does: archive the run again."
            )
        yield packed, entries


def _known(entry: zipfile.ZipInfo, entries: dict[str, zipfile.ZipInfo], name: str) -> None:
    shown = clip(entry.filename)
    if entry.filename not in LIMITS:
        raise BadData(
            f"{name} holds “{shown}”, which no archive of a run does: choose the ZIP file that "
            "Download, Archive made."
        )
    if entry.filename in entries:
        raise BadData(f"{name} holds {shown} twice: archive the run again.")
    if entry.flag_bits & 1:
        raise BadData(f"{name} is locked with a password: archive the run without one.")
    limit = LIMITS[entry.filename]
    if entry.file_size > limit:
        raise BadData(
            f"{shown} in {name} has {whole(entry.file_size / MB)} MB unpacked, at most "
            f"{whole(limit / MB) if limit > MB else '1'} MB are read: "
            + ("archive the run without its data." if shown in DATA else "it cannot be opened.")
        )


def _room(store: Store, entries: dict[str, zipfile.ZipInfo], name: str) -> None:
    needed = sum(entry.file_size for entry in entries.values())
    free = shutil.disk_usage(store.root).free
    if needed > free:
        raise Unavailable(
            f"{name} needs {whole(needed / MB)} MB, and {whole(free / MB)} MB are free on the "
            "disk: free some, then open it again."
        )


def _manifest(packed: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], name: str) -> Manifest:
    try:
        text = packed.read(entries[MANIFEST])
        form = json.loads(text)["form"]
    except (*DAMAGE, KeyError, TypeError):
        raise _damaged(name, MANIFEST) from None
    if form != FORM:
        raise BadData(
            f"{name} has the form {clip(str(form))}, this lab reads form {FORM}: open it in a lab "
            "of the version that made it, or update this one."
        )
    try:
        manifest = decode(Manifest, text)
    except BadExperiment:
        raise _damaged(name, MANIFEST) from None
    sums, wanted = dict(manifest.sums), set(entries) - {MANIFEST}
    if set(sums) != wanted or len(manifest.names) != PLACES:
        raise _damaged(name, MANIFEST)
    return manifest


def _damaged(name: str, entry: str) -> BadData:
    return BadData(
        f"{name} is damaged ({entry} is not as it was packed): copy or download it again."
    )


def _unpack(
    packed: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, sums: dict[str, str], name: str
) -> None:
    """One entry into a file; no more bytes than it says, and the bytes that were packed."""
    try:
        with packed.open(entry) as source, path.open("wb") as target:
            found = copied(source, target.write)
    except OSError as error:
        if error.errno is not None:  # of the disk, not of the archive
            raise
        raise _damaged(name, entry.filename) from None
    except DAMAGE:
        raise _damaged(name, entry.filename) from None
    if found != sums[entry.filename]:
        raise _damaged(name, entry.filename)


# --- what is in it


def _fill(
    folder: Path,
    packed: zipfile.ZipFile,
    entries: dict[str, zipfile.ZipInfo],
    manifest: Manifest,
    name: str,
) -> Experiment:
    """The run's folder, with everything in it checked and written anew."""
    for entry in entries.values():
        if entry.filename != MANIFEST:
            place = folder / entry.filename.replace("/", "-")
            _unpack(packed, entry, place, dict(manifest.sums), name)
    try:
        experiment = decode(Experiment, (folder / EXPERIMENT).read_bytes())
    except BadExperiment as error:
        raise BadData(f"The experiment in {name} cannot be read here: {error}") from None
    (folder / EXPERIMENT).write_text(encode(experiment), "utf-8")
    replayed(folder / EVENTS, name)
    if (folder / NOTES).exists():
        try:
            notes = decode(Notes, (folder / NOTES).read_bytes())
        except BadExperiment:
            raise _damaged(name, NOTES) from None
        (folder / NOTES).write_text(encode(notes), "utf-8")
    if (folder / CHECKPOINT).exists():
        checkpoint.inspect(folder / CHECKPOINT, f"{CHECKPOINT} in {name}")
    return experiment


def _take_data(store: Store, folder: Path, experiment: Experiment, manifest: Manifest) -> str:
    """Keeps the spreadsheets of the archive; then what is missing or different here."""
    data = experiment.data
    paths = [folder / entry.replace("/", "-") for entry in DATA]
    given = [path if path.exists() else None for path in paths]
    packed = given[0] is not None and isinstance(data, Spreadsheets)
    digest = _keep(store, given, manifest, data.title) if packed else ""
    for path in filter(None, given):
        path.unlink(missing_ok=True)
    if packed and digest != data.digest:
        return (
            "The spreadsheets in the archive are kept, but this lab reads them another way than "
            f"the one that trained on them: choose “{data.title}” on Data and train anew."
        )
    if missing := lacking(data, store.home):
        return missing
    if not data.here(store.home):
        return f"{data.summary} is not on this disk yet: resuming the run downloads it."
    here = samples_digest(data, store.home)
    if manifest.samples and here and manifest.samples != here:
        return (
            f"{data.summary} is not the same here as where the run was trained: resuming would go "
            "on with other samples."
        )
    return ""


def _keep(store: Store, given: list[Path | None], manifest: Manifest, title: str) -> str:
    """Reads the spreadsheets as the archive says, like an upload; their digest. Raises BadData."""
    library = Library(store.home)
    kept = [library.uploads.take(path) if path else None for path in given]
    names = tuple(clip(n) or "table" for n, path in zip(manifest.names, given, strict=True) if path)
    images, labels, test_images, test_labels = kept
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
        for path, moved in zip(kept, given, strict=True):
            if path and not moved.exists():
                path.unlink(missing_ok=True)
        raise BadData(f"The data in the archive cannot be read: {error}") from None
    return digest
