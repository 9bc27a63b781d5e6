"""Row numbers: the number that a spreadsheet program shows for each row of values, in which blank
lines and comments count.
"""

import re
from collections.abc import Sequence
from itertools import islice

import numpy as np

from core.data.spreadsheet.comments import COMMENTS
from core.data.spreadsheet.layout import Layout, records
from core.data.spreadsheet.source import Text

BLOCK = 1 << 20  # bytes

# Two patterns: one with both alternatives takes ten times as long.
_BLANK = (re.compile(rb"\n[ \t]*[\r\n]"), re.compile(rb"\r[ \t]*\r"))
_COMMENT = re.compile(rb"[\r\n][#%]")


def number_rows(text: Text, layout: Layout, count: int) -> Sequence[int]:
    """Return the numbers of the first `count` rows of values: a range, or an array (count,) where
    lines between them are skipped. Finding that there is none takes one pass over the bytes.
    """
    if _skips_lines(text):
        with text.open() as stream:
            rows = records(stream, layout.delimiter, text.name, layout.first_row)
            numbers = np.fromiter((row for row, _, _ in islice(rows, count)), np.int64)
        if len(numbers) == count and numbers[-1] - numbers[0] >= count:
            return numbers
    return range(layout.first_row, layout.first_row + count)


def _skips_lines(text: Text) -> bool:
    """Whether there may be a blank line, or a comment in a file that begins with one."""
    with text.open() as stream:
        signs = tuple(sign.encode() for sign in COMMENTS)
        patterns = (*_BLANK, _COMMENT) if stream.peek(1).startswith(signs) else _BLANK
        rest = b""
        while block := stream.read(BLOCK):
            block = rest + block
            if any(pattern.search(block) for pattern in patterns):
                return True
            rest = block[max(block.rfind(b"\n"), len(block) - BLOCK) :]
    return False
