"""Parity: how well the answers of an exported network agree with those of PyTorch."""

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from core.base.finding import Finding
from core.base.numbers import short, whole

TOLERANCE = 1e-4  # of a probability, or in standard deviations of the predicted values


@dataclass(frozen=True)
class Parity:
    """The comparison of `rows` samples. `difference` is the largest one: of a probability, or of a
    value in standard deviations of the training targets. `same` counts equal answers: the same
    class, or a value within the tolerance.
    """

    rows: int
    difference: float
    same: int
    is_value: bool
    program: str

    @classmethod
    def of(cls, own: np.ndarray, other: np.ndarray, *, std: float | None, program: str) -> Self:
        """Compare the answers of PyTorch with others: probabilities (N, C), or values (N,) whose
        training targets have the standard deviation `std`.
        """
        gaps = np.abs(own.astype(np.float64) - other)
        if std is None:
            same = own.argmax(1) == other.argmax(1)
        else:
            # Values far from 0 are rounded to float32 on both sides.
            gaps = np.maximum(gaps - np.spacing(np.abs(own)), 0) / std
            same = gaps <= TOLERANCE
        largest = float(gaps.max()) if np.isfinite(gaps).all() else float("inf")
        return cls(len(own), largest, int(same.sum()), std is not None, program)

    @property
    def agrees(self) -> bool:
        """Whether the largest difference is within the tolerance."""
        return self.difference <= TOLERANCE

    def plain(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return asdict(self)

    def finding(self) -> Finding:
        """Return the result of the comparison as a finding."""
        what = "predicted values" if self.is_value else "predicted classes"
        unit = " standard deviations of the targets" if self.is_value else ""
        text = (
            f"{whole(self.same)} of {whole(self.rows)} {what} are the same in {self.program} and "
            f"PyTorch; the largest difference of a {'value' if self.is_value else 'probability'} "
            f"is {short(self.difference)}{unit}"
        )
        if self.agrees:
            return Finding("export_agrees", "ok", f"{text}.", self.plain())
        text += (
            f", more than {short(TOLERANCE)}: the network multiplies rounding errors. Check "
            "answers that are close to each other, or train with standardized inputs."
        )
        return Finding("export_differs", "warn", text, self.plain())


def rounding_finding() -> Finding:
    """Return the finding for runs whose training multiplied in bfloat16."""
    text = (
        "The run multiplies in bfloat16, and the exported file in float32, which is more precise: "
        "a few answers may differ from those on the Mistakes tab. Train in float32 for equal ones."
    )
    return Finding("export_more_precise", "info", text)
