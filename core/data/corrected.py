"""Corrected: a version of a dataset in which a person corrected labels and left rows out."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from core.base.encoding import build
from core.base.spec import Call
from core.base.text import counted
from core.data.dataset import DataSet, Facts

MOST = 10_000  # corrections; the JSON text of an experiment has room for about twice as many

Row = Annotated[int, Field(ge=0, lt=2**31)]


class Corrected(DataSet):
    """Another dataset with corrected labels and without some of its rows. The other dataset stays
    as it is.

    Rows keep their numbers, and no row moves to another part: the split and the label noise are
    drawn as for the original labels. Label noise does not change a corrected label.
    """

    kind: Literal["corrected"] = "corrected"
    label: ClassVar[str] = "Corrected dataset"
    source: ClassVar[str] = "your corrections"
    technique: ClassVar[str] = "D10"
    base: DataSet
    relabeled: tuple[tuple[Row, Row], ...] = Field(
        (), max_length=MOST, description="Row and number of its corrected class, from 0."
    )
    dropped: tuple[Row, ...] = Field((), max_length=MOST, description="Rows that are left out.")

    @field_validator("relabeled", "dropped")
    @classmethod
    def _in_order(cls, values: tuple) -> tuple:
        return tuple(sorted(set(values)))

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        if isinstance(self.base, Corrected):
            raise ValueError("base is a corrected dataset itself: put all corrections in one")
        rows = [row for row, _ in self.relabeled] + list(self.dropped)
        if len(set(rows)) < len(rows):
            row = next(row for row in sorted(rows) if rows.count(row) > 1)
            raise ValueError(f"row {row} is corrected twice: remove one of the corrections")
        return self

    @property
    def uncorrected(self) -> DataSet:
        return self.base

    @property
    def is_handwriting(self) -> bool:
        return self.base.is_handwriting

    def facts(self, home: Path) -> Facts:
        return replace(self.base.facts(home), dropped_rows=len(self.dropped))

    def is_available(self, home: Path) -> bool:
        return self.base.is_available(home)

    def call(self) -> Call:
        values = self.model_dump(mode="json", include={"base", "relabeled", "dropped"})
        return Call("core.data.corrections.corrected", values)

    @property
    def summary(self) -> str:
        return f"{self.base.summary}, {self.changes}"

    @property
    def changes(self) -> str:
        """The number of corrections: 12 labels corrected and 3 rows dropped."""
        labels = f"{counted(len(self.relabeled), 'label')} corrected"
        rows = f"{counted(len(self.dropped), 'row')} dropped"
        counts = [labels] * bool(self.relabeled) + [rows] * bool(self.dropped)
        return " and ".join(counts) or "no corrections"


def correct(data: DataSet, *, relabel: Mapping[int, int] = {}, drop: Iterable[int] = ()) -> DataSet:
    """Return the dataset with further corrections: new classes by row, and rows to leave out. A
    later correction of a row replaces an earlier one. Raises BadExperiment for more than MOST.
    """
    earlier = data if isinstance(data, Corrected) else None
    dropped = ({*earlier.dropped} if earlier else set()) - relabel.keys() | {*drop}
    relabeled = {**dict(earlier.relabeled if earlier else ()), **relabel}
    relabeled = {row: label for row, label in relabeled.items() if row not in dropped}
    if not relabeled and not dropped:
        return data.uncorrected
    base = data.uncorrected.model_dump(mode="json")
    return build(
        Corrected, {"base": base, "relabeled": [*relabeled.items()], "dropped": [*dropped]}
    )
