"""The results of a class: where each member is, and what its runs measured, as rows for a table, a
chart and a CSV file. Knows the store of runs by three functions, so that a page can cache them.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.experiment import Experiment
from core.lessons.classroom import ClassMember, Classroom
from core.lessons.lesson import Lesson
from core.lessons.measures import MEASURES, Numbers
from core.lessons.questions import NumberQuestion, SketchQuestion, split_reference
from core.lessons.sketch import POSITIONS
from core.runs.state import RunState

STUCK = 300.0  # seconds without an answer after which a member counts as stuck
ERROR = "final_validation_error"
SERVER = "Server"  # the name of runs that the server adds


class MemberState(StrEnum):
    """What a member of a class does now."""

    WORKING, TRAINING, WAITING, STUCK, FINISHED = (
        "working", "training", "waiting", "stuck", "finished"
    )  # fmt: skip

    @property
    def label(self) -> str:
        """The name on screen."""
        return self.value.capitalize()


@dataclass(frozen=True)
class RunReader:
    """How the state, the numbers and the experiment of a run are read. `numbers` takes a
    run and its step, and returns None for a run that has not finished.
    """

    state: Callable[[str], RunState]
    numbers: Callable[[str, int], Numbers | None]
    experiment: Callable[[str], Experiment]


@dataclass(frozen=True)
class ClassResult:
    """One answer of one person and its run; an empty `answer` for a run of the server. `values` are
    those of the settings of the step.
    """

    name: str
    step: int
    answer: str
    run: str
    state: RunState
    values: tuple[float | None, ...]
    numbers: Numbers | None
    is_right: bool | None

    def guess(self, lesson: Lesson) -> float | None:
        """Return the number that was guessed; None for another kind of question."""
        question = lesson.steps[self.step].question
        return float(self.answer) if isinstance(question, NumberQuestion) and self.answer else None

    def measured(self, lesson: Lesson) -> float | None:
        """Return the number of the run that the chart of its step shows."""
        return (self.numbers or {}).get(measure_name(lesson, self.step))


def measure_name(lesson: Lesson, step: int) -> str:
    """Return the number that is guessed in a step; the validation error for other questions."""
    question = lesson.steps[step].question
    if isinstance(question, NumberQuestion):
        return split_reference(question.answer, step)[1]
    return ERROR


def member_state(
    member: ClassMember, lesson: Lesson, state: Callable[[str], RunState], now: float
) -> MemberState:
    """Return what a member does at `now`, in seconds since 1970."""
    last = max(member.answers, default=None)
    if last is not None:
        run = state(member.answers[last].run)
        if run is RunState.QUEUED:
            return MemberState.WAITING
        if run.is_live:
            return MemberState.TRAINING
        if run in (RunState.FAILED, RunState.STOPPED):
            return MemberState.STUCK
        if len(member.answers) >= len(lesson.steps):
            return MemberState.FINISHED
    return MemberState.STUCK if now - member.last_time > STUCK else MemberState.WORKING


def results(room: Classroom, lesson: Lesson, reader: RunReader, home: Path) -> list[ClassResult]:
    """Return all answers of a class with their runs, by step and member; then the server's runs."""
    rows: list[ClassResult] = []
    for step in range(len(lesson.steps)):
        for member in room.members.values():
            if given := member.answers.get(step):
                name = room.display_name(home, member.owner)
                before = [(k, member.answers[k].run) for k in range(step) if k in member.answers]
                rows.append(_result(lesson, reader, name, step, given.answer, given.run, before))
        for run in room.computed.get(step, ()):
            rows.append(_result(lesson, reader, SERVER, step, "", run, []))
    return rows


def _result(
    lesson: Lesson,
    reader: RunReader,
    name: str,
    step: int,
    answer: str,
    run: str,
    before: Sequence[tuple[int, str]],
) -> ClassResult:
    numbers, experiment = reader.numbers(run, step), reader.experiment(run)
    values = tuple(setting.value_of(experiment) for setting in lesson.steps[step].settings)
    right = None
    if numbers is not None and answer:
        runs = [*(reader.numbers(each, k) or {} for k, each in before), numbers]
        right = len(runs) > step and lesson.steps[step].question.is_right(answer, step, runs)
    return ClassResult(name, step, answer, run, reader.state(run), values, numbers, right)


def missing_values(lesson: Lesson, step: int, rows: Sequence[ClassResult]) -> list[float]:
    """Return the values of the first setting of a step that no run has."""
    settings = lesson.steps[step].settings
    had = {row.values[0] for row in rows if row.step == step and row.values}
    return [value for value in settings[0].values if value not in had] if settings else []


def count_answers(lesson: Lesson, step: int, rows: Sequence[ClassResult]) -> list[int]:
    """Return how often each option of a step with options was chosen."""
    given = [row.answer for row in rows if row.step == step and row.answer]
    options = getattr(lesson.steps[step].question, "options", ())
    return [given.count(str(index)) for index in range(len(options))]


def results_csv(lesson: Lesson, rows: Sequence[ClassResult]) -> str:
    """Return one row per answer: person, step, settings, answer, and the numbers of the run."""
    most = max(len(step.settings) for step in lesson.steps)
    head = ["person", "step", "title", "answer", "correct", "run", "state"]
    settings = [f"setting_{k + 1}" for k in range(most)]
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow([*head, *settings, *MEASURES])
    writer.writerows(_csv_rows(lesson, rows, most))
    return output.getvalue()


def _csv_rows(lesson: Lesson, rows: Sequence[ClassResult], most: int) -> Iterator[list[object]]:
    for row in rows:
        question = lesson.steps[row.step].question
        answer = row.answer
        if (options := getattr(question, "options", ())) and answer.isdecimal():
            answer = options[int(answer)].text if int(answer) < len(options) else ""
        elif isinstance(question, SketchQuestion):
            answer = " ".join(f"{value:.4g}" for _, value in question.sketched(answer, POSITIONS))
        right = "" if row.is_right is None else str(row.is_right).lower()
        values = [*row.values, *[None] * (most - len(row.values))]
        numbers = row.numbers or {}
        yield [
            row.name, row.step + 1, lesson.steps[row.step].title, _plain(answer), right, row.run,
            row.state.value, *values, *(numbers.get(name) for name in MEASURES),
        ]  # fmt: skip


def _plain(text: str) -> str:
    """Return a text that a spreadsheet does not take for a formula."""
    return (
        f"'{text}" if text[:1] in "=+@" or (text[:1] == "-" and not text[1:2].isdigit()) else text
    )
