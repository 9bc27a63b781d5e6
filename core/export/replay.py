"""The events of a run from elsewhere: every line of a kind and form that this lab writes, in an
order that a training can have, and such that every page can draw them.

A line can be small and still ask for much: one step numbered 10¹² would make a list of so many
losses. So a gap between steps is bounded too.
"""

from contextlib import suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from core.base.errors import BadData
from core.base.events import Event, Started, Step, from_json, to_json
from core.runs.history import History

GAP = 100_000  # steps whose event may be missing, as when a disk was full
LONGEST = 2**24  # bytes of a line


def replayed(path: Path, name: str) -> None:
    """Writes the events file anew, line by line as `to_json` does; lines that hold no event are
    left out. BadData, with the line's number, when one cannot stand where it stands.
    """
    history, draft, place = History(), path.with_suffix(".tmp"), (0, 0)
    with path.open("rb") as source, draft.open("wb") as target:
        for number, line in enumerate(iter(lambda: source.readline(LONGEST), b""), 1):
            try:
                event = from_json(line) if line.endswith(b"\n") else None
            except (ValueError, TypeError, RecursionError):  # as every reader does
                event = None
            if event is None:
                continue
            try:
                event = _checked(event)
                place = _reached(event, *place)
            except ValueError:
                raise BadData(
                    f"Line {number} of events.jsonl in {name} is no event that can stand there: "
                    "archive the run again."
                ) from None
            told = to_json(event)
            history.add([told])
            target.write(told.encode() + b"\n")
    try:
        history.columns()
        history.facts()
    except Exception as error:  # whatever it is, a page would meet it too
        raise BadData(
            f"The events in {name} cannot be drawn ({type(error).__name__}): archive the run again."
        ) from None
    draft.replace(path)


@cache
def _form(kind: type) -> TypeAdapter:
    return TypeAdapter(kind)


def _checked(event: Event) -> Event:
    """With every field of its type. ValueError when one is not."""
    with suppress(ValidationError):
        return _form(type(event)).validate_python(_tuples(asdict(event)))
    raise ValueError("of another type")


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _reached(event: Event, step: int, missing: int) -> tuple[int, int]:
    """Steps done after the event, and how many of them have no loss. ValueError when it cannot
    follow `step` of them.
    """
    at = getattr(event, "step", step)
    first = at - len(event.losses) + 1 if isinstance(event, Step) else at
    if first < (1 if isinstance(event, Step) else 0) or first > step + 1 + GAP:
        raise ValueError("no such step")
    if isinstance(event, Step):
        missing += max(0, first - 1 - step)
        if missing > GAP:
            raise ValueError("too many steps without a loss")
        return max(step, at), missing
    if isinstance(event, Started):
        if event.epoch_steps < 1 or event.steps < 0:
            raise ValueError("no such run")
        return min(step, at), missing
    return step, missing
