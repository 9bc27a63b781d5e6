"""Exports of a run: written to a folder by the command line, or prepared for a download and kept in
the folder of the run.

<home>/runs/<id>/export/<kind>-<digest>/    result.json with its checksum, and the file to download:
the only file of the export, or a ZIP of all of its files
"""

import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.analysis.results import noted
from core.base.encoding import decode, encode, from_json_text, to_json_text
from core.base.errors import BadInput, LabError, Unavailable
from core.base.files import discard, draft
from core.base.seal import digest_of, is_intact, write_with_sum
from core.base.text import file_name
from core.data.load import lacking
from core.experiment import Experiment
from core.export.export_format import ExportFormat, Result, Writing
from core.runs.store import Store

FOLDER, RESULT = "export", "result.json"


@dataclass(frozen=True)
class Prepared:
    """The file to download, and what the format found out while it wrote it."""

    path: Path
    result: Result


def problem(store: Store, run: str, format: ExportFormat) -> LabError | None:
    """Return why the run cannot be exported in this format now; None if it can."""
    experiment = decode(Experiment, store.experiment(run))
    facts = None
    if format.reads_data:
        try:
            if text := lacking(experiment.data, store.home, "export again"):
                return Unavailable(text, code="data_missing")
            facts = experiment.data.facts(store.home)
        except LabError as error:  # its folder is damaged
            return error
    if not store.last(run, "reason"):
        text = "This run has not ended. Wait for its end, or stop it."
        return BadInput(text, code="run_not_ended")
    if text := format.unsuitable(experiment, facts):
        return BadInput(text, code="export_unsuitable")
    if text := format.obstacle(store, run):
        return BadInput(text, code="export_of_course")
    if text := format.missing_packages():
        return Unavailable(text, code="packages_missing")
    return None


def prepared(store: Store, run: str, format: ExportFormat) -> Prepared | None:
    """Return the prepared export; None if it has not been prepared from the present weights."""
    folder = store.path(run, FOLDER) / key_of(store, run, format)
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError):
        if is_intact(folder / RESULT):
            stored = from_json_text((folder / RESULT).read_bytes())
            path = folder / stored["file"]
            if path.is_file():
                return Prepared(path, stored["result"])
    return None


def prepare(store: Store, run: str, format: ExportFormat) -> Iterator[tuple[float, Result]]:
    """Prepare the export and keep it in place of an earlier one of its kind. Yields the fraction
    done and the note of what is being done. Raises LabError.
    """
    yield 0.0, {}
    root, name = store.path(run, FOLDER), _name(store, run, format)
    with _writing(root), draft(root) as folder:
        files = folder / "files"
        files.mkdir()
        result = yield from noted(_write(store, run, format, files / f"{name}{format.suffix}"))
        path = _pack(files, folder, name, format)
        stored = {"file": path.name, "result": result}
        write_with_sum(folder / RESULT, to_json_text(stored).encode())
        for earlier in root.glob(f"{format.kind}-*"):
            discard(earlier)
        folder.rename(root / key_of(store, run, format))


def export(
    store: Store,
    run: str,
    format: ExportFormat,
    path: Path,
    progress: Callable[[float, str], None] = lambda fraction, note: None,
) -> tuple[list[Path], Result]:
    """Write the export to `path`, with its further files beside it. Returns all of its files or
    folders, and what the format found out. An earlier file at `path` is replaced; a folder, or
    another file of the name of a further one, is not. Raises LabError.
    """
    with _writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".export-") as temporary:
            writing = _write(store, run, format, Path(temporary) / path.name)
            while True:
                try:
                    progress(*next(writing))
                except StopIteration as end:
                    result = from_json_text(to_json_text(end.value))
                    break
            made = sorted(Path(temporary).iterdir())
            targets = [path.parent / entry.name for entry in made]
            _refuse_to_replace(made, targets, path)
            for entry, target in zip(made, targets, strict=True):
                entry.replace(target)
    return sorted(targets, key=lambda target: target != path), result


def _refuse_to_replace(made: list[Path], targets: list[Path], path: Path) -> None:
    """Raise BadInput if a person's own file or folder would be lost."""
    for entry, target in zip(made, targets, strict=True):
        is_new = target == path or not target.exists()
        if target.is_dir() or not (is_new or digest_of(target) == digest_of(entry)):
            kind = "a folder" if target.is_dir() else "another file"
            raise BadInput(
                f"{target} is {kind} that already exists. Choose another path with --file, in a "
                "new folder.",
                code="export_exists",
            )


def key_of(store: Store, run: str, format: ExportFormat) -> str:
    """Return the name of the export: it differs for other options, weights or versions."""
    end = to_json_text(store.last(run, "reason") or {})
    text = "\n".join((encode(format), str(format.version), run, end))
    return f"{format.kind}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _write(store: Store, run: str, format: ExportFormat, path: Path) -> Writing:
    if error := problem(store, run, format):
        raise error
    return (yield from format.write(store, run, path))


def _name(store: Store, run: str, format: ExportFormat) -> str:
    experiment = decode(Experiment, store.experiment(run))
    name = file_name(experiment.title)
    return f"{name} {format.title}".rstrip()


def _pack(files: Path, folder: Path, name: str, format: ExportFormat) -> Path:
    """Move the only file to the folder, or pack all files into a ZIP. Returns its path."""
    made = list(files.iterdir())
    if len(made) == 1 and made[0].is_file():
        path = made[0].replace(folder / made[0].name)
    else:
        base = folder / f"{name} {format.kind}"
        path = Path(shutil.make_archive(str(base), "zip", files))
    shutil.rmtree(files)
    return path


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(
            f"{folder} cannot be written ({error.strerror}). Free disk space, or check the "
            "permissions, and try again.",
            code="export_not_writable",
        ) from None
