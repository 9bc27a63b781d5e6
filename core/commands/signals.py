"""Ctrl+C and SIGTERM as a request to stop: the work is saved and ends as stopped."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.base.control import GO, STOP


@contextmanager
def stop_on_signal() -> Iterator[Callable[[object], str]]:
    """Yield a poll_control function that asks for a stop after one of these signals; the previous
    handlers are restored at the end.
    """
    received: list[int] = []
    previous = {
        number: signal.signal(number, lambda number, frame: received.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield lambda job: STOP if received else GO
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
