"""Label noise: a fraction of the training labels is changed on purpose, to show memorization."""

from typing import TYPE_CHECKING

from core.base.misfit import Misfit
from core.base.spec import Value, ranged

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from core.data.parts import Parts
    from core.data.samples import Samples


class LabelNoise(Value):
    """Replaces a fraction p of the training labels with another class, each equally likely
    (Zhang et al. 2017, with the convention of Nakkiran et al. 2019). Validation and test labels
    are not changed.

    Papers that draw from all C classes, including the true one, change only p·(1 − 1/C) of the
    labels: 18 % for p = 20 % and ten classes.
    """

    share: float = ranged(
        0.0, 0, 1, label="Fraction", symbol="p", help="Fraction of the training labels to change."
    )
    seed: int = ranged(0, 0, 2**31 - 1, help="Determines which labels change, and how.")

    def misfit(self, classes: "Sequence[str]") -> Misfit | None:
        """Return why it does not fit targets of these classes (none for values), else None."""
        if not self.share or len(classes) > 1:
            return None
        content = "a single class" if classes else "values to predict"
        text = (
            f"Label noise needs two or more classes, but this dataset has {content}. Set its "
            "fraction to 0."
        )
        return Misfit("noise_needs_classes", text, {"classes": len(classes)})

    def apply_to(self, samples: "Samples", parts: "Parts") -> "tuple[np.ndarray, np.ndarray]":
        """Return the targets (N,) of the samples with noise on the training part, and the changed
        rows, sorted. Labels that a person corrected are not changed, and the corrections change no
        other label.
        """
        import numpy as np

        fixed = samples.corrections
        if fixed is None or not self.share:
            return self.apply(samples.targets, parts.train, samples.classes)
        rows = np.union1d(parts.train, parts.dropped)
        targets, changed = self.apply(fixed.original, rows, samples.classes)
        targets[fixed.relabeled] = samples.targets[fixed.relabeled]
        return targets, np.setdiff1d(changed, np.union1d(fixed.relabeled, fixed.dropped))

    def apply(
        self, targets: "np.ndarray", rows: "np.ndarray", classes: "Sequence[str]"
    ) -> "tuple[np.ndarray, np.ndarray]":
        """Return targets (N,) with noise on the training rows (n,), and the changed rows, sorted.

        The array `targets` is not modified.
        """
        if not self.share:
            return targets, rows[:0]
        labels, changed = add_noise(targets[rows], len(classes), self.share, self.seed)
        targets = targets.copy()
        targets[rows] = labels
        return targets, rows[changed]


def add_noise(
    labels: "np.ndarray", classes: int, fraction: float, seed: int
) -> "tuple[np.ndarray, np.ndarray]":
    """Return labels (n,) of 0 … classes − 1 with round(fraction·n) changed, and which ones.

    With the same seed, a larger fraction changes all labels that a smaller one changes.
    """
    import numpy as np

    draw = np.random.Generator(np.random.PCG64(seed))
    first = draw.permutation(len(labels))[: int(fraction * len(labels) + 0.5)]
    further = draw.integers(1, classes, len(labels))  # 1 … C − 1 further, never the same
    changed = np.sort(first)
    result = labels.copy()
    result[changed] = (labels[changed] + further[changed]) % classes
    return result, changed
