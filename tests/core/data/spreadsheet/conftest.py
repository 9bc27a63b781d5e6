"""Which processes a test has started and not ended."""

import os
from pathlib import Path

import pytest

_older: set[str] = set()  # such as the server and the browser of other tests in this process


def _all_children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


@pytest.fixture(autouse=True)
def older_processes() -> None:
    """Note the processes that are there before the test."""
    _older.clear()
    _older.update(_all_children())


def children() -> list[str]:
    """The processes that the test has started and that still run."""
    return [child for child in _all_children() if child not in _older]
