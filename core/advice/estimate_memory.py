"""How much memory and disk space a run needs."""

from math import prod
from pathlib import Path

from core.base.device import free_disk
from core.base.numbers import short
from core.experiment import Experiment
from core.network.build import LayerFacts
from core.optim.optimizers import LBFGS
from core.optim.regularizers import EMA, SAM, SWA

LIVES = 2  # copies of an output that are alive at once: itself and its gradient
BYTES = 4  # of a float32
COPIES = 3  # of a checkpoint: the last one, the one before, the one that is being written
MB = 2**20
SLOTS = 2  # numbers an optimizer keeps for each weight, at the most


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
