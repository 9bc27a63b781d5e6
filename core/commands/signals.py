"""Ctrl+C and SIGTERM as a request to stop: the work is saved and ends as stopped. A second one ends
the command immediately, with what was saved last.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from core.base.control import GO, STOP

STOPPING = "Stopping after this step. Press Ctrl+C again to end immediately.\n"


@contextmanager
def stop_on_signal() -> Iterator[Callable[[object], str]]:
    """Yield a poll_control function that asks for a stop after the first of these signals. The
    second one raises KeyboardInterrupt. The previous handlers are restored at the end.
    """
    received: list[int] = []

    def handle(number: int, frame: object) -> None:
        received.append(number)
        if len(received) > 1:
            raise KeyboardInterrupt
        with suppress(OSError):
            os.write(2, STOPPING.encode())  # print could have been interrupted by this signal

    previous = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda job: STOP if received else GO
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
