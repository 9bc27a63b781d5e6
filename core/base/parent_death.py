"""No process of the lab's outlives the lab, not even where it is killed with -9 while this one is
busy in C code and none of its Python threads gets a turn.
"""

import contextlib
import ctypes
import signal
import sys

_PDEATHSIG = 1  # prctl.h
SECONDS = 10  # from the parent's end to this one's, time to save


def end_with_parent(seconds: int = SECONDS) -> None:
    """From now on the system ends this process `seconds` after the thread that started it: 0, or
    the number of a signal that has no other use here (1, 3, 10, 12).

    prctl(2) has the kernel send a signal when the parent is gone. Its handler is alarm(3) itself,
    which takes the signal's number for its seconds; the SIGALRM that follows has no handler and
    ends the process. Linux only: elsewhere, and where the parent was gone before, the end of a pipe
    must tell.
    """
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        if seconds:
            libc.signal(seconds, ctypes.cast(libc.alarm, ctypes.c_void_p))
        libc.prctl(_PDEATHSIG, seconds or int(signal.SIGKILL), 0, 0, 0)
