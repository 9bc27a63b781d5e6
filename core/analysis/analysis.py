"""Analysis: one question about a finished run. The family of everything that can be asked."""

from collections.abc import Generator
from typing import Any, ClassVar

from core.analysis.trained import TrainedRun
from core.base.spec import Choice

Result = dict[str, Any]  # plain JSON data: see core/base/encoding.to_json_data
Answering = Generator[tuple[float, str], None, Result]


class Analysis(Choice, family="analysis"):
    """A question with its options. The result is plain data and is kept in the folder of the run
    (core/analysis/results.py).
    """

    version: ClassVar[int] = 1  # raised when results of earlier versions must not be used any more

    def answer(self, trained: TrainedRun) -> Answering:
        """Compute the result. Yields the fraction done and what is being done, often enough for a
        press of Stop (every half second); returns the result. Raises LabError.
        """
        raise NotImplementedError
        yield
