"""Augmenter: augmented batches of a part, and the targets of mixed samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from core.data.augment import Drawn, Operation, draw_integers


@dataclass(frozen=True)
class Mix:
    """Targets of mixed samples: `first` (B,), `second` (B,), and the fraction λ of the first."""

    first: Tensor
    second: Tensor
    fraction: Tensor

    @property
    def targets(self) -> Tensor:
        """The class with the larger fraction, used for training accuracy, or mixed values, (B,)."""
        if self.first.is_floating_point():
            return self.fraction * self.first + (1 - self.fraction) * self.second
        return torch.where(self.fraction >= 0.5, self.first, self.second)

    def of(self, rows: Tensor) -> "Mix":
        """Select these samples of the mini-batch."""
        return Mix(self.first[rows], self.second[rows], self.fraction[rows])

    def loss(self, each: Any, outputs: Tensor) -> Tensor:
        """Return the mean of λ·L(first) + (1 − λ)·L(second), or of L(mixture) for values.

        `each` returns the losses of samples, (B,). For the squared error both forms have the same
        gradient, and so have cross-entropy and mixed target distributions.
        """
        if self.first.is_floating_point():
            return each(outputs, self.targets).mean()
        first, second = each(outputs, self.first), each(outputs, self.second)
        return (self.fraction * first + (1 - self.fraction) * second).mean()


class Augmenter:
    """Augmented batches of a part, with random numbers from `random`."""

    def __init__(self, operations: Sequence[Operation], part: Any, random: torch.Generator):
        self.operations, self.part, self.random = tuple(operations), part, random
        self.mixers = [at for at, o in enumerate(self.operations) if o.stage == "mix"]
        crops = (o for o in self.operations if o.stage == "set" and len(part.inputs))
        self.windows = next((crop.windows(part.inputs) for crop in crops), None)

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor, Mix | None]:
        """Return inputs (B, …) float32 and targets (B,) of these rows, and the mix, if any."""
        return self.apply(rows, self.draw(len(rows)))

    def draw(self, count: int) -> list[Drawn]:
        """Draw the random numbers of a batch per operation, and which mixing each sample uses."""
        shape = (count, *self.part.shape)
        drawn = [operation.draw(shape, self.random) for operation in self.operations]
        if len(self.mixers) > 1:
            drawn.append((draw_integers(len(self.mixers), shape, self.random),))
        return drawn

    def apply(self, rows: Tensor, drawn: list[Drawn]) -> tuple[Tensor, Tensor, Mix | None]:
        """Return the batch with these random numbers."""
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
            if operation.stage == "set":  # the inputs are on disk: pad only this batch
                every = torch.arange(len(rows), device=rows.device)
                return operation.apply(operation.windows(self.part.raw(rows)), every, *numbers)
        return self.part.raw(rows)

    def _mixed(
        self, x: Tensor, targets: Tensor, drawn: list[Drawn]
    ) -> tuple[Tensor, Tensor, Mix | None]:
        mixed = [self.operations[at].apply(x, *drawn[at]) for at in self.mixers]
        partners = [drawn[at][0] for at in self.mixers]
        way = drawn[-1][0] if len(mixed) > 1 else torch.zeros_like(partners[0])
        samples = torch.arange(len(x), device=x.device)
        x = (
            torch.stack([inputs for inputs, _ in mixed])[way, samples]
            if len(mixed) > 1
            else mixed[0][0]
        )
        fraction = torch.stack([left for _, left in mixed])[way, samples]
        second = targets[torch.stack(partners)[way, samples]]
        mix = Mix(targets, second, fraction)
        return x, mix.targets, mix
