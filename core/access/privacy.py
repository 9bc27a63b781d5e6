"""What of a run only its owner and a teacher see: its notes, its tags, and that it was deleted.

Everybody sees every run, its settings and its curves; the rest of who may do what is in
core/access/ownership.py. `by` says who looks; where it is left out, that is asked.
"""

from collections.abc import Callable
from dataclasses import replace

from core.access import ownership
from core.runs import notes
from core.runs.notes import Notes
from core.runs.store import Store
from core.runs.summary import Summary, summaries


def rows(store: Store, by: str | None = None) -> tuple[list[Summary], int]:
    """As `summaries`, without other people's notes and tags."""
    found, unread = summaries(store)
    who = ownership.acting(by)
    return [_discreet(store, row, who) for row in found], unread


def _discreet(store: Store, row: Summary, who: str) -> Summary:
    noted = row.note or row.tags
    return (
        replace(row, note="", tags=()) if noted and not ownership.may(store, row.run, who) else row
    )


def deleted(store: Store, by: str | None = None) -> list[Summary]:
    """The runs in the trash that `by` may take back, the last one deleted first."""
    who, last_first = ownership.acting(by), list(store.deleted())
    found = [row for row in summaries(store.trash)[0] if row.run in last_first]
    mine = [row for row in found if ownership.may(store.trash, row.run, who)]
    return sorted(mine, key=lambda row: last_first.index(row.run))


def empty_trash(store: Store, by: str | None = None) -> None:
    """Removes for good what `by` might have taken back."""
    who = ownership.acting(by)
    store.purge(days=0, which=lambda run: ownership.may(store.trash, run, who))


def annotate(
    store: Store, run: str, change: Callable[[Notes], Notes], by: str | None = None
) -> None:
    """Changes the notes of the run. Raises NotAllowed, NotFound, Unavailable."""
    ownership.require(store, run, by)
    notes.write(store, run, change(notes.read(store, run)))
