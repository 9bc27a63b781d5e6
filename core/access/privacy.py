"""What only a run's owner and a teacher see: its notes, its tags, and that it was deleted.

Everybody can view every run, its settings and its curves; the other permissions are in
core/access/ownership.py. `by` is the person who asks.
"""

from collections.abc import Callable
from dataclasses import replace

from core.access import ownership
from core.runs import notes, trash
from core.runs.notes import Notes
from core.runs.store import Store
from core.runs.summary import Summary, summaries


def visible_rows(store: Store, by: str) -> tuple[list[Summary], dict[str, str]]:
    """Return `summaries` without other people's notes and tags."""
    rows, unreadable = summaries(store)
    return [_without_notes(store, row, by) for row in rows], unreadable


def _without_notes(store: Store, row: Summary, by: str) -> Summary:
    if not (row.note or row.tags) or ownership.may_change(store, row.run, by):
        return row
    return replace(row, note="", tags=())


def deleted_rows(store: Store, by: str) -> list[Summary]:
    """Return the runs in the trash that `by` may restore, the last one deleted first."""
    order = list(trash.deletion_times(store))
    rows = [row for row in summaries(store.trash)[0] if row.run in order]
    mine = [row for row in rows if ownership.may_change(store.trash, row.run, by)]
    return sorted(mine, key=lambda row: order.index(row.run))


def empty_trash(store: Store, by: str) -> None:
    """Remove for good every deleted run that `by` could have restored."""
    trash.purge(store, 0, lambda run: ownership.may_change(store.trash, run, by))


def annotate(store: Store, run: str, change: Callable[[Notes], Notes], by: str) -> None:
    """Change the notes of the run. NotAllowed, NotFound, Unavailable."""
    ownership.require(store, run, by)
    notes.write(store, run, change(notes.read(store, run)))
