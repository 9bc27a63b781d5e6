"""Library: uploaded spreadsheets in checked form, by the digest of their bytes and reading.

    <home>/data/<sha256>/about.json                        names, reading, shape, classes, findings
                         inputs.npy targets.npy            read memory-mapped
                         test_inputs.npy test_targets.npy  where a test pair was given
    <home>/data/files/<sha256>                             an uploaded file as it came

Uploaded files are kept, so that they can be read another way later. A folder is written under
another name and renamed, so it is whole or not there. Only a digest ever becomes a path.
"""

import hashlib
import json
import os
import re
import secrets
import shutil
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from core.data.download import Progress
from core.data.finding import Finding
from core.data.inspect import Inspection, inspect
from core.data.reading import Reading
from core.data.samples import Samples
from core.data.sets import Facts
from core.data.source import Source, packed
from core.data.table import read_table
from core.data.wording import clip
from core.errors import BadData, NotFound, Unavailable

FORM = b"3"  # of the folder; another number makes other digests
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class About:
    """What about.json holds.

    `files` are the names as they were given, `added` is in seconds since 1970 (UTC).
    """

    digest: str
    name: str
    files: tuple[str, ...]
    reading: Reading
    rows: int
    test_rows: int
    shape: tuple[int, int, int]
    classes: tuple[str, ...]
    findings: tuple[Finding, ...]
    white: float
    added: float
    kept: tuple[str, ...]  # SHA-256 of each uploaded file, "" where a path or nothing was given


