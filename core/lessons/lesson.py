"""A lesson as one frozen value: a draft, and steps of question, run and explanation.

Each step trains the draft with its own `changes`. A lesson names the numbers of its runs by
references: `final_validation_error` is that of the same step, `1.final_validation_error` that of
the first step. Nothing in a lesson is executed: checks compare two numbers, and an explanation is a
text in which `{references}` are replaced.
"""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from core.base.encoding import change, encode
from core.base.errors import BadExperiment
from core.base.spec import Value
from core.experiment import NAME_LENGTH, Experiment
from core.lessons.levels import Level
from core.lessons.measures import MEASURES, Numbers, write_measure

VERSION = 1
REFERENCE = r"([1-9]\.)?[a-z0-9_]+"
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
RunReference = Annotated[str, Field(pattern=f"^{REFERENCE}$", max_length=60)]
Text = Annotated[str, Field(min_length=1, max_length=360)]  # pages show texts up to 400
Label = Annotated[str, Field(min_length=1, max_length=200)]


class LessonCheck(Value):
    """A comparison of a number of a run: `left` is below, above or near `times` × `right`, which is
    a number or another reference. Near allows a difference of `tolerance`.
    """

    left: RunReference
    relation: Literal["below", "above", "near"]
    right: float | RunReference
    times: float = Field(1.0, gt=0, le=1e6)
    tolerance: float = Field(0.0, ge=0)

    def holds(self, step: int, runs: list[Numbers]) -> bool:
        """Whether it holds in step `step`, from 0. A number that is missing fulfills nothing."""
        left = find_number(self.left, step, runs)
        right = find_number(self.right, step, runs) if isinstance(self.right, str) else self.right
        if left is None or right is None:
            return False
        limit = self.times * right
        if self.relation == "near":
            return abs(left - limit) <= self.tolerance
        return left < limit if self.relation == "below" else left > limit

    @property
    def references(self) -> list[str]:
        """The references of both sides."""
        return [side for side in (self.left, self.right) if isinstance(side, str)]


class LessonOption(Value):
    """One answer of a question. It is right if every check of `when` holds for the runs."""

    text: Label
    when: tuple[LessonCheck, ...] = Field(min_length=1, max_length=4)


class ChoiceQuestion(Value):
    """A question with two to six options."""

    kind: Literal["choice"]
    text: Text
    options: tuple[LessonOption, ...] = Field(min_length=2, max_length=6)

    def is_right(self, answer: str, step: int, runs: list[Numbers]) -> bool:
        """Whether the option with this index, as text, is right for the runs."""
        index = int(answer) if answer.isdecimal() else len(self.options)
        if index >= len(self.options):
            return False
        return all(check.holds(step, runs) for check in self.options[index].when)

    @property
    def references(self) -> list[str]:
        """All references of its options."""
        return [r for option in self.options for check in option.when for r in check.references]


class NumberQuestion(Value):
    """A question for a number of the run. A guess is right within `tolerance`, in the unit of the
    number: fractions, not percent, for errors.
    """

    kind: Literal["number"]
    text: Text
    answer: RunReference
    tolerance: float = Field(gt=0)

    def is_right(self, answer: str, step: int, runs: list[Numbers]) -> bool:
        """Whether the guess, as text, is within the tolerance of the run's number."""
        measured = find_number(self.answer, step, runs)
        try:
            guess = float(answer)
        except ValueError:
            return False
        return measured is not None and abs(guess - measured) <= self.tolerance

    @property
    def references(self) -> list[str]:
        """The reference of the number."""
        return [self.answer]


class LessonStep(Value):
    """One step: text, question, a run of the draft with `changes` (values by path), what holds for
    the run (`claims`), and an explanation with `{references}`.
    """

    title: Annotated[str, Field(min_length=1, max_length=80)]
    text: Text
    changes: dict[str, Any] = Field(default={}, max_length=20)
    question: Annotated[ChoiceQuestion | NumberQuestion, Field(discriminator="kind")]
    claims: tuple[LessonCheck, ...] = Field(min_length=1, max_length=8)
    explanation: Text

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
                self.experiment(number - 1)
            except BadExperiment as error:
                raise PydanticCustomError(
                    "lesson_changes", "Step {number}: {error}",
                    {"number": number, "error": str(error).rstrip(".")},
                ) from None  # fmt: skip
        return self

    def experiment(self, step: int) -> Experiment:
        """Return what step `step`, from 0, trains. Raises BadExperiment for an invalid change."""
        experiment = self.draft
        for path, value in self.steps[step].changes.items():
            experiment = change(experiment, path, value)
        name = f"{self.title} · {self.steps[step].title}"
        return experiment.model_copy(update={"name": name[:NAME_LENGTH], "about": ""})

    def experiment_text(self, step: int) -> str:
        """Return what step `step` trains as JSON text."""
        return encode(self.experiment(step))

    def explain(self, step: int, runs: list[Numbers]) -> str:
        """Return the explanation of a step with the numbers of its runs."""

        def quote(found: re.Match[str]) -> str:
            run, name = split_reference(found[1], step)
            return write_measure(name, runs[run] if run < len(runs) else {})

        return _PLACEHOLDER.sub(quote, self.steps[step].explanation)

    def failed_claims(self, step: int, runs: list[Numbers]) -> list[LessonCheck]:
        """Return the claims of a step that do not hold for these runs."""
        return [claim for claim in self.steps[step].claims if not claim.holds(step, runs)]


def split_reference(reference: str, step: int) -> tuple[int, str]:
    """Return the step, from 0, and the name of a reference in step `step`.

    >>> split_reference("1.initial_loss", 2), split_reference("initial_loss", 2)
    ((0, 'initial_loss'), (2, 'initial_loss'))
    """
    run, point, name = reference.rpartition(".")
    return (int(run) - 1 if point else step), name


def find_number(reference: str, step: int, runs: list[Numbers]) -> float | None:
    """Return the number of a reference in step `step`; None if there is none (yet)."""
    run, name = split_reference(reference, step)
    return runs[run].get(name) if run < len(runs) else None


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
