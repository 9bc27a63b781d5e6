"""Split keys: the value, of a column of the file, by which each sample gets its part: the group
that it belongs to, its time, or its identifier.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np


@dataclass(frozen=True, eq=False)
class SplitKeys:
    """The values of the column `column`: sample i has `values[codes[i]]`.

    `codes` (N,) are int32 indices into the distinct texts `values` (K,). With `ordered` all of them
    are numbers or dates, and a larger code is a later one; without, they are sorted as text.
    """

    column: str
    codes: np.ndarray
    values: np.ndarray
    ordered: bool

    def take(self, rows: np.ndarray) -> Self:
        """Return the keys of these samples, as indices or a mask. Values may be left unused."""
        return replace(self, codes=np.asarray(self.codes)[rows])
