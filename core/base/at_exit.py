"""Threads that compute end before the interpreter does. A thread that is inside torch at that
moment cannot be ended from outside: the process aborts with “terminate called without an active
exception”.
"""

import atexit
from typing import Protocol
from weakref import WeakSet

SECONDS = 10.0  # for the piece of work that an owner's threads compute


class ThreadOwner(Protocol):
    """What has threads that compute."""

    def close(self, seconds: float) -> None:
        """Tell the threads to end, and join them for so many seconds; nothing if they have."""


_owners: WeakSet[ThreadOwner] = WeakSet()


def close_at_exit(owner: ThreadOwner) -> None:
    """Close the owner when the interpreter ends, if it is still in use."""
    _owners.add(owner)


@atexit.register
def _close_all() -> None:
    for owner in list(_owners):
        owner.close(SECONDS)
