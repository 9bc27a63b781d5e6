"""Trial steps: measure how long a run takes, from a few of its steps.

The steps run on a copy, like the range test, and include everything that makes steps slow: two
gradients of SAM, several of L-BFGS, the augmentation. The median of the steps after a warm-up
counts, because other processes on the machine disturb some of them.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

import torch

from core.advice.range_test import mini_batches
from core.data.batches import Part
from core.data.samples import Samples
from core.experiment import Experiment
from core.training.loop import Training
from core.training.setup import Setup

WARMUP, STEPS = 2, 10
SECONDS = 8.0  # after which no further step begins
EDGE = 10  # the fastest and the slowest of so many steps are left out of the range
SAMPLES = 256  # of the validation part, in one timed pass


@dataclass(frozen=True)
class Trial:
    """The seconds of one step and of the whole run, from `steps` timed steps. Most of them would
    make the run take between `low_seconds` and `high_seconds`: other processes disturb some.
    """

    steps: int
    step_seconds: float
    run_seconds: float
    low_seconds: float
    high_seconds: float


def trial(
    experiment: Experiment, data: Samples, *, clock: Callable[[], float] = time.perf_counter
) -> Iterator[Trial]:
    """Yield the estimate after each timed step; the last one counts. Raises what a training
    raises.
    """
    epochs = experiment.epochs - experiment.first_epoch
    experiment = experiment.unforked.model_copy(update={"epochs": epochs})
    training, began, durations = Training(experiment, data), clock(), []
    training.budget.is_open = False  # the first steps of a run are measured more often than others
    setup, batches = training.setup, mini_batches(training.setup)
    evaluation = experiment.epochs * _evaluation_seconds(setup, clock)
    for k in range(WARMUP + STEPS):
        setup.synchronize()
        before = clock()
        training.take_step(next(batches), setup.learning_rate(min(k, setup.steps - 1)))
        setup.synchronize()
        now = clock()
        late = now - began > SECONDS
        if k < WARMUP and not late:
            continue
        durations.append(now - before)
        ordered, step, edge = sorted(durations), median(durations), len(durations) // EDGE
        run, low, high = (
            seconds * setup.steps + evaluation
            for seconds in (step, ordered[edge], ordered[-1 - edge])
        )
        yield Trial(len(durations), step, run, low_seconds=low, high_seconds=high)
        if late:
            return


def _evaluation_seconds(setup: Setup, clock: Callable[[], float]) -> float:
    """Return the seconds that an epoch spends on the validation part, and on the full gradient
    where a stopping rule needs it, which takes about three times as long per sample.
    """
    needs_gradient = any(rule.needs_gradient for rule in setup.experiment.stopping)
    samples = len(setup.validation) + 3 * needs_gradient * len(setup.train)
    part = setup.validation if len(setup.validation) else setup.train
    return samples * _seconds_per_sample(setup, part, clock)


@torch.inference_mode()
def _seconds_per_sample(setup: Setup, part: Part, clock: Callable[[], float]) -> float:
    """Return how long the network takes for one sample, without dropout."""
    rows = torch.arange(min(len(part), SAMPLES), device=part.device)
    setup.model.eval()
    setup.model(part.batch(rows)[0])
    setup.synchronize()
    before = clock()
    setup.model(part.batch(rows)[0])
    setup.synchronize()
    setup.model.train()
    return (clock() - before) / len(rows)
