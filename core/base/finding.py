"""Finding: one judgement about a dataset, a setup, a network or a run, as plain data.

The class is in the lowest package because data inspection, on which `core.advice` builds, returns
findings as well.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

Level = Literal["ok", "info", "warn", "bad"]


@dataclass(frozen=True)
class Action:
    """The change that a finding suggests: the label of its button, and a value for each field.

    `changes` maps a field to its new value: a path into the experiment such as
    "optimizer.learning_rate", or a field of a spreadsheet's Reading such as "transpose".
    """

    label: str
    changes: dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """One finding. `text` has three parts: what was observed (with the number), what it means, and
    what to do.

    `code` is stable and names the rule; `evidence` holds the numbers behind the text as plain JSON
    data; `rows` are samples to look at, as indices into the dataset.
    """

    code: str
    level: Level
    text: str
    evidence: dict[str, Any] = field(default_factory=dict)
    action: Action | None = None
    rows: tuple[int, ...] = ()
