"""Storage: the bytes of a file as an array, memory-mapped where the file is on disk."""

import io
import math
import shutil
import tempfile
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np

from core.base.errors import BadData, Unavailable
from core.data.spreadsheet.decoding import Unpacked

UNPACKED_LIMIT = 2 * 2**30  # bytes that a compressed file of arrays may unpack to


def map_array(
    file: BinaryIO, dtype: np.dtype, shape: Sequence[int], *, offset: int, name: str
) -> np.ndarray:
    """Return the array (`shape`) that starts at byte `offset`, read-only.

    It stays valid after the file is closed. Raises BadData if the file is shorter or longer.
    """
    present = file.seek(0, io.SEEK_END) - offset
    wanted = math.prod(shape) * dtype.itemsize
    if present != wanted:
        listed = " × ".join(map(str, shape))
        raise BadData(
            f"{name} declares {listed} values, which take {wanted} bytes, but it contains "
            f"{present} bytes of values. The file is damaged: create or download it again.",
            code="array_size",
        )
    if not wanted:
        raise BadData(
            f"{name} contains an array without values. Provide one row per sample.",
            code="empty_file",
        )
    try:
        file.fileno()
    except (io.UnsupportedOperation, AttributeError):
        file.seek(offset)
        return np.frombuffer(file.read(), dtype).reshape(shape)
    return np.memmap(file, dtype, mode="r", offset=offset, shape=tuple(shape))


def unpack(stream: BinaryIO, name: str, kind: str) -> BinaryIO:
    """Return an unnamed file with the unpacked bytes. Raises BadData past the limit, Unavailable.

    The caller closes it.
    """
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the caller
    try:
        shutil.copyfileobj(
            io.BufferedReader(Unpacked(stream, name, kind, UNPACKED_LIMIT), 1 << 18), copy, 1 << 20
        )
    except OSError as error:
        copy.close()
        raise Unavailable(
            f"{name} cannot be unpacked ({error.strerror}). Free up disk space for temporary "
            "files.",
            code="no_temporary_space",
        ) from None
    except BaseException:
        copy.close()
        raise
    copy.seek(0)
    return copy
