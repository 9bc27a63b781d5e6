"""Timing: how long a piece of work takes on this machine by itself. What else runs meanwhile only
ever adds: the clock counts the time of this thread, where it is fine enough, and the shortest of a
few goes is taken.
"""

import time
from collections.abc import Callable, Iterable
from itertools import pairwise

GOES = 3
FINE = time.get_clock_info("thread_time").resolution < 1e-4  # on Windows it ticks every 16 ms
clock = time.thread_time if FINE else time.perf_counter


def quickest(work: Callable[[], object], goes: int = GOES) -> float:
    """Seconds of the shortest of so many runs of it."""
    return min(_seconds(work) for _ in range(goes))


def pace(reached: Iterable[float]) -> float:
    """Seconds per unit of what an iterator has reached, where it went on fastest; it is used up.

    The time before its first value is that of the preparations.
    """
    places = [(at, clock()) for at in reached]
    return min((then - now) / (there - here) for (here, now), (there, then) in pairwise(places))


def _seconds(work: Callable[[], object]) -> float:
    began = clock()
    work()
    return clock() - began
