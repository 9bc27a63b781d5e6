"""Inputs: files of images, spreadsheets without labels and arrays, read for a finished run and made
like its training data.
"""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.numbers import whole
from core.base.text import clip, counted, few
from core.data.arrays.image_archive import check_members, has_images
from core.data.arrays.image_decoding import SUFFIXES, ImageFile, read_header
from core.data.arrays.packed import PackedFile, files_of_tar, files_of_zip, is_tar
from core.data.arrays.read import HEAD, MOST_MEMBERS
from core.data.reading import Reading
from core.data.spreadsheet.archive import is_hidden, open_archive
from core.data.spreadsheet.formats import ZIP
from core.data.spreadsheet.growing_array import GrowingArray
from core.data.spreadsheet.source import Source, open_source
from core.predict.predictor import Predictor
from core.predict.table_inputs import read_table_inputs

Progress = Callable[[float], None]
BATCH = 64  # images between two reports of progress


@dataclass(frozen=True)
class Inputs:
    """N inputs for `Predictor.predict`, with their names: files, or "row 2".

    `values` (N, …) are as the network gets them before normalization: images from 0 (black) to 255.
    `findings` are on the whole; `steps` report what was changed in each image, and are empty for
    rows of a table. `problems` name images of an archive that cannot be read, with the reason.
    `identifiers` maps titles of columns that identify the rows of a table to their cells (N,).
    """

    values: np.ndarray
    names: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    steps: tuple[tuple[Finding, ...], ...] = ()
    problems: tuple[tuple[str, str], ...] = ()
    identifiers: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.names)

    def title(self, index: int) -> str:
        """Return the name of an input in a sentence or a table: "row 1 574"."""
        word, _, number = self.names[index].partition(" ")
        is_row = word == "row" and number.isdecimal()
        return f"row {whole(int(number))}" if is_row else self.names[index]


def read_inputs(
    predictor: Predictor,
    sources: Sequence[Source],
    names: Sequence[str] = (),
    *,
    reading: Reading | None = None,
    renamed: Mapping[str, str] | None = None,
    progress: Progress = lambda fraction: None,
) -> Inputs:
    """Read files as inputs of a run: images, archives and folders of images, or one spreadsheet or
    file of arrays. `names` appear in messages in place of the files' own; `reading` holds the
    choices for a spreadsheet that differ from those of the training file, and `renamed` maps titles
    of its columns to those of the training file.

    Raises BadData, NotFound. An unreadable image is refused; in an archive or a folder it becomes a
    problem, unless none can be read.
    """
    names = names or [
        source.name if isinstance(source, Path) else f"file {number}"
        for number, source in enumerate(sources, 1)
    ]
    images = _Images()
    with GrowingArray() as rows:
        for index, (source, name) in enumerate(zip(sources, names, strict=True)):
            with _images_in(source, name) as found:
                if found is None:
                    _refuse_others(name, len(sources) - 1)
                    read = read_table_inputs(
                        predictor.origin,
                        source,
                        name,
                        reading or Reading(),
                        renamed=renamed,
                        progress=progress,
                    )
                    return Inputs(
                        read.inputs, read.names, read.findings, identifiers=read.identifiers
                    )
                for start in range(0, len(found), BATCH):
                    images.read(found[start : start + BATCH], predictor, rows)
                    done = min(start + BATCH, len(found)) / len(found)
                    progress((index + done) / len(sources))
        if not images.names:
            raise BadData(images.problems[0][1], code="damaged_images")
        values = rows.array()
    steps, problems = tuple(images.steps), tuple(images.problems)
    return Inputs(values, tuple(images.names), _summary(steps, problems), steps, problems)


def _refuse_others(name: str, others: int) -> None:
    """Raise BadData if there are other files besides a table."""
    if others:
        raise BadData(
            f"{clip(name)} is a spreadsheet or a file of arrays, and there "
            f"{'is' if others == 1 else 'are'} {counted(others, 'other file')}. Only images can be "
            "predicted together: use this file alone.",
            code="several_tables",
        )


# --- images


