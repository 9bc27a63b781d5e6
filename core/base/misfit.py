"""Misfit: why a choice does not fit the data or the layer before it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Misfit:
    """What was found, what is expected, and how to fix it.

    `code` names the rule and is stable; `evidence` holds the numbers behind the text as plain JSON
    data.
    """

    code: str
    text: str
    evidence: dict[str, Any] = field(default_factory=dict)
