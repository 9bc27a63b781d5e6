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
from itertools import islice
from typing import Any, BinaryIO, TextIO

from core.base.limits import limit
from core.data.spreadsheet.grid import letters, ref
from core.data.spreadsheet.sheet_xml import Fault, check_sheet, write_facts

TITLE_ROWS = 10  # rows at the top in which cells of one row may be merged
DESCRIBED = 1000  # rows up to which a sheet of text may be a list of the columns of another one
SUMMARY = 12  # rows up to which a sheet may summarize another one
LARGER = 10  # times as many rows, from which another sheet is the table


def convert(
    book: BinaryIO, table: TextIO, report: TextIO, *, sheet: str, rows: int, columns: int
) -> dict[str, Any]:
    """Write the sheet of that name, or the first visible one with values, as CSV. Raises Fault."""
    import python_calamine as calamine

    try:
        workbook = calamine.load_workbook(book)
        name, cells, instead_of = _choose(workbook, sheet, report, book)
    except calamine.PasswordError:
        raise Fault("password") from None
    (top, left), (bottom, right) = cells.start, cells.end
    if bottom >= rows or right - left >= columns:
        raise Fault("large", last=letters(right) + str(bottom + 1), sheet=name)
    for (r0, c0), (r1, c1) in cells.merged_cell_ranges or ():
        is_title = r0 == r1 <= top + TITLE_ROWS  # the first cell has the text, the others none
        if r0 <= bottom and r1 >= top and c0 <= right and c1 >= left and not is_title:
            raise Fault("merged", sheet=name, cells=f"{ref(r0, c0)}:{ref(r1, c1)}")
    write(cells.iter_rows(), table)
    names = workbook.sheet_names
    others = [n for n in names if n != name]
    return {"sheet": name, "others": others, "column": left, "instead_of": instead_of}


def _choose(
    workbook: Any, wanted: str, report: TextIO, book: BinaryIO
) -> tuple[str, Any, tuple[str, str]]:
    """Return name and cells of the sheet, after checking what calamine does not report, and an
    earlier sheet that was passed over with the reason, or two empty texts.

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
        if wanted and cells.end is not None:
            return name, cells, ("", "")
        if cells.end is not None and cells.end[0] > cells.start[0]:
            later = visible[visible.index(name) + 1 :]
            found = _larger_table(workbook, cells, later)
            if found is None:
                return name, cells, ("", "")
            check_sheet(book, found[0], report)
            return found[0], found[1], (name, found[2])
        if cells.end is not None:
            short = short or (name, cells, ("", ""))
    if short:
        return short
    if not wanted and len(visible) < len(sheets):
        raise Fault("hidden", sheets=[n for n in sheets if n not in visible])
    raise Fault("empty", sheets=[wanted] if wanted else visible)


def _larger_table(workbook: Any, cells: Any, later: list[str]) -> tuple[str, Any, str] | None:
    """Return a later sheet that is the table which these cells describe or summarize, if there is
    one: name, cells and the reason, "text" or "rows".
    """
    (top, left), (bottom, right) = cells.start, cells.end
    rows = bottom - top + 1
    if not later or left == right or rows > DESCRIBED:
        return None
    is_text = not any(type(cell) in (int, float) for row in cells.iter_rows() for cell in row)
    if not is_text and rows > SUMMARY:
        return None
    for name in later:
        other = workbook.get_sheet_by_name(name)
        if other.end is None or other.end[1] == other.start[1]:
            continue
        count = other.end[0] - other.start[0] + 1
        if is_text and count > 1 and _has_numbers(other.iter_rows()):
            return name, other, "text"
        if not is_text and count >= LARGER * rows:
            return name, other, "rows"
    return None


def _has_numbers(rows: Iterable[list]) -> bool:
    """Whether at least one of the first rows contains a number."""
    return any(type(cell) in (int, float) for row in islice(rows, SUMMARY) for cell in row)


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
