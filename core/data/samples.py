"""Samples: what a network learns from, each an input with its target.

Plain numpy; knows no torch and no files.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Samples:
    """Inputs and targets, perhaps with test samples that the authors of the set kept apart.

    `inputs` (N, C, H, W) are pictures: uint8, or float32 on the same scale (0 is dark, 255 is
    bright) where the source is finer or leaves that range. `inputs` (N, F) are rows of numbers,
    float32. They may be memory-mapped. With `classes`, `targets` (N,) is int64 from 0 and
    `classes[target]` the name; without, `targets` (N,) is float32, values to be predicted.
    `columns` names the F values of a row where they have names. `test_inputs` and `test_targets`
    have the same form, or are both None.
    """

    name: str
    inputs: np.ndarray
    targets: np.ndarray
    classes: tuple[str, ...]
    test_inputs: np.ndarray | None = None
    test_targets: np.ndarray | None = None
    columns: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def shape(self) -> tuple[int, ...]:
        """(C, H, W) of one picture, or (F,) of one row."""
        return tuple(self.inputs.shape[1:])

    @property
    def outputs(self) -> int:
        """Values that a network must give for one input: one for each class, else one."""
        return len(self.classes) or 1

    @property
    def has_test(self) -> bool:
        """Whether the set brings its own test samples."""
        return self.test_inputs is not None
