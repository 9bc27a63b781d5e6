"""What a baseline gets and returns: rows to learn from, rows that are scored, and predictions."""

from collections.abc import Generator
from dataclasses import dataclass

from torch import Tensor

Working = Generator[None, None, "Fitted"]


@dataclass(frozen=True)
class BaselineRows:
    """Inputs (n, d) float32, flat and scaled, with targets (n,): class numbers or values."""

    inputs: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.targets)

    def first(self, count: int) -> "BaselineRows":
        """Return the first rows: rows are in random order."""
        return BaselineRows(self.inputs[:count], self.targets[:count])


@dataclass(frozen=True)
class BaselineTask:
    """The rows to learn from, those that choose between settings, and those that are scored, by the
    name of their part. `classes` is 0 for values.
    """

    train: BaselineRows
    choose: BaselineRows
    scored: dict[str, BaselineRows]
    classes: int


@dataclass(frozen=True)
class Fitted:
    """Predictions (n,) for the first n scored rows of each part, `detail` such as "k = 3", and the
    number of training `rows`.
    """

    predictions: dict[str, Tensor]
    rows: int
    detail: str = ""


def score_answer(answer: Tensor, targets: Tensor, classes: int) -> float:
    """Accuracy, or minus the mean squared error."""
    if classes:
        return (answer == targets).double().mean().item()
    return -(answer.double() - targets.double()).square().mean().item()
