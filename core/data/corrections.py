"""Corrections: load a dataset with corrected labels, for the choice `Corrected`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import BadData
from core.base.text import counted
from core.data.dataset import DataSet
from core.data.load import load
from core.data.ready.download import Progress
from core.data.samples import Corrections, Samples


def corrected(
    home: Path,
    progress: Progress | None = None,
    *,
    base: dict[str, Any],
    relabeled: Sequence[tuple[int, int]],
    dropped: Sequence[int],
) -> Samples:
    """Return the samples of `base` with new labels. Dropped rows stay in the arrays, so that rows
    keep their numbers; they are in no part. Raises BadData for rows or classes that do not exist.
    """
    samples = load(DataSet.pick(base), home, progress)
    if not samples.classes:
        raise BadData(
            f"{samples.name} has values to predict, but corrections replace classes. Use the "
            "dataset without corrections.",
            code="corrections_need_classes",
        )
    pairs = np.array(relabeled, np.int64).reshape(-1, 2)
    rows = np.array(dropped, np.int64)
    _check(samples, np.concatenate([pairs[:, 0], rows]), pairs[:, 1])
    targets = np.array(samples.targets)
    targets[pairs[:, 0]] = pairs[:, 1]
    corrections = Corrections(samples.targets, relabeled=pairs[:, 0], dropped=rows)
    return replace(samples, targets=targets, corrections=corrections)


def _check(samples: Samples, rows: np.ndarray, labels: np.ndarray) -> None:
    if len(rows) and rows.max() >= len(samples):
        raise BadData(
            f"A correction names row {rows.max()}, but {samples.name} has "
            f"{counted(len(samples), 'row')}, counted from 0. Remove this correction.",
            code="correction_row",
        )
    if len(labels) and labels.max() >= len(samples.classes):
        raise BadData(
            f"A correction names class {labels.max()}, but {samples.name} has "
            f"{counted(len(samples.classes), 'class')}, counted from 0. Remove this correction.",
            code="correction_class",
        )
