"""Library: uploaded spreadsheets in checked form, by the digest of their bytes and reading.

    <home>/data/<sha256>/       a dataset (core/data/dataset_folder.py)
    <home>/data/files/<sha256>  an uploaded file, unchanged

Uploaded files are stored so that they can be read differently later. Only a digest ever becomes a
path.
"""

import re
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from core.base.errors import NotFound, Unavailable
from core.base.files import discard, sweep
from core.base.seal import digest_of
from core.base.text import clip
from core.data import dataset_folder
from core.data.datasets import Facts
from core.data.inspection.inspect import Inspection
from core.data.manifest import About
from core.data.reading import Reading
from core.data.ready.download import Progress
from core.data.samples import Samples
from core.data.split_keys import SplitKeys
from core.data.spreadsheet.source import Source
from core.data.upload_bundle import bundle_digest, file_hashes, file_names, inspect_bundle
from core.data.uploads import Uploads

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Library:
    """The uploaded datasets under one home."""

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
        """Check and store files. The same bytes with the same reading are not stored twice.

        `names` are those of the files, in the order images, labels, test images, test labels,
        without the missing ones. `progress` is called with a fraction and a message.
        Raises BadData, NotFound, Unavailable.
        """
        reading = reading or Reading()
        sources = (images, labels, test_images, test_labels)
        shown = file_names(sources, names)
        hashes = file_hashes(sources, shown)
        digest = bundle_digest(hashes, reading)
        if self._folder(digest).is_dir():
            try:
                return digest, self.inspection(digest)
            except (NotFound, OSError, ValueError):  # damaged: create it again
                shutil.rmtree(self._folder(digest), ignore_errors=True)
        report = progress or (lambda fraction, message: None)
        train, pair_findings = inspect_bundle(sources, shown, reading, report)
        report(0.9, "Saving the data …")
        files = tuple(name for name in shown if name)
        about = About(
            digest=digest,
            name=title or Path(files[1 if reading.swap and labels else 0]).stem,
            files=files,
            reading=reading,
            rows=train.rows,
            test_rows=train.samples.facts.test_rows,
            validation_rows=train.samples.facts.validation_rows,
            shape=train.shape,
            classes=train.classes,
            columns=train.samples.columns,
            findings=(*train.findings, *pair_findings),
            settled=train.settled,
            added=time.time(),
            upload_hashes=self.uploads.known_hashes(sources, hashes),
            encodings=train.encodings,
            column_table=train.column_table,
            pixel_titles=train.pixel_titles,
            split_key=train.samples.keys.column if train.samples.keys else "",
            keys_ordered=train.samples.keys is not None and train.samples.keys.ordered,
        )
        dataset_folder.write(self._folder(digest), about, train.samples)
        self.uploads.save(sources, hashes)
        return digest, self.inspection(digest)

    def read_again(self, digest: str, reading: Reading) -> str:
        """Read the same uploaded files differently; return the new digest.

        Raises BadData, NotFound.
        """
        about = self.about(digest)
        hashes = about.upload_hashes
        paths = [self.uploads.path(digest) for digest in hashes]
        if paths[0] is None or any(h and not p for h, p in zip(hashes, paths, strict=True)):
            raise NotFound(
                f"The uploaded files of {clip(about.name)!r} are no longer stored. Upload them "
                "again to read them differently.",
                code="upload_missing",
            )
        if any(path and digest_of(path) != path.name for path in paths):
            raise NotFound(
                f"The uploaded files of {clip(about.name)!r} are damaged. Upload them again to "
                "read them differently.",
                code="upload_damaged",
            )
        new, _ = self.add(
            paths[0],
            paths[1],
            test_images=paths[2],
            test_labels=paths[3],
            names=about.files,
            reading=reading,
            title=about.name,
        )
        return new

    def open(self, digest: str) -> Samples:
        """Open the samples, memory-mapped. Raises NotFound, also where they were damaged."""
        return dataset_folder.load(self._folder(digest), self.about(digest))

    def keys(self, about: About) -> SplitKeys | None:
        """Return the values by which the rows of a dataset can be split, if it has some. Raises
        NotFound where they were damaged.
        """
        return dataset_folder.load_keys(self._folder(about.digest), about)

    def about(self, digest: str) -> About:
        """Return the description of a dataset without opening its arrays. Raises NotFound."""
        return dataset_folder.read_about(self._folder(digest))

    def _readable(self, digests: Iterable[str]) -> Iterator[About]:
        """Yield the datasets that can be read; damaged folders are skipped."""
        for digest in digests:
            with suppress(NotFound):
                yield self.about(digest)

    def size(self, digest: str) -> int:
        """Return the bytes that deleting the dataset frees. Raises NotFound."""
        folder, files = self._folder(digest), self._own_files(digest)
        if not folder.is_dir():
            self.about(digest)  # raises NotFound
        return sum(path.stat().st_size for path in (*folder.iterdir(), *files))

    def delete(self, digest: str) -> int:
        """Delete a dataset and the uploaded files that only it needs; return the bytes freed.

        Runs that used it stay, but cannot be resumed or evaluated. Raises NotFound, Unavailable.
        """
        freed, files, folder = self.size(digest), self._own_files(digest), self._folder(digest)
        try:
            discard(folder)  # in one step, so that nobody sees half of it
        except OSError as error:
            raise Unavailable(
                f"{folder} cannot be removed ({error.strerror}). Grant write access.",
                code="not_writable",
            ) from None
        for path in files:
            path.unlink(missing_ok=True)
        return freed

    def rename(self, digest: str, name: str) -> None:
        """Give a dataset another name; its digest stays. Raises NotFound, Unavailable."""
        about = replace(self.about(digest), name=name)
        dataset_folder.write_about(self._folder(digest), about)

    def _own_files(self, digest: str) -> Sequence[Path]:
        """Return the uploaded files that only this dataset was read from."""
        try:
            own = set(self.about(digest).upload_hashes) - {""}
        except NotFound:
            return []
        others = {h for about in self.list() if about.digest != digest for h in about.upload_hashes}
        return [path for name in sorted(own - others) if (path := self.uploads.path(name))]

    def list(self) -> list[About]:
        """Return every dataset, newest first."""
        folders = self.root.iterdir() if self.root.is_dir() else ()
        digests = [folder.name for folder in folders if _DIGEST.fullmatch(folder.name)]
        return sorted(self._readable(digests), key=lambda about: -about.added)

    def _folder(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise NotFound(
                f"{clip(digest)!r} does not identify an uploaded dataset. Choose one from the "
                "list.",
                code="dataset_missing",
            )
        return self.root / digest

    def inspection(self, digest: str) -> Inspection:
        """Return what the files contained, so that others can be read like them. Raises
        NotFound.
        """
        about = self.about(digest)
        return Inspection(
            rows=about.rows,
            shape=about.shape,
            classes=about.classes,
            findings=about.findings,
            samples=self.open(digest),
            white=about.settled.white or 255.0,
            settled=about.settled,
            encodings=about.encodings,
            column_table=about.column_table,
            trained=about.trained,
        )

    def tidy(self) -> None:
        """Remove what killed processes left behind; called when the lab starts."""
        sweep(self.root)
        sweep(self.uploads.root)


def facts(home: Path, digest: str) -> Facts:
    """Return the facts of an uploaded dataset without opening its arrays. Raises NotFound."""
    library = Library(home)
    about = library.about(digest)
    counts = (about.rows, about.test_rows, about.validation_rows)
    return Facts(about.shape, about.classes, *counts, keys=library.keys(about))


def spreadsheets(
    home: Path, progress: Progress | None = None, *, digest: str, title: str
) -> Samples:
    """Load an uploaded dataset; called by the choice `Spreadsheets`. Raises NotFound."""
    return replace(Library(home).open(digest), name=title)
