"""Notes: findings on what was converted or left out to read a file."""

from collections.abc import Iterator

from core.base.finding import Action, Finding
from core.base.text import counted, few
from core.data.spreadsheet.careful import CarefulResult
from core.data.spreadsheet.cells import Style
from core.data.spreadsheet.chunks import FastResult
from core.data.spreadsheet.layout import Layout

_THOUSANDS = Style.ENGLISH | Style.GERMAN | Style.SPACED | Style.SPACED_COMMA


def file_notes(name: str, layout: Layout, result: FastResult | CarefulResult) -> Iterator[Finding]:
    """Yield the findings on the file `name`, which was read with this layout."""
    empty_rows = result.empty_rows if isinstance(result, CarefulResult) else 0
    styles = result.styles if isinstance(result, CarefulResult) else {}
    if layout.titles:
        text = (
            f"{name} has text above the table ({few(layout.titles)}). The header was found in row "
            f"{layout.top}."
        )
        evidence = {"row": layout.top, "titles": list(layout.titles)}
        yield Finding("title_rows", "info", text, evidence)
    if layout.second:
        text = (
            f"{name} has two header rows. The one with {few(layout.second)} is not used, neither "
            "as names nor as data."
        )
        yield Finding("second_header", "info", text, {"cells": list(layout.second)})
    if layout.extra or empty_rows:
        parts = [
            counted(count, f"empty {noun}")
            for count, noun in ((layout.extra, "column"), (empty_rows, "row"))
            if count
        ]
        text = f"{name} ends with {' and '.join(parts)}, which were left out."
        evidence = {"columns": layout.extra, "rows": empty_rows}
        yield Finding("empty_end", "info", text, evidence)
    if layout.repeated:
        text = (
            f"{name} has repeated column names ({few(layout.repeated)}). The later ones are "
            f"numbered, as in {layout.repeated[0] + ' (2)'!r}, and matched by their order."
        )
        yield Finding("repeated_names", "info", text, {"names": list(layout.repeated)})
    if layout.suffixed:
        text = (
            f"The first row of {name} consists of values with suffixes such as 0.1 and 0.2, which "
            "pandas adds to a first row that was taken for a header. It is not used as data."
        )
        yield Finding("suffixed_header", "info", text)
    commas = [c for c, style in styles.items() if style.decimal == ","]
    if commas or (not styles and layout.decimal == ","):
        text = f"Numbers in {name} use a decimal comma: 1,5 is read as 1.5."
        yield Finding("decimal_comma", "info", text)
    grouped = [c for c, style in styles.items() if style & _THOUSANDS]
    if grouped:
        text = (
            f"Numbers in {name} have thousands separators "
            f"({few([layout.describe_column(c) for c in grouped])}), which were removed."
        )
        yield Finding("thousands", "info", text, {"columns": [c + 1 for c in grouped]})
    if isinstance(result, CarefulResult) and result.ambiguous:
        column = layout.describe_column(result.ambiguous[0])
        sign = "comma" if styles.get(result.ambiguous[0]) == Style.ENGLISH else "point"
        text = (
            f"{name}, {column}: every {sign} is followed by three digits, so it may be a decimal "
            f"sign or a thousands separator. It is read as a "
            f"{'thousands separator' if sign == 'comma' else 'decimal sign'}. Check the values."
        )
        action = Action("Read commas as decimal signs", {"decimal": "comma"})
        evidence = {"columns": [c + 1 for c in result.ambiguous]}
        yield Finding("ambiguous_numbers", "warn", text, evidence, action)
