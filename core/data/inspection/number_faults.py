"""Number faults: numbers with more digits than the network receives, and a row of totals."""

import numpy as np

from core.base.finding import Action, Finding
from core.base.numbers import whole
from core.base.text import clip, few
from core.data.inspection.column_cells import cells_of_column
from core.data.inspection.column_choices import column_keys
from core.data.inspection.columns import Columns

EXACT = 2**24  # whole numbers up to which float32 is exact
FEWEST = 5  # rows of samples from which a sum is no coincidence
SAME = 1e-6  # relative difference of a sum and its rounded value


def check_rounding(columns: Columns) -> list[Finding]:
    """Return a warning for each column of numbers of which 32-bit floats cannot hold all digits."""
    findings = []
    keys = _keys(columns)
    for column in columns.indices:
        cells = cells_of_column(columns, column)
        if columns.choice(column).text != "auto" or cells.dtype.kind not in "iuf":
            continue
        cells = cells[np.isfinite(cells)] if cells.dtype.kind == "f" else cells
        if np.abs(cells).max(initial=0) < EXACT:
            continue
        exact, rounded = len(np.unique(cells)), len(np.unique(cells.astype(np.float32)))
        if rounded == exact:
            continue
        text = (
            f"Column {clip(keys[column])!r} has numbers with more than 7 digits, which a network "
            f"receives rounded: {whole(exact)} different values become {whole(rounded)}. If they "
            "are codes or dates, leave the column out; if they are amounts, subtract a constant."
        )
        evidence = {"column": column + 1, "distinct": exact, "rounded": rounded}
        action = Action("Leave the column out", {"columns": {keys[column]: {"role": "ignore"}}})
        findings.append(Finding("rounded", "warn", text, evidence, action))
    return findings


def check_totals(columns: Columns, name: str) -> list[Finding]:
    """Return a warning if the last row holds the sums of the rows above it in several columns."""
    if len(columns.values) <= FEWEST:
        return []
    cells = {c: cells_of_column(columns, c) for c in columns.indices}
    numbers = {c: v.astype(np.float64) for c, v in cells.items() if v.dtype.kind in "iuf"}
    if columns.labels is not None and columns.labels.dtype.kind in "iuf":
        numbers[-1] = columns.labels.astype(np.float64)
    summed = [c for c, values in numbers.items() if _is_total(values)]
    if len(summed) < 2:
        return []
    keys = _keys(columns)
    titles = [columns.label_title if c < 0 else keys[c] for c in summed]
    row = int(columns.rows[-1])
    text = (
        f"{name}, row {row} contains the sums of the rows above it "
        f"({few([repr(clip(title)) for title in titles])}), so it is not a sample. Remove this "
        "row from the file."
    )
    evidence = {"row": row, "columns": titles}
    return [Finding("total_row", "warn", text, evidence, rows=(len(columns.values) - 1,))]


def _is_total(values: np.ndarray) -> bool:
    """Whether the last of the values (N,) is the sum of the others, of which several are not 0."""
    total, others = float(values[-1]), values[:-1]
    if np.count_nonzero(others) < FEWEST or not np.isfinite(total):
        return False
    expected = float(np.nansum(others))
    return abs(total - expected) <= SAME * max(abs(expected), 1.0)


def _keys(columns: Columns) -> tuple[str, ...]:
    width = max(*columns.indices, *columns.words, 0) + 1
    return column_keys(columns.header, len(columns.header) if columns.header else width)
