"""Sheet: convert one sheet of a workbook to CSV. Runs in a separate process, under limits.

    main(), with '{"sheet": "", "seconds": 60, …}' < book.xlsx > table.csv 2> report

calamine reads cells fast, but one cell far away from the others exhausts its memory, and it accepts
no limit. This file imports only the standard library and calamine, so it starts in 20 ms. It
reports facts as JSON, one object per line; later values replace earlier ones. Blank rows are
written as blank lines and columns start at the sheet's first used one, so row and column numbers
agree with the sheet.
"""

import csv
import errno
import json
import sys
from collections.abc import Iterable
from typing import Any, BinaryIO, TextIO

from core.base.limits import limit
from core.data.spreadsheet.grid import letters, ref
from core.data.spreadsheet.sheet_xml import Fault, check_sheet, write_facts


def convert(
    book: BinaryIO, table: TextIO, report: TextIO, *, sheet: str, rows: int, columns: int
) -> dict[str, Any]:
    """Write the sheet of that name, or the first visible one with values, as CSV. Raises Fault."""
    import python_calamine as calamine

    try:
        workbook = calamine.load_workbook(book)
        name, cells = _choose(workbook, sheet, report, book)
    except calamine.PasswordError:
        raise Fault("password") from None
    (top, left), (bottom, right) = cells.start, cells.end
    if bottom >= rows or right - left >= columns:
        raise Fault("large", last=letters(right) + str(bottom + 1), sheet=name)
    for (r0, c0), (r1, c1) in cells.merged_cell_ranges or ():
        if r0 <= bottom and r1 >= top and c0 <= right and c1 >= left:
            raise Fault("merged", sheet=name, cells=f"{ref(r0, c0)}:{ref(r1, c1)}")
    write(cells.iter_rows(), table)
    names = workbook.sheet_names
    return {"sheet": name, "others": [n for n in names if n != name], "column": left}


def _choose(workbook: Any, wanted: str, report: TextIO, book: BinaryIO) -> tuple[str, Any]:
    """Return name and cells of the sheet, after checking what calamine does not report.

    A sheet with a single row, such as a title page, is chosen only where no other has values.
    """
    names = workbook.sheet_names
    metadata = {m.name: m for m in workbook.sheets_metadata}
    if wanted and wanted not in names:
        raise Fault("no_such_sheet", sheet=wanted, sheets=names)
    sheets = [n for n in names if str(metadata[n].typ).endswith("WorkSheet")]
    visible = [n for n in sheets if str(metadata[n].visible).endswith(".Visible")]
    short = None
    for name in [wanted] if wanted else visible:
        check_sheet(book, name, report)
        cells = workbook.get_sheet_by_name(name)
        if cells.end is not None and (wanted or cells.end[0] > cells.start[0]):
            return name, cells
        if cells.end is not None:
            short = short or (name, cells)
    if short:
        return short
    if not wanted and len(visible) < len(sheets):
        raise Fault("hidden", sheets=[n for n in sheets if n not in visible])
    raise Fault("empty", sheets=[wanted] if wanted else visible)


def write(rows: Iterable[list], table: TextIO) -> None:
    """Write rows as CSV: whole numbers without `.0`, an empty row as a blank line."""
    writer = csv.writer(table, lineterminator="\n")
    for row in rows:
        kinds = set(map(type, row))
        if kinds == {float}:  # fast path: repr of a whole float ends in .0
            line = ",".join(map(repr, row)) + "\n"
            table.write(line.replace(".0,", ",").replace(".0\n", "\n"))
        elif kinds == {str} and not any(row):
            table.write("\n")
        else:
            writer.writerow([_text(cell) for cell in row])


def _text(cell: Any) -> str:
    if type(cell) is float:
        return repr(cell).removesuffix(".0")
    if type(cell) is bool:
        return str(cell).upper()
    return cell if type(cell) is str else str(cell)  # dates and times as ISO 8601 writes them


# --- the process


def convert_safely(book: BinaryIO, table: TextIO, report: TextIO, **order: Any) -> dict[str, Any]:
    """Return the facts from `convert`, its faults, and every other failure as facts."""
    try:
        facts = convert(book, table, report, **order)
        table.flush()
        return facts
    except Fault as fault:
        return fault.facts
    except ImportError as error:
        return {"fault": "missing", "detail": str(error)}
    except MemoryError:
        return {"fault": "memory"}
    except OSError as error:
        full = {errno.EFBIG: "text", errno.ENOSPC: "room"}.get(error.errno, "damaged")
        return {"fault": full, "detail": str(error)}
    except BaseException as error:  # a Rust panic does not derive from Exception
        return {"fault": "damaged", "detail": str(error) or type(error).__name__}


def main() -> None:
    """Convert a sheet from standard input to standard output; facts go to standard error."""
    order = json.loads(sys.argv[-1])
    limit(memory=order.pop("memory"), written=order.pop("text"), seconds=order.pop("seconds"))
    sys.stdin.buffer.seek(0)  # the parent has read from the file
    sys.stdout.reconfigure(encoding="utf-8", newline="")
    write_facts(sys.stderr, convert_safely(sys.stdin.buffer, sys.stdout, sys.stderr, **order))
