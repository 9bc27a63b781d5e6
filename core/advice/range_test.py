"""Learning-rate range test: a few dozen steps of an experiment while its learning rate grows from
far too small to far too large, and the learning rate that the losses suggest.

Runs on a copy: afterwards the experiment's own run draws the same weights, order and random numbers
as without the test. Smith 2017, section 3.3; the suggestion is that of fastai's `lr_find`
("minimum"), with a mean over neighbours instead of past values, which would shift the minimum to
the right.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, log

import torch

from core.base.numbers import short
from core.data.samples import Samples
from core.experiment import Experiment
from core.runs.smoothing import smoothed
from core.training.loop import Training
from core.training.setup import Setup

LOW, HIGH, STEPS = 1e-6, 10.0, 100  # the first and last learning rate, and the number of steps
NEIGHBOURS = 4  # on either side, in the smoothing mean
GROWN = 4.0  # times the lowest loss so far: the test ends there
FRACTION = 0.1  # of the learning rate with the lowest loss, which is the largest that still helps
FALL = 0.02  # the relative decrease of the first losses that is needed for a suggestion
NO_RATE = (
    "The loss did not decrease at any learning rate, so none is suggested. Check the first step of "
    "the network and the labels."
)


@dataclass(frozen=True)
class RangePoint:
    """The loss of one mini-batch before the step with this learning rate."""

    rate: float
    loss: float


@dataclass(frozen=True)
class Suggestion:
    """`rate` is FRACTION of `lowest`, the rate with the lowest smoothed loss; at `steepest` the
    loss falls fastest. Two digits.
    """

    rate: float
    lowest: float
    steepest: float

    @property
    def text(self) -> str:
        """The rule and its numbers in words."""
        return (
            f"The smoothed loss is lowest at {short(self.lowest)} and falls fastest at "
            f"{short(self.steepest)}. A tenth of the lowest, {short(self.rate)}, is a good "
            "learning rate."
        )


def range_test(
    experiment: Experiment,
    data: Samples,
    *,
    low: float = LOW,
    high: float = HIGH,
    steps: int = STEPS,
) -> Iterator[RangePoint]:
    """Yield one point per step at the learning rate `low`·(high/low)^(k/(steps−1)), without the
    schedule. Ends early when the loss is not finite or GROWN times its minimum. Raises what a
    training raises.
    """
    training, best, mean = Training(experiment.unforked, data), float("inf"), None
    batches = mini_batches(training.setup)
    for k in range(steps):
        rate = low * (high / low) ** (k / max(1, steps - 1))
        loss = training.take_step(next(batches), rate).item()
        if not isfinite(loss):
            return
        yield RangePoint(rate, loss)
        mean = loss if mean is None else 0.7 * mean + 0.3 * loss
        best = min(best, mean)
        if mean > GROWN * best:
            return


def mini_batches(setup: Setup) -> Iterator[torch.Tensor]:
    """Yield the rows (B,) of one mini-batch after another, epoch after epoch without end."""
    while True:
        yield from setup.sampler.order(setup.order).to(setup.device).split(setup.batch_size)


def suggest(points: Sequence[RangePoint]) -> Suggestion | None:
    """Return the suggested learning rate; None where the loss never decreased by FALL."""
    means = smoothed([point.loss for point in points], NEIGHBOURS)
    if len(means) < 3 * NEIGHBOURS:
        return None
    first = sum(means[:NEIGHBOURS]) / NEIGHBOURS
    lowest = min(range(len(means)), key=means.__getitem__)
    if lowest < NEIGHBOURS or not first - means[lowest] > FALL * abs(first):
        return None
    reach = NEIGHBOURS
    slopes = {
        k: (means[k + reach] - means[k - reach])
        / log(points[k + reach].rate / points[k - reach].rate)
        for k in range(reach, min(lowest, len(means) - reach))
    }
    steepest = min(slopes, key=slopes.__getitem__, default=lowest)
    return Suggestion(
        rate=_two_digits(FRACTION * points[lowest].rate),
        lowest=_two_digits(points[lowest].rate),
        steepest=_two_digits(points[steepest].rate),
    )


def _two_digits(value: float) -> float:
    return float(f"{value:.2g}")
