"""Drafts on disk: an experiment that is being written, kept from one visit to the next. Knows no
session and no address.

    <home>/drafts/<id>.json     JSON text; the newest KEPT stay

Who writes names the text that it last saw. When another one stands there, somebody else (a second
tab on the same address) has gone on with that draft, and the writer gets a draft of its own. So
does who opens the draft of another person: an id ends in a mark of whose it is.
"""

import hashlib
import re
import secrets
from contextlib import suppress
from pathlib import Path

from core.base.encoding import MAX_TEXT
from core.base.errors import NotFound, Unavailable
from core.base.files import write_atomic

KEPT = 200
DRAWN = 16  # random digits of an id; the mark follows
_ID = re.compile(r"[0-9a-f]{24}")  # the only names that ever become paths


class Drafts:
    """The drafts under one home. An id that is not of our making names no file."""

    def __init__(self, home: Path, by: str = ""):
        """`by` is who writes, an owner as core/access/ownership.py names one; the lab's own,
        "", may go on with every draft.
        """
        self.root, self.by = home / "drafts", by

    def owns(self, name: str) -> bool:
        """Whether the draft of this id is for this person to go on with."""
        return not self.by or name == self._marked(name[:DRAWN])

    def newest(self) -> str:
        """The id of this person's draft that was written last; empty for none."""
        return next((path.stem for path in self._newest_first() if self.owns(path.stem)), "")

    def read(self, name: str) -> str:
        """The draft's text, not checked yet. NotFound when there is no such draft."""
        with suppress(OSError):
            path = self._path(name)
            if path and path.stat().st_size <= 4 * MAX_TEXT:  # bytes of as many characters
                return path.read_text("utf-8", "replace")
        raise NotFound(
            f"The draft of this address is not here: the newest {KEPT} are kept. Begin with this "
            "one, or open a run's settings on Runs."
        )

    def write(self, name: str, text: str, seen: str) -> str:
        """Keeps `text`; the id that it now has. A new one for no `name`, for that of
        somebody else, and where another text than `seen` stands under it. Unavailable when the
        disk takes nothing.
        """
        path = self._path(name) if self.owns(name) else None
        try:
            if path is None or not path.exists() or path.read_text("utf-8", "replace") != seen:
                name = self._marked(secrets.token_hex(DRAWN // 2))
                self.root.mkdir(parents=True, exist_ok=True)
                self._tidy()
            write_atomic(self.root / f"{name}.json", lambda file: file.write(text.encode()))
        except OSError as error:
            raise Unavailable(
                f"The draft cannot be kept on disk ({error.strerror}): free space, or it lasts "
                "only as long as this page is open."
            ) from None
        return name

    def _path(self, name: str) -> Path | None:
        known = isinstance(name, str) and _ID.fullmatch(name)
        return self.root / f"{name}.json" if known else None

    def _marked(self, drawn: str) -> str:
        """A whole id of this person."""
        return drawn + hashlib.sha256(f"{drawn} {self.by}".encode()).hexdigest()[:8]

    def _newest_first(self) -> list[Path]:
        found = []
        for path in self.root.glob("*.json"):
            with suppress(OSError):  # somebody else tidies too
                found.append((path.stat().st_mtime_ns, path))
        return [path for _, path in sorted(found, reverse=True)]

    def _tidy(self) -> None:
        """Leaves room for one more."""
        for path in self._newest_first()[KEPT - 1 :]:
            path.unlink(missing_ok=True)
