"""Learning-rate range test (O6): a few dozen steps of an experiment while its rate grows from far
too small to far too large, and the rate that the losses suggest.

On a fresh copy: the experiment's own run draws the same weights, the same order and the same chance
afterwards, whether it was tested before or not. Smith 2017, section 3.3; the suggestion is that of
fastai's `lr_find` ("minimum"), after a mean over neighbours in place of one over the past, which
would shift the lowest point to the right.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, log

import torch

from core.base.numbers import short
from core.data.samples import Samples
from core.experiment import Experiment
from core.runs.smoothing import smoothed
from core.training.setup import Setup

LOW, HIGH, STEPS = 1e-6, 10.0, 100  # the first and the last rate, and the steps between
NEIGHBOURS = 4  # on either side, in the mean that smooths
GROWN = 4.0  # times the lowest loss so far: beyond it nothing more is to be learned
SHARE = 0.1  # of the rate with the lowest loss, which is the largest that still does some good
FALL = 0.02  # the share of the first losses by which they must fall to suggest a rate at all
NO_RATE = (
    "The loss fell at no rate, so none is suggested: look at the network's first step, or at the "
    "labels."
)


@dataclass(frozen=True)
class RangePoint:
    """The loss of one minibatch, before the step that goes at this learning rate."""

    rate: float
    loss: float


@dataclass(frozen=True)
class Suggestion:
    """`rate` is SHARE of `lowest`, the rate where the smoothed loss is lowest; at `steepest` it
    falls fastest. Two digits.
    """

    rate: float
    lowest: float
    steepest: float

    @property
    def text(self) -> str:
        """The rule and its numbers, in one sentence."""
        return (
            f"The smoothed loss is lowest at {short(self.lowest)} and falls fastest at "
            f"{short(self.steepest)}; suggested is a tenth of the lowest, {short(self.rate)}."
        )


def range_test(
    experiment: Experiment,
    data: Samples,
    *,
    low: float = LOW,
    high: float = HIGH,
    steps: int = STEPS,
) -> Iterator[RangePoint]:
    """One point a step, its rate `low`·(high/low)^(k/(steps−1)); the schedule waits. Ends early
    when the loss is no number, or GROWN times as high as at its best. Raises what a training
    raises.
    """
    setup, best, mean = Setup(experiment, data, None), float("inf"), None
    batches = minibatches(setup)
    for k in range(steps):
        rate = low * (high / low) ** (k / max(1, steps - 1))
        loss, _, again = setup.begin_step(*setup.batch(next(batches)))
        value = loss.item()
        if not isfinite(value):
            return
        yield RangePoint(rate, value)
        mean = value if mean is None else 0.7 * mean + 0.3 * value
        best = min(best, mean)
        if mean > GROWN * best:
            return
        setup.end_step(rate, again)


def minibatches(setup: Setup) -> Iterator[torch.Tensor]:
    """The rows (B,) of one minibatch after another, epoch after epoch without end."""
    while True:
        yield from setup.sampler.order(setup.order).to(setup.device).split(setup.batch_size)


def suggest(points: Sequence[RangePoint]) -> Suggestion | None:
    """None where the loss never fell by FALL."""
    means = smoothed([point.loss for point in points], NEIGHBOURS)
    if len(means) < 3 * NEIGHBOURS:
        return None
    first = sum(means[:NEIGHBOURS]) / NEIGHBOURS
    at = min(range(len(means)), key=means.__getitem__)
    if at < NEIGHBOURS or not first - means[at] > FALL * abs(first):
        return None
    reach = NEIGHBOURS
    slopes = {
        k: (means[k + reach] - means[k - reach])
        / log(points[k + reach].rate / points[k - reach].rate)
        for k in range(reach, min(at, len(means) - reach))
    }
    steepest = points[min(slopes, key=slopes.__getitem__, default=at)].rate
    lowest = points[at].rate
    return Suggestion(*(float(f"{rate:.2g}") for rate in (SHARE * lowest, lowest, steepest)))
