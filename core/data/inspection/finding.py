"""Finding: one thing that the data doctor saw, with its evidence and perhaps a way to change it.

Plain data; knows no tables. A fix is never applied by itself.
"""

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Finding:
    """`message` is one sentence; `evidence` the numbers behind it, as plain JSON.

    `fix` is a change of the Reading that answers it, and `action` what a button for that says; a
    finding that is "ok" may have one too, for another way that the data can be read. `rows` are
    samples to look at, as indices into the set.
    """

    code: str
    level: Literal["ok", "info", "warn"]
    message: str
    fix: dict[str, Any] | None = None
    action: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    rows: tuple[int, ...] = ()
