"""Library: uploaded spreadsheets in checked form, by the digest of their bytes and reading.

    <home>/data/<sha256>/about.json                        what `About` holds
                         inputs.npy targets.npy            read memory-mapped
                         test_inputs.npy test_targets.npy  where a test pair was given
    <home>/data/files/<sha256>                             an uploaded file as it came

Uploaded files are kept, so that they can be read another way later. A folder is written under
another name and renamed, so it is whole or not there. Only a digest ever becomes a path.
"""

import json
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.base.errors import NotFound, Unavailable
from core.base.files import discard, draft, sweep
from core.base.text import clip
from core.data.datasets import Facts
from core.data.inspection.inspect import Inspection
from core.data.manifest import About
from core.data.reading import Reading
from core.data.ready.download import Progress
from core.data.samples import Samples
from core.data.spreadsheet.source import Source
from core.data.upload_bundle import digest_of, hashes_of, inspect_given, names_of
from core.data.uploads import Uploads, write_array

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Library:
    """The spreadsheets under one home."""

    def __init__(self, home: Path):
        self.root = Path(home) / "data"
        self.uploads = Uploads(self.root / "files")

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
        progress: Progress | None = None,
    ) -> tuple[str, Inspection]:
        """Check and keep; the same bytes read the same way are found again.

        Raises BadData, NotFound, Unavailable. `names` of the files, in the order images, labels,
        test images, test labels (those that are given). `progress` hears of each step.
        """
        reading = reading or Reading()
        given = (images, labels, test_images, test_labels)
        shown = names_of(given, names)
        hashes = hashes_of(given, shown)
        digest = digest_of(hashes, reading)
        if self._folder(digest).is_dir():
            try:
                return digest, self._inspection(digest)
            except (NotFound, OSError, ValueError):  # damaged: made anew
                shutil.rmtree(self._folder(digest), ignore_errors=True)
        tell = progress or (lambda share, what: None)
        train, test, more = inspect_given(given, shown, reading, tell)
        tell(0.9, "Keeping the data …")
        files = tuple(name for name in shown if name)
        about = About(
            digest=digest,
            name=title or Path(files[0]).stem,
            files=files,
            reading=reading,
            rows=train.rows,
            test_rows=test.rows if test else 0,
            shape=train.shape,
            classes=train.classes,
            columns=train.samples.columns,
            findings=(*train.findings, *more),
            settled=train.settled,
            added=time.time(),
            kept=self.uploads.known(given, hashes),
        )
        self._write(about, train.samples, test.samples if test else None)
        self.uploads.keep(given, hashes)
        return digest, self._inspection(digest)

    def read_again(self, digest: str, reading: Reading) -> str:
        """The same uploaded files read another way: the new digest. Raises BadData, NotFound."""
        about = self.about(digest)
        paths = [self.uploads.path(kept) for kept in about.kept]
        if paths[0] is None or any(k and not p for k, p in zip(about.kept, paths, strict=True)):
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
        return Samples(about.name, classes=about.classes, columns=about.columns, **arrays)

    def about(self, digest: str) -> About:
        """What is known of a set without opening its arrays. Raises NotFound."""
        try:
            found = json.loads((self._folder(digest) / "about.json").read_text("utf-8"))
        except (OSError, ValueError):
            way_out = "give the spreadsheets again, or choose another set"
            raise NotFound(
                f"The spreadsheets {digest[:12]} are not on this disk: {way_out}."
            ) from None
        try:
            return About.read(found)
        except (TypeError, KeyError, ValueError):
            raise NotFound(
                f"The spreadsheets {digest[:12]} were kept by another version of this lab or are "
                "damaged: give them again."
            ) from None

    def _known(self, digests: Iterable[str]) -> Iterator[About]:
        """Those that can be read: a damaged folder takes no list with it."""
        for digest in digests:
            with suppress(NotFound):
                yield self.about(digest)

    def size(self, digest: str) -> int:
        """Bytes on this disk that deleting it would free. Raises NotFound."""
        folder, files = self._folder(digest), self._own_files(digest)
        if not folder.is_dir():
            self.about(digest)  # says that it is gone
        return sum(path.stat().st_size for path in (*folder.iterdir(), *files))

    def delete(self, digest: str) -> int:
        """Takes a set away, with its uploaded files where no other set has them; the bytes freed.

        A run that used it stays, but cannot be resumed or evaluated again. Raises NotFound,
        Unavailable.
        """
        freed, files, folder = self.size(digest), self._own_files(digest), self._folder(digest)
        try:
            discard(folder)  # at once, so that nobody finds half of it
        except OSError as error:
            raise Unavailable(
                f"{folder} cannot be removed ({error.strerror}): give write access."
            ) from None
        for path in files:
            path.unlink(missing_ok=True)
        return freed

    def _own_files(self, digest: str) -> Sequence[Path]:
        """The uploaded files of a set that no other set was read from."""
        try:
            mine = set(self.about(digest).kept) - {""}
        except NotFound:
            return []
        others = {kept for about in self.list() if about.digest != digest for kept in about.kept}
        return [path for name in sorted(mine - others) if (path := self.uploads.path(name))]

    def list(self) -> list[About]:
        """Every set, newest first."""
        folders = self.root.iterdir() if self.root.is_dir() else ()
        known = [folder.name for folder in folders if _DIGEST.fullmatch(folder.name)]
        return sorted(self._known(known), key=lambda about: -about.added)

    def _folder(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise NotFound(
                f"{clip(digest)!r} is no digest of spreadsheets: choose a set from the list."
            )
        return self.root / digest

    def _inspection(self, digest: str) -> Inspection:
        about = self.about(digest)
        facts = (about.rows, about.shape, about.classes, about.findings)
        white = about.settled.white or 255.0
        return Inspection(*facts, self.open(digest), white, about.settled)

    def _write(self, about: About, train: Samples, test: Samples | None) -> None:
        """All files into a folder of another name, then the rename; who comes second drops his."""
        try:
            with draft(self.root) as folder:
                _save(folder, train, test)
                (folder / "about.json").write_text(about.text(), "utf-8")
                try:
                    folder.rename(self._folder(about.digest))
                except OSError:
                    if not self._folder(about.digest).is_dir():
                        raise
        except OSError as error:
            way_out = "make room or give write access"
            raise Unavailable(
                f"{self.root} cannot be written ({error.strerror}): {way_out}."
            ) from None

    def tidy(self) -> None:
        """When the lab starts: what killed processes left behind goes."""
        sweep(self.root)
        sweep(self.uploads.root)


def facts(home: Path, digest: str) -> Facts:
    """What the choice `Spreadsheets` knows without opening its arrays. Raises NotFound."""
    about = Library(home).about(digest)
    return Facts(about.shape, about.classes, about.rows, about.test_rows)


def spreadsheets(
    home: Path, progress: Progress | None = None, *, digest: str, title: str
) -> Samples:
    """The loader that the choice `Spreadsheets` names. Raises NotFound."""
    return replace(Library(home).open(digest), name=title)


def _save(folder: Path, train: Samples, test: Samples | None) -> None:
    for prefix, part in (("", train), ("test_", test)):
        if part is not None:
            write_array(folder / f"{prefix}inputs.npy", part.inputs)
            np.save(folder / f"{prefix}targets.npy", part.targets)
