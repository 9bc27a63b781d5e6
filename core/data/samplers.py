"""Samplers: draw the order of the samples of an epoch from a given generator."""

import torch
from torch import Tensor


class ShuffleSampler:
    """Draw every sample once, in random order; `targets` (n,)."""

    def __init__(self, targets: Tensor):
        self.targets = targets

    def order(self, random: torch.Generator) -> Tensor:
        """Return sample indices, (n,) int64, on the CPU."""
        return torch.randperm(len(self.targets), generator=random)


class InOrderSampler(ShuffleSampler):
    """Use every sample once, in the order of the training set; draws nothing."""

    def order(self, random: torch.Generator) -> Tensor:
        return torch.arange(len(self.targets))


class BootstrapSampler(ShuffleSampler):
    """Draw n samples with replacement, all equally likely (Efron 1979)."""

    def order(self, random: torch.Generator) -> Tensor:
        count = len(self.targets)
        return torch.randint(count, (count,), generator=random)


class BalancedSampler(ShuffleSampler):
    """Draw n samples with replacement: a class, all equally likely, then one of its samples
    (Shen, Lin & Huang 2016).
    """

    def __init__(self, targets: Tensor):
        super().__init__(targets)
        self.by_class = targets.cpu().argsort(stable=True)  # samples sorted by class
        self.sizes = torch.unique(targets.cpu(), return_counts=True)[1]
        self.starts = self.sizes.cumsum(0) - self.sizes

    def order(self, random: torch.Generator) -> Tensor:
        count = len(self.targets)
        drawn = torch.randint(len(self.sizes), (count,), generator=random)
        uniform = torch.rand(count, generator=random, dtype=torch.float64)  # always below 1
        return self.by_class[self.starts[drawn] + (uniform * self.sizes[drawn]).long()]
