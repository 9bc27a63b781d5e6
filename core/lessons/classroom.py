"""Classes: several browsers that take one lesson together. Knows no page and no training.

    <home>/classes/<code>/class.json     the lesson, and whether people are shown by name
                          events.jsonl   appended to: who joined or left, what was answered, the
                                         teacher's step, and runs of the server for values that
                                         nobody had

`by` is the person who asks, named as in core/access/ownership.py. A person joins, and answers for
itself only; opening a class, its steps and its end are the teacher's.
"""

import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.access import ownership
from core.access.pseudonyms import short_name
from core.base.encoding import to_json_text
from core.base.errors import BadInput, NotFound, Unavailable
from core.base.files import write_atomic
from core.lessons.lesson import LessonSetting
from core.lessons.library import LessonLibrary
from core.runs.log_lines import append_line, read_lines

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # of a code, without I and O
CODE = 4  # letters of a code
MOST_CLASSES, MOST_MEMBERS = 200, 200
GOLDEN = 0.6180339887498949  # multiples of it, modulo 1, fill an interval evenly


@dataclass(frozen=True)
class ClassAnswer:
    """What a member answered in a step, the run that this started, and its time (seconds since
    1970).
    """

    answer: str
    run: str
    time: float


@dataclass(frozen=True)
class ClassMember:
    """A browser or a login that joined, as number `number` from 1, with its answers by step."""

    owner: str
    number: int
    joined: float
    answers: dict[int, ClassAnswer] = field(default_factory=dict)

    @property
    def last_time(self) -> float:
        """When it joined or last answered."""
        return max([self.joined, *(answer.time for answer in self.answers.values())])


@dataclass(frozen=True)
class Classroom:
    """A class as it is now. `step` is what the teacher presents, from 0; `computed` are the runs of
    the server by step.
    """

    code: str
    lesson: str
    named: bool
    step: int = 0
    is_ended: bool = False
    members: dict[str, ClassMember] = field(default_factory=dict)
    computed: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def display_name(self, home: Path, owner: str) -> str:
        """Return how a member is shown: by its short name, or only by its number."""
        if self.named:
            return short_name(home, owner)
        return f"Browser {self.members[owner].number}"


class Classes:
    """The classes of one home. Methods raise LabError."""

    def __init__(self, home: Path, clock: Callable[[], float] = time.time):
        self.home, self.root, self.clock = home, home / "classes", clock

    def open(self, lesson: str, *, named: bool, by: str) -> str:
        """Open a class for the lesson of this name and return its code."""
        ownership.require_teacher(by)
        if ownership.mode() == ownership.SOLO:
            raise BadInput(
                "In solo mode all browsers are one person, so they cannot form a class. Restart "
                "the server with `make class LAB_PIN=…`.",
                code="class_in_solo_mode",
            )
        LessonLibrary(self.home).get(lesson)
        if self.root.is_dir() and len(list(self.root.iterdir())) >= MOST_CLASSES:
            raise Unavailable(
                f"This lab has {MOST_CLASSES} classes, which is the maximum. Remove old ones from "
                "the folder classes of its home.",
                code="too_many_classes",
            )
        while (folder := self.root / (code := _new_code())).exists():
            pass
        text = to_json_text({"version": 1, "lesson": lesson, "named": named})
        try:
            folder.mkdir(parents=True)
            (folder / "events.jsonl").touch()
            write_atomic(folder / "class.json", lambda file: file.write(text.encode()))
        except OSError as error:
            raise Unavailable(
                f"The class cannot be stored ({error.strerror}). Free disk space, or set LAB_HOME "
                "to another folder.",
                code="home_not_writable",
            ) from None
        return code

    def get(self, code: str) -> Classroom:
        """Return the class with this code."""
        folder = self.root / normalize_code(code)
        try:
            facts = json.loads((folder / "class.json").read_text())
            with (folder / "events.jsonl").open("rb") as file:
                lines, _ = read_lines(file, 0)
        except (OSError, ValueError):
            raise NotFound(
                f"There is no class “{code[:20]}”. Check the four letters that the teacher shows.",
                code="class_not_found",
            ) from None
        room = Classroom(folder.name, str(facts["lesson"]), bool(facts["named"]))
        for line in lines:
            room = _apply(room, json.loads(line))
        return room

    def join(self, code: str, *, by: str) -> Classroom:
        """Add a person to a class, or find it there again, and return the class."""
        ownership.require_known(by)
        with _lock:
            room = self._open_room(code)
            if by in room.members:
                return room
            if len(room.members) >= MOST_MEMBERS:
                raise Unavailable(
                    f"This class has {MOST_MEMBERS} members, which is the maximum. Ask the teacher "
                    "to open a second one.",
                    code="class_full",
                )
            self._append(room.code, {"event": "joined", "by": by})
        return self.get(code)

    def leave(self, code: str, *, by: str) -> None:
        """Take a person out of a class, unless it has answered; nothing if it is not a member."""
        room = self._open_room(code)
        if by in room.members and not room.members[by].answers:
            self._append(room.code, {"event": "left", "by": by})

    def answer(self, code: str, step: int, answer: str, run: str, *, by: str) -> None:
        """Record what a member answered in a step, from 0, and the run that this started."""
        room = self._open_room(code)
        if by not in room.members:
            raise BadInput(
                "You are not in this class. Enter its code on the page Lessons.",
                code="not_in_class",
            )
        event = {"event": "answered", "by": by, "step": step, "answer": answer[:40], "run": run}
        self._append(room.code, event)

    def present(self, code: str, step: int, *, by: str) -> None:
        """Make `step`, from 0, the one that the teacher presents."""
        ownership.require_teacher(by)
        self._append(self._open_room(code).code, {"event": "presented", "step": step})

    def add_computed(self, code: str, step: int, run: str, *, by: str) -> None:
        """Record a run of the server for a value that nobody had."""
        ownership.require_teacher(by)
        self._append(self._open_room(code).code, {"event": "computed", "step": step, "run": run})

    def end(self, code: str, *, by: str) -> None:
        """End a class: nobody can join or answer any more. Its results stay."""
        ownership.require_teacher(by)
        self._append(self.get(code).code, {"event": "ended"})

    def current(self) -> list[str]:
        """Return the codes of the classes that have not ended, the newest first."""
        folders = sorted(
            self.root.glob("*/class.json"), key=lambda path: path.stat().st_mtime, reverse=True
        )
        codes = [path.parent.name for path in folders]
        return [code for code in codes if not self.get(code).is_ended]

    def _open_room(self, code: str) -> Classroom:
        room = self.get(code)
        if room.is_ended:
            raise BadInput(
                f"The class {room.code} has ended. Ask the teacher for the code of another one.",
                code="class_ended",
            )
        return room

    def _append(self, code: str, event: dict[str, Any]) -> None:
        line = to_json_text(event | {"time": self.clock()})
        with _lock, (self.root / code / "events.jsonl").open("ab+") as file:
            append_line(file, line)


