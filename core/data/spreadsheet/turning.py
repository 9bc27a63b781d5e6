"""Turning: swap the rows and columns of a table, for files with one column per sample."""

import csv
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import BinaryIO

from core.base.errors import BadData
from core.base.finding import Finding
from core.base.numbers import whole
from core.data.spreadsheet.layout import records, sniff
from core.data.spreadsheet.source import Text

CELLS = 2**24  # they are kept in memory: 128 MB, equal ones once


@contextmanager
def turned(text: Text) -> Iterator[Text]:
    """Open the same table with rows and columns swapped. Raises BadData."""
    with tempfile.TemporaryFile() as file:
        writer = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        rows = csv.writer(writer, lineterminator="\n")
        columns, named = _read_rows(text)
        if named:  # samples have names, and the values of a sample have none
            rows.writerow(["id", *(f"row {i}" for i in range(1, len(columns)))])
        rows.writerows(zip(*columns, strict=True))
        writer.detach()

        @contextmanager
        def raw() -> Iterator[BinaryIO]:
            file.seek(0)
            yield io.BufferedReader(Unclosed(file))

        message = (
            f"Rows and columns of {text.name} were swapped: each column of the file is a sample."
        )
        evidence = {"rows": len(columns[0]), "columns": len(columns)}
        note = Finding("sheet_turned", "info", message, evidence)
        yield replace(
            text,
            raw=raw,
            size=file.tell(),
            notes=(*text.notes, note),
            encoding=None,
            sheet_column=None,
            delimiter=",",
        )


class Unclosed(io.RawIOBase):
    """Reads a file without closing it, so that it can be read again."""

    def __init__(self, file: BinaryIO):
        self.file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        return self.file.readinto(buffer)


def _read_rows(text: Text) -> tuple[list[list[str]], bool]:
    """Return the cells of all rows without empty ones at the end.

    Also return whether there is a header, but no column with the names of the rows.
    """
    with text.open() as stream:
        layout = sniff(stream, text)
    rows: list[list[str]] = []
    memory: dict[str, str] = {}
    with text.open() as stream:
        for row, _, cells in records(stream, layout.delimiter, text.name, layout.top):
            if len(cells) < layout.width or any(map(str.strip, cells[layout.width :])):
                raise BadData(
                    f"{text.name}, row {row} has {whole(len(cells))} columns, but most rows have "
                    f"{whole(layout.width)}. Correct or remove this row, or export the file again.",
                    code="row_width",
                )
            rows.append([memory.setdefault(cell, cell) for cell in cells[: layout.width]])
            if len(rows) * layout.width > CELLS:
                raise BadData(
                    f"{text.name} has more than {whole(CELLS)} cells, which is too large to swap "
                    "its rows and columns. Swap them in the program that wrote the file.",
                    code="too_large_to_turn",
                )
    while len(rows) > 1 and not any(map(str.strip, rows[-1])):
        rows.pop()
    return rows, layout.header is not None and layout.header[0] != "" and 0 not in layout.words
