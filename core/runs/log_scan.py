"""The epochs and the end of a log, for lists of many runs.

Other events are not parsed, and epochs by a regular expression.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from core.base.events import Ended, Epoch, Scores, Started, from_json
from core.base.seal import unseal
from core.runs.score import is_regression


class LoggedEpoch(NamedTuple):
    """What a list needs of an epoch."""

    epoch: int
    step: int
    loss: float | None
    metric: str
    right: bytes | float | None  # its value, perhaps as it was written
    best: bool

    @property
    def scores(self) -> Scores | None:
        """The scores on the validation set."""
        if self.loss is None or self.right is None:
            return None
        right = _number(self.right) if isinstance(self.right, bytes) else self.right
        return {"loss": self.loss, self.metric: right}


_EPOCH = re.compile(  # the format of `to_json`: a third of the time of a JSON parser
    rb'{"event":"Epoch","epoch":(\d+),"step":(\d+),"train":{[^{}]*},"validation":'
    rb'(?:null|{"loss":([^,}]+),"(accuracy|r2)":([^,}]+)}),"best":(true|false)'
)


def epochs_in(block: bytes) -> list[LoggedEpoch]:
    """Return the valid epochs: a resumed run drops those logged after the step where it starts."""
    epochs: list[LoggedEpoch] = []
    starts = list(_line_starts(block, b'{"event":"Started"'))
    for at in _line_starts(block, b'{"event":"Epoch"'):
        while starts and starts[0] < at:
            epochs = _restart(epochs, block, starts.pop(0))
        try:
            epochs.append(_measured(block, at))
        except ValueError:  # a damaged line
            continue
    for at in starts:
        epochs = _restart(epochs, block, at)
    return epochs


def _line_starts(block: bytes, start: bytes) -> Iterator[int]:
    """Yield the positions of the lines that begin with `start`."""
    at = block.find(start)
    while at >= 0:
        if at == 0 or block[at - 1] == 10:  # a line feed
            yield at
        at = block.find(start, at + 1)


def _line(block: bytes, at: int) -> bytes:
    """Return the line that begins there."""
    return block[at : block.index(b"\n", at)]


def _restart(epochs: list[LoggedEpoch], block: bytes, at: int) -> list[LoggedEpoch]:
    if not epochs:
        return epochs
    with suppress(ValueError):
        event = from_json(_line(block, at))
        if isinstance(event, Started):
            return [epoch for epoch in epochs if epoch.step <= event.step]
    return epochs


def _measured(block: bytes, at: int) -> LoggedEpoch:
    unseal(_line(block, at))
    if match := _EPOCH.match(block, at):
        epoch, step, loss, metric, right, best = match.groups()
        value, name = (None, "") if loss is None else (_number(loss), metric.decode())
        return LoggedEpoch(int(epoch), int(step), value, name, right, best == b"true")
    event = from_json(_line(block, at))
    if not isinstance(event, Epoch):
        raise ValueError("not an epoch")
    scores = event.validation or {}
    metric = "r2" if is_regression(scores) else "accuracy"
    right = scores.get(metric)
    return LoggedEpoch(event.epoch, event.step, scores.get("loss"), metric, right, event.best)


def _number(text: bytes) -> float:
    """Parse a number; NaN and infinity are in quotation marks (core/base/encoding.py)."""
    return float(text.strip(b'"'))


def last_seconds(block: bytes) -> float | None:
    """Return the seconds of training up to the last epoch."""
    with suppress(ValueError):
        event = from_json(_line(block, block.rindex(b'{"event":"Epoch"')))
        return event.seconds if isinstance(event, Epoch) else None
    return None


def end_in(block: bytes) -> Ended | None:
    """Return the end of the run, None before it. Lines without an event are skipped."""
    end = len(block) - 1
    while end > 0:
        start = block.rfind(b"\n", 0, end) + 1
        line, end = block[start:end], start - 1
        with suppress(ValueError):
            event = from_json(line)
            return event if isinstance(event, Ended) else None
    return None
