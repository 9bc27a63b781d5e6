"""About: what is kept beside the arrays of an uploaded set, as JSON."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

from core.data.inspection.finding import Finding
from core.data.inspection.tasks import Task
from core.data.reading import Reading


@dataclass(frozen=True)
class About:
    """What about.json holds.

    `files` are the names as they were given, `added` is in seconds since 1970 (UTC). `settled` is
    the reading with all that was found filled in.
    """

    digest: str
    name: str
    files: tuple[str, ...]
    reading: Reading
    rows: int
    test_rows: int
    shape: tuple[int, ...]
    classes: tuple[str, ...]
    columns: tuple[str, ...]
    findings: tuple[Finding, ...]
    settled: Reading
    added: float
    kept: tuple[str, ...]  # SHA-256 of each uploaded file, "" where a path or nothing was given

    @property
    def task(self) -> Task:
        """Whether there are classes to tell apart or values to predict."""
        return "classes" if self.classes else "values"

    @property
    def pictures(self) -> bool:
        """Whether the samples are pictures and no rows of numbers."""
        return len(self.shape) == 3

    def text(self) -> str:
        """As JSON."""
        readings = {name: getattr(self, name).model_dump() for name in ("reading", "settled")}
        return json.dumps(asdict(self) | readings, ensure_ascii=False)

    @classmethod
    def read(cls, found: dict[str, Any]) -> Self:
        """From what `text` wrote. Raises TypeError, KeyError or ValueError where it did not."""
        readings = {name: Reading.model_validate(found[name]) for name in ("reading", "settled")}
        findings = tuple(Finding(**one | {"rows": tuple(one["rows"])}) for one in found["findings"])
        known = found | readings | {"findings": findings}
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in known.items()})
