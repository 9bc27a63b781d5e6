"""Inputs: files of images, spreadsheets without labels and arrays, read for a finished run and made
like its training data.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import numpy as np

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.numbers import whole
from core.base.text import clip, counted
from core.data.arrays.image_archive import check_members, has_images
from core.data.arrays.image_decoding import SUFFIXES, ImageFile, read_header
from core.data.arrays.packed import PackedFile, files_of_tar, files_of_zip, is_tar
from core.data.arrays.read import HEAD, MOST_MEMBERS
from core.data.reading import Reading
from core.data.spreadsheet.archive import open_archive
from core.data.spreadsheet.formats import ZIP
from core.data.spreadsheet.growing_array import GrowingArray
from core.data.spreadsheet.source import Source, open_source
from core.predict.image_form import PreparedImage
from core.predict.predictor import Predictor
from core.predict.table_inputs import read_table_inputs

Progress = Callable[[float], None]
BATCH = 64  # images that are added in one go


@dataclass(frozen=True)
class Inputs:
    """N inputs for `Predictor.predict`, with their names: files, or "row 2".

    `values` (N, …) are as the network gets them before normalization: images from 0 (black) to 255.
    `findings` are on the whole; `steps` report what was changed in each image, and are empty for
    rows of a table. `problems` name images of an archive that cannot be read, with the reason.
    """

    values: np.ndarray
    names: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    steps: tuple[tuple[Finding, ...], ...] = ()
    problems: tuple[tuple[str, str], ...] = ()

    def __len__(self) -> int:
        return len(self.names)


def read_inputs(
    predictor: Predictor,
    sources: Sequence[Source],
    names: Sequence[str] = (),
    *,
    reading: Reading | None = None,
    progress: Progress = lambda fraction: None,
) -> Inputs:
    """Read files as inputs of a run: images, archives of images, or one spreadsheet or file of
    arrays. `names` appear in messages in place of the files' own; `reading` holds the choices for a
    spreadsheet that differ from those of the training file.

    Raises BadData, NotFound. An unreadable image is refused; in an archive it becomes a problem.
    """
    names = [
        name or (source.name if isinstance(source, Path) else f"file {i + 1}")
        for i, (source, name) in enumerate(zip(sources, names or [""] * len(sources), strict=True))
    ]
    with ExitStack() as stack:
        images = []
        for source, name in zip(sources, names, strict=True):
            found = stack.enter_context(_images_in(source, name))
            if found is None:
                return _read_table(predictor, sources, name, source, reading)
            images += found
        return _read_images(predictor, images, names, progress)


def _read_table(
    predictor: Predictor,
    sources: Sequence[Source],
    name: str,
    source: Source,
    reading: Reading | None,
) -> Inputs:
    if len(sources) > 1:
        raise BadData(
            f"{clip(name)} is a spreadsheet or a file of arrays, and there are "
            f"{counted(len(sources) - 1, 'other file')}. Predict it alone.",
            code="several_tables",
        )
    rows = read_table_inputs(predictor.origin, source, name, reading or Reading())
    return Inputs(rows.inputs, rows.names, rows.findings)


@dataclass(frozen=True)
class _Image:
    """An image file, and whether it is the member of an archive."""

    file: ImageFile
    is_member: bool = False


@contextmanager
def _images_in(source: Source, name: str) -> Iterator[list[_Image] | None]:
    """Return the images of a file, which is one or an archive of some; None for other files."""
    with open_source(source, clip(name)) as file:
        head = file.read(HEAD)
        file.seek(0)
        if head.startswith(ZIP):
            with open_archive(file, clip(name), MOST_MEMBERS) as opened:
                yield _members(files_of_zip(opened), name)
        elif is_tar(head):
            yield _members(files_of_tar(file, clip(name), MOST_MEMBERS), name)
        else:
            image = ImageFile(name, lambda: _reopened(source, name))
            has_suffix = PurePosixPath(name).suffix.lower() in SUFFIXES
            yield [_Image(image)] if has_suffix or read_header(image, "") else None


def _members(members: Sequence[PackedFile], name: str) -> list[_Image] | None:
    if not has_images(members):
        return None
    images = [member for member in members if member.suffix in SUFFIXES]
    check_members(images, clip(name))
    return [_Image(ImageFile(member.name, member.open), is_member=True) for member in images]


def _reopened(source: Source, name: str) -> BinaryIO:
    with ExitStack() as stack:
        file = stack.enter_context(open_source(source, name))
        stack.pop_all()
        return file


def _read_images(
    predictor: Predictor, images: Sequence[_Image], names: Sequence[str], progress: Progress
) -> Inputs:
    if predictor.form is None:
        raise BadData(
            f"{clip(names[0])} is an image, but the run was trained on a table with "
            f"{counted(predictor.shape[0], 'input column')}. Use a spreadsheet with these columns.",
            code="image_for_table",
        )
    prepared: list[PreparedImage] = []
    used, problems = [], []
    with GrowingArray() as rows:
        for index, image in enumerate(images):
            try:
                prepared.append(predictor.form.prepare_file(image.file))
                used.append(image.file.name)
            except BadData as error:
                if not image.is_member:
                    raise
                problems.append((image.file.name, str(error)))
            if len(used) % BATCH == 0 or index == len(images) - 1:
                new = prepared[rows.rows :]
                if new:
                    rows.add(np.stack([image.pixels.astype(np.float32) for image in new]))
                progress((index + 1) / len(images))
        if not used:
            raise BadData(problems[0][1], code="damaged_images")
        values = rows.array()
    steps = tuple(image.findings for image in prepared)
    return Inputs(values, tuple(used), _summary(steps, problems), steps, tuple(problems))


def _summary(
    steps: Sequence[tuple[Finding, ...]], problems: Sequence[tuple[str, str]]
) -> tuple[Finding, ...]:
    """Return one finding for each kind of change, and one for unreadable images."""
    if len(steps) == 1 and not problems:
        return steps[0]
    counts = Counter(finding.code for findings in steps for finding in findings)
    first = {}
    for finding in (finding for findings in steps for finding in findings):
        first.setdefault(finding.code, finding)
    summary = []
    for code, count in counts.items():
        text = first[code].text
        if count > 1:
            text = f"{whole(count)} of {counted(len(steps), 'image')} like this one: {text}"
        summary.append(Finding(code, first[code].level, text, {"images": count}))
    if problems:
        text = (
            f"{counted(len(problems), 'image')} cannot be read and "
            f"{'has' if len(problems) == 1 else 'have'} no answer. {problems[0][1]}"
        )
        evidence = {"images": [name for name, _ in problems]}
        summary.append(Finding("damaged_images", "warn", text, evidence))
    return tuple(summary)
