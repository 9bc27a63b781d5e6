"""The folder of an uploaded dataset, named by its digest.

    about.json                        an `About`
    inputs.npy targets.npy            opened memory-mapped
    test_inputs.npy test_targets.npy  if the files contain a test set
    validation.npy                    if they state a validation set
    split_codes.npy split_values.npy  if a column is the split key
    row_numbers.npy                   if they are not 1, 2, …; test_row_numbers.npy also

It is written under a temporary name and renamed, so it is complete or absent.
"""

import json
from functools import lru_cache
from pathlib import Path

import numpy as np

from core.base.errors import NotFound, Unavailable
from core.base.files import draft
from core.base.seal import add_sum, is_intact, write_with_sum
from core.data.inspection.encoding import input_fills
from core.data.manifest import About
from core.data.samples import Samples
from core.data.split_keys import SplitKeys
from core.data.uploads import write_array

ABOUT = "about.json"
NUMBERS = ("row_numbers", "test_row_numbers")
KEYS = {"codes": "split_codes.npy", "values": "split_values.npy"}  # fields of SplitKeys


def read_about(folder: Path) -> About:
    """Return the description of the dataset without opening its arrays. Raises NotFound."""
    path = folder / ABOUT
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise NotFound(
            f"The uploaded dataset {folder.name[:12]} is not stored in this lab. Upload the files "
            "again or choose another dataset.",
            code="dataset_missing",
        ) from None
    if not is_intact(path):
        raise _damaged(folder)
    try:
        return About.read(content)
    except (TypeError, KeyError, ValueError):
        raise _damaged(folder) from None


def write_about(folder: Path, about: About) -> None:
    """Replace the description of the dataset. Raises Unavailable."""
    try:
        write_with_sum(folder / ABOUT, about.text().encode())
    except OSError as error:
        raise _not_writable(folder, error) from None


def load(folder: Path, about: About) -> Samples:
    """Open the samples, memory-mapped. Raises NotFound where they were damaged."""
    names = ["inputs", "targets", *(["test_inputs", "test_targets"] if about.test_rows else [])]
    names += ["validation"] if about.validation_rows else []
    names += [name for name in NUMBERS if (folder / f"{name}.npy").is_file()]
    if not all(is_intact(folder / f"{name}.npy") for name in names):
        raise _damaged(folder)
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in names}
    return Samples(
        about.name,
        classes=about.classes,
        columns=about.columns,
        fills=input_fills(about.encodings),
        keys=load_keys(folder, about),
        **arrays,
    )


def load_keys(folder: Path, about: About) -> SplitKeys | None:
    """Return the values by which the rows can be split; the same object for the same folder, so
    that what was computed from it can be found again. Raises NotFound where they were damaged.
    """
    return _keys(folder, about.split_key, about.keys_ordered) if about.split_key else None


@lru_cache(maxsize=8)
def _keys(folder: Path, column: str, ordered: bool) -> SplitKeys:
    if not all(is_intact(folder / name) for name in KEYS.values()):
        raise _damaged(folder)
    arrays = {field: np.load(folder / name) for field, name in KEYS.items()}
    return SplitKeys(column, ordered=ordered, **arrays)


def write(folder: Path, about: About, samples: Samples) -> None:
    """Write a dataset; the second of two writers yields. Raises Unavailable."""
    try:
        with draft(folder.parent) as unfinished:
            _save(unfinished, samples)
            for path in unfinished.glob("*.npy"):
                add_sum(path)
            write_with_sum(unfinished / ABOUT, about.text().encode())
            try:
                unfinished.rename(folder)
            except OSError:
                if not folder.is_dir():
                    raise
    except OSError as error:
        raise _not_writable(folder.parent, error) from None


def _save(folder: Path, samples: Samples) -> None:
    for name in ("inputs", "test_inputs"):
        if (array := getattr(samples, name)) is not None:
            write_array(folder / f"{name}.npy", array)
    for name in ("targets", "test_targets", "validation"):
        if (array := getattr(samples, name)) is not None:
            np.save(folder / f"{name}.npy", array)
    for field, name in KEYS.items() if samples.keys else ():
        np.save(folder / name, getattr(samples.keys, field))
    for name in NUMBERS:
        numbers = getattr(samples, name)
        if numbers is not None and not np.array_equal(numbers, np.arange(1, len(numbers) + 1)):
            np.save(folder / f"{name}.npy", numbers)


def _damaged(folder: Path) -> NotFound:
    return NotFound(
        f"The uploaded dataset {folder.name[:12]} is damaged or was stored by another version of "
        "the lab. Upload the files again.",
        code="dataset_damaged",
    )


def _not_writable(folder: Path, error: OSError) -> Unavailable:
    return Unavailable(
        f"{folder} cannot be written ({error.strerror}). Free up disk space or grant write access.",
        code="not_writable",
    )
