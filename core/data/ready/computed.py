"""Loads a computed set: its formula at its choice, its noise from the choice's seed."""

from pathlib import Path

import numpy as np

from core.data.dataset import DataSet
from core.data.ready.download import Progress
from core.data.ready.points import Computed
from core.data.samples import Samples


def computed(
    home: Path, progress: Progress | None = None, *, kind: str, **given: object
) -> Samples:
    """The samples of the computed set of this kind with these fields: inputs (N, F) float32."""
    choice: Computed = DataSet.members[kind](**given)
    inputs, targets = choice.samples(np.random.Generator(np.random.PCG64(choice.seed)))
    targets = targets.astype(np.int64 if choice.classes else np.float32)
    return Samples(
        choice.label, inputs.astype(np.float32), targets, choice.classes, columns=choice.columns
    )
