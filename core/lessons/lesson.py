"""A lesson as one frozen value: a draft, and steps of question, run and explanation.

Each step trains the draft with its own `changes`, and with values of its `settings`, which a person
chooses or, in a class, each browser gets; every other setting is locked. A lesson names the numbers
of its runs by references: `final_validation_error` is that of the same step,
`1.final_validation_error` that of the first step. Nothing in a lesson is executed: checks compare
two numbers, and an explanation is a text in which `{references}` are replaced.

A step can name the `pages` that it needs; the others are locked until a later step or the end of
the lesson opens them.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, NoReturn, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from core.base.encoding import change, read
from core.base.errors import BadExperiment
from core.base.spec import Value
from core.experiment import NAME_LENGTH, Experiment
from core.lessons.levels import Level
from core.lessons.measures import MEASURES, Numbers, measure, write_measure
from core.lessons.questions import (
    REFERENCE,
    Label,
    LessonCheck,
    Question,
    SketchQuestion,
    Text,
    split_reference,
)
from core.runs.history import History
from core.studies.batch import number_fields

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
PageTitle = Literal[
    "Start", "Data", "Network", "Train", "Runs", "Double descent", "Search", "Concepts", "Predict"
]  # fmt: skip
ALWAYS_OPEN = ("Lessons", "Watch")  # pages that every step needs


class LessonSetting(Value):
    """A number that is not locked in a step: the field at `path` takes one of `values`. A person
    chooses it; if it is `assigned`, each browser of a class gets its own.
    """

    path: Annotated[str, Field(min_length=1, max_length=100)]
    values: tuple[float, ...] = Field(min_length=2, max_length=60)
    assigned: bool = Field(False, exclude_if=lambda assigned: not assigned)

    def value_of(self, experiment: Experiment) -> float | None:
        """Return the value of this setting in an experiment; None if it has none."""
        value = read(experiment, self.path)
        return float(value) if isinstance(value, (int, float)) else None


class LessonStep(Value):
    """One step: text, question, a run of the draft with `changes` (values by path) and `settings`,
    what holds for the run (`claims`), and an explanation with `{references}`. `pages` are those
    that it opens beside `ALWAYS_OPEN`; None opens all. `notes` are for the person who presents the
    lesson.
    """

    title: Annotated[str, Field(min_length=1, max_length=80)]
    text: Text
    changes: dict[str, Any] = Field(default={}, max_length=20)
    settings: tuple[LessonSetting, ...] = Field(
        (), max_length=3, exclude_if=lambda those: not those
    )
    question: Question
    claims: tuple[LessonCheck, ...] = Field(min_length=1, max_length=8)
    explanation: Text
    pages: tuple[PageTitle, ...] | None = Field(
        None, max_length=9, exclude_if=lambda pages: pages is None
    )
    notes: Annotated[str, Field(max_length=1000)] = Field("", exclude_if=lambda notes: not notes)

    @property
    def references(self) -> list[str]:
        """All references of the step."""
        claimed = [r for claim in self.claims for r in claim.references]
        quoted = _PLACEHOLDER.findall(self.explanation)
        return [*self.question.references, *claimed, *quoted]


class Lesson(Value):
    """A lesson. Its experiments and references are checked when it is read. `level` is how many
    settings the pages show during the lesson; None keeps that of the browser.
    """

    version: Literal[1]
    title: Annotated[str, Field(min_length=1, max_length=80)]
    summary: Label
    draft: Experiment = Experiment()
    level: Level | None = Field(None, exclude_if=lambda level: level is None)
    steps: tuple[LessonStep, ...] = Field(min_length=1, max_length=9)

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        for number, step in enumerate(self.steps, 1):
            for reference in step.references:
                _check_reference(reference, number)
            try:
                self._check_sketch(number)
                numbers = number_fields(self.experiment(number - 1))
                for setting in step.settings:
                    if setting.path not in numbers:
                        _refuse_setting(number, setting.path, numbers)
                    for value in setting.values:
                        self.experiment(number - 1, {setting.path: value})
            except BadExperiment as error:
                raise PydanticCustomError(
                    "lesson_changes", "Step {number}: {error}",
                    {"number": number, "error": str(error).rstrip(".")},
                ) from None  # fmt: skip
        return self

    def _check_sketch(self, number: int) -> None:
        """Refuse a sketch of step `number`, from 1, over fewer than two epochs."""
        epochs = self.experiment(number - 1).epochs
        if isinstance(self.steps[number - 1].question, SketchQuestion) and epochs < 2:
            raise PydanticCustomError(
                "sketch_epochs",
                "Step {number}: a sketch needs at least 2 epochs, but this step trains for 1. "
                "Increase epochs, or ask for a choice or a number",
                {"number": number},
            )

    def experiment(self, step: int, chosen: Mapping[str, float] | None = None) -> Experiment:
        """Return what step `step`, from 0, trains, with the `chosen` values of its settings by
        path. Raises BadExperiment for an invalid change and for a setting or a value that the step
        does not have (lesson_locked).
        """
        experiment, chosen = self.draft, chosen or {}
        for path, value in self.steps[step].changes.items():
            experiment = change(experiment, path, value)
        for path, value in chosen.items():
            allowed = [s.values for s in self.steps[step].settings if s.path == path]
            if not allowed or value not in allowed[0]:
                raise BadExperiment(
                    f"{path} = {value:g} is not among the settings of step {step + 1} of this "
                    "lesson. Choose one of the values that the step shows.",
                    code="lesson_locked",
                )
            experiment = change(experiment, path, int(value) if value == int(value) else value)
        name = f"{self.title} · {self.steps[step].title}"
        return experiment.model_copy(update={"name": name[:NAME_LENGTH], "about": ""})

    def measure(self, step: int, history: History) -> Numbers:
        """Return the numbers of the run of a step, with its curve where that is sketched."""
        question, numbers = self.steps[step].question, measure(history)
        if isinstance(question, SketchQuestion):
            return numbers | question.measure(history, self.experiment(step).epochs)
        return numbers

    def opens(self, page: str, answered: int) -> bool:
        """Whether a page, by its title, is open after `answered` answers: the current step or an
        earlier one names it, so that no page closes during a lesson.
        """
        opened = [step.pages for step in self.steps[: answered + 1]]
        return page in ALWAYS_OPEN or any(pages is None or page in pages for pages in opened)

    def setting_label(self, step: int, setting: LessonSetting) -> str:
        """Return the name of a setting of a step, such as "Linear 2: units"."""
        return number_fields(self.experiment(step))[setting.path].label

    def explain(self, step: int, runs: list[Numbers]) -> str:
        """Return the explanation of a step with the numbers of its runs."""

        def quote(found: re.Match[str]) -> str:
            run, name = split_reference(found[1], step)
            return write_measure(name, runs[run] if run < len(runs) else {})

        return _PLACEHOLDER.sub(quote, self.steps[step].explanation)

    def failed_claims(self, step: int, runs: list[Numbers]) -> list[LessonCheck]:
        """Return the claims of a step that do not hold for these runs."""
        return [claim for claim in self.steps[step].claims if not claim.holds(step, runs)]


def _refuse_setting(number: int, path: str, numbers: Iterable[str]) -> NoReturn:
    raise PydanticCustomError(
        "lesson_setting",
        "Step {number}: {path} is not a number of this experiment. Choose one of {names}",
        {"number": number, "path": path[:60], "names": ", ".join(numbers)},
    )


def _check_reference(reference: str, number: int) -> None:
    """Refuse a reference of step `number`, from 1, to a later step or an unknown number."""
    if not re.fullmatch(REFERENCE, reference):
        raise PydanticCustomError(
            "lesson_reference",
            "Step {number}: {reference} is not the name of a number. Write a name such as "
            "final_validation_error, or 1.final_validation_error for that of step 1",
            {"number": number, "reference": "{" + reference[:60] + "}"},
        )
    run, name = split_reference(reference, number - 1)
    if name not in MEASURES:
        raise PydanticCustomError(
            "lesson_measure",
            "Step {number}: a run has no number {name}. Choose one of {names}",
            {"number": number, "name": name, "names": ", ".join(MEASURES)},
        )
    if run >= number:
        raise PydanticCustomError(
            "lesson_order",
            "Step {number}: {reference} belongs to a later step. Use a number of step {number} or "
            "of an earlier one",
            {"number": number, "reference": reference},
        )
