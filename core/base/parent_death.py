"""The end of a child process with its parent, even if the parent is killed with -9 while the child
is busy in C code and none of its Python threads gets a turn.
"""

import contextlib
import ctypes
import signal
import sys

_PDEATHSIG = 1  # prctl.h
SECONDS = 10  # between the parent's end and this one's, in which it can save


def end_with_parent(seconds: int = SECONDS) -> None:
    """Have the system end this process `seconds` after the thread that started it ends: 0, or the
    number of a signal that has no other use here (1, 3, 10, 12).

    prctl(2) has the kernel send a signal when the parent is gone. Its handler is alarm(3) itself,
    which takes the signal's number for its seconds; the SIGALRM that follows has no handler and
    ends the process. Linux only: elsewhere, and if the parent was gone before, the process must
    watch for the end of its pipe.
    """
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        if seconds:
            libc.signal(seconds, ctypes.cast(libc.alarm, ctypes.c_void_p))
        libc.prctl(_PDEATHSIG, seconds or int(signal.SIGKILL), 0, 0, 0)
