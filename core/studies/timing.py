"""Timing: how long a piece of work takes on this machine by itself. Whatever else runs meanwhile
only ever adds, so the shortest of a few goes counts.
"""

import time
from collections.abc import Callable, Iterable
from itertools import pairwise

GOES = 3


def quickest(work: Callable[[], object], goes: int = GOES) -> float:
    """Seconds of the shortest of so many runs of it."""
    return min(_seconds(work) for _ in range(goes))


def pace(reached: Iterable[float]) -> float:
    """Seconds per unit of what an iterator has reached, where it went on fastest; it is used up.

    The time before its first value is that of the preparations.
    """
    places = [(at, time.perf_counter()) for at in reached]
    return min((then - now) / (there - here) for (here, now), (there, then) in pairwise(places))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
