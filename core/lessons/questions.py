"""The questions of a lesson: a choice, a number, or a sketch of a curve, and the checks of numbers
of runs that decide whether an answer is right. Nothing in them is executed.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from core.base.numbers import percent, short
from core.base.spec import Value
from core.base.text import join_words
from core.lessons.measures import MEASURES, Numbers, RunMeasure, write_measure, write_number
from core.lessons.sketch import (
    LEVELS,
    POSITIONS,
    CurveFeature,
    CurveName,
    decode_sketch,
    describe_curve,
    positions,
    resample,
    run_curve,
)
from core.runs.history import History

REFERENCE = r"([1-9]\.)?[a-z0-9_]+"
RunReference = Annotated[str, Field(pattern=f"^{REFERENCE}$", max_length=60)]
Text = Annotated[str, Field(min_length=1, max_length=360)]  # pages show texts up to 400
Label = Annotated[str, Field(min_length=1, max_length=200)]
NO_ANSWER = "none"
CURVE = "curve."  # before the epoch, the name of a value of a curve among the numbers of a run


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

    def describe(self, answer: str) -> str:
        """Return an answer as the person saw it."""
        known = answer.isdecimal() and int(answer) < len(self.options)
        return self.options[int(answer)].text if known else NO_ANSWER

    def correct(self, step: int, runs: list[Numbers]) -> str:
        """Return the right answer by the numbers of the runs, as a sentence."""
        right = [
            option.text
            for number, option in enumerate(self.options)
            if self.is_right(str(number), step, runs)
        ]
        return f"Correct answer: {right[0]}" if right else "None of the options fits this run."

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
    def measure(self) -> RunMeasure:
        """The measure that it asks for."""
        return MEASURES[split_reference(self.answer, 0)[1]]

    def describe(self, answer: str) -> str:
        """Return a guess as the person saw it."""
        try:
            return self.measure.write(float(answer))
        except ValueError:
            return NO_ANSWER

    def correct(self, step: int, runs: list[Numbers]) -> str:
        """Return the number of the run, as a sentence."""
        run, name = split_reference(self.answer, step)
        return f"The {MEASURES[name].label} is {write_measure(name, runs[run])}."

    @property
    def references(self) -> list[str]:
        """The reference of the number."""
        return [self.answer]


class SketchQuestion(Value):
    """A question that a sketch answers: how `curve` goes over the epochs of the run, on a y-axis
    from `low` to `high`, which for errors are fractions. It is right if of the `features` it has
    those that the curve of the run has, and no others.
    """

    kind: Literal["sketch"]
    text: Text
    curve: CurveName
    low: float = Field(0.0, ge=-1e6, le=1e6)
    high: float = Field(ge=-1e6, le=1e6)
    features: tuple[CurveFeature, ...] = Field(min_length=1, max_length=len(CurveFeature))

    @model_validator(mode="after")
    def _has_height(self) -> Self:
        if self.high <= self.low:
            raise PydanticCustomError(
                "sketch_axis",
                "The y-axis of the sketch ends at {high}, which is not above its start {low}. Give "
                "high a larger value",
                {"high": f"{self.high:g}", "low": f"{self.low:g}"},
            )
        return self

    @property
    def label(self) -> str:
        """The name of the curve in a sentence."""
        return self.curve.replace("_", " ")

    @property
    def is_fraction(self) -> bool:
        """Whether the values of the curve are shown in percent."""
        return self.curve.endswith("error")

    def is_right(self, answer: str, step: int, runs: list[Numbers]) -> bool:
        """Whether the sketch has the same features as the run."""
        sketched = self.heights(answer)
        measured = self._fractions(runs[step] if step < len(runs) else {})
        if not sketched or not measured:
            return False
        return all(f.holds(sketched) == f.holds(measured) for f in self.features)

    def heights(self, answer: str) -> list[float]:
        """Return the sketch as fractions of the height of the axes; none for no sketch."""
        return [level / (LEVELS - 1) for level in decode_sketch(answer)]

    def sketched(self, answer: str, epochs: int) -> list[tuple[float, float]]:
        """Return the sketch as a curve over the epochs of the run; none for no sketch."""
        values = [self.low + height * (self.high - self.low) for height in self.heights(answer)]
        return list(zip(positions(epochs), values, strict=True)) if values else []

    def measure(self, history: History, epochs: int) -> Numbers:
        """Return the curve of a run as numbers; none for one that ends before `epochs`."""
        curve = run_curve(history, self.curve)
        if len(curve) < 2 or curve[0][0] > 1 or curve[-1][0] < epochs:
            return {}
        return {f"{CURVE}{epoch:.0f}": value for epoch, value in curve}

    def measured(self, numbers: Numbers) -> list[tuple[float, float]]:
        """Return the curve among the numbers of a run; none for a run without it."""
        return [
            (float(name.removeprefix(CURVE)), value)
            for name, value in numbers.items()
            if name.startswith(CURVE)
        ]

    def write(self, value: float) -> str:
        """Return a value of the curve of a run as text."""
        return percent(value) if self.is_fraction else write_number(value)

    def write_sketched(self, value: float) -> str:
        """Return a value of a sketch as text, with the two digits that it has."""
        return percent(round(value, 2)) if self.is_fraction else short(value, 2)

    def describe(self, answer: str) -> str:
        """Return where the sketch starts, has its extremes and ends."""
        curve = self.sketched(answer, POSITIONS)
        return describe_curve(curve, self.write_sketched, epochs=False) if curve else NO_ANSWER

    def correct(self, step: int, runs: list[Numbers]) -> str:
        """Return which features the curve of the run has and which it has not, as a sentence."""
        heights = self._fractions(runs[step])
        if not heights:
            return f"The run has no {self.label} for all of its epochs."
        texts = [feature.text(feature.holds(heights)) for feature in self.features]
        return f"The {self.label} of the run {join_words(texts)}."

    def _fractions(self, numbers: Numbers) -> list[float]:
        """The curve of a run at the positions of a sketch, as fractions of the height."""
        curve = self.measured(numbers)
        values = resample(curve) if curve else []
        return [(value - self.low) / (self.high - self.low) for value in values]

    @property
    def references(self) -> list[str]:
        """None: it names no number."""
        return []


Question = Annotated[ChoiceQuestion | NumberQuestion | SketchQuestion, Field(discriminator="kind")]


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
