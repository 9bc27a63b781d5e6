"""Drafts on disk: unfinished experiments, stored from one visit to the next. Knows no session and
no address.

    <home>/drafts/<id>.json     JSON text; the newest MAX_DRAFTS are kept

A writer passes the text that it last read. If the file has another text, a second tab with the same
address has changed the draft, and the writer gets a new draft. The same happens to a visitor who
opens the draft of another person: an id ends in a mark of its owner.
"""

import hashlib
import re
import secrets
from contextlib import suppress
from pathlib import Path

from core.base.encoding import MAX_TEXT
from core.base.errors import NotFound, Unavailable
from core.base.files import write_atomic

MAX_DRAFTS = 200
RANDOM_DIGITS = 16  # of an id; the mark of the owner follows
_ID = re.compile(r"[0-9a-f]{24}")  # Only such names become paths.


class Drafts:
    """The drafts under one home. Any other name than an id of this class names no file."""

    def __init__(self, home: Path, by: str = ""):
        """`by` is the owner (core/access/ownership.py) of what is written. An empty string is the
        lab itself, which may change every draft.
        """
        self.root, self.by = home / "drafts", by

    def owns(self, name: str) -> bool:
        """Whether this person may change the draft."""
        return not self.by or name == self._marked(name[:RANDOM_DIGITS])

    def newest(self) -> str:
        """Return the id of this person's latest draft; empty if there is none."""
        return next((path.stem for path in self._newest_first() if self.owns(path.stem)), "")

    def read(self, name: str) -> str:
        """Return the text of the draft, not validated yet. Raises NotFound."""
        with suppress(OSError):
            path = self._path(name)
            if path and path.stat().st_size <= 4 * MAX_TEXT:  # bytes of as many characters
                return path.read_text("utf-8", "replace")
        raise NotFound(
            "The draft of this address was not found: the address is incomplete or of another lab, "
            f"or the draft is older than the newest {MAX_DRAFTS}, which are kept. "
            "Continue with this new draft, or clone the settings of a run on the Runs page.",
            code="draft_not_found",
        )

    def write(self, name: str, text: str, seen: str) -> str:
        """Store `text` and return its id. It is a new id if `name` is empty, belongs to another
        person, or has another text than `seen`. Raises Unavailable if the disk cannot be written.
        """
        path = self._path(name) if self.owns(name) else None
        try:
            if path is None or not path.exists() or path.read_text("utf-8", "replace") != seen:
                name = self._marked(secrets.token_hex(RANDOM_DIGITS // 2))
                self.root.mkdir(parents=True, exist_ok=True)
                self._tidy()
            write_atomic(self.root / f"{name}.json", lambda file: file.write(text.encode()))
        except OSError as error:
            raise Unavailable(
                f"The draft cannot be saved to disk ({error.strerror}), so it is lost when you "
                "close this page. Free disk space.",
                code="draft_not_writable",
            ) from None
        return name

    def _path(self, name: str) -> Path | None:
        valid = isinstance(name, str) and _ID.fullmatch(name)
        return self.root / f"{name}.json" if valid else None

    def _marked(self, digits: str) -> str:
        """Return the id with these random digits and the mark of this person."""
        return digits + hashlib.sha256(f"{digits} {self.by}".encode()).hexdigest()[:8]

    def _newest_first(self) -> list[Path]:
        times = []
        for path in self.root.glob("*.json"):
            with suppress(OSError):  # Another process may remove it meanwhile.
                times.append((path.stat().st_mtime_ns, path))
        return [path for _, path in sorted(times, reverse=True)]

    def _tidy(self) -> None:
        """Remove the oldest drafts so that one more fits."""
        for path in self._newest_first()[MAX_DRAFTS - 1 :]:
            path.unlink(missing_ok=True)
