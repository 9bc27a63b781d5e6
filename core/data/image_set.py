"""ImageSet: pictures, their labels and the names of the classes.

Plain numpy; knows no torch and no files.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ImageSet:
    """A labelled picture set, perhaps with test pictures that its authors set apart.

    `images` (N, C, H, W) is uint8, or float32 on the same scale (0 is dark, 255 is bright) where
    the source is finer or leaves that range; it may be memory-mapped. `labels` (N,) is int64, from
    0; `classes[label]` is the name. `test_images` and `test_labels` have the same form, or are both
    None.
    """

    name: str
    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    test_images: np.ndarray | None = None
    test_labels: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.images)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W) of one picture."""
        channels, height, width = self.images.shape[1:]
        return channels, height, width

    @property
    def has_test(self) -> bool:
        """Whether the set brings its own test pictures."""
        return self.test_images is not None
