"""Upload bundle: up to four files (inputs and labels, for training and testing), read together."""

import hashlib
from dataclasses import replace
from pathlib import Path

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.text import few
from core.data.arrays.combine import read_files
from core.data.inspection.inspect import Inspection, inspect
from core.data.inspection.label_columns import no_labels
from core.data.inspection.train_test import compare, reading_notes, remove_shared
from core.data.reading import Reading
from core.data.ready.download import Progress
from core.data.spreadsheet.chunks import ReadProgress
from core.data.spreadsheet.source import Source, open_source

FORMAT = b"4"  # version of the folder; another one gives other digests
WITH_GAPS = b"5"  # the version of folders with gaps, which were filled when reading in version 4
FIRST_FIELDS = {
    *("transpose", "label_column", "shape", "header", "white", "black", "invert"),
    *("channels", "form", "task", "sheet"),
}  # of Reading, always hashed; later fields only where they are chosen, so digests stay the same


def file_names(sources: tuple[Source | None, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return a name for each of the four files, empty for a missing one."""
    defaults = ("images.csv", "labels.csv", "test images.csv", "test labels.csv")
    names_left = iter(names)
    return tuple(
        ""
        if source is None
        else next(names_left, "") or (source.name if isinstance(source, Path) else default)
        for source, default in zip(sources, defaults, strict=True)
    )


def file_hashes(sources: tuple[Source | None, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the SHA-256 of each file, empty for a missing one."""
    hashes = []
    for source, name in zip(sources, names, strict=True):
        if source is None:
            hashes.append("")
            continue
        with open_source(source, name) as file:
            hashes.append(hashlib.file_digest(file, "sha256").hexdigest())
    return tuple(hashes)


def bundle_digest(hashes: tuple[str, ...], reading: Reading) -> str:
    """Return the SHA-256 of the reading and the hashes, which separates any two lists of files."""
    chosen = reading.model_dump(exclude_defaults=True).keys()
    text = "\0".join([reading.model_dump_json(include={*FIRST_FIELDS, *chosen}), *hashes])
    fills = any(choice.missing not in ("auto", "rows") for choice in reading.columns.values())
    return hashlib.sha256((WITH_GAPS if fills else FORMAT) + text.encode()).hexdigest()


def _part_of(progress: Progress, start: float, message: str) -> ReadProgress:
    """Report the progress of one of four files as a fifth of the whole."""
    progress(start, message)
    return lambda fraction: progress(start + 0.2 * fraction, message)


def inspect_bundle(
    sources: tuple[Source | None, ...], names: tuple[str, ...], reading: Reading, progress: Progress
) -> tuple[Inspection, list[Finding]]:
    """Return the inspection of the training files, with the test samples, and the findings on both
    parts. Raises BadData.
    """
    unused = [name for name in names[2:] if name and reading.test_file == "keep"]
    sources = sources if not unused else (*sources[:2], None, None)
    images, labels, test_images, test_labels = read_files(
        sources,
        names,
        reading,
        lambda index: _part_of(progress, 0.2 * index, f"Reading {names[index]} …"),
    )
    progress(0.7, "Checking the data …")
    if images is None:
        raise BadData(
            "There is no file with inputs. Provide a file with one row per sample.",
            code="inputs_missing",
        )
    if test_images is None and test_labels is not None:
        raise BadData(
            f"{test_labels.name} has test labels, but there is no file with test inputs. Provide "
            "that file too.",
            code="test_inputs_missing",
        )
    train = inspect(images, labels, reading=reading)
    if not train.labelled:
        raise BadData(
            f"{images.name} has no labels to learn from. Choose a label column or add a file with "
            "labels.",
            ({"label_column": "auto"},),
            code="labels_missing",
        )
    if test_images is None:
        return train, [_stored_only(unused)] if unused else []
    if train.samples.has_test:
        raise BadData(
            f"{images.name} has a column that assigns rows to the test set, and {test_images.name} "
            "is a test set as well. Remove this file, or leave the column out.",
            code="two_test_sets",
        )
    test = inspect(test_images, test_labels, like=train)
    if not test.labelled:
        raise no_labels(test_images.name)
    notes = reading_notes(test, test_images.name)
    if reading.duplicates == "remove":
        test, removed = remove_shared(train, test)
        notes += removed
    findings = [*compare(train, test, test_images.name), *notes]
    tested = dict(
        test_inputs=test.samples.inputs,
        test_targets=test.samples.targets,
        test_row_numbers=test.samples.row_numbers,
    )
    return replace(train, samples=replace(train.samples, **tested)), findings


def _stored_only(names: list[str]) -> Finding:
    """Report test files that are stored without being used."""
    verb = "is" if len(names) == 1 else "are"
    text = (
        f"{few(names)} {verb} stored with the dataset, but not used as a test set. Part of the "
        "training data is held out for testing."
    )
    return Finding("test_file_unused", "info", text, {"files": names})
