"""Devices, cores, threads, the memory allocator and free disk space of this machine."""

import contextlib
import ctypes
import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

from core.base.errors import Unavailable
from core.base.settings import settings
from core.base.text import counted

SMALL_STEP = 5e8  # floating-point operations; below this a second thread gains little or costs time
_assigned = ""  # what auto means in a process that computes for one of several devices
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3  # glibc's malloc.h


def prepare() -> None:
    """Keep freed memory blocks instead of returning them to the system. Call it once at process
    start, before the first tensor.

    glibc maps every tensor above 128 KiB anew, which costs page faults: evaluation in large batches
    is two to three times as fast without. Other C libraries are left alone.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, 1 << 30)
        libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
        libc.mallopt(_M_TOP_PAD, 64 << 20)


def warm_up() -> None:
    """Import torch and take one optimizer step, because the first one prepares its kernels."""
    import torch

    weight = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.AdamW([weight])
    weight.sum().backward()
    optimizer.step()


def cores() -> int:
    """Return how many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads(operations: float) -> int:
    """Return the threads of one torch operation, for a training step of that many floating-point
    operations. LAB_THREADS is the maximum; a server leaves one core to its pages.
    """
    limit = settings().threads or cores()
    return 1 if operations < SMALL_STEP else max(1, min(limit, cores()))


@contextlib.contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Set the threads of one torch operation, and restore them afterwards; 0 changes nothing."""
    import torch

    before = torch.get_num_threads()
    if count:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def assign(device: str) -> None:
    """Let auto, and cuda without a number, mean this device in this process; "" ends that."""
    global _assigned
    _assigned = device


def resolve(device: str) -> str:
    """Return the device's name in torch ("cpu", "cuda:0") for an experiment's auto, cpu, cuda or
    cuda:1. Unavailable (device_missing) if this machine does not have it.
    """
    if _assigned and (device == "auto" or (device == "cuda" and _assigned != "cpu")):
        return _assigned
    import torch

    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device == "auto":
        return "cuda:0" if gpus else "cpu"
    if device == "cpu":
        return device
    index = int(device.partition(":")[2] or 0)
    if index >= gpus:
        raise Unavailable(
            f"Device {device!r} does not exist: this machine has {counted(gpus, 'GPU')}. Choose "
            "auto or cpu.",
            code="device_missing",
        )
    return f"cuda:{index}"


def devices() -> list[tuple[str, str]]:
    """Return (value for an experiment, name) of each device of this machine, the CPU first."""
    import torch

    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return [("cpu", f"CPU, {counted(cores(), 'core')}")] + [
        (f"cuda:{i}", torch.cuda.get_device_name(i)) for i in range(gpus)
    ]


def free_disk(path: Path) -> int:
    """Return the free bytes on the disk of `path`, which need not exist."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free
