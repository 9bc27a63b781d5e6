"""How long a small task takes on this machine when nothing else runs. Other processes can only add
time, so the clock counts the time of this thread, where it is fine enough, and the shortest of
several repetitions counts.

A measurement is a generator that yields between its pieces, so that it can be stopped there: by
closing it.
"""

import time
from collections.abc import Callable, Generator, Iterable
from typing import TypeVar

REPETITIONS = 3
FINE = time.get_clock_info("thread_time").resolution < 1e-4  # on Windows it ticks every 16 ms
clock = time.thread_time if FINE else time.perf_counter

T = TypeVar("T")
Measuring = Generator[None, None, T]  # yields between two pieces of work; returns the result


def finish(measuring: Measuring[T]) -> T:
    """Run a measurement to its end and return its result."""
    while True:
        try:
            next(measuring)
        except StopIteration as end:
            return end.value


def shortest_time(task: Callable[[], object], repetitions: int = REPETITIONS) -> Measuring[float]:
    """Return the seconds of the shortest of several repetitions."""
    return (yield from shortest_pass(lambda: iter([task()]), repetitions))


def shortest_pass(
    pieces: Callable[[], Iterable[object]], repetitions: int = REPETITIONS
) -> Measuring[float]:
    """Return the seconds of the shortest of several passes through an iterator. The time between
    two pieces, which belongs to the caller, does not count.
    """
    seconds = []
    for _ in range(repetitions):
        seconds.append(0.0)
        start, iterator = clock(), iter(pieces())
        for _ in iterator:
            seconds[-1] += clock() - start
            yield
            start = clock()
        seconds[-1] += clock() - start
    return min(seconds)


def seconds_per_unit(progress: Iterable[float]) -> Measuring[float]:
    """Return the seconds per unit of progress in the fastest interval of an iterator, which is
    exhausted. The time before its first value is preparation and does not count.
    """
    iterator = iter(progress)
    before, fastest = next(iterator), float("inf")
    yield
    start = clock()
    for reached in iterator:
        fastest = min(fastest, (clock() - start) / (reached - before))
        before = reached
        yield
        start = clock()
    return fastest
