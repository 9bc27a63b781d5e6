"""ChangesAxis: an axis whose values are changes of an experiment, compared with it in pairs."""

from dataclasses import replace
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from core.base.spec import ranged
from core.base.text import counted
from core.descent.point import CurvePoint
from core.experiment import NAME_LENGTH, Experiment
from core.studies.axes import Axis
from core.studies.changes import AnyChange, Change, Unchanged

MOST = 100  # changes in one study


class ChangesAxis(Axis):
    """Changes of the experiment, each trained with the same seeds as the experiment without it: the
    same split, initial weights, order of the samples, dropout and augmentation, as far as the
    change allows. With d the difference of the error for each of k seeds, its 95 % interval is that
    of the paired t-test.
    """

    kind: Literal["changes"] = "changes"
    label: ClassVar[str] = "Changes, in pairs"
    formula: ClassVar[str] = r"\bar d \pm t_{k-1}\,\tfrac{s(d)}{\sqrt k}"
    source: ClassVar[str] = "Student 1908; Bouthillier et al. 2021 (paired seeds)"
    technique: ClassVar[str] = "O8"
    page: ClassVar[str] = "Watch"
    values: tuple[AnyChange, ...] = Field(max_length=MOST)
    measured_on: Literal["validation", "test"] = ranged(
        "validation",
        label="Measured on",
        option_labels={"validation": "Validation set", "test": "Test set"},
        help="The samples on which the errors are compared. A test set that selects settings no "
        "longer shows how well they do on new samples.",
    )

    @field_validator("values")
    @classmethod
    def _with_unchanged(cls, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        """Put the experiment as it is first, with which all others are compared."""
        return (Unchanged(), *(one for one in changes if not isinstance(one, Unchanged)))

    @model_validator(mode="after")
    def _check_titles(self) -> Self:
        titles = self._titles
        if len(titles) == 1:
            raise PydanticCustomError(
                "no_change", "There is nothing to compare. Choose at least one change."
            )
        if twice := {title for title in titles if titles.count(title) > 1}:
            message = f"“{min(twice)}” is compared twice. Remove one of the two."
            raise PydanticCustomError("duplicate_change", "{message}", {"message": message})
        return self

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes, without the experiment as it is."""
        return self.values[1:]

    @property
    def _titles(self) -> list[str]:
        return [self.title_of(one) for one in self.values]

    @staticmethod
    def title_of(one: Change) -> str:
        """Return the title of a change as it names an experiment."""
        return one.title[:NAME_LENGTH]

    def apply(self, experiment: Experiment, value: Change) -> Experiment:
        return value.apply(experiment)

    def read(self, experiment: Experiment) -> str:
        """Return the title of the change; experiments of a comparison are named after it."""
        return experiment.name

    def place_point(self, point: CurvePoint, experiment: Experiment) -> CurvePoint:
        return replace(point, control=float(self._titles.index(experiment.name)))

    @property
    def title(self) -> str:
        return "Change"

    @property
    def value_names(self) -> dict[float, str]:
        return {float(k): title for k, title in enumerate(self._titles)}

    @property
    def summary(self) -> str:
        return counted(len(self.changes), "change")

    def find(self, title: Any) -> Change:
        """Return the change of this title. KeyError if there is none."""
        return dict(zip(self._titles, self.values, strict=True))[title]
