"""MAT: the arrays of a MATLAB file of version 5 to 7.2; version 7.3 is HDF5 and is refused."""

import io
import zlib
from typing import BinaryIO

import numpy as np

from core.base.errors import BadData
from core.base.numbers import whole
from core.base.text import clip
from core.data.arrays.storage import UNPACKED_LIMIT

MAGIC = b"MATLAB "
COMPRESSED = 15  # the type of a compressed element
_HEADER = 128  # bytes
_STEP = 1 << 20


def read_mat(file: BinaryIO, name: str) -> dict[str, np.ndarray]:
    """Return the arrays of numbers and text by name. Raises BadData."""
    file.seek(0)
    head = file.read(_HEADER)
    if b"7.3" in head[:20]:
        raise BadData(
            f"{name} is a MATLAB file of version 7.3 (HDF5), which cannot be read. Save it in "
            "MATLAB with save(…, '-v7'), or save the arrays as .npy or .npz.",
            code="matlab_73",
        )
    from scipy.io import loadmat

    try:
        _check_size(file, name, "little" if head[126:128] == b"IM" else "big")
        file.seek(0)
        content = loadmat(file)
    except BadData:
        raise
    except Exception as error:  # scipy raises many kinds for damaged files
        raise BadData(
            f"{name} is a damaged MATLAB file ({clip(str(error))}). Create or download it again.",
            code="damaged_array",
        ) from None
    arrays = {key: _text(value) for key, value in content.items() if isinstance(value, np.ndarray)}
    return {key: array for key, array in arrays.items() if array.dtype.kind in "buifUS"}


def _check_size(file: BinaryIO, name: str, order: str) -> None:
    """Raise BadData if the elements unpack to more than the limit, before they are unpacked."""
    end = file.seek(0, io.SEEK_END)
    position, unpacked = _HEADER, 0
    while position + 8 <= end:
        file.seek(position)
        tag = file.read(8)
        kind, size = (int.from_bytes(tag[i : i + 4], order) for i in (0, 4))
        position += 8 + size
        unpacker = zlib.decompressobj()
        while kind == COMPRESSED and size > 0 and (packed := file.read(min(size, _STEP))):
            size -= len(packed)
            while packed:
                unpacked += len(unpacker.decompress(packed, _STEP))
                packed = unpacker.unconsumed_tail
                if unpacked > UNPACKED_LIMIT:
                    raise BadData(
                        f"{name} unpacks to more than {whole(UNPACKED_LIMIT / 2**20)} MB. Save "
                        "only the arrays that you need.",
                        code="unpacks_too_large",
                    )


def _text(array: np.ndarray) -> np.ndarray:
    """Return a cell array of texts as an array of text; others stay as they are."""
    if array.dtype.kind != "O":
        return array
    cells = [np.atleast_1d(cell) for cell in array.reshape(-1)]
    if any(cell.dtype.kind != "U" or cell.size != 1 for cell in cells):
        return array
    return np.array([str(cell[0]) for cell in cells])
