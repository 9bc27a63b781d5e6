"""The confusion matrix: how often each class was predicted for samples of each class."""

from typing import ClassVar, Literal

import numpy as np

from core.analysis.analysis import Analysis, Answering
from core.analysis.trained import TrainedRun


class Confusion(Analysis):
    """Counts of true and predicted classes on one part of the data."""

    kind: Literal["confusion"] = "confusion"
    label: ClassVar[str] = "Confusion matrix"
    part: Literal["train", "validation", "test"] = "test"

    def answer(self, trained: TrainedRun) -> Answering:
        yield 0.1, "Predicting every sample"
        outputs = trained.outputs(self.part)
        counts = confusion_matrix(outputs.targets, outputs.predicted, len(trained.classes))
        return {"counts": counts.tolist()}


def confusion_matrix(true: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Return how many samples of class i were predicted as class j, (C, C) int64."""
    pairs = classes * true.astype(np.int64) + predicted
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)
