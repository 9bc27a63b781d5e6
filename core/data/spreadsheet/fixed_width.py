"""Fixed width: a text whose columns begin at the same position in every line, without a delimiter.

Words may contain spaces: only positions that are blank in all lines separate columns. Where runs of
spaces are enough to separate the cells, `delimiter.py` finds that.
"""

import csv
import io
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import BinaryIO

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.text import few
from core.data.spreadsheet.cells import Kinds
from core.data.spreadsheet.delimiter import SNIFFED, declared_delimiter, find_delimiter
from core.data.spreadsheet.source import Text
from core.data.spreadsheet.turning import Unclosed

HEAD = 1 << 18  # bytes in which the positions are looked for
FEWEST = 3  # lines
GAPS = 0.5  # fraction of lines with two adjacent spaces

Spans = Sequence[tuple[int, int | None]]  # first position of each column, and of the next one


@contextmanager
def split_fixed_width(text: Text) -> Iterator[Text]:
    """Open the same table with commas between its columns if they begin at fixed positions, and
    unchanged otherwise. Raises BadData for a line with text across a column's beginning.
    """
    with text.open() as stream:
        head = stream.peek(HEAD)
    spans = () if text.delimiter else find_spans(head)
    if not spans:
        yield text
        return
    with tempfile.TemporaryFile() as file:
        try:
            _convert(text, spans, file)
        except UnicodeDecodeError:
            text = text.legacy()
            file.seek(0)
            file.truncate()
            _convert(text, spans, file)

        @contextmanager
        def raw() -> Iterator[BinaryIO]:
            file.seek(0)
            yield io.BufferedReader(Unclosed(file))

        starts = [start + 1 for start, _ in spans]
        message = (
            f"The columns of {text.name} begin at fixed positions: {few(list(map(str, starts)))}."
        )
        note = Finding("fixed_width", "info", message, {"positions": starts})
        size = file.seek(0, io.SEEK_END)
        notes = (*text.notes, note)
        yield replace(text, raw=raw, size=size, notes=notes, encoding=None, delimiter=",")


def find_spans(head: bytes) -> Spans:
    """Return the positions of the columns of a text that begins like this; empty if it has a
    delimiter, or no columns of which one has numbers.
    """
    if declared_delimiter(head)[0] or b"\t" in head or b"  " not in head:
        return ()
    is_whole = len(head) < HEAD
    if find_delimiter(head, is_whole=is_whole).encode() in head:
        return ()
    lines = head.decode("utf-8", "replace").splitlines()
    lines = [line.rstrip() for line in lines[: -1 if not is_whole else None] if line.strip()]
    lines = lines[:SNIFFED]
    wide = sum("  " in line for line in lines)
    if len(lines) < FEWEST or wide < GAPS * len(lines):
        return ()
    spans = _spans(lines)
    rows = [_cells(line, spans) for line in lines]
    if len(spans) < 2 or not all(sum(map(bool, row)) * 2 > len(row) for row in rows):
        return ()
    kinds = Kinds()
    columns = zip(*rows[1:], strict=True)
    numeric = [all(kinds[cell].styles or kinds[cell].missing for cell in c) for c in columns]
    return spans if any(numeric) else ()


def _spans(lines: Sequence[str]) -> Spans:
    """Return the columns between positions that are blank in all lines; those without a name in
    the first line, if it names others, belong to the one before.
    """
    length = max(map(len, lines))
    used = [any(line[i : i + 1].strip() for line in lines) for i in range(length)]
    starts = [i for i in range(length) if used[i] and (i == 0 or not used[i - 1])]
    spans = list(zip(starts, [*starts[1:], None], strict=True))
    kinds = Kinds()
    names = _cells(lines[0], spans)
    if any(kinds[name].styles for name in names):
        return spans
    starts = [start for start, name in zip(starts, names, strict=True) if name]
    return list(zip(starts, [*starts[1:], None], strict=True))


def _cells(line: str, spans: Spans) -> list[str]:
    return [line[start:end].strip() for start, end in spans]


def _convert(text: Text, spans: Spans, file: BinaryIO) -> None:
    """Write the table as CSV, line by line."""
    writer = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    rows = csv.writer(writer, lineterminator="\n")
    try:
        with text.open() as stream:
            lines = io.TextIOWrapper(stream, encoding="utf-8", newline=None)
            for number, line in enumerate(lines, 1):
                line = line.rstrip()
                torn = next((s for s, _ in spans[1:] if line[s - 1 : s].strip()), None)
                if torn is not None or line[: spans[0][0]].strip():
                    raise BadData(
                        f"{text.name}, line {number} has text across position {(torn or 0) + 1}, "
                        "where a column begins in the lines before. Separate the columns by commas "
                        "or tabs.",
                        code="fixed_width",
                    )
                if line:
                    rows.writerow(_cells(line, spans))
                else:
                    writer.write("\n")
            lines.detach()
    finally:
        writer.detach()
