"""How long a small task takes on this machine when nothing else runs. Other processes can only add
time, so the clock counts the time of this thread, where it is fine enough, and the shortest of
several repetitions counts.
"""

import time
from collections.abc import Callable, Iterable
from itertools import pairwise

REPETITIONS = 3
FINE = time.get_clock_info("thread_time").resolution < 1e-4  # on Windows it ticks every 16 ms
clock = time.thread_time if FINE else time.perf_counter


def shortest_time(task: Callable[[], object], repetitions: int = REPETITIONS) -> float:
    """Return the seconds of the shortest of several repetitions."""
    return min(_seconds(task) for _ in range(repetitions))


def seconds_per_unit(progress: Iterable[float]) -> float:
    """Return the seconds per unit of progress in the fastest interval of an iterator, which is
    exhausted. The time before its first value is preparation and does not count.
    """
    readings = [(reached, clock()) for reached in progress]
    return min((then - now) / (there - here) for (here, now), (there, then) in pairwise(readings))


def _seconds(task: Callable[[], object]) -> float:
    start = clock()
    task()
    return clock() - start
