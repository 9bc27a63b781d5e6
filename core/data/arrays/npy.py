"""NPY: one NumPy array. Arrays of Python objects are refused, because reading them runs code."""

from typing import BinaryIO

import numpy as np

from core.base.errors import BadData
from core.base.text import clip
from core.data.arrays.storage import map_array

MAGIC = b"\x93NUMPY"
LONGEST_HEADER = 10_000  # characters


def read_npy(file: BinaryIO, name: str) -> np.ndarray:
    """Return the array, read-only. Raises BadData if it is damaged or holds Python objects."""
    file.seek(0)
    try:
        version = np.lib.format.read_magic(file)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, fortran, dtype = read(file, max_header_size=LONGEST_HEADER)
    except Exception as error:  # NumPy parses the header as Python and raises many kinds
        raise BadData(
            f"{name} is a damaged NumPy file ({clip(str(error))}). Save the array again with "
            "numpy.save.",
            code="damaged_array",
        ) from None
    if dtype.hasobject or dtype.names:
        kind = "Python objects" if dtype.hasobject else "records with named fields"
        raise BadData(
            f"{name} contains {kind}, but only arrays of numbers or text can be read. Convert the "
            "array, for example with np.stack or .astype, and save it again.",
            code="object_array",
        )
    if dtype.itemsize == 0:
        raise BadData(
            f"{name} contains an array without values. Provide one row per sample.",
            code="empty_file",
        )
    array = map_array(file, dtype, shape[::-1] if fortran else shape, offset=file.tell(), name=name)
    return array.T if fortran else array
