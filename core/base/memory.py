"""Memory of this machine: how much is in use and how much is free."""

import contextlib
import os
from functools import lru_cache
from pathlib import Path

import psutil

from core.base.device import resolve
from core.base.errors import Unavailable

# A container's limit and usage, in bytes: cgroup version 2, then version 1.
LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
USED = ("/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory/memory.usage_in_bytes")


def in_use(device: str = "cpu") -> int:
    """Return the bytes allocated by tensors on this GPU, or the resident memory of this process."""
    if device != "cpu":
        import torch

        return torch.cuda.memory_allocated(device)
    return _process(os.getpid()).memory_info().rss


@lru_cache(maxsize=1)
def _process(pid: int) -> psutil.Process:
    """Return the process; making the object takes longer than asking it."""
    return psutil.Process(pid)


def free(device: str = "cpu") -> int | None:
    """Return the bytes still available for training on this device; None where it is unknown."""
    if device != "cpu":
        import torch

        with contextlib.suppress(Unavailable):  # training itself reports a missing device
            return torch.cuda.mem_get_info(resolve(device))[0]
        return None
    limits = (_free_in_container(*paths) for paths in zip(LIMITS, USED, strict=True))
    return min([psutil.virtual_memory().available, *(size for size in limits if size is not None)])


def _free_in_container(limit: str, used: str) -> int | None:
    """Return what is left of a container's memory limit; None where there is no limit."""
    with contextlib.suppress(OSError, ValueError):
        return int(Path(limit).read_text()) - int(Path(used).read_text())
    return None
