"""The lab's own torch modules. They import torch alone, so that an exported script can paste
them.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Dropout(nn.Module):
    """Dropout (Srivastava et al. 2014) that draws from its own generator, so that runs side by side
    do not mix.

    Training: z = m·x/(1 − p), m ~ Bernoulli(1 − p) for each value, of each example or (`drawn` is
    "batch") once for all examples of the minibatch. Inference: z = x.
    """

    def __init__(
        self, p: float = 0.5, generator: torch.Generator | None = None, drawn: str = "example"
    ):
        super().__init__()
        self.p, self.drawn, self.generator = p, drawn, generator

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        like = x[:1] if self.drawn == "batch" else x  # (1, …) or (N, …)
        keep = torch.empty_like(like).bernoulli_(1 - self.p, generator=self.generator)
        return x * keep.div_(1 - self.p)

    def extra_repr(self) -> str:
        return f"p={self.p}, drawn per {self.drawn}"


class Step(nn.Module):
    """The perceptron's step (Rosenblatt 1958): 1 from 0 on, else 0. Its gradient is 0 everywhere,
    as that of the floor is, so that the weights before it have one, and it is 0.
    """

    def forward(self, a: Tensor) -> Tensor:
        return a.floor().clamp(-1, 0) + 1


class GlobalPool(nn.Module):
    """The mean of each map (Lin, Chen & Yan 2014)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3))  # (N, C, H, W) -> (N, C)


class SquaredError(nn.Module):
    """The mean over N and C of (outputs − targets)²; class numbers are made one-hot first (Hui &
    Belkin 2020). With reduction "none" the mean over C alone, (N,).
    """

    def __init__(self, reduction: str = "mean"):
        super().__init__()
        self.reduction = reduction

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        if targets.is_floating_point():
            return F.mse_loss(outputs[:, 0], targets, reduction=self.reduction)  # (N, 1) -> (N,)
        one_hot = F.one_hot(targets, outputs.shape[1]).to(outputs.dtype)  # (N,) -> (N, C)
        squares = F.mse_loss(outputs, one_hot, reduction=self.reduction)
        return squares.mean(1) if self.reduction == "none" else squares


def zeros_(weight: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """`torch.nn.init.zeros_` with the generator that every initializer is given, unused."""
    return nn.init.zeros_(weight)
