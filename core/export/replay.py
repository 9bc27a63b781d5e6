"""Check the events of a run from elsewhere: each line has a known type, the order is one that a
training can produce, and every page can draw the result.

A short line can be expensive: one step numbered 10¹² would make a list of as many losses. So the
gap between steps is bounded too.
"""

from contextlib import suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from core.base.errors import BadData
from core.base.events import Event, Started, Step, from_json, to_json
from core.base.seal import seal
from core.runs.history import History

GAP = 100_000  # steps without an event, as when a disk was full
MAX_LINE = 2**24  # bytes


def check_events(path: Path, name: str) -> None:
    """Rewrite the events file line by line with `to_json`; lines without an event are dropped.
    Raises BadData with the line number if an event is impossible where it is.
    """
    history, draft, position = History(), path.with_suffix(".tmp"), (0, 0)
    with path.open("rb") as source, draft.open("wb") as target:
        for number, line in enumerate(iter(lambda: source.readline(MAX_LINE), b""), 1):
            try:
                event = from_json(line) if line.endswith(b"\n") else None
            except (ValueError, TypeError, RecursionError):  # as every reader does
                event = None
            if event is None:
                continue
            try:
                event = _validate(event)
                position = _advance(event, *position)
            except ValueError:
                raise BadData(
                    f"Line {number} of events.jsonl in {name} is not a valid event at this "
                    "position. Create the archive again.",
                    code="archive_event",
                ) from None
            text = to_json(event)
            history.add([text])
            target.write(seal(text).encode() + b"\n")
    try:
        history.columns()
        history.facts()
    except Exception as error:  # Any error here would also occur on a page.
        raise BadData(
            f"The events in {name} cannot be drawn ({type(error).__name__}). Create the archive "
            "again.",
            code="archive_events",
        ) from None
    draft.replace(path)


@cache
def _adapter(kind: type) -> TypeAdapter:
    return TypeAdapter(kind)


def _validate(event: Event) -> Event:
    """Check the type of every field. Raises ValueError."""
    with suppress(ValidationError):
        return _adapter(type(event)).validate_python(_tuples(asdict(event)))
    raise ValueError("a field has the wrong type")


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _advance(event: Event, step: int, missing: int) -> tuple[int, int]:
    """Return the steps done after the event, and how many of them have no loss. Raises ValueError
    if the event cannot follow `step` steps.
    """
    at = getattr(event, "step", step)
    first = at - len(event.losses) + 1 if isinstance(event, Step) else at
    if first < (1 if isinstance(event, Step) else 0) or first > step + 1 + GAP:
        raise ValueError("impossible step")
    if isinstance(event, Step):
        missing += max(0, first - 1 - step)
        if missing > GAP:
            raise ValueError("too many steps without a loss")
        return max(step, at), missing
    if isinstance(event, Started):
        if event.epoch_steps < 1 or event.steps < 0:
            raise ValueError("impossible run")
        return min(step, at), missing
    return step, missing
