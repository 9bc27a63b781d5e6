"""Augmenter: batches of a part, augmented by operations of `augment.py`, and the targets of mixed
samples. Imports torch and those alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from core.data.augment import Drawn, Operation, whole


@dataclass(frozen=True)
class Mix:
    """The targets of mixed samples, classes or values: `first` (B,), `second` (B,), and the share
    λ of the first (B,).
    """

    first: Tensor
    second: Tensor
    share: Tensor

    @property
    def targets(self) -> Tensor:
        """The class with the larger share, by which training accuracy counts, (B,); of values the
        mixture.
        """
        if self.first.is_floating_point():
            return self.share * self.first + (1 - self.share) * self.second
        return torch.where(self.share >= 0.5, self.first, self.second)

    def of(self, rows: Tensor) -> "Mix":
        """Those of these samples of the minibatch."""
        return Mix(self.first[rows], self.second[rows], self.share[rows])

    def loss(self, each: Any, outputs: Tensor) -> Tensor:
        """The mean of λ·L(first) + (1 − λ)·L(second), of values L(mixture); `each` gives the losses
        of samples, (B,).

        For the squared error both forms have the same gradient, and so have cross-entropies and
        their mixture of targets, which cost the same.
        """
        if self.first.is_floating_point():
            return each(outputs, self.targets).mean()
        first, second = each(outputs, self.first), each(outputs, self.second)
        return (self.share * first + (1 - self.share) * second).mean()


class Augmenter:
    """Batches of a part, augmented by `operations` with random numbers from `random`."""

    def __init__(self, operations: Sequence[Operation], part: Any, random: torch.Generator):
        self.operations, self.part, self.random = tuple(operations), part, random
        self.mixers = [at for at, o in enumerate(self.operations) if o.stage == "mix"]
        crops = (o for o in self.operations if o.stage == "set" and len(part.inputs))
        self.windows = next((crop.windows(part.inputs) for crop in crops), None)

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor, Mix | None]:
        """Inputs (B, …) float32 and targets (B,) of these rows; with samples that are mixed also
        the targets of both.
        """
        return self.apply(rows, self.draw(len(rows)))

    def draw(self, count: int) -> list[Drawn]:
        """The random numbers of a batch, by operation; last which of several mixes each sample."""
        shape = (count, *self.part.shape)
        drawn = [operation.draw(shape, self.random) for operation in self.operations]
        if len(self.mixers) > 1:
            drawn.append((whole(len(self.mixers), shape, self.random),))
        return drawn

    def apply(self, rows: Tensor, drawn: list[Drawn]) -> tuple[Tensor, Tensor, Mix | None]:
        """`batch` with these random numbers."""
        steps = list(zip(self.operations, drawn, strict=False))
        targets = self.part.targets.index_select(0, rows)
        x = self._raw(rows, steps)
        for operation, numbers in steps:
            if operation.stage == "raw":
                x = operation.apply(x, *numbers)
        x = self.part.normalized(x)
        for operation, numbers in steps:
            if operation.stage == "scaled":
                x = operation.apply(x, *numbers)
        return self._mixed(x, targets, drawn) if self.mixers else (x, targets, None)

    def _raw(self, rows: Tensor, steps: list[tuple[Operation, Drawn]]) -> Tensor:
        for operation, numbers in steps:
            if operation.stage == "set" and self.windows is not None:
                return operation.apply(self.windows, rows, *numbers)
            if operation.stage == "set":  # the set is on disk: margins for this batch alone
                every = torch.arange(len(rows), device=rows.device)
                return operation.apply(operation.windows(self.part.raw(rows)), every, *numbers)
        return self.part.raw(rows)

    def _mixed(
        self, x: Tensor, targets: Tensor, drawn: list[Drawn]
    ) -> tuple[Tensor, Tensor, Mix | None]:
        made = [self.operations[at].apply(x, *drawn[at]) for at in self.mixers]
        partners = [drawn[at][0] for at in self.mixers]
        way = drawn[-1][0] if len(made) > 1 else torch.zeros_like(partners[0])
        samples = torch.arange(len(x), device=x.device)
        x = torch.stack([mixed for mixed, _ in made])[way, samples] if len(made) > 1 else made[0][0]
        share = torch.stack([left for _, left in made])[way, samples]
        second = targets[torch.stack(partners)[way, samples]]
        mix = Mix(targets, second, share)
        return x, mix.targets, mix
