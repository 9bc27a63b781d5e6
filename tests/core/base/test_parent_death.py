"""A process that is stuck in C code, with the interpreter's lock in its hand, ends with its
parent.
"""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.conftest import wait_until

ROOT = Path(__file__).parents[3]
STUCK = """
import ctypes, os, sys
from core.base.parent_death import end_with_parent
end_with_parent(int(sys.argv[1]))
print(os.getpid(), flush=True)
while True:  # a signal ends a sleep
    ctypes.PyDLL(None).sleep(600)  # PyDLL does not let other threads go on meanwhile
"""
PARENT = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", *sys.argv[1:]])
sys.stdin.read()
"""


def gone(process: psutil.Process) -> bool:
    """Whether it has ended, also where nobody has asked for its status yet."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prctl is Linux's")
@pytest.mark.parametrize("seconds", ["0", "1"])
def test_a_child_ends_with_a_killed_parent(seconds: str) -> None:
    command = [sys.executable, "-c", PARENT, STUCK, seconds]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    with subprocess.Popen(command, **pipes) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        assert wait_until(lambda: gone(child), 60, "the child's end")
