"""Which place computes: this process, several ones, one for each GPU, or a cluster."""

from collections.abc import Sequence

from core.base.device import devices, resolve
from core.base.settings import settings
from core.studies.places.place import Place, Poll
from core.studies.places.processes import Processes
from core.studies.places.this_process import ThisProcess


def open_place(check: Poll, *, processes: int, device: str = "cpu", label: str = "") -> Place:
    """Open the place for pieces that ask for `device`: auto, cpu, cuda or cuda:1. Where LAB_RAY
    names a cluster, that is its cores or, unless the device is cpu, its GPUs; `label` says there
    what they compute for. `check` is called every few steps of a piece that is computed in this
    thread.
    """
    if settings().ray:
        from core.studies.places.ray_cluster import capacity
        from core.studies.places.ray_place import RayPlace

        return RayPlace(label, gpus=device != "cpu" and capacity(gpus=True) > 0)
    gpus = [name for name, _ in devices() if name != "cpu"]
    spread = spread_over(processes, device, resolve(device), gpus)
    return Processes(spread) if len(spread) > 1 else ThisProcess(check)


def spread_over(processes: int, wanted: str, resolved: str, gpus: Sequence[str]) -> tuple[str, ...]:
    """Return the device of each process; "" leaves it to the experiments. One that names no certain
    GPU uses all of them, each with at least one process.

    >>> spread_over(2, "cpu", "cpu", ["cuda:0", "cuda:1"])
    ('', '')
    >>> spread_over(1, "auto", "cuda:0", ["cuda:0", "cuda:1"])
    ('cuda:0', 'cuda:1')
    >>> spread_over(2, "cuda:1", "cuda:1", ["cuda:0", "cuda:1"])
    ('', '')
    """
    if resolved == "cpu" or ":" in wanted or len(gpus) < 2:
        return ("",) * processes
    return tuple(gpus[index % len(gpus)] for index in range(max(processes, len(gpus))))
