"""The one exception tree. Every message has four parts: where, what was found, what is expected,
and how to fix it.

LabError
├── BadInput            invalid input: exit status 2, a message, no traceback
│   ├── BadExperiment   a value out of range, an unknown kind, a broken link
│   ├── BadData         a spreadsheet or an image dataset that cannot be read as one
│   └── BadNetwork      layers that do not fit each other or the data, with their path
├── NotFound            a run, a dataset or a checkpoint that is not on this disk (exit status 2)
├── NotAllowed          another person's run, or an action reserved for the teacher
└── Unavailable         the machine cannot do it now: no network, no such device, no space

`code` names the violated rule: "row_width", "pin_wrong". It is stable, so that tests and scripts
need not parse the message. The default is the code of the class.
"""

from typing import Any


class LabError(Exception):
    """The base of all errors that have a message for the user."""

    code = "lab_error"

    def __init__(self, message: str, *, code: str = ""):
        super().__init__(message)
        self.code = code or type(self).code

    def details(self) -> dict[str, Any]:
        """Return what `--json` prints besides code and message."""
        return {}


class BadInput(LabError):
    """Invalid input."""

    code = "bad_input"


class BadExperiment(BadInput):
    """A field out of range, an unknown kind or a damaged link."""

    code = "bad_experiment"


class BadData(BadInput):
    """A file or an array that is not a dataset. `fixes`: changes of the Reading that may help.

    `columns` maps a column, from 0, to its problem; `column_table` describes all columns of the
    file (core.data.inspection.column_table), where it could be read. `missing` are the titles of
    the training file that this file lacks, and `unmatched` are those of this file that may be
    meant. `gaps` maps columns with missing values, or that are missing, to the choices that fill
    them (`ColumnChoice.missing`).
    """

    code = "bad_data"

    def __init__(
        self,
        message: str,
        fixes: tuple[dict[str, Any], ...] = (),
        *,
        code: str = "",
        columns: dict[int, str] | None = None,
        missing: tuple[str, ...] = (),
        unmatched: tuple[str, ...] = (),
        gaps: dict[str, tuple[str, ...]] | None = None,
    ):
        super().__init__(message, code=code)
        self.fixes = fixes
        self.columns = columns or {}
        self.missing, self.unmatched = missing, unmatched
        self.gaps = gaps or {}
        self.column_table: tuple[Any, ...] = ()

    def details(self) -> dict[str, Any]:
        columns = [facts.plain() for facts in self.column_table]
        details = {"fixes": list(self.fixes), "columns": columns}
        if self.missing:
            details |= {"missing": list(self.missing), "unmatched": list(self.unmatched)}
        return details


class BadNetwork(BadInput):
    """Layers that do not fit. `layer` counts from 0; None where the whole network is meant."""

    code = "bad_network"

    def __init__(self, message: str, layer: int | None = None, *, code: str = ""):
        super().__init__(message, code=code)
        self.layer = layer


class NotFound(LabError):
    """A run, a dataset or a checkpoint that is not on this disk."""

    code = "not_found"


class NotAllowed(LabError):
    """Another person's run, or an action reserved for the teacher."""

    code = "not_allowed"


class Unavailable(LabError):
    """Something that this machine cannot do at present."""

    code = "unavailable"
