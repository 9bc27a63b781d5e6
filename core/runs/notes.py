"""Notes: what people wrote about a run, in its folder beside the events. Knows the store and no
page.
"""

from contextlib import suppress
from typing import Self

from pydantic import Field, field_validator

from core.base.encoding import build, decode, encode
from core.base.errors import BadExperiment
from core.base.spec import Value
from core.runs.store import NOTES, Store

LONGEST_TAG, MOST_TAGS, LONGEST_NOTE = 24, 12, 2000


class Notes(Value):
    """A note and some tags. Tags are one line each, without doubles."""

    note: str = Field("", max_length=LONGEST_NOTE)
    tags: tuple[str, ...] = ()

    @field_validator("note")
    @classmethod
    def _trimmed(cls, note: str) -> str:
        return note.strip()

    @field_validator("tags")
    @classmethod
    def _plain(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        plain = tuple(dict.fromkeys(filter(None, (" ".join(tag.split()) for tag in tags))))
        if long := next((tag for tag in plain if len(tag) > LONGEST_TAG), None):
            raise ValueError(
                f"The tag “{long[:LONGEST_TAG]}…” is too long, {LONGEST_TAG} characters fit: "
                "shorten it."
            )
        if len(plain) > MOST_TAGS:
            raise ValueError(f"{len(plain)} tags are too many, {MOST_TAGS} fit: leave some out.")
        return plain

    def retagged(self, *, add: set[str], drop: set[str]) -> Self:
        """With other tags, each once. Raises BadExperiment."""
        kept = [tag for tag in self.tags if tag not in drop]
        return written(self.note, (*kept, *sorted(add)))


def written(note: str, tags: tuple[str, ...]) -> Notes:
    """Checked notes. Raises BadExperiment with one sentence."""
    return build(Notes, {"note": note, "tags": tags})


def read(store: Store, run: str) -> Notes:
    """The notes of the run; none where nobody wrote any or the file is damaged. NotFound when the
    run is gone.
    """
    path = store.path(run, NOTES)
    with suppress(OSError, BadExperiment):
        return decode(Notes, path.read_bytes())
    return Notes()


def write(store: Store, run: str, notes: Notes) -> None:
    """Replaces the notes of the run. Raises NotFound, Unavailable."""
    store.write(run, NOTES, encode(notes).encode())
