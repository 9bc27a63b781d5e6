"""Bias and variance of a finished run against the human error, from what the network computes."""

from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from core.advice.bias_variance import judge
from core.analysis.analysis import Analysis, Answering, Result
from core.analysis.trained import TrainedRun
from core.base.text import aligned, counted
from core.runs import notes
from core.runs.measured import GAUSSIAN, NAMES, Measured


class BiasVariance(Analysis):
    """Training error − human error, and validation error − training error, each with a 95 %
    interval and whether it is high. Without the human (Bayes) error as a fraction, or as an RMSE
    for values, the one that was entered on the page counts; without any, the bias may be unknown.

    Approximation and estimation error are another split: see Three sources of error.
    """

    kind: Literal["bias_variance"] = "bias_variance"
    label: ClassVar[str] = "Bias and variance"
    source: ClassVar[str] = "Ng 2018; Wilson 1927; Newcombe 1998; Brown & Ali 2024"
    technique: ClassVar[str] = "V8"
    page: ClassVar[str] = "Watch"
    human: float | None = Field(None, ge=0, description="The lowest error that is possible.")

    def for_run(self, trained: TrainedRun) -> Self:
        if self.human is not None:
            return self
        entered = notes.read(trained.store, trained.run).human_error
        return self.model_copy(update={"human": entered})

    def answer(self, trained: TrainedRun) -> Answering:
        parts = {}
        for number, part in enumerate(NAMES):
            yield number / len(NAMES), f"Predicting the {NAMES[part]} set"
            if len(getattr(trained.setup, part)):
                parts[part] = _measure(trained, part)
        return {"parts": parts, "human": self.human}

    def lines(self, result: Result) -> list[str]:
        measured = {part: Measured(**fields) for part, fields in result["parts"].items()}
        rows = [
            (NAMES[part].capitalize(), error.describe("error"), counted(error.samples, "sample"))
            for part, error in measured.items()
        ]
        verdict = judge(measured, result["human"])
        text = verdict.finding.text if verdict else "There are no held-out samples to judge by."
        return [*aligned(rows), "", text.replace("**", "")]


def _measure(trained: TrainedRun, part: str) -> Result:
    """The fields of Measured for one part."""
    outputs = trained.outputs(part)
    if trained.classes:
        wrong = float((outputs.predicted != outputs.targets).mean())
        return {"error": wrong, "samples": len(outputs.targets)}
    squares = (outputs.predicted.astype(np.float64) - outputs.targets) ** 2
    mean = float(squares.mean())
    return {
        "error": mean**0.5,
        "samples": len(squares),
        "scatter": float(squares.std() / mean) if mean else GAUSSIAN,
        "std": trained.scale[1],
    }
