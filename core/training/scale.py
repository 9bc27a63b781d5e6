"""Scale: the normalization of inputs and of values to predict, fitted on the training part only."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from core.base.settings import settings
from core.data.batches import Part, Streamed
from core.data.normalization import Affine
from core.data.samples import Samples
from core.data.spreadsheet import growing_array
from core.experiment import Experiment


@dataclass(frozen=True)
class Scale:
    """The map of the inputs, and mean and standard deviation (over N) of targets that are values:
    the network learns (t − mean) / std. All from the training part.
    """

    affine: Affine
    mean: float = 0.0
    std: float = 1.0

    @classmethod
    def fit(cls, experiment: Experiment, data: Samples, rows: np.ndarray) -> "Scale":
        """Fit to the samples at `rows` (n,), the training part."""
        affine = experiment.normalization.fit(data.inputs, rows)
        if data.classes:
            return cls(affine)
        targets = data.targets[rows].astype(np.float64)
        return cls(affine, float(targets.mean()), float(targets.std()) or 1.0)

    def facts(self) -> dict[str, float]:
        """Return mean and standard deviation of the raw training inputs, the root mean square after
        scaling, and mean and standard deviation of the targets.
        """
        affine = self.affine
        raw = {"mean": affine.mean, "std": affine.std, "rms": affine.rms}
        return {**raw, "target_mean": self.mean, "target_std": self.std}

    def state(self) -> dict[str, Any]:
        """Return the state for a checkpoint, so that new inputs can be scaled in the same way."""
        factors = {"multiply": self.affine.multiply, "add": self.affine.add}
        tensors = {
            name: torch.tensor(factor, dtype=torch.float32) for name, factor in factors.items()
        }
        return {**tensors, "target_mean": self.mean, "target_std": self.std}

    def targets(self, targets: np.ndarray) -> np.ndarray:
        """Return targets (N,) as the network learns them: classes unchanged, values scaled."""
        if targets.dtype.kind != "f":
            return targets
        return ((targets - self.mean) / self.std).astype(np.float32)

    def part(
        self, inputs: np.ndarray, targets: np.ndarray, rows: np.ndarray | slice, **how: Any
    ) -> Part:
        """Return the samples at `rows` on the device; `how` as for Part."""
        targets = self.targets(targets[rows])
        if is_streamed(inputs):
            chosen = np.arange(len(inputs))[rows]
            return Streamed(inputs, chosen, targets, self.affine, window=window(), **how)
        return Part(inputs[rows], targets, self.affine, **how)


def is_streamed(inputs: np.ndarray) -> bool:
    """Whether inputs are trained from the disk, in blocks."""
    return isinstance(inputs, np.memmap) and inputs.nbytes > resident()


def will_stream(samples: Samples) -> bool:
    """Whether a dataset will be trained from the disk. Its gaps are filled first, and the result is
    in memory while it is small.
    """
    is_mapped = not samples.fills or samples.inputs.nbytes > growing_array.LIMIT
    return is_mapped and is_streamed(samples.inputs)


def window() -> int:
    """Return how many bytes of inputs on the disk are in memory at a time."""
    return resident() // 4


def resident() -> int:
    """Return up to how many bytes of inputs a dataset on disk is trained from memory: LAB_RESIDENT,
    in MB.
    """
    return int(settings().resident * 2**20)
