"""Templates of code: lines that end in `#? condition` appear only where the condition is true, and
`$name` stands for a value.
"""

import re
import textwrap
from string import Template

_CONDITION = re.compile(r"\s*#\? (.+)$")


def fill(template: str, **values: object) -> str:
    """Return the code of a template. A condition names values, with `not` and `and`.

    >>> print(fill('''
    ...     x = $start
    ...     x = x + 1  #? add and not late
    ... ''', start=3, add=True, late=False))
    x = 3
    x = x + 1
    """
    lines = []
    for line in textwrap.dedent(template).strip("\n").splitlines():
        condition = _CONDITION.search(line)
        if condition and not _holds(condition[1], values):
            continue
        lines.append(_CONDITION.sub("", line))
    text = Template("\n".join(lines)).substitute(values)
    return re.sub(r"\n{4,}", "\n\n\n", text).strip("\n")


def _holds(condition: str, values: dict[str, object]) -> bool:
    for part in condition.split(" and "):
        name = part.removeprefix("not ")
        if bool(values[name]) is part.startswith("not "):
            return False
    return True
