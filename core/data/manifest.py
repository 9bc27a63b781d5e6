"""About: the description of an uploaded dataset, stored as JSON beside its arrays."""

import json
from dataclasses import asdict, dataclass
from math import prod
from typing import Any, Self

from core.base.finding import Action, Finding
from core.data.inspection.column_table import ColumnFacts
from core.data.inspection.encoding import ColumnEncoding
from core.data.inspection.input_columns import TrainedColumns
from core.data.inspection.tasks import Task
from core.data.reading import POSITIONS, Reading


@dataclass(frozen=True)
class About:
    """The contents of about.json.

    `files` are the names of the uploaded files, `added` is in seconds since 1970 (UTC). `settled`
    is the reading with every detected choice filled in; `encodings` say how the columns of a table
    became inputs and how gaps are filled, and `column_table` describes them. `pixel_titles` are the
    titles of the columns of images, by which those of another file are matched.
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
    upload_hashes: tuple[str, ...]  # SHA-256 of each uploaded file, "" for a path or a missing file
    encodings: tuple[ColumnEncoding, ...] = ()
    column_table: tuple[ColumnFacts, ...] = ()
    validation_rows: int = 0  # of `rows`, where the files themselves state the validation set
    pixel_titles: tuple[str, ...] = ()
    split_key: str = ""  # the key of the column by which the rows can be split
    keys_ordered: bool = False  # whether its values are numbers or dates

    @property
    def task(self) -> Task:
        """Whether classes or values are predicted."""
        return "classes" if self.classes else "values"

    @property
    def has_images(self) -> bool:
        """Whether the samples are images, not table rows."""
        return len(self.shape) == 3

    @property
    def target(self) -> str:
        """The title of the label column, empty if it is not known."""
        chosen = self.settled.label_column
        if chosen not in POSITIONS:
            return chosen
        labels = [facts.name for facts in self.column_table if facts.role == "label"]
        return labels[0] if len(labels) == 1 else ""

    @property
    def trained(self) -> TrainedColumns:
        """What another file must have in common with the training file."""
        actions = [f.action for f in self.findings if f.code in ("identifiers", "folds")]
        left_out = [key for action in actions if action for key in action.changes["columns"]]
        titles = self.pixel_titles or [
            e.title for e in self.encodings if e.kind == "number" and e.title
        ]
        count = prod(self.shape) if self.has_images else len(self.encodings)
        return TrainedColumns(count, tuple(titles), tuple(left_out))

    def text(self) -> str:
        """Encode as JSON."""
        readings = {name: getattr(self, name).model_dump() for name in ("reading", "settled")}
        return json.dumps(asdict(self) | readings, ensure_ascii=False)

    @classmethod
    def read(cls, content: dict[str, Any]) -> Self:
        """Decode what `text` wrote, now or in an earlier version.

        Raises TypeError, KeyError or ValueError for anything else.
        """
        readings = {name: Reading.model_validate(content[name]) for name in ("reading", "settled")}
        findings = tuple(_read_finding(finding) for finding in content["findings"])
        encodings = tuple(
            ColumnEncoding(**encoding | {"categories": tuple(encoding["categories"])})
            for encoding in content.get("encodings", ())
        )
        table = tuple(map(ColumnFacts.read, content.get("column_table", ())))
        values = content | readings
        values |= {"findings": findings, "encodings": encodings, "column_table": table}
        if "kept" in values:  # the name up to version 0.1
            values["upload_hashes"] = values.pop("kept")
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def _read_finding(content: dict[str, Any]) -> Finding:
    """Decode a finding; up to version 0.1 it had `message`, `fix` and the label as `action`."""
    if "message" in content:
        label, changes = content["action"], content["fix"]
        action = Action(label, changes) if changes else None
        text = content["message"]
    else:
        action = Action(**content["action"]) if content["action"] else None
        text = content["text"]
    return Finding(
        code=content["code"],
        level=content["level"],
        text=text,
        evidence=content["evidence"],
        action=action,
        rows=tuple(content["rows"]),
    )
