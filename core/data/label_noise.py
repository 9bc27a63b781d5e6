"""Label noise: a share of the training labels made wrong on purpose, so that learning by heart can
be seen. Pure numpy.
"""

from typing import TYPE_CHECKING

from core.base.spec import Value, ranged

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np


class LabelNoise(Value):
    """Exactly p of the training labels, rounded, become another class, each other class as likely
    (Zhang et al. 2017; the convention of Nakkiran et al. 2019). Validation and test stay clean.

    Technique D10. Where a paper draws from all C classes, the right one among them, only
    p·(1 − 1/C) of the labels are truly wrong: 18 % for p = 20 % and ten classes.
    """

    share: float = ranged(0.0, 0, 1, symbol="p", help="Share of the training labels made wrong.")
    seed: int = ranged(0, 0, 2**31 - 1, help="Which labels, and which classes they become.")

    def problem(self, classes: "Sequence[str]") -> str | None:
        """Why targets of these classes (none: values) cannot get it, and the way out."""
        if not self.share or len(classes) > 1:
            return None
        have = "one class alone" if classes else "values to predict"
        return f"Label noise swaps classes, but this data has {have}: set its share to 0."

    def on(
        self, targets: "np.ndarray", rows: "np.ndarray", classes: "Sequence[str]"
    ) -> "tuple[np.ndarray, np.ndarray]":
        """The targets of the whole set (N,) with noise on those at `rows` (n,), the training part,
        and which rows it has changed, sorted. The array that was given is not written.
        """
        if not self.share:
            return targets, rows[:0]
        labels, changed = noisy(targets[rows], len(classes), self.share, self.seed)
        targets = targets.copy()
        targets[rows] = labels
        return targets, rows[changed]


def noisy(
    labels: "np.ndarray", classes: int, share: float, seed: int
) -> "tuple[np.ndarray, np.ndarray]":
    """Labels (n,) of 0 … classes − 1, round(share·n) of them replaced by another class, and which.

    Of the same seed, what a smaller share changes a larger one changes alike.
    """
    import numpy as np

    draw = np.random.Generator(np.random.PCG64(seed))
    first = draw.permutation(len(labels))[: int(share * len(labels) + 0.5)]
    further = draw.integers(1, classes, len(labels))  # 1 … C − 1 classes on: never the same one
    changed = np.sort(first)
    result = labels.copy()
    result[changed] = (labels[changed] + further[changed]) % classes
    return result, changed
