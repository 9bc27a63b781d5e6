"""Open the archive of a run from another lab: it is checked like every upload and then becomes a
complete run of this lab.

The name of an entry never becomes a path, the stated size of an entry is never trusted, and nothing
of a refused archive is stored.
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
from core.base.errors import BadData, BadExperiment, Unavailable
from core.base.files import draft
from core.base.finding import Finding
from core.base.numbers import whole
from core.base.seal import write_with_sum
from core.base.text import clip
from core.data.spreadsheet.archive import is_cut
from core.data.spreadsheet.decoding import DAMAGE
from core.experiment import Experiment
from core.export.archive import (
    FORM,
    MANIFEST,
    PLACES,
    WEIGHTS,
    Manifest,
    copy_blocks,
)
from core.export.opened_inputs import DATA, damaged, take_data, take_lineage, take_weights
from core.export.replay import check_events
from core.runs import checkpoint
from core.runs.lineage import LINEAGE
from core.runs.notes import Notes
from core.runs.store import CHECKPOINT, EVENTS, EXPERIMENT, NOTES, Store

MB = 2**20
LIMITS = {  # bytes of each entry, unpacked
    MANIFEST: MAX_TEXT, EXPERIMENT: 4 * MAX_TEXT, NOTES: MAX_TEXT, EVENTS: 128 * MB,
    LINEAGE: 64 * MAX_TEXT, CHECKPOINT: 2048 * MB, WEIGHTS: 2048 * MB,
    **dict.fromkeys(DATA, 1024 * MB),
}  # fmt: skip
RATIO, FREE = 100, 16 * MB  # largest compression ratio, and the unpacked size that is always fine
CHOOSE = (
    "Choose a ZIP file that was created with Download > Archive on the Runs page, or with the "
    "command archive."
)


@dataclass(frozen=True)
class Opened:
    """The new run: its id and name. `warning` explains what prevents or changes a resume."""

    run: str
    name: str
    warning: Finding | None = None


def open_archive(store: Store, source: BinaryIO, name: str) -> Opened:
    """Turn the archive into a run. The run keeps its id unless a run here has the same one.

    Raises BadData for a file that is not an archive, damaged, of another version or dangerous, and
    Unavailable if it cannot be written.
    """
    name = clip(name)
    try:
        with _members(source, name) as (packed, entries), draft(store.root) as folder:
            _room(store, entries, name)
            manifest = _manifest(packed, entries, name)
            experiment = _fill(folder, packed, entries, manifest, name)
            warning = take_weights(store, folder, experiment, name)
            warning = take_data(store, folder, experiment, manifest) or warning
            run = store.adopt(folder, manifest.run)
        return Opened(run, experiment.title, warning)
    except OSError as error:
        raise Unavailable(
            f"{name} cannot be unpacked to {store.home} ({error.strerror}). Free disk space and "
            "try again.",
            code="archive_not_writable",
        ) from None


# --- the ZIP file


@contextmanager
def _members(
    source: BinaryIO, name: str
) -> Iterator[tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]]:
    """Open the ZIP file and check its entries: only known ones, each once and within its size
    limit.
    """
    try:
        packed = zipfile.ZipFile(source)
    except DAMAGE:
        raise BadData(
            f"{name} is not a run archive, or the file is incomplete. {CHOOSE}",
            code="not_an_archive",
        ) from None
    with packed:
        if is_cut(packed):
            raise BadData(
                f"{name} is incomplete: its end is missing. Copy or download the file again.",
                code="archive_damaged",
            )
        entries: dict[str, zipfile.ZipInfo] = {}
        for entry in packed.infolist():
            _check_entry(entry, entries, name)
            entries[entry.filename] = entry
        for needed in (MANIFEST, EXPERIMENT, EVENTS):
            if needed not in entries:
                raise BadData(
                    f"{name} is not a run archive: it has no {needed}. {CHOOSE}",
                    code="archive_entry_missing",
                )
        size = source.seek(0, 2)
        unpacked = sum(entry.file_size for entry in entries.values())
        if unpacked > max(FREE, RATIO * size):
            raise BadData(
                f"{name} would unpack to {whole(unpacked / MB)} MB, more than {RATIO} times its "
                "size. Run archives do not compress that far. Create the archive again.",
                code="archive_ratio",
            )
        yield packed, entries


def _check_entry(entry: zipfile.ZipInfo, entries: dict[str, zipfile.ZipInfo], name: str) -> None:
    label = clip(entry.filename)
    if entry.filename not in LIMITS:
        raise BadData(
            f"{name} contains “{label}”, which does not belong in a run archive. {CHOOSE}",
            code="archive_entry_unknown",
        )
    if entry.filename in entries:
        raise BadData(
            f"{name} contains {label} twice. Create the archive again.",
            code="archive_entry_twice",
        )
    if entry.flag_bits & 1:
        raise BadData(
            f"{name} is protected with a password. Create the archive without a password.",
            code="archive_encrypted",
        )
    limit = LIMITS[entry.filename]
    if entry.file_size > limit:
        raise BadData(
            f"{label} in {name} has {whole(entry.file_size / MB)} MB unpacked; the limit is "
            f"{whole(limit / MB) if limit > MB else '1'} MB. "
            + (
                "Create the archive without its data."
                if label in DATA
                else "The archive cannot be opened."
            ),
            code="archive_entry_size",
        )


def _room(store: Store, entries: dict[str, zipfile.ZipInfo], name: str) -> None:
    needed = sum(entry.file_size for entry in entries.values())
    free = shutil.disk_usage(store.root).free
    if needed > free:
        raise Unavailable(
            f"{name} needs {whole(needed / MB)} MB of disk space, but only {whole(free / MB)} MB "
            "are free. Free disk space, then open the archive again.",
            code="disk_space",
        )


def _manifest(packed: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], name: str) -> Manifest:
    try:
        text = packed.read(entries[MANIFEST])
        form = json.loads(text)["form"]
    except (*DAMAGE, KeyError, TypeError):
        raise damaged(name, MANIFEST) from None
    if form != FORM:
        raise BadData(
            f"{name} has archive format {clip(str(form))}; this lab reads format {FORM}. Update "
            "the older of the two labs.",
            code="archive_format",
        )
    try:
        manifest = decode(Manifest, text)
    except BadExperiment:
        raise damaged(name, MANIFEST) from None
    sums, wanted = dict(manifest.sums), set(entries) - {MANIFEST}
    if set(sums) != wanted or len(manifest.names) != PLACES:
        raise damaged(name, MANIFEST)
    return manifest


def _unpack(
    packed: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, sums: dict[str, str], name: str
) -> None:
    """Unpack one entry into a file and verify its checksum."""
    try:
        with packed.open(entry) as source, path.open("wb") as target:
            digest = copy_blocks(source, target.write)
    except OSError as error:
        if error.errno is not None:  # an error of the disk, not of the archive
            raise
        raise damaged(name, entry.filename) from None
    except DAMAGE:
        raise damaged(name, entry.filename) from None
    if digest != sums[entry.filename]:
        raise damaged(name, entry.filename)


# --- what is in it


def _fill(
    folder: Path,
    packed: zipfile.ZipFile,
    entries: dict[str, zipfile.ZipInfo],
    manifest: Manifest,
    name: str,
) -> Experiment:
    """Fill the run's folder: every file is checked and written again."""
    for entry in entries.values():
        if entry.filename != MANIFEST:
            path = folder / entry.filename.replace("/", "-")
            _unpack(packed, entry, path, dict(manifest.sums), name)
    try:
        experiment = decode(Experiment, (folder / EXPERIMENT).read_bytes())
    except BadExperiment as error:
        raise BadData(
            f"The experiment in {name} cannot be read: {error}", code="archive_experiment"
        ) from None
    write_with_sum(folder / EXPERIMENT, encode(experiment).encode())
    check_events(folder / EVENTS, name)
    take_lineage(folder, experiment, name)
    if (folder / NOTES).exists():
        try:
            notes = decode(Notes, (folder / NOTES).read_bytes())
        except BadExperiment:
            raise damaged(name, NOTES) from None
        (folder / NOTES).write_text(encode(notes), "utf-8")
    if (folder / CHECKPOINT).exists():
        checkpoint.inspect(folder / CHECKPOINT, f"{CHECKPOINT} in {name}")
    return experiment
