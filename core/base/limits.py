"""Limits of a process that reads an untrusted file. Imports only the standard library."""

import signal


def limit(*, memory: int, written: int, seconds: int) -> None:
    """Limit the address space and each written file of this process (bytes) and its time (seconds).
    Does nothing on Windows.
    """
    try:
        import resource
    except ImportError:
        return
    signal.alarm(seconds)  # ends this process even if its parent is gone
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, written),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))