class Library:
    """The spreadsheets under one home."""

    def __init__(self, home: Path):
        self.root = Path(home) / "data"

    def add(
        self,
        images: Source,
        labels: Source | None = None,
        *,
        names: tuple[str, ...] = (),
        reading: Reading | None = None,
        test_images: Source | None = None,
        test_labels: Source | None = None,
        title: str = "",
    ) -> tuple[str, Inspection]:
        """Check and keep; the same bytes read the same way are found again.

        Raises BadData, NotFound, Unavailable. `names` of the files, in the order images, labels,
        test images, test labels (those that are given).
        """
        reading = reading or Reading()
        given = (images, labels, test_images, test_labels)
        shown = _names(given, names)
        hashes = _hashes(given, shown)
        digest = _digest(hashes, reading)
        if self._folder(digest).is_dir():
            return digest, self._inspection(digest)
        train, test = _inspect(given, shown, reading)
        files = tuple(name for name in shown if name)
        about = _about(digest, title or Path(files[0]).stem, files, reading, train, test)
        about = replace(about, kept=self._kept(given, hashes))
        self._write(about, train.samples, test.samples if test else None)
        self._keep(given, hashes)
        return digest, self._inspection(digest)

    def read_again(self, digest: str, reading: Reading) -> str:
        """The same uploaded files read another way: the new digest. Raises BadData, NotFound."""
        about = self.about(digest)
        paths = [self.root / "files" / kept if kept else None for kept in about.kept]
        if paths[0] is None or not all(path is None or path.is_file() for path in paths):
            raise NotFound(
                f"The files of {clip(about.name)!r} are no longer here: give them again to read "
                "them another way."
            )
        pair = {"test_images": paths[2], "test_labels": paths[3]}
        new, _ = self.add(
            paths[0], paths[1], names=about.files, reading=reading, title=about.name, **pair
        )
        return new

    def open(self, digest: str) -> Samples:
        """The set, memory-mapped. Raises NotFound."""
        about, folder = self.about(digest), self._folder(digest)
        names = ["inputs", "targets", *(["test_inputs", "test_targets"] if about.test_rows else [])]
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in names}
        return Samples(about.name, classes=about.classes, **arrays)

    def about(self, digest: str) -> About:
        """What is known of a set without opening its arrays. Raises NotFound."""
        try:
            found = json.loads((self._folder(digest) / "about.json").read_text("utf-8"))
        except OSError:
            way_out = "give the spreadsheets again, or choose another set"
            raise NotFound(
                f"The spreadsheets {digest[:12]} are not on this disk: {way_out}."
            ) from None
        found["reading"] = Reading.model_validate(found["reading"])
        found["findings"] = tuple(Finding(**finding) for finding in found["findings"])
        return About(**{k: tuple(v) if isinstance(v, list) else v for k, v in found.items()})

    def list(self) -> list[About]:
        """Every set, newest first."""
        folders = self.root.iterdir() if self.root.is_dir() else ()
        known = [folder.name for folder in folders if _DIGEST.fullmatch(folder.name)]
        return sorted((self.about(digest) for digest in known), key=lambda about: -about.added)

    def _kept(self, given: tuple[Source | None, ...], hashes: tuple[str, ...]) -> tuple[str, ...]:
        """The hashes of uploads, which are bytes, and of uploads that are read again."""
        pairs = zip(given, hashes, strict=True)
        files = self.root / "files"
        return tuple(
            h if isinstance(g, bytes) or (h and (files / h).is_file()) else "" for g, h in pairs
        )

    def _keep(self, given: tuple[Source | None, ...], hashes: tuple[str, ...]) -> None:
        """Writes uploads under their hash, each whole or not at all."""
        for source, name in zip(given, hashes, strict=True):
            path = self.root / "files" / name
            if isinstance(source, bytes) and not path.is_file():
                path.parent.mkdir(parents=True, exist_ok=True)
                draft = path.with_name(f"{name}-{secrets.token_hex(4)}.tmp")
                draft.write_bytes(source)
                draft.replace(path)

    def _folder(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise NotFound(
                f"{clip(digest)!r} is no digest of spreadsheets: choose a set from the list."
            )
        return self.root / digest

    def _inspection(self, digest: str) -> Inspection:
        about = self.about(digest)
        facts = (about.rows, about.shape, about.classes, about.findings)
        return Inspection(*facts, samples=self.open(digest), white=about.white)

    def _write(self, about: About, train: Samples, test: Samples | None) -> None:
        """All files into a folder of another name, then the rename; who comes second drops his."""
        draft = self.root / f".{about.digest[:12]}-{os.getpid()}-{secrets.token_hex(4)}.tmp"
        try:
            draft.mkdir(parents=True)
            _save(draft, train, test)
            text = json.dumps(
                asdict(about) | {"reading": about.reading.model_dump()}, ensure_ascii=False
            )
            (draft / "about.json").write_text(text, "utf-8")
            try:
                draft.rename(self._folder(about.digest))
            except OSError:
                if not self._folder(about.digest).is_dir():
                    raise
        except OSError as error:
            way_out = "make room or give write access"
            raise Unavailable(
                f"{self.root} cannot be written ({error.strerror}): {way_out}."
            ) from None
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def facts(home: Path, digest: str) -> Facts:
    """What the choice `Spreadsheets` knows without opening its arrays. Raises NotFound."""
    about = Library(home).about(digest)
    return Facts(about.shape, about.classes, about.rows, about.test_rows)


def spreadsheets(
    home: Path, progress: Progress | None = None, *, digest: str, title: str
) -> Samples:
    """The loader that the choice `Spreadsheets` names. Raises NotFound."""
    return replace(Library(home).open(digest), name=title)


def _names(given: tuple[Source | None, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    """A name for each place, empty where nothing is given."""
    defaults = ("images.csv", "labels.csv", "test images.csv", "test labels.csv")
    named = iter(names)
    return tuple(
        ""
        if source is None
        else next(named, "") or (source.name if isinstance(source, Path) else default)
        for source, default in zip(given, defaults, strict=True)
    )


def _hashes(given: tuple[Source | None, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    """SHA-256 of each file, empty where nothing is given."""
    found = []
    for source, name in zip(given, names, strict=True):
        if source is None:
            found.append("")
            continue
        with packed(source, name) as file:
            found.append(hashlib.file_digest(file, "sha256").hexdigest())
    return tuple(found)


def _digest(hashes: tuple[str, ...], reading: Reading) -> str:
    """SHA-256 of the reading and of each file's own, so that no two lists of files run together."""
    text = "\0".join([reading.model_dump_json(), *hashes])
    return hashlib.sha256(FORM + text.encode()).hexdigest()


def _inspect(
    given: tuple[Source | None, ...], names: tuple[str, ...], reading: Reading
) -> tuple[Inspection, Inspection | None]:
    tables = [
        None if source is None else read_table(source, name, reading.header, reading.sheet)
        for source, name in zip(given, names, strict=True)
    ]
    train = inspect(tables[0], tables[1], reading=reading)
    if not train.classes:
        raise BadData(
            f"{names[0]} has no labels to learn from: give a label column or a second file."
        )
    if tables[2] is None:
        if tables[3] is not None:
            raise BadData(f"{names[3]} stands without its pictures: give the test pictures too.")
        return train, None
    return train, inspect(tables[2], tables[3], reading=reading, like=train)


def _about(
    digest: str,
    name: str,
    files: tuple[str, ...],
    reading: Reading,
    train: Inspection,
    test: Inspection | None,
) -> About:
    return About(
        digest=digest,
        name=name,
        files=files,
        reading=reading,
        rows=train.rows,
        test_rows=test.rows if test else 0,
        shape=train.shape,
        classes=train.classes,
        findings=train.findings,
        white=train.white,
        added=time.time(),
        kept=(),
    )


def _save(folder: Path, train: Samples, test: Samples | None) -> None:
    for prefix, part in (("", train), ("test_", test)):
        if part is not None:
            np.save(folder / f"{prefix}inputs.npy", np.ascontiguousarray(part.inputs))
            np.save(folder / f"{prefix}targets.npy", part.targets)
