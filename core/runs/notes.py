"""Notes: the text and tags that people add to a run, in its folder next to the events. Knows the
store and no page.
"""

from contextlib import suppress
from typing import Self

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from core.base.encoding import build, decode, encode
from core.base.errors import BadExperiment
from core.base.spec import Value
from core.runs.store import NOTES, Store

LONGEST_TAG, MOST_TAGS, LONGEST_NOTE = 24, 12, 2000


class RunBatch(Value):
    """The batch in which a run was started: the id of its first run, and what it varies."""

    id: str = Field(max_length=64)
    label: str = Field("", max_length=300)


class Notes(Value):
    """A note, some tags, the human error, and the batch of the run. Tags are single lines without
    duplicates. The human error is a fraction of wrong predictions, or for values an RMSE; None if
    nobody has entered one.
    """

    note: str = Field("", max_length=LONGEST_NOTE)
    tags: tuple[str, ...] = ()
    human_error: float | None = Field(None, ge=0)
    batch: RunBatch | None = None

    @field_validator("note")
    @classmethod
    def _trimmed(cls, note: str) -> str:
        return note.strip()

    @field_validator("tags")
    @classmethod
    def _plain(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        plain = tuple(dict.fromkeys(filter(None, (" ".join(tag.split()) for tag in tags))))
        if long := next((tag for tag in plain if len(tag) > LONGEST_TAG), None):
            facts = {"tag": long[:LONGEST_TAG], "length": len(long), "limit": LONGEST_TAG}
            raise PydanticCustomError(
                "tag_too_long",
                "the tag “{tag}…” has {length} characters, but the limit is {limit}. Shorten it",
                facts,
            )
        if len(plain) > MOST_TAGS:
            raise PydanticCustomError(
                "too_many_tags",
                "there are {count} tags, but the limit is {limit}. Remove some",
                {"count": len(plain), "limit": MOST_TAGS},
            )
        return plain

    def retagged(self, *, add: set[str], drop: set[str]) -> Self:
        """Return a copy with other tags, each once. Raises BadExperiment."""
        rest = [tag for tag in self.tags if tag not in drop]
        return self.changed(tags=(*rest, *sorted(add)))

    def changed(self, **fields: object) -> Self:
        """Return a copy with other values of these fields. Raises BadExperiment."""
        return build(Notes, {**dict(self), **fields})


def make_notes(note: str, tags: tuple[str, ...]) -> Notes:
    """Validate a note and tags. Raises BadExperiment."""
    return build(Notes, {"note": note, "tags": tags})


def read(store: Store, run: str) -> Notes:
    """Return the notes of the run; empty ones if there are none or the file is damaged. Raises
    NotFound if the run is gone.
    """
    path = store.path(run, NOTES)
    with suppress(OSError, BadExperiment):
        return decode(Notes, path.read_bytes())
    return Notes()


def write(store: Store, run: str, notes: Notes) -> None:
    """Replace the notes of the run. Raises NotFound, Unavailable."""
    store.write(run, NOTES, encode(notes).encode())
