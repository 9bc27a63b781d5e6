"""Given: up to four files (inputs, labels, and both for the test) as they were given: their names,
their digest, and what they hold.
"""

import hashlib
from pathlib import Path

from core.base.errors import BadData
from core.data.inspection.finding import Finding
from core.data.inspection.inspect import Inspection, inspect
from core.data.inspection.train_test import compare
from core.data.reading import Reading
from core.data.ready.download import Progress
from core.data.spreadsheet.chunks import Share
from core.data.spreadsheet.source import Source, packed
from core.data.spreadsheet.table import Table, read_table

FORM = b"4"  # of the folder; another number makes other digests


def names_of(given: tuple[Source | None, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    """A name for each place, empty where nothing is given."""
    defaults = ("images.csv", "labels.csv", "test images.csv", "test labels.csv")
    named = iter(names)
    return tuple(
        ""
        if source is None
        else next(named, "") or (source.name if isinstance(source, Path) else default)
        for source, default in zip(given, defaults, strict=True)
    )


def hashes_of(given: tuple[Source | None, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    """SHA-256 of each file, empty where nothing is given."""
    found = []
    for source, name in zip(given, names, strict=True):
        if source is None:
            found.append("")
            continue
        with packed(source, name) as file:
            found.append(hashlib.file_digest(file, "sha256").hexdigest())
    return tuple(found)


def digest_of(hashes: tuple[str, ...], reading: Reading) -> str:
    """SHA-256 of the reading and of each file's own, so that no two lists of files run together."""
    text = "\0".join([reading.model_dump_json(), *hashes])
    return hashlib.sha256(FORM + text.encode()).hexdigest()


def _within(tell: Progress, start: float, what: str) -> Share:
    """The progress of one of four files as a fifth of all."""
    return lambda share: tell(start + 0.2 * share, what)


def inspect_given(
    given: tuple[Source | None, ...], names: tuple[str, ...], reading: Reading, tell: Progress
) -> tuple[Inspection, Inspection | None, list[Finding]]:
    """Training samples, test samples, and what was found of the two together. Raises BadData."""
    tables: list[Table | None] = [None] * len(given)
    for place, (source, name) in enumerate(zip(given, names, strict=True)):
        if source is not None:
            hear = _within(tell, 0.2 * place, f"Reading {name} …")
            hear(0.0)
            tables[place] = read_table(source, name, reading.header, reading.sheet, hear)
    tell(0.7, "Looking at the data …")
    images, labels, test_images, test_labels = tables
    if images is None:
        raise BadData("No pictures and no table are given: give a file with one row for each.")
    if test_images is None and test_labels is not None:
        raise BadData(f"{names[3]} stands without its pictures: give the test pictures too.")
    train = inspect(images, labels, reading=reading)
    if not train.labelled:
        raise BadData(
            f"{names[0]} has no labels to learn from: give a label column or a second file.",
            ({"label_column": "auto"},),
        )
    if test_images is None:
        return train, None, []
    test = inspect(test_images, test_labels, like=train)
    return train, test, compare(train, test, names[2])
