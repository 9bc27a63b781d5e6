"""Trial steps: how long a run will take, from a few of its own steps.

On a fresh copy, as the range test: what makes a step dear (two gradients of SAM, many of L-BFGS,
the augmentation) is in it. The median of the steps after a warm-up counts, for a neighbour on the
same machine disturbs some.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

import torch

from core.advice.range_test import minibatches
from core.data.batches import Part
from core.data.samples import Samples
from core.experiment import Experiment
from core.training.setup import Setup

WARM, STEPS = 2, 10
SECONDS = 8.0  # after which no further step begins
LOOKED_AT = 256  # samples of the validation part


@dataclass(frozen=True)
class Trial:
    """From `steps` timed steps: seconds of one of them, and of the whole run."""

    steps: int
    step_seconds: float
    run_seconds: float


def trial(
    experiment: Experiment, data: Samples, *, clock: Callable[[], float] = time.perf_counter
) -> Iterator[Trial]:
    """What is known after each timed step; the last one counts. Raises what a training raises."""
    setup, began, taken = Setup(experiment, data, None), clock(), []
    batches = minibatches(setup)
    looks = experiment.epochs * _looking(setup, clock)
    for k in range(WARM + STEPS):
        setup.wait()
        before = clock()
        _, _, again = setup.begin_step(*setup.batch(next(batches)))
        setup.end_step(setup.rate(min(k, setup.steps - 1)), again)
        setup.wait()
        now = clock()
        late = now - began > SECONDS
        if k < WARM and not late:
            continue
        taken.append(now - before)
        step = median(taken)
        yield Trial(len(taken), step, step * setup.steps + looks)
        if late:
            return


def _looking(setup: Setup, clock: Callable[[], float]) -> float:
    """Seconds of an epoch's look at its validation part, and at the whole gradient where a stopping
    rule asks for it, which takes about three times as long for each sample.
    """
    asked = any(rule.needs_gradient for rule in setup.experiment.stopping)
    samples = len(setup.validation) + 3 * asked * len(setup.train)
    part = setup.validation if len(setup.validation) else setup.train
    return samples * _pass(setup, part, clock)


@torch.inference_mode()
def _pass(setup: Setup, part: Part, clock: Callable[[], float]) -> float:
    """Seconds that one sample takes on its way through the network, dropout off."""
    rows = torch.arange(min(len(part), LOOKED_AT), device=part.device)
    setup.model.eval()
    setup.model(part.batch(rows)[0])
    setup.wait()
    before = clock()
    setup.model(part.batch(rows)[0])
    setup.wait()
    setup.model.train()
    return (clock() - before) / len(rows)
