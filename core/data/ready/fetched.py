"""Loads a published set through torchvision: what is on disk is used, the rest is downloaded.

torchvision knows addresses and md5 sums; archives, and the pickles in them, are opened only when
their sum is right. Knows no choice's fields.
"""

import math
import re
import shutil
import struct
from http.client import HTTPException
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import Unavailable
from core.data.dataset import DataSet
from core.data.ready.download import Progress, watched
from core.data.ready.published import Published, data_folders
from core.data.samples import Samples


def fetched(home: Path, progress: Progress | None = None, *, kind: str) -> Samples:
    """The set of this kind: pictures (N, C, H, W) uint8 and its official test part.

    Raises Unavailable, with the files' names and where to put them, when it is neither on disk nor
    to be had.
    """
    choice: type[Published] = DataSet.members[kind]
    try:
        from core.base.torchvision_compat import datasets
    except (ImportError, RuntimeError) as error:
        way_out = "install the torch and torchvision of one release, or choose the digits"
        raise Unavailable(f"torchvision does not load ({_reason(error)}): {way_out}.") from None
    root, source = data_folders(home)[0], getattr(datasets, choice.torchvision)
    archives = list(dict.fromkeys(piece[-1] for piece in choice.pieces))
    try:
        _drop_torn(choice, root)
        _borrow(choice, home)
        with watched(progress, len(archives)):
            _complete(source, root)
            train = source(root, train=True, download=True)
            test = source(root, train=False)
    except (RuntimeError, OSError, EOFError, HTTPException) as error:
        names = ", ".join(Path(name).name for name in archives)
        folder = (root / archives[0]).parent
        way_out = f"put {names} into {folder}, or choose the digits, which need no network"
        raise Unavailable(
            f"{choice.label} could not be loaded ({_reason(error)}): {way_out}."
        ) from None
    return Samples(choice.label, *_arrays(train), choice.classes, *_arrays(test))


def _arrays(part: Any) -> tuple[np.ndarray, np.ndarray]:
    """torchvision's (N, H, W) or (N, H, W, 3) -> (N, C, H, W); its labels -> (N,) int64."""
    images = np.asarray(part.data)
    images = images[:, None] if images.ndim == 3 else np.moveaxis(images, 3, 1)
    return np.ascontiguousarray(images), np.asarray(part.targets, np.int64)


def _borrow(choice: type[Published], home: Path) -> None:
    """Copy what another root has: it may be read-only, and torchvision unpacks in place."""
    own, *others = data_folders(home)
    for piece in choice.pieces:
        here = any((own / form).exists() for form in piece)
        found = [(root, form) for root in others for form in piece if (root / form).is_file()]
        if found and not here:
            given, form = found[0]
            (own / form).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(given / form, own / form)


def _drop_torn(choice: type[Published], root: Path) -> None:
    """Take out IDX files that were unpacked in part: of these torchvision checks only that they
    exist (of batches it checks the md5 sum).
    """
    for path in (root / piece[0] for piece in choice.pieces):
        idx = path.name.endswith("-ubyte") and path.is_file()
        if idx and path.stat().st_size != idx_size(path):
            path.unlink()


def _complete(source: Any, root: Path) -> None:
    """Fetch the archive of batches again when the file with the class names is missing or damaged:
    torchvision only complains of it.
    """
    from core.base.torchvision_compat import dataset_utils as utils

    about = getattr(source, "meta", None)  # IDX files have none
    if about and not utils.check_integrity(
        root / source.base_folder / about["filename"], about["md5"]
    ):
        archive = {"filename": source.filename, "md5": source.tgz_md5}
        utils.download_and_extract_archive(source.url, str(root), **archive)


def idx_size(path: Path) -> int:
    """The bytes an IDX file should have by its head: sizes as big-endian int32; −1 without one."""
    with path.open("rb") as file:
        head = file.read(4 + 4 * 255)
    dimensions = head[3] if len(head) > 3 else 0
    if len(head) < 4 + 4 * dimensions:
        return -1
    return 4 + 4 * dimensions + math.prod(struct.unpack_from(f">{dimensions}i", head, 4))


def _reason(error: BaseException) -> str:
    """The last line of torchvision's account, without its final dot; the system's own words where
    nothing answered.
    """
    line = (str(error).strip().splitlines() or [type(error).__name__])[-1].rstrip(".")
    unanswered = re.fullmatch(r"<urlopen error (?:\[Errno -?\d+\] )?(.+)>", line)
    return f"no connection: {unanswered[1]}" if unanswered else line
