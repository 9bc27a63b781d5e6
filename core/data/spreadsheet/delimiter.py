"""Delimiter: what separates the cells, judged over the first several hundred rows with the header.

The right delimiter gives every row the same number of cells, and most numbers.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from core.data.spreadsheet.cells import SPACE, Kinds
from core.data.spreadsheet.comments import SPACES, without_comments

SNIFFED = 500  # rows examined
DELIMITERS = (",", ";", "\t", "|", SPACES)
RARE = (":", "~", "^", "\u061b", "\u060c", "\x01", "\x1f")  # considered where no other one fits
TEARING = ("~", "^")  # rare signs that hardly occur in words
CLEARLY = 1.2  # times the score of the best common sign, with which such a rare one is chosen
SOME = 0.3  # fraction of numbers from which a rare sign may separate cells instead of words
MOSTLY = 0.6  # fraction of numbers from which spaces may separate cells instead of words
TABS = 0.25  # score from which tabs separate cells: every row has as many, and some are numbers

_DECLARED = re.compile(rb"sep=([,;\t|])[\r\n]+", re.I)
_QUOTE = re.compile(r'[,;\t|]"')  # in a cell: the delimiter tears a quoted one
_TIME = re.compile(r"\d\d?(:\d\d(\.\d+)?)+")
_RUN = re.compile(r"[ \t]+")


def declared_delimiter(head: bytes) -> tuple[str, int]:
    """Return the delimiter of a first line "sep=;" from Excel and its length, or ("", 0)."""
    match = _DECLARED.match(head)
    return (match[1].decode(), match.end()) if match else ("", 0)


def squeeze(lines: Iterator[str]) -> Iterator[str]:
    """Yield lines with one space for each run of spaces and tabs, and none at the ends."""
    for line in lines:
        text = line.rstrip("\r\n")
        yield _RUN.sub(" ", text).strip(" ") + line[len(text) :]


def find_delimiter(head: bytes, *, is_whole: bool) -> str:
    """Return the delimiter of text that begins like this; `is_whole` if nothing follows."""
    lines = head.decode("utf-8", "replace").splitlines(keepends=True)
    if not is_whole and len(lines) > 1:
        lines.pop()  # it may be cut off
    lines = without_comments([line for line in lines[:SNIFFED] if line.strip(SPACE)])
    kinds = Kinds()
    scores = {sign: _score(lines, sign, kinds) for sign in DELIMITERS}
    is_aligned = any("  " in line.strip() for line in lines)
    if scores["\t"][0] > TABS and not is_aligned:  # tabs are spaces, too
        del scores[SPACES]
    best = max(scores, key=lambda sign: scores[sign])
    rare = _rare_delimiter(lines, kinds)
    if rare in TEARING and _score(lines, rare, kinds)[0] > CLEARLY * scores[best][0]:
        return rare
    if scores[best] > (0, 0) and not _is_one_column(lines, best, kinds):
        return best
    if scores[best] <= (0, 0) and rare:
        return rare
    text = "".join(lines)
    return next((sign for sign in DELIMITERS[:-1] if sign not in text), ",")


def _rare_delimiter(lines: list[str], kinds: Kinds) -> str:
    """Return the rare sign that gives every line, of several, the same number of cells, or ""."""
    for sign in RARE:
        rows = [line.strip().split(sign) for line in lines]
        cells = [cell for row in rows[1:] for cell in row]
        numbers = sum(bool(kinds[cell].styles) for cell in cells)
        is_time = sign == ":" and all(_TIME.fullmatch(line.strip()) for line in lines[1:])
        if (
            len(rows) > (1 if sign in TEARING else 2)
            and len(rows[0]) > 1
            and all(len(row) == len(rows[0]) for row in rows)
            and numbers >= SOME * len(cells)
            and not is_time
        ):
            return sign
    return ""


def _score(lines: list[str], delimiter: str, kinds: Kinds) -> tuple[float, int]:
    """Return how well the delimiter fits, and the number of columns; (0, 0) if it does not."""
    try:
        source = squeeze(iter(lines)) if delimiter == SPACES else lines
        rows = [row for row in csv.reader(source, delimiter=delimiter) if row]
    except csv.Error:
        return 0.0, 0
    width, count = Counter(map(len, rows)).most_common(1)[0] if rows else (1, 0)
    if width < 2:
        return 0.0, 0
    count += is_short_header(rows[0], width, kinds)
    is_complete = len(rows[0]) == width or is_short_header(rows[0], width, kinds)
    regular = count / len(rows) * (1 if is_complete else 0.5)  # the header has a say
    cells = [cell for row in rows[1:] or rows if len(row) == width for cell in row] or rows[0]
    others = [sign for sign in (*DELIMITERS, *TEARING) if sign not in (delimiter, SPACES)]
    numbers = sum(1 for cell in cells if kinds[cell].styles) / len(cells)
    if delimiter == SPACES and (regular < 1 or numbers < MOSTLY):
        return 0.0, 0
    texts = [cell for cell in cells if not kinds[cell].styles]
    if sum(1 for cell in texts if _QUOTE.search(cell)) > len(rows) / 2:
        return 0.0, 0
    if sum(map(_tears_list, rows)) > len(rows) / 2:
        return 0.0, 0
    torn = sum(1 for cell in texts if _is_torn(cell, others, kinds)) / len(cells)
    return regular * (0.2 + numbers) * (1 - torn), width


def is_short_header(first: Sequence[str], width: int, kinds: Kinds) -> bool:
    """Whether a first row names all columns but that of the row names, as R writes it."""
    names = [cell.strip() for cell in first]
    is_named = all(names) and not any(kinds[name].styles for name in names)
    return len(names) == width - 1 > 0 and is_named and len(set(names)) == len(names)


def _tears_list(row: list[str]) -> bool:
    """Whether a list begins in one cell and ends in another; "[20-30)" is no list."""
    return any("[" in cell and "]" not in cell for cell in row) and any(
        "]" in cell and "[" not in cell for cell in row
    )


def _is_torn(cell: str, others: list[str], kinds: Kinds) -> bool:
    """Whether another delimiter would find a number in this text: "094;x", but not "red;blue"."""
    return any(
        sign in cell and any(kinds[part].styles for part in cell.split(sign)) for sign in others
    )


def _is_one_column(lines: list[str], delimiter: str, kinds: Kinds) -> bool:
    """Whether each line is one number that contains this sign, under a title that does not.

    Spreadsheet programs write prices like this in much of Europe: price, then 1,5.
    """
    body = [line.strip() for line in lines[1:]]
    return (
        delimiter not in lines[0]
        and any(delimiter in line for line in body)
        and all(kinds[line].styles for line in body)
    )
