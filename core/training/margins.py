"""Margins: how clearly the network preferred the given label of each training sample, over the
whole training. Collected from the outputs that every step computes anyway.
"""

from typing import Any

import torch
from torch import Tensor

from core.base.finding import Finding
from core.base.numbers import size
from core.data.augmenter import Mix
from core.training.setup import Setup
from core.training.setup_state import State, to_cpu

MAX_BYTES = 64 * 2**20  # of the sums; a training set that needs more is not followed
BUFFER = 8192  # samples whose outputs wait until they are added together: one by one costs more
FIRST_EPOCHS = 10  # that always count


class MarginProbe:
    """For each of the n training samples with the given label y, over all steps that visit it and
    with the outputs z of that step (with dropout and augmentation, as in the papers):

    - `margins`: the sum of z_y − max_{j≠y} z_j; divided by `seen`, the number of visits, it is the
      area under the margin (Pleiss et al. 2020)
    - `forgotten`: how often z_y was the largest output at one visit and not at the next one
      (Toneva et al. 2019)
    - `rivals` (n, C): how often each class was the largest output besides z_y

    A network that goes on after its best epoch memorizes wrong labels too, and their margins grow.
    So `kept` holds the sums at the best epoch (the last one without a validation set), or after
    FIRST_EPOCHS if that is later.

    Costs one list entry per step and a few vectorized operations per BUFFER samples, without
    waiting for the device. Samples of MixUp and CutMix have no single label: nothing is collected.
    """

    def __init__(self, setup: Setup):
        self.targets, self.repeats = setup.train.targets, setup.experiment.sampling.repeats
        self.is_open = find_obstacle(setup) is None
        self.waiting: list[tuple[Tensor, Tensor]] = []
        self.count = 0  # samples in `waiting`
        self.kept: State = {}
        if self.is_open:
            samples, classes = len(setup.train), len(setup.classes)
            device, integers = setup.device, dict(dtype=torch.int32, device=setup.device)
            self.seen = torch.zeros(samples, **integers)
            self.margins = torch.zeros(samples, device=device)
            self.rivals = torch.zeros(samples, classes, **integers)
            self.forgotten = torch.zeros(samples, **integers)
            self.right = torch.zeros(samples, dtype=torch.bool, device=device)  # at the last visit

    @property
    def bytes(self) -> int:
        """The bytes of the sums in a checkpoint; 0 where nothing is collected."""
        return count_bytes(*self.rivals.shape) if self.is_open else 0

    def add(self, rows: Tensor, outputs: Tensor, mix: Mix | None) -> None:
        """Add one step: the rows (B,) of its mini-batch and its outputs (B, C)."""
        if not self.is_open or mix is not None:
            return
        self.waiting.append((rows, outputs.detach()))
        self.count += len(rows)
        if self.count >= BUFFER:
            self.flush()

    @torch.no_grad()
    def flush(self) -> None:
        """Add the waiting outputs to the sums."""
        if not self.waiting:
            return
        rows, outputs = (torch.cat(parts) for parts in zip(*self.waiting, strict=True))
        self.waiting, self.count = [], 0
        z, given = outputs.float(), self.targets.index_select(0, rows).unsqueeze(1)
        own = z.gather(1, given)[:, 0]
        largest, rivals = z.scatter(1, given, -torch.inf).max(1)
        margins, ones = own - largest, torch.ones_like(rows, dtype=torch.int32)
        self.margins.index_add_(0, rows, margins)
        self.seen.index_add_(0, rows, ones)
        self.rivals.view(-1).index_add_(0, rows * self.rivals.shape[1] + rivals, ones)
        self._count_forgetting(rows, margins > 0)

    def _count_forgetting(self, rows: Tensor, right: Tensor) -> None:
        """Compare each visit (n,) with the one before it."""
        if not self.repeats:  # the buffer is emptied after each epoch: each row is in it once
            before = self.right.index_select(0, rows)
            self.right.index_copy_(0, rows, right)
        else:
            rows, order = rows.sort(stable=True)
            right = right[order]
            is_first, is_last = torch.ones_like(right), torch.ones_like(right)
            is_first[1:] = rows[1:] != rows[:-1]
            is_last[:-1] = is_first[1:]
            before = torch.where(is_first, self.right.index_select(0, rows), right.roll(1))
            # Visits before the last one go to a place beyond the end: writing several values to
            # one place has no defined order.
            places = torch.where(is_last, rows, len(self.right))
            extended = torch.cat([self.right, self.right[:1]])
            self.right = extended.index_copy_(0, places, right)[:-1]
        self.forgotten.index_add_(0, rows, (before & ~right).int())

    def end_epoch(self, epoch: int, *, best: bool) -> None:
        """Note the end of an epoch, counted from 1. `best` if its weights are the best so far."""
        if not self.is_open:
            return
        self.flush()
        if best or epoch <= FIRST_EPOCHS:
            sums = {name: getattr(self, name).clone() for name in ("seen", "margins", "forgotten")}
            self.kept = {"epochs": epoch, **sums}

    def state(self) -> State | None:
        """Return the sums on the CPU; None where nothing is collected."""
        if not self.is_open:
            return None
        self.flush()
        names = ("seen", "margins", "rivals", "forgotten", "right")
        return to_cpu({**{name: getattr(self, name) for name in names}, "kept": self.kept})

    def load_state(self, state: State | None) -> None:
        """Continue from the sums of a checkpoint; those of earlier versions have none."""
        if self.is_open and state:
            for name, value in state.items():
                setattr(self, name, _copy(value, self.targets.device))


def count_bytes(samples: int, classes: int) -> int:
    """Return the bytes of the sums for this many training samples."""
    return samples * (4 * classes + 25)


def find_obstacle(setup: Setup) -> Finding | None:
    """Return why a training with this setup collects no margins; None if it does."""
    samples, classes = len(setup.train), len(setup.classes)
    if not classes:
        text = (
            "This run predicts values. Margins are differences between classes, so there are none. "
            "Check the rows with the largest residuals."
        )
        return Finding("no_margins_of_values", "info", text)
    if classes < 2:
        text = (
            "This dataset has a single class, so no other label can be suggested. Choose a dataset "
            "with two or more classes."
        )
        return Finding("no_margins_of_one_class", "info", text, {"classes": classes})
    if setup.augmenter and setup.augmenter.mixers:
        text = (
            "MixUp and CutMix blend the labels of two samples, so there is no margin of a single "
            "label. Train without them to find suspicious rows."
        )
        return Finding("no_margins_of_mixed_samples", "info", text)
    if (needed := count_bytes(samples, classes)) > MAX_BYTES:
        text = (
            f"The margins of {samples} samples and {classes} classes need {size(needed)}; the "
            f"limit is {size(MAX_BYTES)}, so they were not collected. Train on a fraction of the "
            "training set to find suspicious rows in it."
        )
        evidence = {"bytes": needed, "limit": MAX_BYTES}
        return Finding("no_margins_above_memory_limit", "info", text, evidence)
    return None


def _copy(value: Any, device: torch.device) -> Any:
    """Return tensors on the device, also those in a dict, that share no memory with the given."""
    if isinstance(value, dict):
        return {name: _copy(inner, device) for name, inner in value.items()}
    return value.to(device, copy=True) if isinstance(value, Tensor) else value
