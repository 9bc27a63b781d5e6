"""The curves of several runs as differences to those of a baseline."""

from collections.abc import Sequence
from math import isfinite

import numpy as np

from core.figures.overlay_curves import OverlayCurve


def differences(curves: Sequence[OverlayCurve], baseline: OverlayCurve) -> list[OverlayCurve]:
    """Return the curves minus the baseline, which is interpolated between its epochs and is not
    extrapolated beyond them. A curve without a common epoch is left out.
    """
    drawn = []
    for curve in curves:
        at, values = _subtract(curve.at, curve.values, baseline.at, baseline.values)
        train_at, train = _subtract(curve.train_at, curve.train, baseline.train_at, baseline.train)
        best = curve.at[curve.best] if curve.best is not None else None
        index = at.index(best) if best in at else None
        if at:
            parts = {"at": at, "values": values, "train_at": train_at, "train": train}
            drawn.append(curve._replace(best=index, diverged=False, **parts))
    return drawn


def _subtract(
    at: Sequence[float], values: Sequence[float], other_at: Sequence[float], other: Sequence[float]
) -> tuple[list[float], list[float]]:
    """Return where both curves have a value, and their difference there."""
    if not at or not other_at:
        return [], []
    base = np.interp(at, other_at, other, left=np.nan, right=np.nan)
    rows = [(x, y - b) for x, y, b in zip(at, values, base.tolist(), strict=True) if isfinite(b)]
    return [x for x, _ in rows], [y for _, y in rows]