_lock = threading.RLock()  # one server writes the classes of a home


def _apply(room: Classroom, event: dict[str, Any]) -> Classroom:
    """Return the class after an event; unknown ones, of a later version, change nothing."""
    kind, by, step = event.get("event"), event.get("by", ""), event.get("step", 0)
    if kind == "joined" and by not in room.members:
        number = max((member.number for member in room.members.values()), default=0) + 1
        member = ClassMember(by, number, event["time"])
        return replace(room, members={**room.members, by: member})
    if kind == "left":
        return replace(room, members={k: m for k, m in room.members.items() if k != by})
    if kind == "answered" and by in room.members:
        given = ClassAnswer(event["answer"], event["run"], event["time"])
        member = room.members[by]
        member = replace(member, answers={**member.answers, step: given})
        return replace(room, members={**room.members, by: member})
    if kind == "presented":
        return replace(room, step=step)
    if kind == "computed":
        runs = (*room.computed.get(step, ()), event["run"])
        return replace(room, computed={**room.computed, step: runs})
    return replace(room, is_ended=True) if kind == "ended" else room


def normalize_code(code: str) -> str:
    """Return a code as it is stored. Raises NotFound for what cannot be one.

    >>> normalize_code(" abcd ")
    'ABCD'
    """
    letters = code.strip().upper()
    if len(letters) != CODE or set(letters) - set(LETTERS):
        raise NotFound(
            f"“{code[:20]}” is not the code of a class. A code has four letters, such as KTMB.",
            code="class_code_invalid",
        )
    return letters


def assigned_value(setting: LessonSetting, number: int) -> tuple[float, int]:
    """Return the value that member `number`, from 1, gets, and the number of earlier members with
    the same value, which is added to the seeds. The first members cover the whole range.

    >>> setting = LessonSetting(path="batch_size", values=(1, 2, 3, 4))
    >>> [assigned_value(setting, number) for number in (1, 2, 3, 4, 5)]
    [(1.0, 0), (3.0, 0), (2.0, 0), (4.0, 0), (1.0, 1)]
    """
    places = range(len(setting.values))
    by_position = sorted(places, key=lambda k: (k * GOLDEN) % 1)
    earlier, place = divmod(number - 1, len(places))
    return setting.values[by_position.index(place)], earlier


def _new_code() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(CODE))
