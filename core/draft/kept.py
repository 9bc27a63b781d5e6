"""Drafts on disk: an experiment that is being written, kept from one visit to the next. Knows no
session and no address.

    <home>/drafts/<id>.json     JSON text; the newest KEPT stay

Who writes names the text that it last saw. When another one stands there, somebody else (a second
tab on the same address) has gone on with that draft, and the writer gets a draft of its own.
"""

import re
import secrets
from contextlib import suppress
from pathlib import Path

from core.encoding import MAX_TEXT
from core.errors import NotFound, Unavailable
from core.files import write_atomic

KEPT = 200
_ID = re.compile(r"[0-9a-f]{16}")  # the only names that ever become paths


class Drafts:
    """The drafts under one home. An id that is not of our making names no file."""

    def __init__(self, home: Path):
        self.root = home / "drafts"

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
        """Keeps `text`; the id that it now has. A new one for no `name`, and where another text
        than `seen` stands under it. Unavailable when the disk takes nothing.
        """
        path = self._path(name)
        try:
            if path is None or not path.exists() or path.read_text("utf-8", "replace") != seen:
                name = secrets.token_hex(8)
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

    def _tidy(self) -> None:
        """Leaves room for one more."""
        found = []
        for path in self.root.glob("*.json"):
            with suppress(OSError):  # somebody else tidies too
                found.append((path.stat().st_mtime_ns, path))
        for _, path in sorted(found, reverse=True)[KEPT - 1 :]:
            path.unlink(missing_ok=True)
