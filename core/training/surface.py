"""Surfaces: the outputs of a network over its input space, as text short enough for an event, and
back as columns for a figure. Knows no torch.

A plane of two inputs with classes has SIDE × SIDE cells; each has one character for the most
probable class and one digit for its probability. A line of one input has POINTS values.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.base.events import Surface

SIDE = 48  # cells along each input
POINTS = 200  # along a single one
MARGIN = 0.08  # of the range of the data, at each end
LEVELS = 10  # of probability, from 1/C to 1

Area = tuple[tuple[float, ...], tuple[float, ...]]  # the lowest and the highest input


def drawable(shape: Sequence[int], classes: Sequence[str]) -> bool:
    """Return whether a network on this data can be drawn: two inputs and classes, or one input and
    values.
    """
    return tuple(shape) == ((2,) if classes else (1,))


def area(inputs: np.ndarray) -> Area:
    """Return the range of inputs (N, F) with a margin; a range of one value gets width 1."""
    low, high = (pick(inputs, 0).astype(np.float64) for pick in (np.nanmin, np.nanmax))
    margin = MARGIN * np.where(high > low, high - low, 1.0)
    return tuple((low - margin).tolist()), tuple((high + margin).tolist())


def centres(low: float, high: float, count: int) -> np.ndarray:
    """Return the centres of `count` cells that fill the range, (count,)."""
    return low + (high - low) * (np.arange(count) + 0.5) / count


def grid(within: Area) -> np.ndarray:
    """Return the evaluation points: (SIDE², 2) with the first input varying fastest, or (POINTS, 1)
    from end to end.
    """
    low, high = within
    if len(low) == 1:
        return np.linspace(low[0], high[0], POINTS)[:, None]
    x, y = (centres(a, b, SIDE) for a, b in zip(low, high, strict=True))
    return np.stack([np.tile(x, SIDE), np.repeat(y, SIDE)], axis=1)


def of_classes(step: int, within: Area, probabilities: np.ndarray) -> Surface:
    """Return the event for probabilities (SIDE², C) at the points of `grid`."""
    least = 1 / probabilities.shape[1]
    relative = (probabilities.max(1) - least) / (1 - least)
    levels = np.clip(relative * LEVELS, 0, LEVELS - 1).astype(int)
    winner = "".join(chr(ord("0") + c) for c in probabilities.argmax(1).tolist())
    low, high = within
    sure = "".join(map(str, levels.tolist()))
    return Surface(step=step, low=low, high=high, winner=winner, sure=sure)


def of_values(step: int, within: Area, values: np.ndarray) -> Surface:
    """Return the event for values (POINTS,) at the points of `grid`, with five digits."""
    low, high = within
    rounded = tuple(float(f"{value:.5g}") for value in values.tolist())
    return Surface(step=step, low=low, high=high, values=rounded)


def columns(surface: Surface) -> dict[str, list[Any]]:
    """Return x and y for a line. For a plane return x and under "0" … "47" the cells of each row,
    the second input increasing: class + probability level, so that class c covers c … c + 1.
    """
    if len(surface.low) == 1:
        x = grid((surface.low, surface.high))[:, 0].tolist()
        return {"x": x, "y": _checked(POINTS, list(surface.values))}
    cells = [
        ord(winner) - ord("0") + (int(level) + 0.5) / LEVELS
        for winner, level in zip(surface.winner, surface.sure, strict=True)
    ]
    _checked(SIDE**2, cells)
    x = centres(surface.low[0], surface.high[0], SIDE).tolist()
    return {"x": x, **{str(k): cells[k * SIDE : (k + 1) * SIDE] for k in range(SIDE)}}


def _checked(count: int, values: list[Any]) -> list[Any]:
    if len(values) != count:
        raise ValueError(f"surface with {len(values)} of {count} values")
    return values
