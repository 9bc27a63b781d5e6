"""The table of a run's epochs: for each part its loss, its error, and its score in the unit of the
data.
"""

from collections.abc import Sequence

from core.base.events import Epoch, Scores, error
from core.runs.score import is_regression, value
from core.runs.tables import Columns


def epoch_columns(epochs: Sequence[Epoch], std: float = 1.0) -> Columns:
    """Return one row per epoch; None for a score that was not measured.

    For regression, accuracy is R², and `std` is the standard deviation of the training targets.
    """
    columns = {
        "epoch": [epoch.epoch for epoch in epochs],
        "step": [epoch.step for epoch in epochs],
        "seconds": [epoch.seconds for epoch in epochs],
        "best": [epoch.best for epoch in epochs],
    }
    for part in ("train", "validation"):
        scores: list[Scores] = [getattr(epoch, part) or {} for epoch in epochs]
        columns |= {
            f"{part}_loss": [each.get("loss") for each in scores],
            f"{part}_error": [error(each) for each in scores],
            f"{part}_accuracy": [value(each, "accuracy") for each in scores],
            f"{part}_rmse": [
                value(each, "error", std) if is_regression(each) else None for each in scores
            ],
        }
    return columns