@dataclass(frozen=True)
class _Image:
    """An image file, and whether it is one of an archive or a folder."""

    file: ImageFile
    is_member: bool = False


@contextmanager
def _images_in(source: Source, name: str) -> Iterator[list[_Image] | None]:
    """Return the images of a file, which is one or an archive of some, or of a folder; None for
    other files.
    """
    if isinstance(source, Path) and source.is_dir():
        yield _in_folder(source)
        return
    with open_source(source, clip(name)) as file:
        head = file.read(HEAD)
        file.seek(0)
        if head.startswith(ZIP):
            with open_archive(file, clip(name), MOST_MEMBERS) as opened:
                yield _members(files_of_zip(opened), name)
        elif is_tar(head):
            yield _members(files_of_tar(file, clip(name), MOST_MEMBERS), name)
        else:
            is_path = isinstance(source, Path)
            image = ImageFile(
                name, partial(source.open, "rb") if is_path else partial(io.BytesIO, source)
            )
            has_suffix = PurePosixPath(name).suffix.lower() in SUFFIXES
            yield [_Image(image)] if has_suffix or read_header(image, "") else None


def _in_folder(folder: Path) -> list[_Image]:
    """Return the images in a folder and below it, without hidden ones. Raises BadData for none."""
    paths = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES and path.is_file()
    }
    images = [
        _Image(ImageFile(name, partial(path.open, "rb")), is_member=True)
        for name, path in paths.items()
        if not is_hidden(name)
    ]
    if not images:
        raise BadData(
            f"The folder {clip(str(folder))} has no images. Images are read as {few(SUFFIXES)}.",
            code="no_images_in_folder",
        )
    return images


def _members(members: Sequence[PackedFile], name: str) -> list[_Image] | None:
    if not has_images(members):
        return None
    images = [member for member in members if member.suffix in SUFFIXES]
    check_members(images, clip(name))
    return [_Image(ImageFile(member.name, member.open), is_member=True) for member in images]


@dataclass
class _Images:
    """The images so far: their names, what was changed in each, and those that cannot be read."""

    names: list[str] = field(default_factory=list)
    steps: list[tuple[Finding, ...]] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)

    def read(self, batch: Sequence[_Image], predictor: Predictor, rows: GrowingArray) -> None:
        """Add the pixels of these images to `rows`. Raises BadData for one that is no member."""
        pixels = []
        for image in batch:
            if predictor.form is None:
                raise BadData(
                    f"{clip(image.file.name)} is an image, but the run was trained on a table with "
                    f"{counted(predictor.shape[0], 'input column')}. Use a spreadsheet with these "
                    "columns.",
                    code="image_for_table",
                )
            try:
                prepared = predictor.form.prepare_file(image.file)
            except BadData as error:
                if not image.is_member:
                    raise
                self.problems.append((image.file.name, str(error)))
                continue
            self.names.append(image.file.name)
            self.steps.append(prepared.findings)
            pixels.append(prepared.pixels.astype(np.float32))
        if pixels:
            rows.add(np.stack(pixels))


def _summary(
    steps: Sequence[tuple[Finding, ...]], problems: Sequence[tuple[str, str]]
) -> tuple[Finding, ...]:
    """Return one finding for each kind of change, and one for unreadable images."""
    kinds: dict[str, list[Finding]] = {}
    for finding in (finding for findings in steps for finding in findings):
        kinds.setdefault(finding.code, []).append(finding)
    summary = []
    for code, same in kinds.items():
        first, text = same[0], same[0].text
        if len(same) > 1:
            text = f"{whole(len(same))} of {counted(len(steps), 'image')}, for example: {text}"
        evidence = {**first.evidence, "images": len(same)}
        summary.append(Finding(code, first.level, text, evidence))
    if problems:
        verb = "has" if len(problems) == 1 else "have"
        text = (
            f"{counted(len(problems), 'image')} cannot be read and {verb} no answer. "
            f"{problems[0][1]}"
        )
        evidence = {"images": [name for name, _ in problems]}
        summary.append(Finding("damaged_images", "warn", text, evidence))
    return tuple(summary)
