"""Losses and scores of the mini-batches: collected on the device and summed over the epoch.

They are read only a few times a second, because a reading makes the processor wait for the device.
"""

from math import isfinite
from typing import NamedTuple

import torch
from torch import Tensor

from core.base.events import Scores
from core.training.clock import Stopwatch
from core.training.metrics import per_sample_score, scores
from core.training.setup import Setup

TICK = 0.15  # seconds between two readings of the losses
CAPACITY = 8192  # steps between two readings at most


class MeterReading(NamedTuple):
    """What the steps since the previous reading gave."""

    losses: tuple[float, ...]  # up to the first that is not finite
    seconds: float  # of training, when it was read
    samples_per_second: float


class Meter:
    """The losses and scores of a training since the last reading, and their sums over the epoch."""

    def __init__(self, setup: Setup, watch: Stopwatch):
        self._setup, self._watch = setup, watch
        self._losses = torch.empty(CAPACITY, device=setup.device)
        self._scores = torch.zeros((), dtype=torch.float64, device=setup.device)
        self.count = 0
        self._read_at = watch.seconds
        self.epoch_so_far = 0.0, 0.0  # sums of the losses and of the scores

    @torch.no_grad()
    def add(self, loss: Tensor, outputs: Tensor, targets: Tensor) -> None:
        """Add one step without synchronizing: its loss (), outputs (B, C) and targets (B,)."""
        self._losses[self.count] = loss
        self._scores += per_sample_score(outputs, targets).sum()
        self.count += 1

    @property
    def is_due(self) -> bool:
        """Whether the last reading is long enough ago."""
        return self._watch.seconds - self._read_at >= TICK or self.count == CAPACITY

    def read(self, position: int) -> MeterReading:
        """Return the losses of the steps up to this one of the epoch that have not been read."""
        losses = self._losses[: self.count].tolist()  # synchronizes with the device
        loss_sum, score_sum = self.epoch_so_far
        score_sum += self._scores.item()
        first = position - self.count
        bad = next((i for i, loss in enumerate(losses) if not isfinite(loss)), len(losses))
        losses = losses[: bad + 1]
        sizes = [self._setup.batch_rows(first + i) for i in range(len(losses))]
        for loss, size in zip(losses, sizes, strict=True):
            loss_sum += loss * size  # one by one: the mean must not depend on when it is read
        self.count, self.epoch_so_far = 0, (loss_sum, score_sum)
        self._scores.zero_()
        seconds = self._watch.seconds
        speed = sum(sizes) / max(seconds - self._read_at, 1e-9)
        self._read_at = seconds
        return MeterReading(tuple(losses), seconds, speed)

    def end_epoch(self) -> Scores:
        """Return the means over the epoch and start the next one."""
        part = self._setup.train
        means = scores(*self.epoch_so_far, len(part), values=part.values)
        self.epoch_so_far = 0.0, 0.0
        return means
