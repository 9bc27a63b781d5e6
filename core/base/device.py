"""What this machine can do, and how the process is set up for it: device, threads, allocator, free
memory.
"""

import contextlib
import ctypes
import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

from core.base.errors import Unavailable
from core.base.settings import settings

SMALL_STEP = 5e8  # floating-point operations; below it a second thread brings little or costs
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3  # glibc's malloc.h


def prepare() -> None:
    """Once at process start, before the first tensor: keep freed blocks instead of giving them back
    to the system.

    glibc maps every tensor above 128 KiB anew and pays page faults for it; evaluation in large
    batches becomes two to three times as fast without (measured: notes of the speed study). Nothing
    happens elsewhere than on glibc.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, 1 << 30)
        libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
        libc.mallopt(_M_TOP_PAD, 64 << 20)


def warm_up() -> None:
    """One optimizer step: the first one imports torch._dynamo, 117,000 objects."""
    import torch

    weight = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.AdamW([weight])
    weight.sum().backward()
    optimizer.step()


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads(operations: float) -> int:
    """Threads inside one torch operation, for a training step of so many floating-point operations.

    LAB_THREADS sets the largest number; a server with viewers leaves one core to them.
    """
    limit = settings().threads or cores()
    return 1 if operations < SMALL_STEP else max(1, min(limit, cores()))


@contextlib.contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """So many threads inside one torch operation, as before afterwards; 0 leaves them alone."""
    import torch

    before = torch.get_num_threads()
    if count:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def resolve(device: str) -> str:
    """The device's name in torch, "cpu" or "cuda:0", for an experiment's auto, cpu, cuda or cuda:1.

    Unavailable when it is not there.
    """
    import torch

    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device == "auto":
        return "cuda:0" if found else "cpu"
    if device == "cpu":
        return device
    index = int(device.partition(":")[2] or 0)
    if index >= found:
        raise Unavailable(
            f"Device {device!r} is not on this machine, which has {found} GPUs: choose auto or cpu."
        )
    return f"cuda:{index}"


def devices() -> list[tuple[str, str]]:
    """(value for an experiment, name) of each device that is here, the processor first."""
    import torch

    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return [("cpu", f"CPU, {cores()} cores")] + [
        (f"cuda:{i}", torch.cuda.get_device_name(i)) for i in range(found)
    ]


def free_disk(path: Path) -> int:
    """Bytes free where `path` is or would be."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free
