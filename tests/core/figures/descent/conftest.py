"""Synthetic points of a study with known medians."""

import pytest

from core.descent.point import CurvePoint


def point(width, middle, *, steps=0, samples=100, control=0.0, last=True, fits=False, **more):
    """Three seeds with test figures around `middle`; the training figures are 0 when it fits."""
    train = (0.0,) * 3 if fits else (0.4, 0.5, 0.7)
    spread = (0.9 * middle, middle, 1.3 * middle)
    facts = dict(
        width=width, parameters=10 * width, samples=samples, steps=steps, control=control,
        last=last, train_loss=train, train_error=train, test_loss=spread, test_error=spread,
        norm=(1.0 * width, 2.0 * width, 9.0 * width), ensemble_loss=0.8 * middle,
        ensemble_error=0.7 * middle, variance=0.2 * middle,
    )  # fmt: skip
    return CurvePoint(**facts | more)


@pytest.fixture
def points():
    """A double descent over widths, the peak at 100, where the first of them fits, and a second
    line without a peak.
    """
    heights = {10: 0.5, 30: 0.3, 100: 0.8, 300: 0.4, 1000: 0.2}
    first = [point(w, v, fits=w >= 100) for w, v in heights.items()]
    return first + [point(w, 0.25, control=1e-3) for w in heights]
