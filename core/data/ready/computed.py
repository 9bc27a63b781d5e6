"""Load a computed dataset: its formula, with noise from the seed of the choice."""

from pathlib import Path

import numpy as np

from core.data.dataset import DataSet
from core.data.ready.download import Progress
from core.data.ready.points import Computed
from core.data.ready.sums import ModularAddition
from core.data.samples import Samples


def computed(
    home: Path, progress: Progress | None = None, *, kind: str, **values: object
) -> Samples:
    """Return the samples of this kind of dataset with these field values: inputs (N, F) float32."""
    choice: Computed = DataSet.members[kind](**values)
    inputs, targets = choice.samples(np.random.Generator(np.random.PCG64(choice.seed)))
    targets = targets.astype(np.int64 if choice.classes else np.float32)
    return Samples(
        choice.label, inputs.astype(np.float32), targets, choice.classes, columns=choice.columns
    )


def modular_addition(home: Path, progress: Progress | None = None, *, modulus: int) -> Samples:
    """Return all examples of addition modulo this number: inputs (p², 2p) float32."""
    choice = ModularAddition(modulus=modulus)
    inputs, targets = choice.samples()
    return Samples(
        choice.label, inputs, targets.astype(np.int64), choice.classes, columns=choice.columns
    )
