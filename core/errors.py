"""The one exception tree. Every message names the place, the value, the rule and the way out.

LabError
├── BadInput            what a person gave us is wrong: exit status 2, one sentence, no traceback
│   ├── BadExperiment   a value out of range, an unknown kind, a broken link
│   ├── BadData         a spreadsheet or a picture set that cannot be read as one
│   └── BadNetwork      layers that do not fit each other or the data; knows the layer
├── NotFound            a run, a data set or a checkpoint that is not on this disk (exit status 2)
├── NotAllowed          somebody else's run, or the teacher's affair
└── Unavailable         the machine cannot do it now: no network, no such device, no space
"""

from typing import Any


class LabError(Exception):
    """The root: whatever the lab says on purpose."""


class BadInput(LabError):
    """What a person gave us is wrong."""


class BadExperiment(BadInput):
    """A field out of range, an unknown kind, a link that does not open."""


class BadData(BadInput):
    """A file or an array that is no picture set. `fixes`: changes of the Reading that may help."""

    def __init__(self, message: str, fixes: tuple[dict[str, Any], ...] = ()):
        super().__init__(message)
        self.fixes = fixes


class BadNetwork(BadInput):
    """Layers that do not fit. `layer` counts from 0; None where the network as a whole is meant."""

    def __init__(self, message: str, layer: int | None = None):
        super().__init__(message)
        self.layer = layer


class NotFound(LabError):
    """A run, a data set or a checkpoint that is not on this disk."""


class NotAllowed(LabError):
    """Somebody else's run, or a matter of the teacher."""


class Unavailable(LabError):
    """Something this machine cannot do now."""
