"""Deltas: what a client that has some rows of a run's columns lacks. It names its rows by a string
of marks, which every delta contains for the next one.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.runs.history import History


def delta(history: "History", marks: str = "") -> dict[str, Any]:
    """Return what a client with the rows up to `marks` lacks: {"marks", "facts", "rows"}.

    "from" of each group is the first row that the columns replace, because the latest bin still
    changes. With `marks` of another generation, or without any, the delta has everything.
    """
    start = _start_rows(history, marks)
    rows = {
        group: {"from": start.get(group, 0)}
        | {name: [six_digits(v) for v in values] for name, values in table.items()}
        for group, table in history.columns_from(start).items()
    }
    *bins, epochs = history.row_counts.values()
    ends = [max(0, n - 1) for n in bins] + [epochs]
    return {
        "marks": ".".join(map(str, [history.generation, *ends, history.surface_step])),
        "facts": history.facts(),
        "rows": rows,
    }


def _start_rows(history: "History", marks: str) -> dict[str, int]:
    """Return the first row of each group that the client lacks; empty if it lacks everything."""
    lengths, parts = history.row_counts, marks.split(".")
    if len(parts) != 2 + len(lengths) or not all(p.isdecimal() and len(p) < 10 for p in parts):
        return {}
    generation, *rows, surface_step = map(int, parts)
    valid = generation == history.generation and all(
        r <= n for r, n in zip(rows, lengths.values(), strict=True)
    )
    same = {"surface": 0} if surface_step == history.surface_step else {}  # omitted
    return dict(zip(lengths, rows, strict=True)) | same if valid else {}


def six_digits(value: Any) -> Any:
    """Round a float to six digits, more than a screen shows."""
    return float(f"{value:.6g}") if isinstance(value, float) else value
