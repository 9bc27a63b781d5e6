"""The torch modules of the layers that tests/core/network/test_new_layer.py defines."""

import torch
from torch import Tensor, nn


class NoisyLinearModule(nn.Module):
    """z = W x + b + σ·ε with ε ~ N(0, 1) from its generator during training."""

    def __init__(self, inputs: int, outputs: int, noise: float):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs))
        self.bias = nn.Parameter(torch.empty(outputs))
        self.noise, self.generator = noise, None

    def forward(self, x: Tensor) -> Tensor:
        z = x @ self.weight.T + self.bias
        if not self.training:
            return z
        return z + self.noise * torch.empty_like(z).normal_(generator=self.generator)


class BumpModule(nn.Module):
    """exp(−a²)."""

    def forward(self, a: Tensor) -> Tensor:
        return (-a.square()).exp()


class SignModule(nn.Module):
    """The sign, with the gradient 0 everywhere."""

    def forward(self, a: Tensor) -> Tensor:
        return a.sign()


class CentreModule(nn.Module):
    """x minus its mean over the mini-batch."""

    def forward(self, x: Tensor) -> Tensor:
        if self.training and len(x) == 1:
            raise ValueError("one sample has no deviation from its mean")
        return x - x.mean(0)


class LooseModule(nn.Module):
    """A parameter that nothing initializes."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.empty(3))

    def forward(self, x: Tensor) -> Tensor:
        return x
