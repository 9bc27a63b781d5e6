"""Centred smoothing of a complete series. Pure Python, knows no event."""

from collections.abc import Sequence


def smoothed(values: Sequence[float], reach: int) -> list[float]:
    """Return the mean of each value and `reach` neighbours on either side, fewer at the ends, so
    that nothing is shifted.

    >>> smoothed([1.0, 2.0, 6.0, 1.0], 1)
    [1.0, 3.0, 3.0, 1.0]
    """
    reaches = (min(reach, k, len(values) - 1 - k) for k in range(len(values)))
    windows = (values[k - far : k + far + 1] for k, far in enumerate(reaches))
    return [sum(window) / len(window) for window in windows]
