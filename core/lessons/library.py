"""The lessons of a lab: those in assets/lessons, in their order, and those that people have added,
named by a digest of their content.

    <home>/lessons/<digest>.json
"""

import hashlib
import re
from functools import cache
from pathlib import Path

from core.base.encoding import MAX_TEXT, decode, encode
from core.base.errors import BadExperiment, NotFound, Unavailable
from core.base.files import write_atomic
from core.lessons.lesson import Lesson

SHIPPED = Path(__file__).parents[2] / "assets" / "lessons"
_ADDED = re.compile(r"[0-9a-f]{16}")
MOST = 200  # added lessons of one lab


@cache
def shipped_lessons() -> dict[str, Lesson]:
    """Return the included lessons in their order. A file is named by its number and its name:
    `01-first-loss.json` is the lesson first-loss.
    """
    paths = sorted(SHIPPED.glob("*.json"))
    return {path.stem.partition("-")[2]: read_lesson(path.read_text()) for path in paths}


def read_lesson(text: str | bytes) -> Lesson:
    """Return the lesson from JSON text. Raises BadExperiment with the code of the violated rule."""
    return decode(Lesson, text)


class LessonLibrary:
    """The lessons of one home."""

    def __init__(self, home: Path):
        self.root = home / "lessons"

    def add(self, lesson: Lesson) -> str:
        """Store a lesson and return its name. Raises Unavailable if it cannot be stored."""
        text = encode(lesson).encode()
        name = hashlib.sha256(text).hexdigest()[:16]
        path = self.root / f"{name}.json"
        if path.is_file():
            return name
        if len(list(self.root.glob("*.json"))) >= MOST:
            raise Unavailable(
                f"This lab has {MOST} added lessons, which is the maximum. Remove old files from "
                "the folder lessons of its home.",
                code="too_many_lessons",
            )
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            write_atomic(path, lambda file: file.write(text))
        except OSError as error:
            raise Unavailable(
                f"The lesson cannot be stored ({error.strerror}). Free disk space, or set LAB_HOME "
                "to another folder.",
                code="home_not_writable",
            ) from None
        return name

    def get(self, name: str) -> Lesson:
        """Return the lesson of this name. Raises NotFound, or BadExperiment for a damaged file."""
        if name in shipped_lessons():
            return shipped_lessons()[name]
        path = self.root / f"{name}.json"
        if not _ADDED.fullmatch(name) or not path.is_file():
            raise NotFound(
                f"There is no lesson “{name[:60]}”. Choose one of {', '.join(shipped_lessons())}, "
                "or open the file of a lesson.",
                code="lesson_not_found",
            )
        return read_lesson(path.read_text())


def load_lesson(source: str, home: Path) -> Lesson:
    """Return the lesson of this name, or in this file. Raises NotFound or BadExperiment."""
    path = Path(source)
    if not source.endswith(".json"):
        return LessonLibrary(home).get(source)
    try:
        with path.open("rb") as file:
            return read_lesson(file.read(4 * MAX_TEXT + 1))
    except OSError as error:
        raise BadExperiment(
            f"{source[:200]} cannot be read ({error.strerror}). Use the path of a lesson, or one "
            f"of {', '.join(shipped_lessons())}.",
            code="unknown_lesson",
        ) from None
