"""IDX: the format of the MNIST files (http://yann.lecun.com/exdb/mnist, LeCun, 1998).

Two zero bytes, the type, the number of dimensions, each length as 4 bytes, then the values; all
big-endian.
"""

from typing import BinaryIO

import numpy as np

from core.data.arrays.storage import map_array

TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
MOST_DIMENSIONS = 4


def is_idx(head: bytes) -> bool:
    """Whether the first bytes are those of an IDX file."""
    return (
        len(head) >= 8
        and head[:2] == b"\0\0"
        and head[2] in TYPES
        and 1 <= head[3] <= MOST_DIMENSIONS
    )


def read_idx(file: BinaryIO, name: str) -> np.ndarray:
    """Return the array, read-only. Raises BadData if the file is damaged."""
    file.seek(0)
    head = file.read(4)
    lengths = np.frombuffer(file.read(4 * head[3]), ">u4").tolist()
    offset = 4 + 4 * head[3]
    return map_array(file, np.dtype(TYPES[head[2]]), lengths, offset=offset, name=name)
