"""Multi-label: several columns of 0 and 1 that may all be labels of one sample.

Only one label is predicted. The other columns would be inputs that give the answer away.
"""

from collections.abc import Sequence

import numpy as np

from core.base.finding import Action, Finding
from core.base.text import clip, counted, few
from core.data.inspection.column_choices import column_keys
from core.data.inspection.identifiers import are_image_files
from core.data.inspection.one_hot import count_ones
from core.data.spreadsheet.table import Table

FEWEST = 3  # columns
PREFIX = 3  # letters that all titles of one group begin with


def check_multi_label(table: Table, label: int, free: Sequence[int]) -> list[Finding]:
    """Return a finding if the label, guessed by its place at an end of the columns `free`, is one
    of several columns of 0 and 1 beside each other.

    It is a warning if their titles begin alike or the table has names of image files.
    """
    ordered = list(free) if label == free[0] else list(free)[::-1]
    if label not in (free[0], free[-1]) or count_ones(table, ordered[:FEWEST]) is None:
        return []
    block = [label]
    for column in ordered[1:]:
        if count_ones(table, [column]) is None:
            break
        block.append(column)
    keys = column_keys(table.header, table.width)
    titled = [keys[c] for c in block if table.header and table.header[c]]
    are_alike = len(titled) == len(block) and len({name[:PREFIX] for name in titled}) == 1
    has_files = any(are_image_files(table, column) for column in table.words)
    ones = count_ones(table, block)
    if len(block) < FEWEST or ones is None or ones.max(initial=0) < 2:
        return []
    others = sorted(block[1:])
    names = [keys[c] for c in others]
    text = (
        f"{counted(len(block), 'column')} beside each other contain only 0 and 1, up to "
        f"{int(np.max(ones))} ones in a row. If all of them are labels (multi-label), only "
        f"{clip(keys[label])} is predicted, and {few(names)} should not be inputs: leave them out."
    )
    if len(block) == len(free):
        text = text.removesuffix(": leave them out.") + ". The file has no other inputs."
    changes = {"columns": {name: {"role": "ignore"} for name in names}}
    level = "warn" if has_files or are_alike else "info"
    action = Action(f"Leave out {counted(len(names), 'column')}", changes)
    action = action if len(block) < len(free) else None
    evidence = {"columns": [c + 1 for c in sorted(block)]}
    return [Finding("multi_label", level, text, evidence, action)]
