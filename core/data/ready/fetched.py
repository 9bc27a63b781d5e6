"""Load a published dataset: files on disk are used, missing ones are downloaded.

torchvision's classes hold the addresses and MD5 checksums and read the files. Archives, and the
pickles in them, are opened only if their checksum is right.
"""

import math
import re
import shutil
import struct
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import Unavailable
from core.base.text import clip
from core.data.dataset import DataSet
from core.data.ready.download import DownloadProgress, Progress, download
from core.data.ready.published import Published, data_folders
from core.data.samples import Samples


@dataclass(frozen=True)
class RemoteArchive:
    """An archive with its addresses, its place and checksum, and the files unpacked from it.

    `files` are (path, MD5), with an empty MD5 where torchvision knows none.
    """

    urls: tuple[str, ...]
    path: Path
    md5: str
    files: tuple[tuple[Path, str], ...]


def fetched(home: Path, progress: Progress | None = None, *, kind: str) -> Samples:
    """Load the dataset of this kind: images (N, C, H, W) uint8 with the official test set.

    Raises Unavailable, with the names of the files and their folder, if files are missing and
    cannot be downloaded.
    """
    choice: type[Published] = DataSet.members[kind]
    try:
        from core.base.torchvision_compat import datasets
    except (ImportError, RuntimeError) as error:
        raise Unavailable(
            f"torchvision cannot be imported ({_reason(error)}). Install matching versions of "
            "torch and torchvision, or use the digits.",
            code="torchvision_import",
        ) from None
    root, source = data_folders(home)[0], getattr(datasets, choice.torchvision)
    archives = remote_archives(source, root)
    try:
        _drop_torn(choice, root)
        _borrow(choice, home)
        _complete(archives, progress)
        train, test = source(root, train=True), source(root, train=False)
    except (RuntimeError, OSError, EOFError, HTTPException) as error:
        names = ", ".join(archive.path.name for archive in archives)
        raise Unavailable(
            f"{choice.label} could not be loaded ({_reason(error)}). Copy {names} into "
            f"{archives[0].path.parent}, or use the digits, which need no download.",
            code="download_failed",
        ) from None
    return Samples(choice.label, *_arrays(train), choice.classes, *_arrays(test))


def remote_archives(source: Any, root: Path) -> list[RemoteArchive]:
    """Return the archives of a torchvision class: four IDX files, or one archive of batches."""
    if hasattr(source, "mirrors"):
        folder = root / source.__name__ / "raw"
        return [
            RemoteArchive(
                urls=tuple(mirror + name for mirror in source.mirrors),
                path=folder / name,
                md5=md5,
                files=((folder / name.removesuffix(".gz"), ""),),
            )
            for name, md5 in source.resources
        ]
    folder = root / source.base_folder
    about = source.meta  # the file with the class names
    sums = [*source.train_list, *source.test_list, (about["filename"], about["md5"])]
    return [
        RemoteArchive(
            urls=(source.url,),
            path=root / source.filename,
            md5=source.tgz_md5,
            files=tuple((folder / name, md5) for name, md5 in sums),
        )
    ]


def _complete(archives: list[RemoteArchive], progress: Progress | None) -> None:
    """Download and unpack the archives whose files are missing or damaged."""
    from core.base.torchvision_compat import dataset_utils as utils

    missing = [
        archive
        for archive in archives
        if not all(utils.check_integrity(path, md5 or None) for path, md5 in archive.files)
    ]
    for index, archive in enumerate(missing):
        name = archive.path.name
        bar = progress and DownloadProgress(progress, name, index=index, files=len(missing))
        download(archive.urls, archive.path, md5=archive.md5, progress=bar)
        utils.extract_archive(archive.path, archive.path.parent)


def _arrays(part: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return torchvision's (N, H, W) or (N, H, W, 3) as (N, C, H, W), and labels (N,) int64."""
    images = np.asarray(part.data)
    images = images[:, None] if images.ndim == 3 else np.moveaxis(images, 3, 1)
    return np.ascontiguousarray(images), np.asarray(part.targets, np.int64)


def _borrow(choice: type[Published], home: Path) -> None:
    """Copy files from the other folder, which may be read-only, because unpacking writes there."""
    own, *others = data_folders(home)
    for piece in choice.pieces:
        exists = any((own / form).exists() for form in piece)
        found = [(root, form) for root in others for form in piece if (root / form).is_file()]
        if found and not exists:
            folder, form = found[0]
            (own / form).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / form, own / form)


def _drop_torn(choice: type[Published], root: Path) -> None:
    """Remove partly unpacked IDX files; torchvision has no checksum for them, only for batches."""
    for path in (root / piece[0] for piece in choice.pieces):
        is_idx = path.name.endswith("-ubyte") and path.is_file()
        if is_idx and path.stat().st_size != idx_size(path):
            path.unlink()


def idx_size(path: Path) -> int:
    """Return the size of an IDX file according to its header, −1 without one.

    The header holds the sizes as big-endian int32.
    """
    with path.open("rb") as file:
        head = file.read(4 + 4 * 255)
    dimensions = head[3] if len(head) > 3 else 0
    if len(head) < 4 + 4 * dimensions:
        return -1
    return 4 + 4 * dimensions + math.prod(struct.unpack_from(f">{dimensions}i", head, 4))


def _reason(error: BaseException) -> str:
    """Return the cause in a few words: the system's message for a failed connection."""
    if failed := re.search(r"\[Errno -?\d+\] ([^'\")<>\]]+)", str(error)):
        return f"no connection: {failed[1]}" if "Connection" in str(error) else failed[1]
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return clip(re.sub(r"[<>\[\]]", "", lines[-1]).rstrip("."))
