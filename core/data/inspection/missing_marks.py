"""Missing marks: labels such as "-" or "unknown" that may stand for rows without a label.

They are questioned and stay a class, because they can be one, such as "-" beside "+".
"""

import re
from collections.abc import Sequence

from core.base.finding import Finding
from core.base.text import clip, counted
from core.data.spreadsheet.cells import MISSING_NUMBERS

NUMBER = re.compile(r"-?9{2,}|-1")  # codes of missing values
CLASSES = frozenset({"none", "nil"})  # ordinary classes, such as of severity
OPPOSITES = {"-": "+"}  # a mark that is a class beside the other one


def is_mark(label: str) -> bool:
    """Whether a label is a common mark of missing values."""
    text = label.strip().lower()
    return bool(NUMBER.fullmatch(text)) or (text in MISSING_NUMBERS and text not in CLASSES)


def check_missing_marks(labels: Sequence[str]) -> list[Finding]:
    """Return a warning for each class among text labels (N,) that may mean a missing label."""
    names = set(labels)
    marks = sorted(n for n in names if is_mark(n) and OPPOSITES.get(n) not in names)
    if len(names) - len(marks) < 2:  # the labels themselves are such signs
        return []
    return [
        missing_mark(mark, [row for row, label in enumerate(labels) if label == mark])
        for mark in marks
    ]


def missing_mark(mark: str, rows: Sequence[int] = ()) -> Finding:
    """Return the warning that a class may mean a missing label."""
    count = f" ({counted(len(rows), 'row')})" if rows else ""
    text = (
        f"The class {clip(mark)!r}{count} may mark rows without a label; it is learned like every "
        "other class. If so, clear these cells in the file."
    )
    evidence = {"class": mark, "count": len(rows)}
    return Finding("label_marks_missing", "warn", text, evidence, rows=tuple(rows))
