"""Estimates of what a run costs: seconds, memory, disk space.

The facts come from the classes of the choices: how many numbers the optimizer stores for each
weight, how many gradients a step computes, how many copies of the weights a regularizer keeps.
Reads run folders; trains nothing and imports no torch. `trial.py` measures steps instead.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, prod
from pathlib import Path
from typing import TYPE_CHECKING

from core.base.device import free_disk
from core.base.encoding import decode
from core.base.errors import LabError
from core.base.numbers import FIXED, THIN, short
from core.experiment import Experiment, without_corrections
from core.network.build import LayerFacts
from core.runs.store import EVENTS, Store

if TYPE_CHECKING:
    from core.advice.plan import Plan

SPEEDS = 5  # comparable runs whose speeds make the range
RECENT = 50  # newest runs that are compared; a page asks on every rerun
ALIKE = (  # what the duration of a step depends on
    "data", "network", "batch_size", "accumulation", "device", "precision", "split",
    "augmentations", "regularizers", "sampling",
)  # fmt: skip
STEP_SECONDS = 1e-3  # overhead of one gradient on one core
SPEED = 8e9  # floating-point operations per second of one core
BYTES = 4  # of a float32
OUTPUT_COPIES = 2  # of a layer's output at the same time: itself and its gradient
CHECKPOINTS = 3  # on disk at the same time: the last, the one before, the one being written
MB = 2**20


# --- time


@dataclass(frozen=True)
class Estimate:
    """`seconds` of training, at the speed of the past run called `name`; between `low` and `high`
    at that of all `runs` comparable ones.
    """

    seconds: float
    name: str
    low: float
    high: float
    runs: int


def estimate(store: Store, experiment: Experiment, steps: int) -> Estimate | None:
    """Return the duration at the speed of the newest comparable runs; None without such a run."""
    speeds, name = [], ""
    for run in store.ids()[:RECENT]:
        try:
            size = store.path(run, EVENTS).stat().st_size
            measured = _step_seconds(str(store.home), run, size)
        except (LabError, OSError):  # deleted meanwhile, or written by another version
            continue
        if measured and _is_comparable(measured[0], experiment):
            past, seconds = measured
            speeds.append(seconds * steps)
            name = name or past.title
        if len(speeds) == SPEEDS:
            break
    if not speeds:
        return None
    return Estimate(speeds[0], name, low=min(speeds), high=max(speeds), runs=len(speeds))


def gradients_per_step(experiment: Experiment) -> float:
    """Return how many gradients one step computes, at most."""
    extra = sum(regularizer.extra_gradients for regularizer in experiment.regularizers)
    return experiment.optimizer.gradient_evaluations * (1 + extra)


def operations(experiment: Experiment, planned: "Plan") -> float:
    """Return the floating-point operations of the run: for each multiply-add two forward and four
    backward.
    """
    epochs = experiment.epochs - experiment.first_epoch
    each = 6 * planned.multiply_adds * planned.train * epochs
    return each * gradients_per_step(experiment)


def guess_seconds(experiment: Experiment, planned: "Plan") -> float:
    """Return a rough duration where no comparable run exists."""
    overhead = STEP_SECONDS * planned.steps * gradients_per_step(experiment)
    return overhead + operations(experiment, planned) / SPEED


def describe_duration(seconds: float) -> str:
    """Return the duration in words that are as rough as a guess.

    >>> [describe_duration(v).replace(THIN, " ").replace(FIXED, " ") for v in (4.2, 95, 9000)]
    ['under 30 s', 'under 2 min', 'over 1 h']
    """
    limits = ((30, "under 30 s"), (120, "under 2 min"), (600, "under 10 min"), (3600, "under 1 h"))
    words = next((words for limit, words in limits if seconds < limit), "over 1 h")
    first, number, unit = words.split()
    return f"{first}{FIXED}{number}{THIN}{unit}"


def _is_comparable(past: Experiment, planned: Experiment) -> bool:
    past, planned = without_corrections(past), without_corrections(planned)
    same = all(getattr(past, name) == getattr(planned, name) for name in ALIKE)
    return same and past.optimizer.kind == planned.optimizer.kind


@lru_cache(maxsize=256)
def _step_seconds(home: str, run: str, size: int) -> tuple[Experiment, float] | None:
    """Return a finished run's experiment and its seconds per step; cached until the event file
    grows.
    """
    store = Store(home)
    last = store.last(run) or {}
    steps, seconds = last.get("step", 0), last.get("seconds", 0.0)
    if last.get("event") != "Ended" or not steps or not seconds:
        return None
    experiment = decode(Experiment, store.experiment(run))
    if experiment.fork:  # its seconds contain those of its parent
        return None
    return experiment, seconds / steps


# --- memory and disk


def weight_bytes(experiment: Experiment, parameters: int) -> int:
    """Return the bytes that grow with the parameters and not with the batch: weights, gradients,
    the best epoch's weights, and what optimizer and regularizers store.
    """
    copies = 3 + experiment.optimizer.memory_slots
    copies += sum(regularizer.weight_copies for regularizer in experiment.regularizers)
    return BYTES * copies * parameters


def memory_bytes(experiment: Experiment, layers: tuple[LayerFacts, ...], samples: int) -> int:
    """Return roughly how much memory the run needs: `samples` of all parts at one byte per value,
    the weights with all that belongs to them, and the outputs of all layers for one mini-batch, or
    the largest of its parts.
    """
    parameters = sum(fact.parameters for fact in layers)
    inputs = next((prod(fact.input) for fact in layers if fact.input), 0)
    outputs = inputs + sum(map(_output_values, layers))
    at_once = ceil(experiment.batch_size / experiment.accumulation)
    batch = BYTES * OUTPUT_COPIES * at_once * outputs
    return samples * inputs + weight_bytes(experiment, parameters) + batch


def checkpoint_bytes(experiment: Experiment, parameters: int) -> int:
    """Return roughly the size of a checkpoint: the weights, those of the best epoch, the state of
    the optimizer, and each average of the weights both as a state and as used.
    """
    averages = 2 * sum(regularizer.averages_weights for regularizer in experiment.regularizers)
    averages += experiment.optimizer.averages_weights  # its state is among the memory slots
    return BYTES * parameters * (2 + experiment.optimizer.memory_slots + averages)


def disk_problem(
    experiment: Experiment, parameters: int, home: Path, existing: int = 0, *, margins: int = 0
) -> str:
    """Return why the disk cannot hold the checkpoints of a run, of which `existing` bytes are
    already stored; empty when it can. `margins` are the bytes of the training samples' margins.
    """
    needed = CHECKPOINTS * (checkpoint_bytes(experiment, parameters) + margins) - existing
    free = free_disk(home)
    if needed <= free:
        return ""
    return (
        f"Not enough disk space: the checkpoints of this run need {short(needed / MB)} MB, and "
        f"{short(free / MB)} MB are free where the lab stores its data. Free some space or use a "
        "smaller network."
    )


def _output_values(fact: LayerFacts) -> int:
    """Return how many numbers a layer and the layers inside it compute for one sample."""
    inside = sum(_output_values(inner) for chain in fact.chains for inner in chain)
    own = fact.layer.inner_values(fact.input) if fact.output else 0
    return inside + own + prod(fact.output or ())
