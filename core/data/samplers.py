"""Samplers: the order of an epoch, drawn from the generator they are given. Imports torch alone."""

import torch
from torch import Tensor


class ShuffleSampler:
    """Every one of the samples with these targets (n,) once, by a chance permutation."""

    def __init__(self, targets: Tensor):
        self.targets = targets

    def order(self, random: torch.Generator) -> Tensor:
        """Places among the samples, (n,) int64, on the CPU."""
        return torch.randperm(len(self.targets), generator=random)


class BootstrapSampler(ShuffleSampler):
    """n draws with replacement, each sample as likely (Efron 1979)."""

    def order(self, random: torch.Generator) -> Tensor:
        count = len(self.targets)
        return torch.randint(count, (count,), generator=random)


class BalancedSampler(ShuffleSampler):
    """n draws with replacement: first a class, each that occurs as likely, then one of its samples
    (Shen, Lin & Huang 2016).
    """

    def __init__(self, targets: Tensor):
        super().__init__(targets)
        self.by_class = targets.cpu().argsort(stable=True)  # all of the first class, then …
        self.sizes = torch.unique(targets.cpu(), return_counts=True)[1]
        self.starts = self.sizes.cumsum(0) - self.sizes

    def order(self, random: torch.Generator) -> Tensor:
        count = len(self.targets)
        drawn = torch.randint(len(self.sizes), (count,), generator=random)
        share = torch.rand(count, generator=random, dtype=torch.float64)  # of 2⁻⁵³, always below 1
        return self.by_class[self.starts[drawn] + (share * self.sizes[drawn]).long()]
