"""Memory and disk: what is in use, what is free, and what a training will need."""

import contextlib
import os
import sys
from math import prod
from pathlib import Path

from core.device import free_disk, resolve
from core.draft.plan import BYTES
from core.errors import Unavailable
from core.experiment import Experiment
from core.network.build import LayerFacts
from core.numbers import short
from core.optim.optimizers import LBFGS
from core.optim.regularizers import EMA, SAM, SWA

LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
USED = ("/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory/memory.usage_in_bytes")
LIVES = 2  # copies of an output that are alive at once: itself and its gradient
COPIES = 3  # of a checkpoint: the last one, the one before, the one that is being written
MB = 2**20
SLOTS = 2  # numbers an optimizer keeps for each weight, at the most


def in_use(device: str = "cpu") -> int:
    """Bytes that tensors hold on this GPU, or all that this process holds in memory; 0 where the
    system does not tell.
    """
    if device != "cpu":
        import torch

        return torch.cuda.memory_allocated(device)
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # no such file on this system
        return _most()


def _most() -> int:
    """The most that this process ever held."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def free(device: str = "cpu") -> int | None:
    """Bytes that a training may still take on this device; None where that is not known."""
    if device != "cpu":
        import torch

        with contextlib.suppress(Unavailable):  # the training itself will say so
            return torch.cuda.mem_get_info(resolve(device))[0]
        return None
    known = [_available(), *(_left(*paths) for paths in zip(LIMITS, USED, strict=True))]
    return min((bytes for bytes in known if bytes is not None), default=None)


def _available() -> int | None:
    with contextlib.suppress(OSError, StopIteration, ValueError):
        lines = Path("/proc/meminfo").read_text().splitlines()
        line = next(line for line in lines if line.startswith("MemAvailable:"))
        return 1024 * int(line.split()[1])
    return None


def _left(limit: str, used: str) -> int | None:
    """Of a container's limit; None where there is none."""
    with contextlib.suppress(OSError, ValueError):
        return int(Path(limit).read_text()) - int(Path(used).read_text())
    return None


def needed(experiment: Experiment, layers: tuple[LayerFacts, ...], pictures: int) -> int:
    """Bytes, about: `pictures` of all parts as they are kept, weights and their gradients, what the
    optimizer and the regularizers keep beside them, and the outputs of all layers for one
    minibatch.
    """
    parameters = sum(fact.parameters for fact in layers)
    copies = 2 + 1 + _slots(experiment)  # weights, gradients, the best epoch's weights
    copies += sum(isinstance(r, SAM | EMA | SWA) for r in experiment.regularizers)
    first = next((prod(fact.input) for fact in layers if fact.input), 0)
    outputs = first + sum(map(_outputs, layers))
    kept = pictures * first  # a byte a pixel
    return kept + BYTES * (copies * parameters + LIVES * experiment.batch_size * outputs)


def checkpoint(experiment: Experiment, parameters: int) -> int:
    """Bytes, about: the weights, those of the best epoch, what the optimizer keeps beside them, and
    their averages, once as they go on and once as they are used.
    """
    averages = sum(isinstance(r, EMA | SWA) for r in experiment.regularizers)
    return BYTES * parameters * (2 + _slots(experiment) + 2 * averages)


def lacking_disk(experiment: Experiment, parameters: int, home: Path, there: int = 0) -> str:
    """Why the disk does not take the checkpoints of a run, COPIES of them, of which `there` bytes
    lie on it already; in one sentence, empty where it does.
    """
    needed, free = COPIES * checkpoint(experiment, parameters) - there, free_disk(home)
    if needed <= free:
        return ""
    return (
        f"The disk is too full: this run's checkpoints need {short(needed / MB)} MB, "
        f"{short(free / MB)} MB are free where the lab keeps them: free space there, or make the "
        "network smaller."
    )


def _slots(experiment: Experiment) -> int:
    optimizer = experiment.optimizer
    return 2 * optimizer.memory + 2 if isinstance(optimizer, LBFGS) else SLOTS


def _outputs(fact: LayerFacts) -> int:
    """Numbers that a layer gives for one picture, with those of the layers within it."""
    inside = sum(_outputs(one) for chain in fact.inside for one in chain)
    return inside + prod(fact.output or ())
