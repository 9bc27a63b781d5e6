"""Analysis: one question about a finished run. The family of everything that can be asked."""

from collections.abc import Generator
from typing import Any, ClassVar, Self

from core.analysis.trained import Outputs, PartName, TrainedRun
from core.base.spec import Choice
from core.data.dataset import Facts
from core.runs.measured import NAMES

Result = dict[str, Any]  # plain JSON data: see core/base/encoding.to_json_data
Answering = Generator[tuple[float, str], None, Result]


class Analysis(Choice, family="analysis"):
    """A question with its options. The result is plain data and is kept in the folder of the run
    (core/analysis/results.py).
    """

    page: ClassVar[str] = "Watch"
    version: ClassVar[int] = 1  # raised when results of earlier versions must not be used any more
    stored_results: ClassVar[int] = 0  # the newest ones of a run that are kept; 0: all of them
    is_quick: ClassVar[bool] = False  # computed by `python -m core evaluate` without being named

    place: ClassVar[int] = 9  # among the quick ones on the command line

    def unsuitable(self, facts: Facts) -> str:
        """Return why the question cannot be asked about a run on such data, and what can; empty if
        it can.
        """
        return ""

    def for_run(self, trained: TrainedRun) -> Self:
        """Return the question with what people have entered for the run in place of options that
        are left open.
        """
        return self

    def answer(self, trained: TrainedRun) -> Answering:
        """Compute the result. Yields the fraction done and what is being done, often enough for a
        press of Stop (every half second); returns the result. Raises LabError.
        """
        raise NotImplementedError
        yield

    def lines(self, result: Result) -> list[str]:
        """Return the result as lines for a terminal."""
        raise NotImplementedError


def predicting(
    trained: TrainedRun, part: PartName, *, start: float = 0.0, end: float = 1.0
) -> Generator[tuple[float, str], None, Outputs]:
    """Return the outputs for a part within the share `start` to `end` of an analysis."""
    steps = trained.predicting(part)
    while True:
        try:
            done = next(steps)
        except StopIteration as finished:
            return finished.value
        yield start + (end - start) * min(done, 1.0), f"Predicting the {NAMES[part]} set"
