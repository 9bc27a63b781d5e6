"""Small files of arrays and images, written by independent code where there is some."""

import gzip
import io
import struct
import tarfile
import zipfile
from collections.abc import Mapping

import numpy as np
from PIL import Image

IDX_TYPES = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}


def idx(array: np.ndarray, *, packed: bool = False) -> bytes:
    """Write an array as the MNIST files are written."""
    kind = IDX_TYPES[array.dtype.str[1:]]
    head = bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    content = head + array.astype(array.dtype.newbyteorder(">")).tobytes()
    return gzip.compress(content, mtime=0) if packed else content


def npy(array: np.ndarray, **options) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def mat(*, compressed: bool = True, **arrays: np.ndarray) -> bytes:
    from scipy.io import savemat

    file = io.BytesIO()
    savemat(file, arrays, do_compression=compressed)
    return file.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return file.getvalue()


def tarred(
    files: Mapping[str, bytes], mode: str = "w:gz", format: int = tarfile.PAX_FORMAT
) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode, format=format) as opened:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
    return file.getvalue()


def image(pixels: np.ndarray, format: str = "PNG", **options) -> bytes:
    """Write (H, W), (H, W, 3) or (H, W, 4) uint8 as an image file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format, **options)
    return file.getvalue()
